/* Deposits, many at once: one canvas, one pass, and a search among what is drawn. */
"use strict";
(function (g) {
  var CROWD = 2500, LABELLED = 400, EARTH_M = 40075016.686, REACH_PX = 3;

  g.Marks = g.Sheet.extend({
    initialize: function (rows, options) {
      g.Sheet.prototype.initialize.call(this, options);
      var x = this._x = new Float64Array(rows.length), y = this._y = new Float64Array(rows.length);
      /* Large symbols first and good ranks last, so that neither hides the other. */
      var large = rows.map(function (d) { return d.radius_px || 0; }), ranks = rows.map(function (d) { return d.rank || 1e9; });
      this.rows = Array.from(rows.keys()).sort(function (a, b) { return large[b] - large[a] || ranks[b] - ranks[a]; })
        .map(function (i) { return rows[i]; });
      this.rows.forEach(function (d, i) {
        var at = g.onSquare(d.latitude, d.longitude);
        x[i] = at[0];
        y[i] = at[1];
      });
      this.refresh();
    },
    /* After a change of scores, filters or weights. */
    refresh: function () {
      var looks = this._looks = [], known = {}, kind = this._kind = new Uint16Array(this.rows.length);
      var shown = this._shown = new Uint8Array(this.rows.length);
      this.rows.forEach(function (d, i) {
        var look = g.look(d), key = look.shape + look.radius + look.colour;
        if (known[key] === undefined) known[key] = looks.push(look) - 1;
        kind[i] = known[key];
        shown[i] = !g.shown || g.shown(d) ? 1 : 0;
      });
      return this.redraw();
    },
    draw: function (ctx, box, dots) {
      var seen = this._find(box), crowd = seen.length > CROWD;
      var looks = this._looks.map(function (look) {
        return crowd ? Object.assign({}, look, { radius: Math.max(2, 0.33 * look.radius) }) : look;
      });
      this._radius = looks.map(function (look) { return look.radius; });
      if (crowd) { this._dots(ctx, box, dots, looks); return; }
      this._doubts(ctx);
      var stamps = looks.map(function (look) { return g.sprite(look, dots); });
      for (var k = 0; k < seen.length; k++) {
        var stamp = stamps[this._kind[seen[k]]];
        ctx.drawImage(stamp.canvas, Math.round(this._px[k]) - stamp.half, Math.round(this._py[k]) - stamp.half, 2 * stamp.half, 2 * stamp.half);
        if (seen.length <= LABELLED) this._label(ctx, k, looks);
      }
    },
    /* A crowd: each symbol as a few dots written into the picture, many times faster than drawing. */
    _dots: function (ctx, box, dots, looks) {
      var wide = ctx.canvas.width, high = ctx.canvas.height, image = ctx.createImageData(wide, high), out = new Uint32Array(image.data.buffer);
      var stamps = looks.map(function (look) { return g.dotsOf(look, dots); });
      for (var k = 0; k < this._seen.length; k++) {
        var stamp = stamps[this._kind[this._seen[k]]], x = Math.round((this._px[k] - box.min.x) * dots), y = Math.round((this._py[k] - box.min.y) * dots);
        for (var j = 0; j < stamp.colour.length; j++) {
          var px = x + stamp.dx[j], py = y + stamp.dy[j];
          if (px >= 0 && py >= 0 && px < wide && py < high) out[py * wide + px] = stamp.colour[j];
        }
      }
      ctx.putImageData(image, 0, 0);
    },
    /* Rows in the box, and where; kept for the search. */
    _find: function (box) {
      var size = this._map.options.crs.scale(this._map.getZoom()), origin = this._map.getPixelOrigin(), n = this.rows.length;
      var seen = new Int32Array(n), px = this._px = new Float32Array(n), py = this._py = new Float32Array(n), count = 0;
      for (var i = 0; i < n; i++) {
        if (!this._shown[i]) continue;
        var x = this._x[i] * size - origin.x, y = this._y[i] * size - origin.y;
        if (x < box.min.x - 20 || x > box.max.x + 20 || y < box.min.y - 20 || y > box.max.y + 20) continue;
        px[count] = x; py[count] = y; seen[count++] = i;
      }
      return (this._seen = seen.subarray(0, count));
    },
    _doubts: function (ctx) {
      var scale = this._map.options.crs.scale(this._map.getZoom());
      ctx.save();
      ctx.setLineDash([2, 3]); ctx.strokeStyle = "#b0432f"; ctx.lineWidth = 1;
      for (var k = 0; k < this._seen.length; k++) {
        var d = this.rows[this._seen[k]];
        if (!d.position_error_m || d.role === "context" || d.role === "not_ree") continue;
        var r = d.position_error_m * scale / (EARTH_M * Math.cos(d.latitude * Math.PI / 180));
        if (r <= this._radius[this._kind[this._seen[k]]]) continue;
        ctx.beginPath(); ctx.arc(this._px[k], this._py[k], r, 0, 2 * Math.PI); ctx.stroke();
      }
      ctx.restore();
    },
    _label: function (ctx, k, looks) {
      var text = g.labelOf(this.rows[this._seen[k]]);
      if (!text) return;
      ctx.font = "600 9px system-ui, 'DejaVu Sans', sans-serif";
      ctx.textAlign = "center"; ctx.textBaseline = "middle";
      ctx.fillStyle = g.inkOn(looks[this._kind[this._seen[k]]]);
      ctx.fillText(text, Math.round(this._px[k]), Math.round(this._py[k]) + 0.5);
    },
    /* The row drawn on top at a place of the window, or null. */
    at: function (point) {
      if (!this._map || !this._seen) return null;
      var p = this._map.containerPointToLayerPoint(point);
      for (var k = this._seen.length - 1; k >= 0; k--) {
        var dx = this._px[k] - p.x, dy = this._py[k] - p.y, r = this._radius[this._kind[this._seen[k]]] + REACH_PX;
        if (dx * dx + dy * dy <= r * r) return this.rows[this._seen[k]];
      }
      return null;
    },
    /* How and where (in the window) a row is drawn, or null. */
    drawn: function (id) {
      if (!this._map || !this._seen) return null;
      for (var k = 0; k < this._seen.length; k++) {
        var i = this._seen[k], d = this.rows[i];
        if (d.id !== id) continue;
        var p = this._map.layerPointToContainerPoint([this._px[k], this._py[k]]);
        return Object.assign({}, this._looks[this._kind[i]], { x: p.x, y: p.y, label: g.labelOf(d) });
      }
      return null;
    }
  });
})(geoRee);
