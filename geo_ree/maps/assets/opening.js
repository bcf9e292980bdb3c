/* Opening and closing the dossier beside the map, and one selection for tables and map. */
"use strict";
(function (g) {
  var el = g.el, box = null, opened = null, outline = null, before = null, IN_VIEW_KM = 300;

  function show(d) {
    box.querySelector(".content").replaceChildren(g.dossier(d));
    box.hidden = false;
    document.body.classList.add("reading");
    g.map().invalidateSize({ animate: false, pan: false });
  }
  function look(d) {
    var points = [[d.latitude, d.longitude]];
    g.feet(d).forEach(function (foot, i) { if (i < 2 || foot.km <= IN_VIEW_KM) points.push(foot.place); });
    /* Without an animation, which would undo what a reader does meanwhile. */
    g.map().fitBounds(points, { animate: false, paddingTopLeft: [70, 60], paddingBottomRight: [70, 70], maxZoom: 10 });
    g.drawDistances(d);
  }
  function lookAround(d) {
    var shapes = g.areasOf(d.id).reduce(function (all, a) { return all.concat(g.outline(a)); }, []);
    if (!shapes.length) shapes = g.countryOutline(g.wholeCountryOf(d.id));
    if (!shapes.length) return;
    outline = L.featureGroup(shapes).addTo(g.map());
    g.map().fitBounds(outline.getBounds(), { animate: false, padding: [30, 30], maxZoom: 8 });
  }
  function forget() {
    if (outline) outline.remove();
    outline = null;
    g.clearDistances();
    g.clearRoute();
  }
  g.open = function (id) {
    var d = g.byId[id];
    if (!d) return false;
    forget();
    if (opened === null) before = document.activeElement;
    opened = id;
    document.querySelectorAll(".legend[open], .gateways[open]").forEach(function (key) { key.open = false; });
    g.drawRoute(g.cheapestRoute(d));
    show(d);
    box.scrollTop = 0;
    if (d.latitude === undefined) lookAround(d); else look(d);
    box.querySelector("h3").focus({ preventScroll: true });
    if (window.matchMedia("(max-width: 860px)").matches) g.map().getContainer().scrollIntoView({ block: "start" });
    return true;
  };
  g.opened = function () { return opened; };
  g.close = function () {
    if (opened === null) return;
    forget();
    opened = null;
    box.hidden = true;
    document.body.classList.remove("reading");
    g.map().invalidateSize({ animate: false, pan: false });
    if (before && document.contains(before)) before.focus({ preventScroll: true });
    g.set({ choice: null });
  };
  /* Rewrite the open dossier after its figures changed. */
  g.reopen = function () {
    if (opened === null) return;
    var d = g.byId[opened], top = box.scrollTop, focus = document.activeElement, radio = box.contains(focus) && focus.type === "radio";
    if (!g.drawnRoute() || g.routesOf(d).indexOf(g.drawnRoute()) < 0) g.drawRoute(g.cheapestRoute(d));
    show(d);
    box.scrollTop = top;
    if (radio) (box.querySelector("input[name='" + focus.name + "']:checked") || box).focus({ preventScroll: true });
    if (d.latitude !== undefined && g.distancesShown()) g.drawDistances(d);
  };
  g.dossierBox = function (chart) {
    var shut = el("button", { type: "button", "class": "shut", "aria-label": g.t("close_dossier") }, "×");
    shut.addEventListener("click", g.close);
    box = el("aside", { id: "dossier", "aria-label": g.t("dossier"), hidden: "" }, shut, el("div", { "class": "content" }));
    chart.getContainer().after(box);
    document.addEventListener("keydown", function (e) { if (e.key === "Escape") g.close(); });
  };
  g.rewordDossier = function () {
    box.setAttribute("aria-label", g.t("dossier"));
    box.querySelector(".shut").setAttribute("aria-label", g.t("close_dossier"));
  };

  var ring = null, chart = null;

  /* Highlight a deposit, or none: a ring on the map, a tint in the table. */
  g.point = function (id, from) {
    var d = id === null ? null : g.byId[id];
    if (from !== "table") g.pointRows(id);
    if (!ring) return;
    if (!d || d.latitude === undefined) { ring.remove(); return; }
    ring.setLatLng([d.latitude, d.longitude]).addTo(chart);
  };
  function listen(group) {
    if (!group) return;
    group.on("mouseover", function (e) {
      var mark = e.layer || e.target, d = mark && mark.deposit;
      if (d) g.point(d.id, "map");
    });
    group.on("mouseout", function () { g.point(null, "map"); });
  }
  g.startLink = function () {
    var open = g.open;
    chart = g.map();
    chart.createPane("pointer").style.zIndex = 440;
    chart.getPane("pointer").style.pointerEvents = "none";
    ring = L.circleMarker([0, 0], { renderer: L.svg({ pane: "pointer" }), pane: "pointer", radius: 20, color: "#b0432f",
      weight: 2.5, fill: false, interactive: false });
    listen(g.layers.deposits);
    g.open = function (id) {
      var done = open(id);
      if (done) g.set({ choice: id });
      return done;
    };
  };
})(geoRee);
