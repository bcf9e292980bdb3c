/* What part of the world the map shows: the whole region so that no control covers a mark, the limits of the data, and the same
   again when the pane changes its size. */
"use strict";
(function (g) {
  var MARGIN = 8, NARROW = 520, FINE = 0.125, TRIED = 13, MOST = 300, CLOSEST = 7, PORT_PX = 14, PARTS = 12;
  var FINEST = 11; /* a pixel is 55 m: the page rounds places to about 100 m */
  var chart = null, fit = null, framing = false;

  /* Show what `how` shows, now and after each change of the pane's size until the reader moves the map. */
  g.frame = function (how) {
    framing = true;
    try { how(); } finally { framing = false; }
    fit = how;
  };
  g.framed = function () { return fit; };
  /* A function that brings back what the map shows now. */
  g.viewNow = function () {
    var how = fit, middle = chart.getCenter(), zoom = chart.getZoom();
    return function () {
      if (how) g.frame(how); else chart.setView(middle, zoom, { animate: false });
    };
  };
  function limits() {
    var box = g.data.layers.countries[1].beyond.box, size = chart.getSize();
    var low = g.onSquare(box[1], box[0]), high = g.onSquare(box[3], box[2]);
    if (size.x < 100 || size.y < 100) return;
    var least = Math.log2(Math.max(size.x / (256 * (high[0] - low[0])), size.y / (256 * (low[1] - high[1]))));
    chart.options.minZoom = Math.ceil(1000 * least) / 1000;
    chart.setMaxBounds([[box[1], box[0]], [box[3], box[2]]]);
    if (chart.getZoom() < chart.options.minZoom) chart.setZoom(chart.options.minZoom, { animate: false });
  }
  /* The marks of the overview: what is ranked, on a wide map references beside it; own sites alone if there are any. */
  function marks() {
    var own = g.deposits.filter(g.isOwn), narrow = chart.getSize().x < NARROW, ranked = g.ranked("candidate").slice(0, MOST).concat(g.ranked("by_product_host").slice(0, MOST));
    var all = own.length ? own : narrow && ranked.length > 1 ? ranked : ranked.concat(g.deposits.filter(function (d) { return d.role === "reference"; }).slice(0, MOST));
    return all.map(function (d) {
      var at = g.onSquare(d.latitude, d.longitude);
      return [at[0], at[1], g.look(d).radius + (narrow ? MARGIN / 4 : MARGIN)];
    });
  }
  function span(of, axis) {
    var values = of.map(function (m) { return m[axis]; });
    return [Math.min.apply(null, values), Math.max.apply(null, values)];
  }
  /* Whether all marks are free of the edges and the controls when `middle` is in the middle at this scale. */
  function clear(of, middle, scale, size, taken) {
    return of.every(function (m) {
      var x = (m[0] - middle[0]) * scale + size.x / 2, y = (m[1] - middle[1]) * scale + size.y / 2, r = m[2];
      return x > r && y > r && x < size.x - r && y < size.y - r && !taken.some(function (b) {
        return x + r > b[0] && x - r < b[2] && y + r > b[1] && y - r < b[3];
      });
    });
  }
  /* The nearest place of the middle at which a scale leaves all marks free, or null. */
  function middleAt(of, zoom, size, taken) {
    var scale = chart.options.crs.scale(zoom), x = span(of, 0), y = span(of, 1), best = null;
    var slack = [size.x / scale - (x[1] - x[0]), size.y / scale - (y[1] - y[0])];
    if (slack[0] < 0 || slack[1] < 0) return null;
    for (var i = 0; i < TRIED; i++) for (var j = 0; j < TRIED; j++) {
      var dx = i / (TRIED - 1) - 0.5, dy = j / (TRIED - 1) - 0.5, off = dx * dx + dy * dy;
      var middle = [(x[0] + x[1]) / 2 + dx * slack[0], (y[0] + y[1]) / 2 + dy * slack[1]];
      if ((!best || off < best.off) && clear(of, middle, scale, size, taken)) best = { off: off, middle: middle };
    }
    return best && best.middle;
  }
  function place(square) {
    var y = Math.PI * (1 - 2 * square[1]);
    return [Math.atan(Math.sinh(y)) * 180 / Math.PI, 360 * (square[0] - 0.5)];
  }
  g.placeOnSquare = place;
  /* Show all marks as large as they fit; without marks, the region. */
  function whole() {
    var of = marks(), size = chart.getSize(), r = g.data.region;
    limits();
    if (!of.length) { chart.fitBounds([[r[1], r[0]], [r[3], r[2]]], { animate: false }); return; }
    var taken = g.controlBoxes(), fits = largest(of, CLOSEST, chart.getMinZoom(), size, taken), ways = g.waysOut().filter(function (one) { return one.port; });
    /* With the ports where the ways out end, if that costs nothing of the scale; else an arrow at the rim says where a way leaves. */
    if (fits && ways.length) fits = largest(of.concat(ways.map(function (one) { return [one.at[0], one.at[1], PORT_PX]; })), fits.zoom, fits.zoom, size, taken) || fits;
    if (fits) chart.setView(place(fits.middle), fits.zoom, { animate: false });
    else chart.fitBounds(of.map(place), { animate: false, padding: [20, 20] });
  }
  /* The largest scale at which all marks are free, with the middle of the map there; null if there is none. */
  function largest(of, from, least, size, taken) {
    for (var zoom = from; zoom >= least; zoom -= FINE) {
      var middle = middleAt(of, zoom, size, taken);
      if (middle) return { zoom: zoom, middle: middle };
    }
    return null;
  }
  g.wholeRegion = function () { g.frame(whole); };
  /* Show an area as large as it fits clear of the controls. */
  g.fitClear = function (bounds) {
    var size = chart.getSize(), low = g.onSquare(bounds.getSouth(), bounds.getWest()), high = g.onSquare(bounds.getNorth(), bounds.getEast()), of = [], fits;
    for (var i = 0; i <= PARTS; i++) for (var j = 0; j <= PARTS; j++) of.push([low[0] + (high[0] - low[0]) * i / PARTS, low[1] + (high[1] - low[1]) * j / PARTS, 2 * MARGIN]);
    limits();
    fits = largest(of, CLOSEST + 2, chart.getMinZoom(), size, g.controlBoxes());
    if (fits) chart.setView(place(fits.middle), fits.zoom, { animate: false });
    else chart.fitBounds(bounds, { animate: false, padding: [20, 20] });
  };

  function tool(slug, key, picture, act) {
    var NS = "http://www.w3.org/2000/svg", svg = document.createElementNS(NS, "svg"), path = document.createElementNS(NS, "path");
    var button = g.el("button", { type: "button", id: slug, "class": "tool", "data-t-title": key });
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", picture);
    svg.appendChild(path);
    button.appendChild(svg);
    button.appendChild(g.el("span", {}));
    button.addEventListener("click", act);
    return button;
  }
  g.wordTools = function () {
    document.querySelectorAll("[data-t-title]").forEach(function (node) {
      var words = g.t(node.dataset.tTitle);
      node.title = words;
      node.setAttribute("aria-label", words);
      node.querySelector("span").textContent = words;
    });
  };
  g.tools = function () {
    var control = L.control({ position: "topleft" });
    control.onAdd = function () {
      var box = g.el("div", { "class": "tools-map" },
        tool("whole-region", "whole_region", "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5M7 10h6M10 7v6", g.wholeRegion),
        tool("measure-point", "measure_point", "M10 2v5M10 13v5M2 10h5M13 10h5M10 6.5a3.5 3.5 0 1 0 .01 0", function () { g.measuring(!g.isMeasuring()); }));
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(chart);
    g.wordTools();
  };
  g.watchView = function (map) {
    chart = map;
    chart.options.maxZoom = FINEST;
    chart.on("movestart zoomstart", function () { if (!framing) fit = null; });
    chart.on("resize", function () {
      var how = fit;
      framing = true; /* the limits may move the map too */
      try { limits(); } finally { framing = false; }
      if (how) g.frame(how);
    });
    new ResizeObserver(function () {
      var box = chart.getContainer().getBoundingClientRect(), size = chart.getSize();
      if (Math.round(box.width) !== size.x || Math.round(box.height) !== size.y) chart.invalidateSize({ animate: false, pan: false });
    }).observe(chart.getContainer());
  };
})(geoRee);
