/* The ground of the map, painted on any canvas: sea, land, relief, waters, networks, borders. The countries that are not scored,
   and their networks, are paler. */
"use strict";
(function (g) {
  var ORDER = ["water", "roads", "railways", "power_lines", "active_faults", "audit"], NEAR_PX = 0.8, LAKE_PX = 2.5, RIVER_PX = 14;
  var WIDER = 0.16, VEIL = 0.4, ZONE_FILL = 0.22, FADED = 0.6, EDGE = 3.5 / 360;
  var layer = null;

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
  g.shape = numbers;

  /* Skip points closer than a pixel to the one before. */
  function trace(ctx, at, view) {
    var x = at[0] * view.size - view.x, y = at[1] * view.size - view.y, last = at.length - 2;
    ctx.moveTo(x, y);
    for (var i = 2; i <= last; i += 2) {
      var nx = at[i] * view.size - view.x, ny = at[i + 1] * view.size - view.y;
      if (i < last && Math.abs(nx - x) < NEAR_PX && Math.abs(ny - y) < NEAR_PX) continue;
      ctx.lineTo(nx, ny);
      x = nx; y = ny;
    }
  }
  /* Trace the shapes that are in view and at least so large on the screen. */
  function traceAll(ctx, shapes, view, least) {
    var seen = view.seen, small = (least || 0) / view.size;
    ctx.beginPath();
    shapes.forEach(function (one) {
      var b = one.box;
      if (b[0] > seen[2] || b[2] < seen[0] || b[1] > seen[3] || b[3] < seen[1]) return;
      if (small && b[2] - b[0] < small && b[3] - b[1] < small) return;
      trace(ctx, one.at, view);
    });
  }
  function fillAll(ctx, shapes, view, colour, least) {
    traceAll(ctx, shapes, view, least);
    ctx.fillStyle = colour;
    ctx.fill("evenodd");
  }
  function strokeAll(ctx, shapes, view, style) {
    traceAll(ctx, shapes, view, style.least);
    ctx.strokeStyle = style.colour;
    ctx.globalAlpha = style.opacity;
    ctx.lineWidth = style.weight;
    ctx.setLineDash(style.dash || []);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }

  var land = null, networks = [], lakes = [], zones = [];

  /* Land of the scored countries, of the others, and around the region, as numbers. */
  g.setLand = function (basemap) {
    land = { scored: [], others: [], far: basemap.beyond.rings.map(numbers), farBorders: basemap.beyond.borders.map(numbers),
      borders: basemap.borders.map(numbers) };
    basemap.shapes.forEach(function (s) {
      var scored = g.data.scored_countries.indexOf(s.country) >= 0, into = scored ? land.scored : land.others;
      s.rings.forEach(function (ring) { into.push(numbers(ring)); });
    });
  };
  g.Strokes = L.Layer.extend({
    initialize: function (slug, texts, style, dash) {
      this.slug = slug;
      this.rank = ORDER.indexOf(slug);
      this.lines = texts.map(numbers);
      this.style = style;
      this.dash = dash;
    },
    /* The tooltip of a group calls this; lines have no element. */
    getElement: function () { return null; },
    onAdd: function () {
      networks.push(this);
      networks.sort(function (a, b) { return a.rank - b.rank; });
      g.ground.redraw();
    },
    onRemove: function () {
      networks.splice(networks.indexOf(this), 1);
      g.ground.redraw();
    }
  });
  g.Lakes = L.Layer.extend({
    initialize: function (texts) { this.rings = texts.map(numbers); },
    getElement: function () { return null; },
    onAdd: function () { lakes.push(this); g.ground.redraw(); },
    onRemove: function () { lakes.splice(lakes.indexOf(this), 1); g.ground.redraw(); }
  });

  /* Areas in the colours of their classes: the inside faint, so that what lies below is seen, the outline clear. */
  g.Zones = L.Layer.extend({
    initialize: function (slug, classes) {
      this.parts = classes.map(function (one) {
        return { slug: slug === one[0] ? slug : slug + "-" + one[0], colour: one[1], areas: one[2].map(function (rings) { return rings.map(numbers); }) };
      });
    },
    getElement: function () { return null; },
    onAdd: function () { zones.push(this); g.ground.redraw(); },
    onRemove: function () { zones.splice(zones.indexOf(this), 1); g.ground.redraw(); }
  });
  function fillZones(ctx, view) {
    zones.forEach(function (zone) {
      zone.parts.forEach(function (part) {
        var colour = g.colour("map-" + part.slug) || part.colour;
        part.areas.forEach(function (rings) {
          traceAll(ctx, rings, view);
          ctx.globalAlpha = ZONE_FILL; ctx.fillStyle = colour; ctx.fill("evenodd");
          ctx.globalAlpha = 0.9; ctx.lineWidth = 1; ctx.strokeStyle = colour; ctx.stroke();
        });
      });
    });
    ctx.globalAlpha = 1;
  }
  function fillLand(ctx, view) {
    fillAll(ctx, land.far, view, g.colour("map-far"));
    fillAll(ctx, land.others, view, g.colour("map-far"));
    fillAll(ctx, land.scored, view, g.colour("map-land"));
  }
  /* Each lake alone: two sources may draw the same one. */
  function fillLakes(ctx, view) {
    ctx.fillStyle = g.colour("map-sea");
    lakes.forEach(function (one) {
      one.rings.forEach(function (ring) {
        traceAll(ctx, [ring], view, LAKE_PX);
        ctx.fill();
      });
    });
  }
  function networksOf(ctx, view) {
    var by = Math.max(0.75, Math.min(2, 1 + WIDER * (view.zoom - 5)));
    fillLakes(ctx, view);
    fillZones(ctx, view);
    networks.forEach(function (part) {
      strokeAll(ctx, part.lines, view, { colour: g.colourOf(part.slug), opacity: part.style.opacity, weight: by * part.style.weight,
        dash: part.dash, least: part.slug === "water" ? RIVER_PX : 0 });
    });
  }
  /* Networks and lakes on a sheet of their own, paler outside the scored countries, fading out where the data end. */
  function fadedNetworks(ctx, view) {
    var box = view.box, dots = ctx.getTransform().a, r = g.data.region, low = g.onSquare(r[1], r[0]), high = g.onSquare(r[3], r[2]);
    layer = layer || document.createElement("canvas");
    layer.width = Math.ceil(dots * (box[2] - box[0]));
    layer.height = Math.ceil(dots * (box[3] - box[1]));
    if (!layer.width || !layer.height) return; /* a frame that is hidden */
    var own = layer.getContext("2d");
    own.setTransform(dots, 0, 0, dots, -dots * box[0], -dots * box[1]);
    own.lineJoin = own.lineCap = "round";
    networksOf(own, view);
    own.globalCompositeOperation = "destination-out";
    own.globalAlpha = FADED;
    fillAll(own, land.others, view, "#000");
    own.globalAlpha = 1;
    [[low[0], 1, 0], [high[0], -1, 0], [high[1], 1, 1], [low[1], -1, 1]].forEach(function (edge) {
      var from = edge[0] * view.size - (edge[2] ? view.y : view.x), to = from + edge[1] * EDGE * view.size;
      var fade = edge[2] ? own.createLinearGradient(0, from, 0, to) : own.createLinearGradient(from, 0, to, 0);
      fade.addColorStop(0, "rgba(0, 0, 0, 1)"); fade.addColorStop(1, "rgba(0, 0, 0, 0)");
      own.fillStyle = fade;
      traceAll(own, land.others, view);
      own.fill("evenodd");
      own.fillStyle = "#000"; /* the last pixels, which the simplified land may not reach */
      if (edge[2]) own.fillRect(box[0], from - 2, box[2] - box[0], 4); else own.fillRect(from - 2, box[1], 4, box[3] - box[1]);
    });
    own.globalCompositeOperation = "source-over";
    ctx.drawImage(layer, box[0], box[1], layer.width / dots, layer.height / dots);
  }
  /* Paint a view: `size` is the width of the world in pixels, `x` and `y` the pixel of the canvas's origin, `box` what is seen. */
  g.paintGround = function (ctx, view, bare) {
    var w = view.box[2] - view.box[0], h = view.box[3] - view.box[1];
    view.seen = [(view.box[0] + view.x) / view.size, (view.box[1] + view.y) / view.size,
      (view.box[2] + view.x) / view.size, (view.box[3] + view.y) / view.size];
    ctx.lineJoin = ctx.lineCap = "round";
    if (!bare) {
      ctx.fillStyle = g.colour("map-sea");
      ctx.fillRect(view.box[0], view.box[1], w, h);
      fillLand(ctx, view);
      g.paintRelief(ctx, view);
    }
    if (!bare) {
      ctx.globalAlpha = VEIL;
      fillAll(ctx, land.others.concat(land.far), view, g.colour("map-far"));
      ctx.globalAlpha = 1;
    }
    fadedNetworks(ctx, view);
    strokeAll(ctx, land.farBorders, view, { colour: g.colour("map-border"), opacity: 0.45, weight: 0.8 });
    strokeAll(ctx, land.borders, view, { colour: g.colour("map-border"), opacity: 0.7, weight: 0.9 });
    strokeAll(ctx, land.scored, view, { colour: g.colour("map-border"), opacity: 0.8, weight: 1.3 });
  };
  g.Ground = g.Sheet.extend({
    options: { padding: 0.3 },
    draw: function (ctx, box) {
      if (!land) return;
      var map = this._map, origin = map.getPixelOrigin();
      var view = { size: map.options.crs.scale(map.getZoom()), x: origin.x, y: origin.y, zoom: map.getZoom(), box: [box.min.x, box.min.y, box.max.x, box.max.y] };
      g.paintGround(ctx, view, g.isOn("tiles"));
    }
  });
})(geoRee);
