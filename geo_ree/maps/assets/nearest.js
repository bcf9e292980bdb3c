/* Straight-line distances from any point to lines and rings, over the ellipsoid. */
"use strict";
(function (g) {
  var A = 6378137, F = 1 / 298.257223563, E2 = F * (2 - F), RAD = Math.PI / 180, SLACK_M = 2500, HALVINGS = 40, MEAN_KM = 6371;

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
  /* How far (km) a line that is straight on the map bows from the geodesic between its ends: a drawn edge may be either. */
  function bend(a, b) {
    var long = gap(a, b) / 1000, lat = onGround(between(a, b, 0.5))[0];
    return long * long * Math.tan(Math.abs(lat) * RAD) / (8 * MEAN_KM);
  }
  /* The nearest point of lines, each a list of [lat, lon]: m, place, line (its number) and bend. */
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
      found.bend = bend(one[1], one[2]);
      return !best || found.m < best.m ? found : best;
    }, null);
  };
  /* Whether a ring of [lat, lon] holds a point. */
  g.holds = function (ring, from) {
    var odd = false;
    for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      var a = ring[i], b = ring[j];
      if (a[0] > from[0] !== b[0] > from[0] && from[1] < (b[1] - a[1]) * (from[0] - a[0]) / (b[0] - a[0]) + a[1]) odd = !odd;
    }
    return odd;
  };
})(geoRee);
