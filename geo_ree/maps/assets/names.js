/* Names on the map, each where it crosses no mark, no control and no other name: countries, waters, capitals, deposits, and the
   towns and lines that distances were measured to. */
"use strict";
(function (g) {
  var NEAR_RINGS = 1, FAR_RINGS = 9, RING_PX = 9, LED_PX = 4, ARROW_PX = 18, AHEAD_PX = 60;
  var NAMES_ZOOM = 4.5, RIVERS_ZOOM = 5.25, RING_RADIUS = 21;
  var MOST = 120, GRID = [13, 9], PAD = 2, OWN_NAME = /^(?!(?:line|road|lake|river|power line) near )(?!.*\d km from )(.+) \([A-Z]{3}\)(?:,|$)/;
  var lands = [], capitals = [], waters = [], areas = [], measured = null, drawn = [];
  var LOOKS = {
    land: { font: "600 12px ", colour: "map-country", spaced: "1.2px" },
    tight: { font: "600 11px ", colour: "map-country" },
    other: { font: "500 12px ", colour: "map-other-country", spaced: "1.2px" },
    water: { font: "italic 12px ", colour: "map-water-words" },
    zone: { font: "italic 12px ", colour: "map-zone-words" },
    capital: { font: "500 12px ", colour: "map-town" },
    town: { font: "12px ", colour: "map-town" },
    line: { font: "italic 12px ", colour: "map-line-words" },
    deposit: { font: "600 12px ", colour: "ink" },
    port: { font: "600 12px ", colour: "map-gateways" }
  };
  var LINES = { railway: 6.25, road: 7.5, power_line: 7.5 }, SPOTS = { settlement: 5.5, gateway: 5.25, power_plant: 7 };

  g.names = {
    land: function (s, scored) { 
      var far = !scored && g.data.layers.countries[1].beyond.labels[s.country], at = far || s.label;
      lands.push({ name: s.name, scored: scored, far: Boolean(far), label: g.onSquare(at[0], at[1]), rings: s.rings.map(g.shape) });
    },
    capital: function (p) { capitals.push({ name: p.name || "", at: g.onSquare(p.lat, p.lon) }); },
    /* A button that names an area; it moves aside for marks. */
    area: function (marker, node, at) { areas.push({ marker: marker, node: node, at: g.onSquare(at[0], at[1]) }); },
    /* A lake or another area with its width, or a river with its length, in degrees, and the places for the name with the angle of the course there. */
    water: function (w, slug) {
      waters.push({ name: w[0], slug: slug, river: w[1] === "river", wide: w[2] / 360, places: w[3].map(function (p) { return { at: g.onSquare(p[0], p[1]), turn: -p[2] * Math.PI / 180 }; }) });
    }
  };
  /* The names in view with their boxes in the layer's pixels. */
  g.namesDrawn = function () { return drawn; };

  /* What the distances of the ranked deposits were measured to, each name once, the best ranks first. */
  function features() {
    if (measured) return measured;
    measured = [];
    var known = Object.create(null);
    g.ranked("candidate").concat(g.ranked("by_product_host")).slice(0, MOST).forEach(function (d) {
      Object.keys(LINES).concat(Object.keys(SPOTS)).forEach(function (measure) {
        var lat = d["foot_" + measure + "_lat"], found = OWN_NAME.exec(d["near_" + measure] || "");
        if (lat === undefined || !found) return;
        var name = found[1], key = measure + name;
        if (!known[key]) measured.push(known[key] = { name: name, measure: measure, at: g.onSquare(lat, d["foot_" + measure + "_lon"]), of: [] });
        known[key].of.push(d.id);
      });
    });
    return measured;
  }
  function inside(rings, x, y) {
    return rings.some(function (ring) {
      var b = ring.box, at = ring.at, n = at.length, odd = false;
      if (x < b[0] || x > b[2] || y < b[1] || y > b[3]) return false;
      for (var i = 0, j = n - 2; i < n; j = i, i += 2) {
        if (at[i + 1] > y !== at[j + 1] > y && x < (at[j] - at[i]) * (y - at[i + 1]) / (at[j + 1] - at[i + 1]) + at[i]) odd = !odd;
      }
      return odd;
    });
  }
  function Page(ctx, sheet, box) {
    var map = sheet._map, origin = map.getPixelOrigin(), corner = map.containerPointToLayerPoint([0, 0]), size = map.getSize();
    this.ctx = ctx;
    this.zoom = map.getZoom();
    this.size = map.options.crs.scale(this.zoom);
    this.origin = origin;
    this.seen = [Math.max(box.min.x, corner.x), Math.max(box.min.y, corner.y), Math.min(box.max.x, corner.x + size.x), Math.min(box.max.y, corner.y + size.y)];
    this.fixed = g.markBoxes();
    this.over = g.controlBoxes().concat(g.measureBoxes()).map(function (b) {
      return [b[0] + corner.x, b[1] + corner.y, b[2] + corner.x, b[3] + corner.y];
    });
    this.taken = this.fixed.concat(this.over, g.gridWords(corner));
    this.lines = this.lined();
  }
  /* Points of the route and of the measured lines of an open deposit, in view. */
  Page.prototype.lined = function () {
    var page = this, s = this.seen, drawn = g.drawnRoute(), lines = g.distanceLines();
    if (drawn) lines = lines.concat(g.routeShape(drawn).lines.map(function (line) { return line.path; }));
    return g.dotted(lines.map(function (path) { return path.map(function (p) { return page.spot(g.onSquare(p[0], p[1])); }).filter(function (q) { return Math.abs(q[0]) < 1e5 && Math.abs(q[1]) < 1e5; }); }))
      .filter(function (q) { return q[0] > s[0] && q[1] > s[1] && q[0] < s[2] && q[1] < s[3]; });
  };
  /* How much of them lies in a box. */
  Page.prototype.crossed = function (b) { return this.lines.filter(function (q) { return q[0] > b[0] && q[0] < b[2] && q[1] > b[1] && q[1] < b[3]; }).length; };
  Page.prototype.spot = function (at) { return [at[0] * this.size - this.origin.x, at[1] * this.size - this.origin.y]; };
  Page.prototype.free = function (b) {
    var s = this.seen;
    return b[0] > s[0] + 2 && b[1] > s[1] + 2 && b[2] < s[2] - 2 && b[3] < s[3] - 2 && !this.taken.some(function (t) {
      return b[0] < t[2] && t[0] < b[2] && b[1] < t[3] && t[1] < b[3];
    });
  };
  Page.prototype.look = function (kind) {
    var look = LOOKS[kind];
    this.ctx.font = look.font + g.face;
    if ("letterSpacing" in this.ctx) this.ctx.letterSpacing = look.spaced || "0px";
    return look;
  };
  Page.prototype.box = function (x, y, w) { return [x - w / 2 - PAD, y - 8, x + w / 2 + PAD, y + 8]; };
  Page.prototype.write = function (text, kind, x, y, box, turn) {
    var ctx = this.ctx, look = this.look(kind);
    this.taken.push(box);
    drawn.push({ text: text, kind: kind, box: box });
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(turn || 0);
    ctx.textAlign = "center"; ctx.textBaseline = "middle"; ctx.lineJoin = "round";
    ctx.lineWidth = 3.5; ctx.strokeStyle = g.colour("map-halo"); ctx.strokeText(text, 0, 0);
    ctx.fillStyle = g.colour(look.colour); ctx.fillText(text, 0, 0);
    ctx.restore();
  };
  Page.prototype.holds = function (p) { return p[0] > this.seen[0] && p[0] < this.seen[2] && p[1] > this.seen[1] && p[1] < this.seen[3]; };
  /* Beside a spot, where it fits; `gap` pixels off. */
  Page.prototype.beside = function (text, kind, at, gap, open) {
    this.look(kind);
    var w = this.ctx.measureText(text).width, p = this.spot(at), page = this, d = gap + w / 2 + PAD, found = null;
    if (!this.holds(p)) return null;
    var near = [[d, 0], [-d, 0], [0, -gap - 8], [0, gap + 8], [d - 4, -gap - 3], [d - 4, gap + 3], [4 - d, -gap - 3], [4 - d, gap + 3]];
    /* The open one may stand farther off, where labels of distances take the places beside it. */
    near.concat(open ? [[0, -gap - 22], [0, gap + 22], [-w / 2, -gap - 16], [-w / 2, gap + 16], [w / 2, -gap - 16], [w / 2, gap + 16]] : []).some(function (o) {
      var box = page.box(p[0] + o[0], p[1] + o[1], w);
      if (!page.free(box)) return false;
      /* The first place that no line crosses, or else the one that is crossed least. */
      var crossed = page.crossed(box);
      if (!found || crossed < found[3]) found = [p[0] + o[0], p[1] + o[1], box, crossed];
      return !crossed;
    });
    if (found) this.write(text, kind, found[0], found[1], found[2]);
    return found ? p : null;
  };
  /* A button stands in the middle of its area. Only a mark or another button moves it, no control and no name, so that it stays while
     the map is dragged; a line leads from where it stands to the middle. */
  Page.prototype.button = function (one) {
    if (!one.marker._map) return; /* left out by a filter */
    one.node.classList.remove("short");
    var whole = this.settle(one, NEAR_RINGS);
    if (!whole || this.covered(this.fixed[this.fixed.length - 1])) {
      if (whole) this.taken.splice(this.taken.indexOf(this.fixed.pop()), 1);
      one.node.classList.add("short");
      this.settle(one, FAR_RINGS);
    }
    if (Math.hypot(one.moved[0], one.moved[1]) > LED_PX) this.lead(this.spot(one.at), one.moved);
  };
  /* Whether a control or the label of a distance lies on a box. */
  Page.prototype.covered = function (b) { return this.over.some(function (t) { return b[0] < t[2] && t[0] < b[2] && b[1] < t[3] && t[1] < b[3]; }); };
  Page.prototype.settle = function (one, rings) {
    var w = one.node.offsetWidth / 2 + 1, h = one.node.offsetHeight / 2 + 1, p = this.spot(one.at), page = this, found = null;
    for (var ring = 0; !found && ring <= rings; ring++) for (var turn = 0; !found && turn < (ring ? 12 : 1); turn++) {
      var x = p[0] + RING_PX * ring * Math.cos(turn * Math.PI / 6), y = p[1] + RING_PX * ring * Math.sin(turn * Math.PI / 6), box = [x - w, y - h, x + w, y + h];
      if (!page.fixed.some(function (t) { return box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3]; })) found = [x, y, box];
    }
    if (!found && rings < FAR_RINGS) return false;
    if (!found) found = [p[0], p[1], [p[0] - w, p[1] - h, p[0] + w, p[1] + h]];
    this.fixed.push(found[2]);
    this.taken.push(found[2]);
    one.marker.setLatLng(g.placeOnSquare([(found[0] + this.origin.x) / this.size, (found[1] + this.origin.y) / this.size]));
    one.moved = [found[0] - p[0], found[1] - p[1]];
    return true;
  };
  Page.prototype.lead = function (from, by) {
    var ctx = this.ctx, far = Math.hypot(by[0], by[1]), part = Math.max(0, (far - 8) / far);
    ctx.beginPath(); ctx.moveTo(from[0], from[1]); ctx.lineTo(from[0] + part * by[0], from[1] + part * by[1]);
    ctx.lineWidth = 1.3; ctx.strokeStyle = g.colour("map-unranked"); ctx.setLineDash([3, 2]); ctx.stroke(); ctx.setLineDash([]);
  };
  /* How far each button in view stands from the middle of its area, in pixels. */
  g.areaOffsets = function () {
    return areas.filter(function (one) { return one.marker._map && one.moved; }).map(function (one) { return { name: one.node.textContent, at: one.at, moved: one.moved }; });
  };
  Page.prototype.dot = function (p, radius, colour) {
    var ctx = this.ctx;
    ctx.beginPath(); ctx.arc(p[0], p[1], radius, 0, 2 * Math.PI);
    ctx.fillStyle = g.colour(colour); ctx.fill();
    ctx.lineWidth = 1; ctx.strokeStyle = g.colour("map-halo"); ctx.stroke();
  };
  /* A country's name as near to its middle as it can lie whole inside, or at least centred inside. */
  Page.prototype.land = function (one) {
    var page = this;
    /* Small letters are for the overview: nearer, the names of deposits need the place. */
    return this.landed(one, one.scored ? "land" : "other", 2, 1) || (one.scored && this.zoom < NAMES_ZOOM && [3, 2, 1].some(function (least) { return page.landed(one, "tight", least, 2); }));
  };
  Page.prototype.landed = function (one, kind, least, fine) {
    var text = kind === "tight" ? g.term(one.name) : g.term(one.name).toUpperCase(), page = this, size = this.size, best = null, grid = [GRID[0] * fine, GRID[1] * fine];
    this.look(kind);
    var w = this.ctx.measureText(text).width, b = one.rings.reduce(function (all, r) {
      return [Math.min(all[0], r.box[0]), Math.min(all[1], r.box[1]), Math.max(all[2], r.box[2]), Math.max(all[3], r.box[3])];
    }, [1, 1, 0, 0]), low = this.spot([b[0], b[1]]), high = this.spot([b[2], b[3]]), s = this.seen, want = this.spot(one.label);
    low = [Math.max(low[0], s[0]), Math.max(low[1], s[1])]; high = [Math.min(high[0], s[2]), Math.min(high[1], s[3])];
    if (one.far && this.free(this.box(want[0], want[1], w))) { this.write(text, kind, want[0], want[1], this.box(want[0], want[1], w)); return true; }
    if (high[0] - low[0] < 0.6 * w || high[1] - low[1] < 14) return false;
    for (var i = 0; i <= grid[0]; i++) for (var j = 0; j <= grid[1]; j++) {
      var x = low[0] + (high[0] - low[0]) * i / grid[0], y = low[1] + (high[1] - low[1]) * j / grid[1], box = page.box(x, y, w);
      var off = Math.hypot(x - want[0], y - want[1]) / w;
      if (best && off > best.off + 2) continue;
      if (!page.free(box)) continue;
      var holds = [[x, y], [box[0], y], [box[2], y], [x - w / 4, y - 6], [x + w / 4, y + 6]].filter(function (p) {
        return inside(one.rings, (p[0] + page.origin.x) / size, (p[1] + page.origin.y) / size);
      }).length;
      if (holds < (one.scored ? least : 5)) continue;
      off += 2 * (5 - holds);
      if (!best || off < best.off) best = { off: off, x: x, y: y, box: box };
    }
    if (best) this.write(text, kind, best.x, best.y, best.box);
    return Boolean(best);
  };
  /* A lake that is at least half as wide as its name, a river that is several times as long; a river's name follows its course. */
  Page.prototype.water = function (w, zoom) {
    var text = g.term(w.name), kind = w.slug === "water" ? "water" : "zone", wide = w.wide * this.size, page = this;
    if (w.river && zoom < RIVERS_ZOOM) return;
    this.look(kind);
    var width = this.ctx.measureText(text).width;
    if (wide < (w.river ? 3 : 0.5) * width) return;
    w.places.some(function (place) {
      var p = page.spot(place.at), c = Math.abs(Math.cos(place.turn)), s = Math.abs(Math.sin(place.turn));
      var half = [(width * c + 14 * s) / 2 + PAD, (width * s + 14 * c) / 2 + PAD], box = [p[0] - half[0], p[1] - half[1], p[0] + half[0], p[1] + half[1]];
      if (!page.free(box)) return false;
      page.write(text, kind, p[0], p[1], box, place.turn);
      return true;
    });
  };
  /* The name of the open deposit first: of all names it is the one that is looked for. */
  function ranked(page) {
    g.marks.forEach(function (marks) {
      marks.nameable().slice().sort(function (a, b) { return (b.d.id === g.opened()) - (a.d.id === g.opened()); }).forEach(function (one) { page.beside(one.d.name || one.d.id, "deposit", one.at, (one.d.id === g.opened() ? Math.max(RING_RADIUS, one.radius) : one.radius) + 3, one.d.id === g.opened()); });
    });
  }
  /* The end of a way out: its name beside it; where it is out of view, at the rim with an arrow that points to it. */
  Page.prototype.way = function (one) {
    var p = this.spot(one.at), text = g.place(one.name), page = this, s = this.seen, inner, leaves, width, found = null;
    if (this.holds(p)) {
      if (this.beside(text, "port", one.at, 7)) this.dot(p, 4, "map-gateways");
      return;
    }
    if (!one.port) return;
    leaves = this.leaving(g.alongRoute(one.route).map(function (at) { return page.spot(at); }), p);
    if (!leaves) return;
    this.look("port");
    width = this.ctx.measureText(text).width + ARROW_PX;
    inner = [s[0] + width / 2 + 6, s[1] + 14, s[2] - width / 2 - 6, s[3] - 14];
    var level = leaves.side === "x", x = Math.max(inner[0], Math.min(inner[2], leaves.at[0])), y = Math.max(inner[1], Math.min(inner[3], leaves.at[1]));
    if (level) x = leaves.by[0] < 0 ? inner[0] : inner[2]; else y = leaves.by[1] < 0 ? inner[1] : inner[3];
    for (var k = 0; !found && k < 80; k++) {
      var off = (k % 2 ? 1 : -1) * Math.ceil(k / 2) * 6, at = level ? [x, y + off] : [x + off, y], box = this.box(at[0], at[1], width);
      if (this.free(box)) found = [at[0], at[1], box];
    }
    if (!found) return;
    var left = leaves.by[0] < 0;
    this.write(text, "port", found[0] + (left ? 1 : -1) * ARROW_PX / 2, found[1], found[2]);
    drawn[drawn.length - 1].turn = Math.atan2(leaves.by[1], leaves.by[0]);
    this.arrow(found[0] + (left ? -1 : 1) * (width - ARROW_PX) / 2, found[1], drawn[drawn.length - 1].turn);
  };
  /* Where a way leaves the view for the last time, which edge it crosses there, and where it heads; null if none of it is in view. */
  Page.prototype.leaving = function (spots, end) {
    var page = this, s = this.seen, far = spots.length && Math.hypot(spots[0][0] - end[0], spots[0][1] - end[1]) < Math.hypot(spots[spots.length - 1][0] - end[0], spots[spots.length - 1][1] - end[1]);
    var path = (far ? spots.slice().reverse() : spots).concat([end]), last = -1;
    path.forEach(function (q, i) { if (page.holds(q)) last = i; });
    if (last < 0 || last === path.length - 1) return null;
    var from = path[last], to = path[last + 1], ahead = path.slice(last + 1).filter(function (q) { return Math.hypot(q[0] - from[0], q[1] - from[1]) > AHEAD_PX; })[0] || end, cuts = [0, 1].map(function (axis) {
      var by = to[axis] - from[axis], edge = by < 0 ? s[axis] : s[axis + 2];
      return by ? (edge - from[axis]) / by : Infinity;
    }), part = Math.min(cuts[0], cuts[1], 1);
    return { at: [from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])], side: cuts[0] <= cuts[1] ? "x" : "y", by: [ahead[0] - from[0], ahead[1] - from[1]] };
  };
  Page.prototype.arrow = function (x, y, turn) {
    var ctx = this.ctx;
    ctx.save();
    ctx.translate(x, y); ctx.rotate(turn);
    ["map-halo", "map-gateways"].forEach(function (colour, i) {
      ctx.beginPath(); ctx.moveTo(-6, 0); ctx.lineTo(6, 0); ctx.moveTo(1, -4); ctx.lineTo(6, 0); ctx.lineTo(1, 4);
      ctx.lineWidth = i ? 2 : 5; ctx.lineCap = ctx.lineJoin = "round"; ctx.strokeStyle = g.colour(colour); ctx.stroke();
    });
    ctx.restore();
  };
  function towns(page, zoom) {
    var open = g.opened();
    features().filter(function (f) {
      return open && f.of.indexOf(open) >= 0 || zoom >= (LINES[f.measure] || SPOTS[f.measure]);
    }).forEach(function (f) {
      var line = f.measure in LINES, p = page.beside(g.place(f.name), line ? "line" : "town", f.at, line ? 3 : 5);
      if (p && !line) page.dot(p, 2.2, "map-town");
    });
  }
  g.Names = g.Sheet.extend({
    options: { padding: 0.1 },
    draw: function (ctx, box) {
      var zoom = this._map.getZoom(), page = new Page(ctx, this, box);
      drawn = [];
      if (g.isOn("unranked")) areas.forEach(page.button, page);
      g.waysOut().forEach(page.way, page);
      /* The smallest countries first, which have the fewest places for their names. */
      lands.filter(function (l) { return l.scored; }).forEach(page.land, page);
      capitals.forEach(function (c) {
        if (zoom < 3.75) return;
        var p = page.beside(g.place(c.name), "capital", c.at, 4);
        if (p) page.dot(p, 2.4, "map-town");
      });
      if (g.opened()) towns(page, zoom);
      if (zoom >= NAMES_ZOOM) ranked(page);
      waters.forEach(function (w) { if (g.isOn(w.slug)) page.water(w, zoom); });
      lands.filter(function (l) { return !l.scored; }).forEach(page.land, page);
      if (!g.opened()) towns(page, zoom);
    }
  });
})(geoRee);
