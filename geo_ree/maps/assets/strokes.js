/* Railways, roads, rivers: many lines on one canvas, kept as plain numbers. */
"use strict";
(function (g) {
  var ORDER = ["water", "roads", "railways", "power_lines", "audit"], NEAR_PX = 0.8;

  /* Where a place lies on the square of the whole world, 0 to 1 each way (web Mercator). */
  g.onSquare = function (lat, lon) {
    var s = Math.sin(Math.max(-85, Math.min(85, lat)) * Math.PI / 180);
    return [lon / 360 + 0.5, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
  };
  function numbers(text) {
    var places = g.unpack(text), out = new Float64Array(2 * places.length), box = [1, 1, 0, 0];
    places.forEach(function (p, i) {
      var at = g.onSquare(p[0], p[1]);
      out[2 * i] = at[0];
      out[2 * i + 1] = at[1];
      box = [Math.min(box[0], at[0]), Math.min(box[1], at[1]), Math.max(box[2], at[0]), Math.max(box[3], at[1])];
    });
    return { at: out, box: box };
  }
  var Sheet = g.Sheet.extend({
    parts: [],
    draw: function (ctx, box) {
      var size = this._map.options.crs.scale(this._map.getZoom()), origin = this._map.getPixelOrigin();
      var seen = [(box.min.x + origin.x) / size, (box.min.y + origin.y) / size, (box.max.x + origin.x) / size, (box.max.y + origin.y) / size];
      this.parts.forEach(function (part) {
        ctx.strokeStyle = part.style.color;
        ctx.globalAlpha = part.style.opacity;
        ctx.lineWidth = part.style.weight;
        ctx.lineJoin = ctx.lineCap = "round";
        ctx.setLineDash(part.dash);
        ctx.beginPath();
        part.lines.forEach(function (line) {
          var b = line.box;
          if (b[0] <= seen[2] && b[2] >= seen[0] && b[1] <= seen[3] && b[3] >= seen[1]) trace(ctx, line.at, size, origin);
        });
        ctx.stroke();
      });
      ctx.globalAlpha = 1;
      ctx.setLineDash([]);
    }
  });
  /* Points nearer than a dot to the one before are passed over. */
  function trace(ctx, at, size, origin) {
    var x = at[0] * size - origin.x, y = at[1] * size - origin.y, last = at.length - 2;
    ctx.moveTo(x, y);
    for (var i = 2; i <= last; i += 2) {
      var nx = at[i] * size - origin.x, ny = at[i + 1] * size - origin.y;
      if (i < last && Math.abs(nx - x) < NEAR_PX && Math.abs(ny - y) < NEAR_PX) continue;
      ctx.lineTo(nx, ny);
      x = nx; y = ny;
    }
  }
  var sheet = null;
  g.Strokes = L.Layer.extend({
    initialize: function (slug, texts, style, dash) {
      this.rank = ORDER.indexOf(slug);
      this.lines = texts.map(numbers);
      this.style = style;
      this.dash = dash;
    },
    /* Asked for by the tooltips of a group: lines have none of their own. */
    getElement: function () { return null; },
    onAdd: function () {
      sheet.parts.push(this);
      sheet.parts.sort(function (a, b) { return a.rank - b.rank; });
      sheet.redraw();
    },
    onRemove: function () {
      sheet.parts.splice(sheet.parts.indexOf(this), 1);
      sheet.redraw();
    }
  });
  g.startStrokes = function () { sheet = new Sheet({ pane: "ground" }); sheet.parts = []; return sheet; };
})(geoRee);
