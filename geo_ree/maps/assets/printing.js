/* On paper the map has another size: it is drawn for it at once, and then again for the screen. */
"use strict";
(function (g) {
  var seen = null, sharp = L.Browser.retina;

  /* Leaflet draws a canvas with the next frame, which comes too late for the printer. */
  function drawNow(chart) {
    [chart._renderer].concat(Object.values(chart._paneRenderers), g.canvases()).forEach(function (renderer) {
      if (renderer && renderer._redraw && renderer._ctx) renderer._redraw();
    });
  }
  /* Chromium prints the strokes of a fresh canvas, and loses some; dots that were put it prints. */
  function flatten(canvas) {
    if (!canvas.width || !canvas.height) return;
    var copy = document.createElement("canvas"), dots = copy.getContext("2d", { willReadFrequently: true });
    copy.width = canvas.width;
    copy.height = canvas.height;
    dots.drawImage(canvas, 0, 0);
    canvas.getContext("2d").putImageData(dots.getImageData(0, 0, copy.width, copy.height), 0, 0);
  }
  function fit(chart, printing) {
    if (printing) seen = chart.getBounds();
    L.Browser.retina = printing || sharp; /* twice as many dots on paper */
    chart.invalidateSize({ animate: false, pan: false });
    chart.fitBounds(seen, { animate: false });
    drawNow(chart);
    if (printing) chart.getContainer().querySelectorAll("canvas").forEach(flatten);
  }
  g.printing = function (chart) {
    var key = g.el("div", { "class": "print-key", "aria-hidden": "true" });
    chart.getContainer().after(key);
    window.matchMedia("print").addEventListener("change", function (e) {
      if (e.matches) key.replaceChildren(g.legendBox(true));
      fit(chart, e.matches);
    });
  };
})(geoRee);
