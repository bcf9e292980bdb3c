/* Meridians and parallels at a round distance, with their degrees along the edges. */
"use strict";
(function (g) {
  var STEPS = [20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01], WANTED = 5;

  function step(span) {
    return STEPS.filter(function (s) { return span / s >= WANTED; })[0] || STEPS[STEPS.length - 1];
  }
  function ticks(low, high, by) {
    var out = [];
    for (var n = Math.ceil(low / by); n * by <= high; n++) out.push(Number((n * by).toFixed(4)));
    return out;
  }
  function degrees(value, plus, minus) { return Math.abs(value) + "° " + (value < 0 ? minus : plus); }

  g.Graticule = g.Sheet.extend({
    draw: function (ctx, box) {
      var map = this._map, seen = map.getBounds(), by = step(seen.getEast() - seen.getWest());
      var far = L.latLngBounds(map.layerPointToLatLng(box.min), map.layerPointToLatLng(box.max));
      var frame = L.bounds(map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize()));
      this.step = by;
      ctx.strokeStyle = "rgba(70, 90, 115, .22)"; ctx.lineWidth = 1;
      ctx.font = "10px system-ui, 'DejaVu Sans', sans-serif"; ctx.textBaseline = "middle";
      ctx.fillStyle = "#4d5661";
      ticks(far.getWest(), far.getEast(), by).forEach(function (lon) {
        var x = Math.round(map.latLngToLayerPoint([0, lon]).x) + 0.5;
        ctx.beginPath(); ctx.moveTo(x, box.min.y); ctx.lineTo(x, box.max.y); ctx.stroke();
        ctx.textAlign = "center";
        if (lon > seen.getWest() && lon < seen.getEast()) write(ctx, degrees(lon, "E", "W"), x, frame.min.y + 8);
      });
      ticks(far.getSouth(), far.getNorth(), by).forEach(function (lat) {
        var y = Math.round(map.latLngToLayerPoint([lat, 0]).y) + 0.5;
        ctx.beginPath(); ctx.moveTo(box.min.x, y); ctx.lineTo(box.max.x, y); ctx.stroke();
        ctx.textAlign = "right";
        if (lat > seen.getSouth() && lat < seen.getNorth()) write(ctx, degrees(lat, "N", "S"), frame.max.x - 4, y);
      });
    }
  });
  function write(ctx, text, x, y) {
    ctx.save();
    ctx.lineWidth = 3; ctx.strokeStyle = "rgba(255, 255, 255, .85)"; ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
    ctx.restore();
  }
})(geoRee);
