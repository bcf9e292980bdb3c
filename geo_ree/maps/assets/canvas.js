/* Canvases that move with the map and are redrawn when it rests: the base class, lines, the graticule. */
"use strict";
(function (g) {
  g.Sheet = L.Renderer.extend({
    options: { padding: 0.15 },
    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.style.pointerEvents = "none";
      this._ctx = this._container.getContext("2d");
    },
    _destroyContainer: function () {
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this._ctx;
      this._view = null;
    },
    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      /* Leaflet reports one move more than once; do not draw the same view again. */
      var view = [this._map.getZoom(), this._map.getPixelOrigin(), this._bounds.min, this._bounds.max, L.Browser.retina].join();
      if (view === this._view) return;
      this._view = view;
      var box = this._bounds, size = box.getSize(), canvas = this._container, dots = L.Browser.retina ? 2 : 1;
      L.DomUtil.setPosition(canvas, box.min);
      canvas.width = dots * size.x;
      canvas.height = dots * size.y;
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      this._ctx.scale(dots, dots);
      this._ctx.translate(-box.min.x, -box.min.y);
      this.draw(this._ctx, box, dots);
    },
    redraw: function () {
      this._view = null;
      if (this._map) this._update();
      return this;
    }
  });

  var ORDER = ["water", "roads", "railways", "power_lines", "audit"], NEAR_PX = 0.8;

  /* Decode an encoded polyline: zigzag differences in 5-bit groups, 0.001 degree. */
  g.unpack = function (text) {
    var out = [], at = 0, here = [0, 0], axis = 0;
    while (at < text.length) {
      var value = 0, shift = 1, code;
      do {
        code = text.charCodeAt(at++) - 63;
        value += (code & 31) * shift;
        shift *= 32;
      } while (code >= 32);
      here[axis] += value % 2 ? -(value + 1) / 2 : value / 2;
      if (axis === 1) out.push([here[0] / 1000, here[1] / 1000]);
      axis = 1 - axis;
    }
    return out;
  };
  /* Web Mercator coordinates, 0 to 1 each way over the whole world. */
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
  /* Skip points closer than a pixel to the one before. */
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
    /* The tooltip of a group calls this; lines have no element. */
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
      /* Only over the region: the map has no data beyond it. */
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
        ctx.textAlign = "left"; /* only the zoom buttons and the scale are on this side */
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
