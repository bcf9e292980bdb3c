/* A tooltip stays whole inside the map and off its controls: a finger that taps a mark cannot move on to read the rest. */
"use strict";
(function (g) {
  var EDGE = 4, OFF = 12;

  function meets(a, b) { return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]; }
  /* Move a tooltip, in the map's pixels, to where it is whole and covers neither its place nor a control. */
  function keep(chart, tip) {
    var node = tip.getElement(), size = chart.getSize(), frame = chart.getContainer().getBoundingClientRect(), at, now, wide, high, boxes, found;
    if (!node || !tip.getLatLng()) return;
    node.style.translate = "";
    node.classList.remove("moved");
    now = node.getBoundingClientRect();
    wide = now.width; high = now.height;
    at = chart.latLngToContainerPoint(tip.getLatLng());
    function clamped(x, y) {
      x = Math.max(EDGE, Math.min(size.x - wide - EDGE, x)); y = Math.max(EDGE, Math.min(size.y - high - EDGE, y));
      return [x, y, x + wide, y + high];
    }
    boxes = g.controlBoxes();
    found = [[now.left - frame.left, now.top - frame.top], [at.x - wide / 2, at.y - OFF - high], [at.x - wide / 2, at.y + OFF], [at.x + OFF, at.y - high / 2], [at.x - OFF - wide, at.y - high / 2]].map(function (p) { return clamped(p[0], p[1]); });
    found = found.filter(function (box) { return !meets(box, [at.x - 3, at.y - 3, at.x + 3, at.y + 3]) && !boxes.some(function (b) { return meets(box, b); }); })[0] || found[1];
    var dx = Math.round(found[0] - (now.left - frame.left)), dy = Math.round(found[1] - (now.top - frame.top));
    if (!dx && !dy) return;
    node.style.translate = dx + "px " + dy + "px";
    node.classList.add("moved"); /* without the point, which would show elsewhere */
  }
  /* Each time that Leaflet places one, which may then say something else. */
  var place = L.Tooltip.prototype._updatePosition;
  L.Tooltip.include({
    _updatePosition: function () {
      place.call(this);
      keep(this._map, this);
    }
  });
  /* What the map said of another feature under the same finger would lie over the deposit that was opened. */
  g.closeTooltips = function () { g.map().eachLayer(function (layer) { if (layer.closeTooltip) layer.closeTooltip(); }); };
})(geoRee);
