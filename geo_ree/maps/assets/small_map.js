/* A small map for a card: the deposit, its route to the market if it has one, and the country it is in. */
"use strict";
(function (g) {
  var WIDE = 360, HIGH = 176, MARGIN = 26, AROUND = 0.03, AROUND_AREA = 0.006, MODES = { truck: 1.8, rail: 2.4, ferry: 2, sea: 2 }, shown = [];

  function square(place) { return g.onSquare(place[0], place[1]); }
  /* What has to be in the picture, on the square. */
  function content(d, route) {
    var lines = route ? g.routeShape(route).lines : [], all = [];
    if (d.latitude !== undefined) all.push(square([d.latitude, d.longitude]));
    lines.forEach(function (line) { line.path.forEach(function (p) { all.push(square(p)); }); });
    if (!all.length) outlines(d).forEach(function (ring) { ring.forEach(function (p) { all.push(square(p)); }); });
    return { lines: lines, points: all };
  }
  /* Rings of the areas, or of the country, in which a deposit without a coordinate lies. */
  function outlines(d) {
    var shapes = g.areasOf(d.id).reduce(function (all, a) { return all.concat(g.outline(a)); }, []);
    if (!shapes.length) shapes = g.countryOutline(g.wholeCountryOf(d.id) || d.country);
    return shapes.map(function (s) { return s.getLatLngs()[0].map(function (p) { return [p.lat, p.lng]; }); });
  }
  function frame(points, width, height, around) {
    var x = points.map(function (p) { return p[0]; }), y = points.map(function (p) { return p[1]; });
    var box = [Math.min.apply(null, x), Math.min.apply(null, y), Math.max.apply(null, x), Math.max.apply(null, y)];
    var size = Math.min((width - 2 * MARGIN) / Math.max(box[2] - box[0], around), (height - 2 * MARGIN) / Math.max(box[3] - box[1], around / 2));
    return { size: size, x: (box[0] + box[2]) / 2 * size - width / 2, y: (box[1] + box[3]) / 2 * size - height / 2,
      zoom: Math.log2(size / 256), box: [0, 0, width, height], taken: [], route: [], words: [] };
  }
  function path(ctx, view, places) {
    ctx.beginPath();
    places.forEach(function (p, i) {
      var at = square(p), x = at[0] * view.size - view.x, y = at[1] * view.size - view.y;
      if (i) ctx.lineTo(x, y); else ctx.moveTo(x, y);
    });
  }
  function routeLines(ctx, view, lines) {
    ["halo", "line"].forEach(function (part) {
      lines.forEach(function (line) {
        path(ctx, view, line.path);
        ctx.setLineDash(part === "line" && line.dashed ? [6, 5] : []);
        ctx.lineWidth = MODES[line.mode] + (part === "halo" ? 2.4 : 0.4);
        ctx.strokeStyle = part === "halo" ? g.colour("map-halo") : g.routeColour(line.mode);
        ctx.stroke();
      });
    });
    ctx.setLineDash([]);
  }
  /* Write beside a place, where the words fit in the picture and lie on nothing. */
  function write(ctx, text, x, y, gap, view) {
    ctx.font = "600 12px " + g.face;
    ctx.textBaseline = "middle"; ctx.textAlign = "center"; ctx.lineJoin = "round"; ctx.lineWidth = 4;
    var w = ctx.measureText(text).width / 2 + 2, middle = Math.max(w + 4, Math.min(view.box[2] - w - 4, x));
    var free = [[x + gap + w, y], [x - gap - w, y], [middle, y - gap - 9], [middle, y + gap + 9], [middle, y - gap - 22], [middle, y + gap + 22]].map(function (p) { return [p[0] - w, p[1] - 8, p[0] + w, p[1] + 8]; }).filter(function (box) {
      return box[0] > 1 && box[1] > 1 && box[2] < view.box[2] - 1 && box[3] < view.box[3] - 1 && !view.taken.some(function (t) {
        return box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3];
      });
    });
    /* Off the route where it can be: a line through a name reads as a letter of it. */
    var box = free.filter(function (b) { return !view.route.some(function (q) { return q[0] > b[0] && q[0] < b[2] && q[1] > b[1] && q[1] < b[3]; }); })[0] || free[0];
    if (!box) return;
    view.taken.push(box);
    view.words.push({ text: text, box: box });
    ctx.strokeStyle = g.colour("map-halo"); ctx.strokeText(text, box[0] + w, box[1] + 8);
    ctx.fillStyle = g.colour("ink"); ctx.fillText(text, box[0] + w, box[1] + 8);
  }
  /* The port or plant: the place of the route that is farthest from the deposit. */
  function end(ctx, view, route, lines, d) {
    var from = square([d.latitude, d.longitude]), best = null, most = -1;
    lines.forEach(function (line) {
      line.path.forEach(function (p) {
        var at = square(p), far = Math.hypot(at[0] - from[0], at[1] - from[1]);
        if (far > most) { most = far; best = at; }
      });
    });
    if (!best) return;
    var x = best[0] * view.size - view.x, y = best[1] * view.size - view.y;
    ctx.beginPath(); ctx.arc(x, y, 4, 0, 2 * Math.PI);
    ctx.fillStyle = g.colour("map-gateways"); ctx.fill(); ctx.lineWidth = 1.5; ctx.strokeStyle = g.colour("map-halo"); ctx.stroke();
    view.taken.push([x - 5, y - 5, x + 5, y + 5]);
    view.port = route.port ? [g.place(route.port), x, y] : null;
  }
  function paint(canvas, d) {
    var dots = window.devicePixelRatio > 1 ? 2 : 1, width = Math.round(canvas.clientWidth) || WIDE, height = Math.round(canvas.clientHeight) || HIGH;
    canvas.width = dots * width; canvas.height = dots * height;
    var ctx = canvas.getContext("2d"), route = d.latitude === undefined || !g.hasRoutes ? null : g.cheapestRoute(d), has = content(d, route);
    if (!has.points.length) return;
    var view = frame(has.points, width, height, d.latitude === undefined ? AROUND_AREA : AROUND);
    ctx.scale(dots, dots);
    g.paintGround(ctx, view);
    if (d.latitude === undefined) {
      outlines(d).forEach(function (ring) {
        path(ctx, view, ring); ctx.closePath();
        ctx.globalAlpha = 0.16; ctx.fillStyle = g.colour("accent"); ctx.fill();
        ctx.globalAlpha = 1; ctx.setLineDash([6, 4]); ctx.lineWidth = 1.5; ctx.strokeStyle = g.colour("accent"); ctx.stroke(); ctx.setLineDash([]);
      });
      write(ctx, d.name || d.id, width / 2, height / 2, height / 4, view);
      return;
    }
    routeLines(ctx, view, has.lines);
    view.route = g.dotted(has.lines.map(function (line) { return line.path.map(function (p) { var at = square(p); return [at[0] * view.size - view.x, at[1] * view.size - view.y]; }); }));
    canvas.drawn = view;
    if (route) end(ctx, view, route, has.lines, d);
    var look = g.look(d), stamp = g.sprite(look, dots), at = square([d.latitude, d.longitude]), x = at[0] * view.size - view.x, y = at[1] * view.size - view.y;
    ctx.drawImage(stamp.canvas, Math.round(x) - stamp.half, Math.round(y) - stamp.half, 2 * stamp.half, 2 * stamp.half);
    if (g.labelOf(d)) {
      ctx.font = "700 12px " + g.face; ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.fillStyle = g.inkOn(look);
      ctx.fillText(g.labelOf(d), Math.round(x), Math.round(y) + 0.5);
    }
    view.taken.push([x - look.radius, y - look.radius, x + look.radius, y + look.radius]);
    write(ctx, d.name || d.id, x, y, look.radius + 4, view);
    if (view.port) write(ctx, view.port[0], view.port[1], view.port[2], 7, view);
  }
  function alt(d) {
    if (d.latitude === undefined) return g.t("small_map_area", { name: d.name || d.id });
    return g.t("small_map_alt", { name: d.name || d.id, country: g.country(d.country) });
  }
  /* Draw a small map of a deposit, a row or its id, into an element; it is drawn again when the colours or the figures change. */
  g.smallMap = function (box, deposit) {
    var d = typeof deposit === "string" ? g.byId[deposit] : deposit, canvas = g.el("canvas", { "class": "small-map", role: "img", "aria-label": alt(d) });
    box.appendChild(canvas);
    paint(canvas, d);
    shown = shown.filter(function (one) { return document.contains(one.canvas); }).concat({ canvas: canvas, d: d });
    return canvas;
  };
  function again() {
    shown = shown.filter(function (one) { return document.contains(one.canvas); });
    shown.forEach(function (one) { paint(one.canvas, one.d); });
  }
  document.addEventListener("scheme", again);
  document.addEventListener("relief", again);
})(geoRee);
