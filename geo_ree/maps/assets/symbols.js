/* Symbols on canvas: a disc, a hollow ring, a diamond or a square, with the rank inside. */
"use strict";
(function (g) {
  var INK = "#20262e";

  function outline(ctx, shape, p, r) {
    ctx.beginPath();
    if (shape === "diamond") {
      ctx.moveTo(p.x, p.y - r); ctx.lineTo(p.x + r, p.y); ctx.lineTo(p.x, p.y + r); ctx.lineTo(p.x - r, p.y); ctx.closePath();
    } else if (shape === "square") {
      ctx.rect(p.x - 0.8 * r, p.y - 0.8 * r, 1.6 * r, 1.6 * r);
    } else {
      ctx.arc(p.x, p.y, r, 0, 2 * Math.PI);
    }
  }
  function light(hex) {
    var n = parseInt(hex.slice(1), 16);
    return 0.299 * (n >> 16) + 0.587 * ((n >> 8) & 255) + 0.114 * (n & 255) > 140;
  }

  L.Canvas.include({
    _updateSymbol: function (layer) {
      if (!this._drawing || layer._empty()) return;
      var ctx = this._ctx, o = layer.options, p = layer._point, r = layer._radius, hollow = o.shape === "ring";
      ctx.globalAlpha = 1;
      ctx.setLineDash([]);
      outline(ctx, o.shape, p, r);
      ctx.fillStyle = hollow ? "#fff" : o.colour;
      ctx.fill();
      if (hollow) {
        ctx.lineWidth = 4.6; ctx.strokeStyle = INK; ctx.stroke();
        ctx.lineWidth = 2.8; ctx.strokeStyle = o.colour; ctx.stroke();
      } else {
        ctx.lineWidth = 1.2; ctx.strokeStyle = INK; ctx.stroke();
      }
      if (o.label) {
        ctx.font = "600 9px system-ui, 'DejaVu Sans', sans-serif";
        ctx.textAlign = "center"; ctx.textBaseline = "middle";
        ctx.fillStyle = hollow || light(o.colour) ? INK : "#fff";
        ctx.fillText(o.label, p.x, p.y + 0.5);
      }
    }
  });
  g.Symbol = L.CircleMarker.extend({
    _updatePath: function () { this._renderer._updateSymbol(this); }
  });

  /* How a deposit is drawn, for the map and the legend alike. */
  g.look = function (d) {
    var colour = g.colour(d.score || 0);
    if (d.role === "candidate") {
      return { shape: d.oxide_t ? "disc" : "ring", radius: d.radius_px || 9, colour: colour, label: d.rank === undefined ? "" : String(d.rank) };
    }
    if (d.role === "by_product_host") return { shape: "diamond", radius: 8, colour: colour, label: "" };
    if (d.role === "reference") return { shape: "square", radius: 7, colour: "#8b95a1", label: "" };
    return { shape: "disc", radius: 3, colour: "#b9c0c8", label: "" };
  };

  /* Lines come as encoded polylines: zigzag differences in 5-bit groups, 0.001 degree. */
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
})(geoRee);
