/* A search that finds one deposit without a coordinate: the map goes to its area and names it. */
"use strict";
(function (g) {
  var sought = null, shapes = null, label = null, how = null;

  function only() {
    if (!g.state.filters.text || g.opened() !== null || g.counts().shown !== 1) return null;
    var d = g.deposits.concat(g.unranked).filter(function (one) { return g.isListed(one) && g.shown(one); })[0];
    return d.latitude === undefined ? d : null;
  }
  function leave() {
    [shapes, label].forEach(function (layer) { if (layer) layer.remove(); });
    document.querySelectorAll("button.sought").forEach(function (button) { button.classList.remove("sought"); });
    sought = shapes = label = null;
  }
  /* An area of a layer has a button with its name; another gets one. */
  function name(d, bounds) {
    var button = document.querySelector("button.unranked[data-area='" + CSS.escape(d.id) + "']");
    if (!button) {
      button = g.el("button", { type: "button", "class": "unranked", title: g.t("area_label") }, "? " + (d.name || d.id));
      L.DomEvent.disableClickPropagation(button);
      button.addEventListener("click", function () { g.open(d.id); });
      label = L.marker(bounds.getCenter(), { icon: L.divIcon({ className: "area-label", html: button, iconSize: null }), keyboard: false, interactive: false }).addTo(g.map());
    }
    button.classList.add("sought");
  }
  function seek() {
    var d = only(), found = [], bounds;
    if (d === sought) return;
    leave();
    if (d) {
      found = g.areasOf(d.id).reduce(function (all, a) { return all.concat(g.outline(a)); }, []);
      if (!found.length) found = g.countryOutline(g.wholeCountryOf(d.id));
    }
    if (!found.length) {
      if (how && g.framed() === how && g.opened() === null) g.wholeRegion();
      return;
    }
    sought = d;
    shapes = L.featureGroup(found).addTo(g.map());
    bounds = shapes.getBounds();
    name(d, bounds);
    how = function () { g.fitClear(bounds); };
    g.frame(how);
    g.nameSheet.redraw();
  }
  g.startSought = function () {
    g.subscribe(function (changed) { if (changed.indexOf("filters") >= 0 || changed.indexOf("choice") >= 0) seek(); });
    seek();
  };
})(geoRee);
