/* How deposits look: a disc, a hollow ring, a diamond or a square, made once and stamped often. */
"use strict";
(function (g) {
  var INK = "#20262e", GREY = "#8b95a1", sprites = {};

  function outline(ctx, shape, c, r) {
    ctx.beginPath();
    if (shape === "diamond") {
      ctx.moveTo(c, c - r); ctx.lineTo(c + r, c); ctx.lineTo(c, c + r); ctx.lineTo(c - r, c); ctx.closePath();
    } else if (shape === "square") {
      ctx.rect(c - 0.8 * r, c - 0.8 * r, 1.6 * r, 1.6 * r);
    } else {
      ctx.arc(c, c, r, 0, 2 * Math.PI);
    }
  }
  function paint(ctx, look, c) {
    var hollow = look.shape === "ring", r = look.radius, thin = r < 5;
    outline(ctx, look.shape, c, hollow && !thin ? r - 2 : r);
    ctx.fillStyle = hollow && !thin ? "#fff" : look.colour;
    ctx.fill();
    if (hollow && !thin) {
      ctx.lineWidth = 4.6; ctx.strokeStyle = INK; ctx.stroke();
      ctx.lineWidth = 2.8; ctx.strokeStyle = look.colour; ctx.stroke();
    } else {
      ctx.lineWidth = thin ? 0.6 : 1.2; ctx.strokeStyle = INK; ctx.stroke();
    }
  }
  /* A picture of a look for a screen of so many dots to the pixel. */
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
  /* The same as its solid dots, with where each lies from the middle. */
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
  g.inkOn = function (look) { return look.shape === "ring" || light(look.colour) ? INK : "#fff"; };

  /* How a deposit is drawn. */
  g.look = function (d) {
    var score = g.scoreOf(d), colour = score === undefined || score === null ? GREY : g.colour(score);
    if (d.role === "candidate") return { shape: d.oxide_t ? "disc" : "ring", radius: d.radius_px || 9, colour: colour };
    if (d.role === "by_product_host") return { shape: "diamond", radius: 8, colour: colour };
    if (d.role === "reference") return { shape: "square", radius: 7, colour: GREY };
    return { shape: "disc", radius: 3, colour: "#b9c0c8" };
  };
  g.labelOf = function (d) {
    var rank = g.rankOf(d);
    return d.role !== "candidate" || rank === undefined || rank === null ? "" : String(rank);
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
