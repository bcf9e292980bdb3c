/* Canvases that move with the map and are redrawn when it rests, or when a drag brings their edge into view: the base class and
   the graticule. */
"use strict";
(function (g) {
  g.Sheet = L.Renderer.extend({
    options: { padding: 0.15 },
    getEvents: function () {
      return Object.assign(L.Renderer.prototype.getEvents.call(this), { move: this._followed });
    },
    /* A drag beyond what is drawn. */
    _followed: function () {
      var map = this._map;
      if (!this._bounds || map._animatingZoom || this._zoom !== map.getZoom()) return; /* another scale is drawn at its end */
      var seen = L.bounds(map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize()));
      if (!this._bounds.contains(seen)) this._update();
    },
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
  var STEPS = [20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01], WANTED = 5;

  function step(span) {
    return STEPS.filter(function (s) { return span / s >= WANTED; })[0] || STEPS[STEPS.length - 1];
  }
  function ticks(low, high, by) {
    var out = [];
    for (var n = Math.ceil(low / by); n * by <= high; n++) out.push(Number((n * by).toFixed(4)));
    return out;
  }
  function degrees(value, plus, minus) { return g.t(value < 0 ? minus : plus, { value: Math.abs(value).toLocaleString(g.locale()) + "°" }); }

  var written = [];
  /* Boxes of the words of the grid in view, moved by a corner: names of the map keep off them. */
  g.gridWords = function (corner) {
    return written.map(function (b) { return [b[0] + corner.x, b[1] + corner.y, b[2] + corner.x, b[3] + corner.y]; });
  };
  g.Graticule = g.Sheet.extend({
    draw: function (ctx, box) {
      var map = this._map, seen = map.getBounds(), by = step(seen.getEast() - seen.getWest());
      var far = L.latLngBounds(map.layerPointToLatLng(box.min), map.layerPointToLatLng(box.max)), at = map.containerPointToLayerPoint([0, 0]);
      var size = map.getSize(), words = [], lastX = -1e4, lastY = -1e4;
      var taken = g.controlBoxes().concat(g.markBoxes().map(function (b) { return [b[0] - at.x, b[1] - at.y, b[2] - at.x, b[3] - at.y]; }));
      this.step = by;
      written = [];
      ctx.strokeStyle = g.colour("map-grid"); ctx.lineWidth = 1;
      ticks(Math.max(far.getWest(), -180), Math.min(far.getEast(), 180), by).forEach(function (lon) {
        var x = Math.round(map.latLngToLayerPoint([0, lon]).x) + 0.5;
        ctx.beginPath(); ctx.moveTo(x, box.min.y); ctx.lineTo(x, box.max.y); ctx.stroke();
        words.push([degrees(lon, "east", "west"), x - at.x, 10, false]);
      });
      ticks(Math.max(far.getSouth(), -85), Math.min(far.getNorth(), 85), by).forEach(function (lat) {
        var y = Math.round(map.latLngToLayerPoint([lat, 0]).y) + 0.5;
        ctx.beginPath(); ctx.moveTo(box.min.x, y); ctx.lineTo(box.max.x, y); ctx.stroke();
        words.push([degrees(lat, "north", "south"), 24, y - at.y, true]);
      });
      ctx.font = "12px " + g.face; ctx.textBaseline = "middle"; ctx.textAlign = "center";
      words.forEach(function (one) {
        var half = Math.max(20, ctx.measureText(one[0]).width / 2), upright = one[3], x = upright ? half + 4 : one[1], y = one[2];
        var covered = taken.some(function (b) { return x + half + 6 > b[0] && x - half - 6 < b[2] && y + 8 > b[1] && y - 8 < b[3]; });
        if (upright ? Math.abs(y - lastY) < 56 : Math.abs(x - lastX) < 76) return;
        if (covered || x < half || y < 8 || x > size.x - half - 4 || y > size.y - 10) return;
        if (upright) lastY = y; else lastX = x;
        written.push([x - half, y - 8, x + half, y + 8]);
        ctx.lineWidth = 3; ctx.lineJoin = "round"; ctx.strokeStyle = g.colour("map-halo"); ctx.strokeText(one[0], x + at.x, y + at.y);
        ctx.fillStyle = g.colour("map-grid-words"); ctx.fillText(one[0], x + at.x, y + at.y);
      });
    }
  });
  g.face = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif";
})(geoRee);
