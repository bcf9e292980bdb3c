/* The map's panes, controls and pointer, and the start. */
"use strict";
(function (g) {
  var chart = null, whole = false, el = g.el, data = g.data;
  /* The map, once the page is whole; until then null. */
  g.map = function () { return whole ? chart : null; };

  function roomy() { return chart.getSize().x > 700 && chart.getSize().y > 640; }
  function overview() {
    chart.getContainer().classList.toggle("overview", chart.getZoom() < 4.75);
    chart.getContainer().classList.toggle("afar", chart.getZoom() < 3.5);
  }
  function credits() {
    chart.attributionControl.setPrefix(false);
    var all = Array.from(new Set(data.sources.map(function (s) { return s.attribution; }))).filter(Boolean);
    /* Those that have to be seen at once come first; the rest are a scroll away. */
    all.sort(function (a, b) { return /©/.test(b) - /©/.test(a); }).forEach(function (a) {
      chart.attributionControl.addAttribution(el("span", {}, a).innerHTML);
    });
  }
  function folding() {
    var button = document.getElementById("fold");
    button.addEventListener("click", function () {
      var folded = document.body.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
      button.textContent = folded ? "Show table" : "Hide table";
      chart.invalidateSize({ animate: false });
    });
  }
  function pointing() {
    var tip = L.tooltip({ direction: "top", offset: [0, -8], className: "name" }), over = null;
    function leave() { if (over) tip.remove(); over = null; chart.getContainer().classList.remove("pointing"); }
    chart.on("mousemove", function (e) {
      var d = g.markAt(e.containerPoint);
      if (d === over) return;
      leave();
      if (!d) return;
      over = d;
      var rank = g.rankNow(d);
      tip.setLatLng([d.latitude, d.longitude]).setContent(el("span", {}, d.name || d.id, rank === undefined || rank === null ? "" : " · rank " + rank)).addTo(chart);
      chart.getContainer().classList.add("pointing");
    });
    chart.on("mouseout", leave);
    chart.on("click", function (e) { var d = g.markAt(e.containerPoint); if (d) g.open(d.id); });
  }
  /* On paper the map has another size; it is drawn for it, and then again for the screen. */
  function printing() {
    window.matchMedia("print").addEventListener("change", function () {
      var seen = chart.getBounds();
      chart.invalidateSize({ animate: false, pan: false });
      chart.fitBounds(seen, { animate: false });
    });
  }
  g.prepare = function (map) {
    if (chart) return;
    chart = map;
    ["ground", "graticule", "sight", "marks", "deposits"].forEach(function (name, i) { chart.createPane(name).style.zIndex = 400 + 10 * i; });
    ["ground", "graticule", "sight", "deposits"].forEach(function (name) { chart.getPane(name).style.pointerEvents = "none"; });
  };
  function view() {
    var best = g.ranked("candidate").concat(g.ranked("by_product_host")).map(function (d) { return [d.latitude, d.longitude]; });
    chart.invalidateSize({ animate: false });
    /* Without an animation: one that still runs would undo what a reader does meanwhile. */
    if (best.length) chart.fitBounds(best, { animate: false, paddingTopLeft: [40, 56], paddingBottomRight: [40, roomy() ? 0.36 * chart.getSize().y : 40], maxZoom: 7 });
  }
  function controls() {
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(chart);
    g.exitControl(chart);
    g.legend(roomy()).addTo(chart);
    chart.getContainer().appendChild(el("div", { id: "note", role: "status" }));
    credits();
    folding();
    pointing();
    printing();
    g.watchSight(chart);
    g.dossierBox(chart);
  }
  function build() {
    view();
    g.fillLayers();
    new g.Graticule({ pane: "graticule" }).addTo(chart);
    controls();
    chart.on("zoomend", overview);
    chart.on("overlayadd", function () { g.arrange(chart); });
    overview();
    whole = true;
    g.panel();
    if (g.subscribe) g.subscribe(function () { g.refreshMarks(); g.reopen(); });
    g.arrange(chart);
  }
  g.start = function (map) {
    g.prepare(map);
    return g.load().then(build);
  };
})(geoRee);
