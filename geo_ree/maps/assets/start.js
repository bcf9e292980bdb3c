/* The map's view, controls and pointer, and what is redrawn on a change. */
"use strict";
(function (g) {
  var chart = null, el = g.el, data = g.data;

  /* Whether the legend fits without hiding the deposits. */
  function roomy() { return chart.getSize().x > 640 && chart.getSize().y > 640; }
  function overview() {
    chart.getContainer().classList.toggle("overview", chart.getZoom() < 4.75);
    chart.getContainer().classList.toggle("afar", chart.getZoom() < 3.5);
  }
  function credits() {
    chart.attributionControl.setPrefix(false);
    var all = Array.from(new Set(data.sources.map(function (s) { return s.attribution; }))).filter(Boolean);
    /* Attributions that have to be visible come first; the others are reached by scrolling. */
    all.sort(function (a, b) { return /©/.test(b) - /©/.test(a); }).forEach(function (a) {
      chart.attributionControl.addAttribution(el("span", {}, a).innerHTML);
    });
    g.scrolls(chart.attributionControl.getContainer(), g.t("map_sources"));
  }
  function folding() {
    var button = document.getElementById("fold");
    button.addEventListener("click", function () {
      var folded = document.body.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
      button.textContent = folded ? g.t("show_table") : g.t("hide_table");
      chart.invalidateSize({ animate: false });
    });
  }
  function pointing() {
    var tip = L.tooltip({ direction: "top", offset: [0, -8], className: "name" }), over = null;
    function leave() {
      if (!over) return;
      tip.remove();
      over = null;
      chart.getContainer().classList.remove("pointing");
      g.layers.deposits.fire("mouseout");
    }
    chart.on("mousemove", function (e) {
      var d = g.markAt(e.containerPoint);
      if (d === over) return;
      leave();
      if (!d) return;
      over = d;
      var rank = g.rankOf(d);
      tip.setLatLng([d.latitude, d.longitude]).setContent(el("span", {}, d.name || d.id, rank === undefined || rank === null ? "" : " · " + g.t("rank", { rank: rank }))).addTo(chart);
      chart.getContainer().classList.add("pointing");
      g.layers.deposits.fire("mouseover", { layer: { deposit: d } });
    });
    chart.on("mouseout", leave);
    chart.on("click", function (e) { var d = g.markAt(e.containerPoint); if (d) g.open(d.id); });
  }
  function view() {
    var own = g.deposits.filter(g.isOwn), first = own.length ? own : g.ranked("candidate").concat(g.ranked("by_product_host"));
    var best = first.map(function (d) { return [d.latitude, d.longitude]; });
    chart.invalidateSize({ animate: false });
    /* Without an animation, which would undo what a reader does meanwhile. */
    if (best.length) chart.fitBounds(best, { animate: false, paddingTopLeft: [40, roomy() ? 90 : 56], paddingBottomRight: [40, roomy() ? 0.41 * chart.getSize().y : 40], maxZoom: 7 });
    /* A frame without size, such as a folded cell of a notebook: repeat when it gets one. */
    if (Math.min(chart.getSize().x, chart.getSize().y) < 100) chart.once("resize", view);
  }
  function controls() {
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(chart);
    g.gatewayControl(chart);
    g.legend(chart, roomy());
    chart.getContainer().appendChild(el("div", { id: "note", role: "status" }));
    credits();
    folding();
    pointing();
    g.watchDistances(chart);
    g.dossierBox(chart);
    g.startPaper();
  }
  g.furnish = function (map) {
    chart = map;
    view();
    g.fillLayers(chart);
    new g.Graticule({ pane: "graticule" }).addTo(chart);
    controls();
    chart.on("zoomend", overview);
    chart.on("overlayadd", function () { g.arrange(chart); });
    overview();
    g.arrange(chart);
  };
  function reword() {
    chart.attributionControl.getContainer().setAttribute("aria-label", g.t("map_sources"));
    g.rewordLegend(chart);
    g.rewordGateways();
    g.rewordDossier();
    g.switcher._layers.forEach(function (entry) {
      entry.english = entry.english || entry.name;
      entry.name = g.term(entry.english);
    });
    g.switcher._update();
  }
  /* Update the map when weights, filters or the language change. */
  g.furnishPanel = function () {
    g.panel();
    g.subscribe(function (changed) {
      if (changed.indexOf("weights") >= 0 || changed.indexOf("filters") >= 0) g.refreshMarks();
      if (changed.indexOf("language") >= 0) reword();
      if (changed.some(function (c) { return c === "weights" || c === "intervals" || c === "language" || c === "question" || c === "access"; })) g.reopen();
    });
  };
})(geoRee);
