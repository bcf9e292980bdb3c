/* Deposits on the map: how they look, one canvas for all of them, and a search among what is drawn. */
"use strict";
(function (g) {
  var GREY = "#8b95a1", sprites = {};

  document.addEventListener("scheme", function () {
    sprites = {};
    g.refreshMarks();
  });

  function outline(ctx, shape, c, r) {
    ctx.beginPath();
    if (shape === "diamond") {
      ctx.moveTo(c, c - r); ctx.lineTo(c + r, c); ctx.lineTo(c, c + r); ctx.lineTo(c - r, c); ctx.closePath();
    } else if (shape === "square") {
      ctx.rect(c - 0.8 * r, c - 0.8 * r, 1.6 * r, 1.6 * r);
    } else if (shape === "triangle") {
      ctx.moveTo(c, c - r); ctx.lineTo(c + r, c + 0.75 * r); ctx.lineTo(c - r, c + 0.75 * r); ctx.closePath();
    } else {
      ctx.arc(c, c, r, 0, 2 * Math.PI);
    }
  }
  function paint(ctx, look, c) {
    var hollow = look.shape === "ring", r = look.radius, thin = r < 5;
    outline(ctx, look.shape, c, hollow && !thin ? r - 2 : r);
    ctx.fillStyle = hollow && !thin ? g.colour("map-hollow") : look.colour;
    ctx.fill();
    if (hollow && !thin) {
      ctx.lineWidth = 4.4; ctx.strokeStyle = g.colour("map-edge"); ctx.stroke();
      ctx.lineWidth = 2.6; ctx.strokeStyle = look.colour; ctx.stroke();
    } else {
      ctx.lineWidth = thin ? 0.6 : 1.2; ctx.strokeStyle = g.colour("map-edge"); ctx.stroke();
    }
  }
  /* The symbol drawn once, for a screen with this number of dots per pixel. */
  g.sprite = function (look, dots) {
    var key = [look.shape, look.radius, look.colour, dots].join("|"), half = Math.ceil(look.radius + 2);
    if (!sprites[key]) {
      var canvas = document.createElement("canvas"), ctx = canvas.getContext("2d", { willReadFrequently: true });
      canvas.width = canvas.height = 2 * half * dots;
      ctx.scale(dots, dots);
      paint(ctx, look, half);
      sprites[key] = { canvas: canvas, half: half };
    }
    return sprites[key];
  };
  /* The solid dots of a symbol with their offsets from its centre. */
  g.dotsOf = function (look, dots) {
    var sprite = g.sprite(look, dots), out = sprite.dots;
    if (out) return out;
    out = sprite.dots = { dx: [], dy: [], colour: [] };
    var canvas = sprite.canvas, n = canvas.width, image = canvas.getContext("2d").getImageData(0, 0, n, n), words = new Uint32Array(image.data.buffer);
    for (var i = 0; i < words.length; i++) {
      if (image.data[4 * i + 3] < 128) continue;
      out.dx.push(i % n - n / 2);
      out.dy.push(Math.floor(i / n) - n / 2);
      image.data[4 * i + 3] = 255;
      out.colour.push(words[i]);
    }
    return out;
  };
  function light(hex) {
    var n = parseInt(hex.slice(1), 16);
    return 0.299 * (n >> 16) + 0.587 * ((n >> 8) & 255) + 0.114 * (n & 255) > 140;
  }
  g.inkOn = function (look) { return look.shape === "ring" || light(look.colour) ? "#1b2430" : "#fff"; };

  /* Whether a reader of this page provided the site. */
  g.isOwn = function (d) { return d.origin === "own"; };
  /* How a deposit is drawn. */
  g.look = function (d) {
    var score = g.scoreOf(d), colour = score === undefined || score === null ? GREY : g.scoreColour(score);
    if (g.isOwn(d)) return { shape: "triangle", radius: 12, colour: colour };
    if (d.role === "candidate") return { shape: d.oxide_t ? "disc" : "ring", radius: d.radius_px || 12, colour: colour };
    if (d.role === "by_product_host") return { shape: "diamond", radius: 8, colour: colour };
    if (d.role === "reference") return { shape: "square", radius: 7, colour: GREY };
    return { shape: "disc", radius: 3, colour: "#b9c0c8" };
  };
  g.labelOf = function (d) {
    var rank = g.rankOf(d);
    return d.role !== "candidate" || rank === undefined || rank === null ? "" : String(rank);
  };

  var CROWD = 2500, LABELLED = 400, EARTH_M = 40075016.686, REACH_PX = 3, QUIET = ["context", "not_ree"];

  g.Marks = g.Sheet.extend({
    initialize: function (rows, options) {
      g.Sheet.prototype.initialize.call(this, options);
      var x = this._x = new Float64Array(rows.length), y = this._y = new Float64Array(rows.length);
      /* Large symbols first and good ranks last, so that neither hides the other. */
      var large = rows.map(function (d) { return d.radius_px || 0; }), ranks = rows.map(function (d) { return d.rank_in_role || 1e9; });
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
      this._offsets = {};
      return this.redraw();
    },
    draw: function (ctx, box, dots) {
      var seen = this._visible(box), crowd = seen.length > CROWD;
      var looks = this._looks.map(function (look) {
        return crowd ? Object.assign({}, look, { radius: Math.max(2, 0.33 * look.radius) }) : look;
      });
      this._radius = looks.map(function (look) { return look.radius; });
      if (crowd) { this._crowd(ctx, box, dots, looks); return; }
      this._positionErrors(ctx);
      this._moveApart(ctx);
      var stamps = looks.map(function (look) { return g.sprite(look, dots); });
      for (var k = 0; k < seen.length; k++) {
        var stamp = stamps[this._kind[seen[k]]];
        ctx.drawImage(stamp.canvas, Math.round(this._px[k]) - stamp.half, Math.round(this._py[k]) - stamp.half, 2 * stamp.half, 2 * stamp.half);
        if (seen.length <= LABELLED) this._label(ctx, k, looks);
      }
    },
    /* Many deposits: write each symbol as a few dots into the image, many times faster than drawing. */
    _crowd: function (ctx, box, dots, looks) {
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
    /* The rows in the box and their positions, kept for the search. */
    _visible: function (box) {
      var size = this._map.options.crs.scale(this._map.getZoom()), origin = this._map.getPixelOrigin(), n = this.rows.length;
      var seen = new Int32Array(n), px = this._px = new Float32Array(n), py = this._py = new Float32Array(n), count = 0;
      this._homeX = px; this._homeY = py;
      for (var i = 0; i < n; i++) {
        if (!this._shown[i]) continue;
        var x = this._x[i] * size - origin.x, y = this._y[i] * size - origin.y;
        if (x < box.min.x - 20 || x > box.max.x + 20 || y < box.min.y - 20 || y > box.max.y + 20) continue;
        px[count] = x; py[count] = y; seen[count++] = i;
      }
      return (this._seen = seen.subarray(0, count));
    },
    /* How far each mark is moved from its place at this scale, so that none covers another; null for a crowd. */
    _apart: function () {
      var zoom = this._map.getZoom(), size = this._map.options.crs.scale(zoom), rows = [], mine = this;
      if (this._offsets[zoom] !== undefined) return this._offsets[zoom];
      this.rows.forEach(function (d, i) { if (mine._shown[i] && QUIET.indexOf(d.role) < 0) rows.push(i); });
      if (!rows.length || rows.length > LABELLED) return (this._offsets[zoom] = null);
      var x = rows.map(function (i) { return mine._x[i] * size; }), y = rows.map(function (i) { return mine._y[i] * size; });
      var found = g.spread(x, y, rows.map(function (i) { return mine._looks[mine._kind[i]].radius; })), out = new Map();
      rows.forEach(function (i, k) { if (found.moved[k]) out.set(i, [found.x[k] - x[k], found.y[k] - y[k]]); });
      return (this._offsets[zoom] = out);
    },
    /* Move the marks in view and tie each to its place. */
    _moveApart: function (ctx) {
      var apart = this._apart(), n = this._seen.length;
      if (!apart || !apart.size) return;
      this._px = Float32Array.from(this._homeX); this._py = Float32Array.from(this._homeY);
      ctx.lineWidth = 1.2; ctx.strokeStyle = ctx.fillStyle = g.colour("map-edge");
      for (var k = 0; k < n; k++) {
        var off = apart.get(this._seen[k]);
        if (!off) continue;
        this._px[k] += off[0]; this._py[k] += off[1];
        ctx.beginPath(); ctx.moveTo(this._homeX[k], this._homeY[k]); ctx.lineTo(this._px[k], this._py[k]); ctx.stroke();
        ctx.beginPath(); ctx.arc(this._homeX[k], this._homeY[k], 2, 0, 2 * Math.PI); ctx.fill();
      }
    },
    /* Boxes of the marks in view, in the layer's pixels; none of a crowd. */
    boxes: function () {
      var out = [], seen = this._seen || [];
      if (!this._map || seen.length > LABELLED) return out;
      for (var k = 0; k < seen.length; k++) {
        var r = this._radius[this._kind[seen[k]]] + 1, x = this._px[k], y = this._py[k];
        out.push([x - r, y - r, x + r, y + r]);
      }
      return out;
    },
    /* The ranked deposits in view, the best first, with their places on the square and their radii. */
    nameable: function () {
      var out = [], seen = this._seen || [];
      if (!this._map || seen.length > LABELLED) return out;
      var size = this._map.options.crs.scale(this._map.getZoom()), origin = this._map.getPixelOrigin();
      for (var k = 0; k < seen.length; k++) {
        var d = this.rows[seen[k]];
        if (QUIET.indexOf(d.role) >= 0) continue;
        out.push({ d: d, at: [(this._px[k] + origin.x) / size, (this._py[k] + origin.y) / size], radius: this._radius[this._kind[seen[k]]] });
      }
      function order(d) { return (d.role === "candidate" ? 0 : 1e6) + (g.rankOf(d) || 1e5); }
      return out.sort(function (a, b) { return order(a.d) - order(b.d); });
    },
    _positionErrors: function (ctx) {
      var scale = this._map.options.crs.scale(this._map.getZoom());
      ctx.save();
      ctx.setLineDash([2, 3]); ctx.strokeStyle = g.colour("map-uncertain"); ctx.lineWidth = 1;
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
      ctx.font = "700 12px " + g.face;
      ctx.textAlign = "center"; ctx.textBaseline = "middle";
      ctx.fillStyle = g.inkOn(looks[this._kind[this._seen[k]]]);
      ctx.fillText(text, Math.round(this._px[k]), Math.round(this._py[k]) + 0.5);
    },
    /* The topmost row at a point of the window, or null. */
    at: function (point) {
      if (!this._map || !this._seen) return null;
      var p = this._map.containerPointToLayerPoint(point);
      for (var k = this._seen.length - 1; k >= 0; k--) {
        var dx = this._px[k] - p.x, dy = this._py[k] - p.y, r = this._radius[this._kind[this._seen[k]]] + REACH_PX;
        if (dx * dx + dy * dy <= r * r) return this.rows[this._seen[k]];
      }
      return null;
    },
    /* How and where in the window a row is drawn, or null. */
    drawn: function (id) {
      if (!this._map || !this._seen) return null;
      for (var k = 0; k < this._seen.length; k++) {
        var i = this._seen[k], d = this.rows[i];
        if (d.id !== id) continue;
        var p = this._map.layerPointToContainerPoint([this._px[k], this._py[k]]);
        var home = this._map.layerPointToContainerPoint([this._homeX[k], this._homeY[k]]);
        return Object.assign({}, this._looks[this._kind[i]], { x: p.x, y: p.y, label: g.labelOf(d), home: [home.x, home.y] });
      }
      return null;
    }
  });
})(geoRee);
