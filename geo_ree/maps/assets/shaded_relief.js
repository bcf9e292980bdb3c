/* The relief: grey pictures whose tone darkens and lightens the land, in light and in dark colours alike. A finer picture takes
   the place of the coarser one below it. */
"use strict";
(function (g) {
  var QUIET = 0.02, pictures = [], level = 0, toned = "";

  function mercator(bounds) {
    var low = g.onSquare(bounds[0][0], bounds[0][1]), high = g.onSquare(bounds[1][0], bounds[1][1]);
    return [low[0], high[1], high[0], low[1]];
  }
  /* Shadow as the colour of shadows, light as that of light, each the more opaque the farther from level ground. */
  function tone(image, shadow, light) {
    var canvas = document.createElement("canvas"), ctx = canvas.getContext("2d", { willReadFrequently: true });
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    ctx.drawImage(image, 0, 0);
    var dots = ctx.getImageData(0, 0, canvas.width, canvas.height), bytes = dots.data, table = new Uint8Array(1024);
    for (var grey = 0; grey < 256; grey++) {
      var t = grey / level - 1, side = t < 0 ? shadow : light, strength = Math.max(0, Math.abs(t) - QUIET);
      table.set([side[0], side[1], side[2], Math.min(255, 255 * strength * side[3])], 4 * grey);
    }
    for (var i = 0; i < bytes.length; i += 4) {
      var at = 4 * bytes[i];
      bytes[i] = table[at]; bytes[i + 1] = table[at + 1]; bytes[i + 2] = table[at + 2]; bytes[i + 3] = table[at + 3];
    }
    ctx.putImageData(dots, 0, 0);
    return canvas;
  }
  function channels(name) { return g.colour(name).split(/[\s,]+/).map(Number); }

  g.setRelief = function (payload) {
    level = payload.level;
    pictures = payload.pictures.map(function (one) {
      var image = new Image(), picture = { image: image, box: mercator(one.bounds), ready: false };
      image.onload = function () {
        picture.ready = true;
        if (!g.reliefReady()) return; /* all at once: each paints the whole ground */
        toned = "";
        if (g.ground) g.ground.redraw();
        document.dispatchEvent(new Event("relief"));
      };
      image.src = one.image;
      return picture;
    });
  };
  /* Whether the pictures are there and drawn. */
  g.reliefReady = function () { return pictures.length > 0 && pictures.every(function (p) { return p.ready; }); };
  g.paintRelief = function (ctx, view) {
    if (!g.isOn("relief")) return;
    var look = g.colour("map-shadow") + "|" + g.colour("map-lit");
    if (look !== toned) {
      pictures.forEach(function (p) { p.canvas = p.ready ? tone(p.image, channels("map-shadow"), channels("map-lit")) : null; });
      toned = look;
    }
    var boxes = pictures.map(function (p) {
      return [p.box[0] * view.size - view.x, p.box[1] * view.size - view.y, p.box[2] * view.size - view.x, p.box[3] * view.size - view.y];
    });
    ctx.imageSmoothingQuality = "high";
    ctx.globalAlpha = Math.max(0.45, Math.min(1, 1 - 0.16 * (view.zoom - 6.5))); /* cells grow into blots */
    pictures.forEach(function (p, i) {
      var b = boxes[i], finer = pictures[i + 1] && pictures[i + 1].canvas ? boxes[i + 1] : null;
      if (!p.canvas) return;
      ctx.save();
      ctx.beginPath();
      ctx.rect(b[0], b[1], b[2] - b[0], b[3] - b[1]);
      if (finer) ctx.rect(Math.round(finer[0]), Math.round(finer[1]), Math.round(finer[2]) - Math.round(finer[0]), Math.round(finer[3]) - Math.round(finer[1]));
      ctx.clip("evenodd");
      ctx.drawImage(p.canvas, b[0], b[1], b[2] - b[0], b[3] - b[1]);
      ctx.restore();
    });
    ctx.globalAlpha = 1;
  };
})(geoRee);
