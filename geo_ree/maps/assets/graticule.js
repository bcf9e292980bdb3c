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
      /* Over the region alone: beyond it the map has nothing to tell. */
      var r = g.data.region, land = L.bounds(map.latLngToLayerPoint([r[3], r[0]]), map.latLngToLayerPoint([r[1], r[2]]));
      var top = Math.max(box.min.y, land.min.y), bottom = Math.min(box.max.y, land.max.y), left = Math.max(box.min.x, land.min.x), right = Math.min(box.max.x, land.max.x);
      this.step = by;
      ctx.strokeStyle = "rgba(70, 90, 115, .22)"; ctx.lineWidth = 1;
      ctx.font = "10px system-ui, 'DejaVu Sans', sans-serif"; ctx.textBaseline = "middle";
      ctx.fillStyle = "#4d5661";
      ticks(Math.max(far.getWest(), r[0]), Math.min(far.getEast(), r[2]), by).forEach(function (lon) {
        var x = Math.round(map.latLngToLayerPoint([0, lon]).x) + 0.5;
        ctx.beginPath(); ctx.moveTo(x, top); ctx.lineTo(x, bottom); ctx.stroke();
        ctx.textAlign = "center";
        if (x > frame.min.x + 22 && x < frame.max.x - 22) write(ctx, degrees(lon, "E", "W"), x, Math.max(frame.min.y, land.min.y - 16) + 8);
      });
      ticks(Math.max(far.getSouth(), r[1]), Math.min(far.getNorth(), r[3]), by).forEach(function (lat) {
        var y = Math.round(map.latLngToLayerPoint([lat, 0]).y) + 0.5;
        ctx.beginPath(); ctx.moveTo(left, y); ctx.lineTo(right, y); ctx.stroke();
        ctx.textAlign = "left"; /* where only the zoom and the scale stand */
        if (y > frame.min.y + 82 && y < frame.max.y - 40) write(ctx, degrees(lat, "N", "S"), Math.max(frame.min.x, land.min.x) + 5, y);
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
