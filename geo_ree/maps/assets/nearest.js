/* Straight-line distances from any point to the features that the page draws, over the ellipsoid. */
"use strict";
(function (g) {
  var A = 6378137, F = 1 / 298.257223563, E2 = F * (2 - F), RAD = Math.PI / 180, SLACK_M = 2500, HALVINGS = 40;
  /* How far a drawn line may lie from its own place: it is simplified by 0.01 degree. Points are rounded to 0.001 degree, less than
     a distance shows. */
  var LINE_KM = 1.1, POINT_KM = 0, UNUSED = ["building", "planned", "disused", "closed"];

  function inSpace(lat, lon) {
    var y = lat * RAD, x = lon * RAD, s = Math.sin(y), n = A / Math.sqrt(1 - E2 * s * s);
    return [n * Math.cos(y) * Math.cos(x), n * Math.cos(y) * Math.sin(x), n * (1 - E2) * s];
  }
  function onGround(p) {
    return [Math.atan2(p[2], (1 - E2) * Math.hypot(p[0], p[1])) / RAD, Math.atan2(p[1], p[0]) / RAD];
  }
  /* Length of the geodesic in metres, by the inverse method of Vincenty (1975); good to a millimetre where it converges, as it does
     but for points that are nearly opposite on the globe. */
  g.geodesicLength = function (from, to) {
    var b = A * (1 - F), u1 = Math.atan((1 - F) * Math.tan(from[0] * RAD)), u2 = Math.atan((1 - F) * Math.tan(to[0] * RAD));
    var l = (to[1] - from[1]) * RAD, lambda = l, s1 = Math.sin(u1), c1 = Math.cos(u1), s2 = Math.sin(u2), c2 = Math.cos(u2);
    for (var i = 0; i < 100; i++) {
      var sl = Math.sin(lambda), cl = Math.cos(lambda), sinS = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
      if (sinS === 0) return 0;
      var cosS = s1 * s2 + c1 * c2 * cl, sigma = Math.atan2(sinS, cosS), sinA = c1 * c2 * sl / sinS, cos2A = 1 - sinA * sinA;
      var cosM = cos2A ? cosS - 2 * s1 * s2 / cos2A : 0, c = F / 16 * cos2A * (4 + F * (4 - 3 * cos2A)), was = lambda;
      lambda = l + (1 - c) * F * sinA * (sigma + c * sinS * (cosM + c * cosS * (2 * cosM * cosM - 1)));
      if (Math.abs(lambda - was) < 1e-12) break;
    }
    var k = cos2A * (A * A - b * b) / (b * b), big = 1 + k / 16384 * (4096 + k * (k * (320 - 175 * k) - 768)), small = k / 1024 * (256 + k * (k * (74 - 47 * k) - 128));
    var delta = small * sinS * (cosM + small / 4 * (cosS * (2 * cosM * cosM - 1) - small / 6 * cosM * (4 * sinS * sinS - 3) * (4 * cosM * cosM - 3)));
    return b * big * (sigma - delta);
  };
  function gap(p, q) { return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]); }
  function between(a, b, t) { return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])]; }
  function chordGap(p, a, b) {
    var d = [b[0] - a[0], b[1] - a[1], b[2] - a[2]], long = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    var t = long ? Math.max(0, Math.min(1, ((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1] + (p[2] - a[2]) * d[2]) / long)) : 0;
    return gap(p, between(a, b, t));
  }
  /* The point of an edge that is nearest over the ground: the chord of space lies above it, so the length is searched. */
  function foot(from, a, b) {
    var low = 0, high = 1;
    function far(t) { return g.geodesicLength(from, onGround(between(a, b, t))); }
    for (var i = 0; i < HALVINGS; i++) {
      var x = low + (high - low) / 3, y = high - (high - low) / 3;
      if (far(x) < far(y)) high = y; else low = x;
    }
    var best = [0, 1, (low + high) / 2].map(function (t) { return [far(t), t]; }).sort(function (p, q) { return p[0] - q[0]; })[0];
    return { m: best[0], place: onGround(between(a, b, best[1])) };
  }
  /* The nearest point of lines, each a list of [lat, lon]; `closed` joins the ends of each. */
  g.nearestOnLines = function (from, lines) {
    var p = inSpace(from[0], from[1]), least = Infinity, close = [];
    lines.forEach(function (line, n) {
      var before = null;
      line.forEach(function (at) {
        var here = inSpace(at[0], at[1]), d = before ? chordGap(p, before, here) : gap(p, here);
        if (d < least + SLACK_M) close.push([d, before || here, here, n]);
        if (d < least) least = d;
        before = here;
      });
    });
    return close.filter(function (one) { return one[0] < least + SLACK_M; }).reduce(function (best, one) {
      var found = foot(from, one[1], one[2]);
      found.line = one[3];
      return !best || found.m < best.m ? found : best;
    }, null);
  };
  function holds(ring, from) {
    var odd = false;
    for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      var a = ring[i], b = ring[j];
      if (a[0] > from[0] !== b[0] > from[0] && from[1] < (b[1] - a[1]) * (from[0] - a[0]) / (b[0] - a[0]) + a[1]) odd = !odd;
    }
    return odd;
  }
  g.countryAt = function (from) {
    var found = g.data.layers.countries[1].shapes.filter(function (s) { return s.rings.some(function (ring) { return holds(g.unpack(ring), from); }); })[0];
    return found ? found.country : null;
  };
  function points(payload, from) {
    var p = inSpace(from[0], from[1]), best = null, least = Infinity;
    g.rows(payload).forEach(function (one) {
      if (UNUSED.indexOf(one.kind) >= 0) return;
      var d = gap(p, inSpace(one.lat, one.lon));
      if (d < least) { least = d; best = one; }
    });
    return best && { m: g.geodesicLength(from, [best.lat, best.lon]), place: [best.lat, best.lon], name: best.name, country: best.country, of: best };
  }
  function waters(payload, from) {
    var rings = payload.areas.map(g.unpack), inLake = rings.some(function (ring) { return holds(ring, from); });
    return inLake ? { m: 0, place: from } : g.nearestOnLines(from, rings.concat(payload.sure.map(g.unpack)));
  }
  function near(place) {
    var towns = g.data.layers.settlements, found = towns ? points(towns[1], place) : null;
    return found && found.name;
  }
  /* The nearest feature of each layer that scores are measured to, and of the planned railways: measure, km, error in km, place,
     name, and what is to be said of it. Null outside the region, where the page has no data. */
  g.measureAt = function (from) {
    var r = g.data.region, layers = g.data.layers, out = [];
    if (!(from[0] >= r[1] && from[0] <= r[3] && from[1] >= r[0] && from[1] <= r[2])) return null;
    function add(measure, found, error, more) {
      if (found) out.push(Object.assign({ measure: measure, km: found.m / 1000, error: error, place: found.place, name: found.name, near: found.name ? null : near(found.place) }, more));
    }
    Object.keys(g.data.measures).forEach(function (measure) {
      var slug = g.data.measures[measure][1], what = layers[slug], payload = what && what[1];
      if (!payload) return;
      if (what[0] === "points") { var spot = points(payload, from); add(measure, spot, POINT_KM, { country: spot && spot.country }); return; }
      if (slug === "water") { add(measure, waters(payload, from), LINE_KM, {}); return; }
      var sure = payload.sure.length, found = g.nearestOnLines(from, payload.sure.concat(payload.unsure).map(g.unpack));
      var spots = payload.points ? points(payload.points, from) : null;
      if (spots && (!found || spots.m < found.m)) add(measure, spots, POINT_KM, {});
      else add(measure, found, LINE_KM, { unsure: Boolean(found) && found.line >= sure });
    });
    g.plannedNear(from).slice(0, 1).forEach(function (plan) { out.push(plan); });
    return out.sort(function (a, b) { return a.km - b.km; });
  };
  /* Lines that are being built or planned, the nearest first, none twice. */
  g.plannedNear = function (from) {
    var what = g.data.layers.railways_planned, rows = what ? g.rows(what[1]) : [], out = [];
    rows.forEach(function (p) {
      var found = g.nearestOnLines(from, [g.unpack(p.path)]);
      if (found) out.push({ planned: p, km: found.m / 1000, error: Math.max(LINE_KM, p.lateral_error_km || 0), place: found.place, name: p.name });
    });
    ["railways", "roads", "power_lines"].forEach(function (slug) {
      var payload = g.data.layers[slug] && g.data.layers[slug][1], found = payload && payload.building && g.nearestOnLines(from, payload.building.map(g.unpack));
      if (found) out.push({ planned: { kind: slug, status: "building" }, km: found.m / 1000, error: LINE_KM, place: found.place, name: null });
    });
    return out.sort(function (a, b) { return a.km - b.km; });
  };
})(geoRee);
