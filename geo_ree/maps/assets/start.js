/* The map's view, controls and pointer, and what is redrawn on a change. */
"use strict";
(function (g) {
  var chart = null, scale = null, graticule = null, el = g.el, data = g.data;

  /* Whether the legend leaves the map more than half of its pane, or lies where a pane higher than wide shows empty land. */
  function roomy() {
    var size = chart.getSize();
    return size.x > 900 && size.y > 700 || size.x > 600 && size.y > 780 && size.y > 1.15 * size.x;
  }
  /* A legend that would cover more than half of the map, as longer words may make it, is folded. */
  function foldLegend() {
    var box = document.querySelector(".legend");
    if (box && box.open && box.offsetHeight > 0.5 * chart.getSize().y) box.open = false;
  }
  function overview() {
    chart.getContainer().classList.toggle("overview", chart.getZoom() < 4.75);
    chart.getContainer().classList.toggle("afar", chart.getZoom() < 3.5);
  }
  /* An attribution in the language of the page: what it is for is translated, names and licences are not. */
  function credited(text) {
    function said(words) {
      var ours = g.term(words);
      return ours === words ? el("span", { lang: "en" }, words) : ours;
    }
    return text.split("; ").map(function (part, i) {
      var m = /^([^:©(]+): (.*)$/.exec(part);
      return [i ? "; " : "", m ? [said(m[1]), ": ", said(m[2])] : said(part)];
    });
  }
  function credits() {
    var control = chart.attributionControl;
    control.setPrefix(false);
    (control.written || []).forEach(function (words) { control.removeAttribution(words); });
    var all = Array.from(new Set(data.sources.map(function (s) { return s.attribution; }))).filter(Boolean);
    /* Attributions that have to be visible come first; the others are reached by scrolling. */
    control.written = all.sort(function (a, b) { return /©/.test(b) - /©/.test(a); }).map(function (a) { return el("span", {}, credited(a)).innerHTML; });
    control.written.forEach(function (words) { control.addAttribution(words); });
    g.scrolls(control.getContainer(), g.t("map_sources"));
  }
  function folding() {
    var button = document.getElementById("fold");
    button.addEventListener("click", function () {
      var folded = document.body.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
      button.textContent = folded ? g.t("show_table") : g.t("hide_table");
      chart.invalidateSize({ animate: false, pan: true });
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
      tip.setLatLng(g.markPlace(d)).setContent(el("span", {}, d.name || d.id, rank === undefined || rank === null ? "" : " · " + g.t("rank", { rank: rank }))).addTo(chart);
      chart.getContainer().classList.add("pointing");
      g.layers.deposits.fire("mouseover", { layer: { deposit: d } });
    });
    chart.on("mouseout", leave);
    chart.on("click", function (e) {
      var d = g.isMeasuring() ? null : g.markAt(e.containerPoint);
      if (!d) return;
      g.open(d.id);
      leave();
      g.closeTooltips();
    });
  }
  /* The bar of the scale in the language of the page. */
  var Scale = L.Control.Scale.extend({
    _updateMetric: function (most) {
      var metres = this._getRoundNum(most);
      this._updateScale(this._mScale, metres < 1000 ? metres + " " + g.t("m") : metres / 1000 + " " + g.t("km"), metres / most);
    }
  });
  function nameZoom() {
    [["in", g.t("zoom_in")], ["out", g.t("zoom_out")]].forEach(function (one) {
      var button = chart.getContainer().querySelector(".leaflet-control-zoom-" + one[0]);
      if (!button) return;
      button.title = one[1];
      button.setAttribute("aria-label", one[1]);
    });
  }
  function controls() {
    g.tools();
    nameZoom();
    scale = new Scale({ imperial: false, maxWidth: 140 }).addTo(chart);
    g.gatewayControl(chart);
    g.legend(chart, roomy());
    foldLegend();
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
    g.watchView(chart);
    chart.invalidateSize({ animate: false });
    g.fillLayers(chart);
    graticule = new g.Graticule({ pane: "graticule" }).addTo(chart);
    controls();
    g.wholeRegion();
    overview(); /* the buttons of the map are as wide as they will be */
    g.nameSheet = new g.Names({ pane: "names" }).addTo(chart);
    g.watchMeasure(chart);
    document.addEventListener("scheme", function () { 
      g.ground.redraw();
      g.nameSheet.redraw();
      g.rewordLegend(chart);
    });
    chart.on("zoomend", overview);
    chart.on("overlayadd", function () { g.arrange(chart); });
    chart.on("overlayadd overlayremove", function () { g.rewordLegend(chart); });
    nameLayers();
    g.arrange(chart);
  };
  /* The switch of layers, in the language of the page. */
  function nameLayers() {
    var toggle = g.switcher.getContainer().querySelector(".leaflet-control-layers-toggle");
    g.switcher._layers.forEach(function (entry) {
      entry.english = entry.english || entry.name;
      entry.name = g.phrase(entry.english);
    });
    g.switcher._update();
    toggle.title = g.t("map_layers");
    toggle.setAttribute("aria-label", g.t("map_layers"));
  }
  function reword() {
    chart.attributionControl.getContainer().setAttribute("aria-label", g.t("map_sources"));
    g.rewordLegend(chart);
    g.rewordGateways();
    g.rewordDossier();
    g.rewordMeasure();
    g.wordTools();
    nameZoom();
    scale._update();
    foldLegend();
    credits();
    /* The controls have other sizes now: what the map shows is fitted between them again. */
    if (g.framed()) g.frame(g.framed());
    graticule.redraw();
    g.nameSheet.redraw();
    nameLayers();
  }
  /* Update the map when weights, filters or the language change. */
  g.furnishPanel = function () {
    g.panel();
    g.subscribe(function (changed) {
      if (changed.indexOf("weights") >= 0 || changed.indexOf("filters") >= 0) g.refreshMarks();
      if (changed.indexOf("language") >= 0) reword();
      else {
        if (changed.indexOf("question") >= 0) g.nameSheet.redraw();
        if (changed.indexOf("weights") >= 0) g.rewordMeasure(); /* the choice of gateways comes with them */
      }
      if (changed.some(function (c) { return c === "weights" || c === "intervals" || c === "language" || c === "question" || c === "access"; })) g.reopen();
    });
  };
})(geoRee);
