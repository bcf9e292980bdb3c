/* Marks that would cover each other are moved apart, each tied to its place by a line, so that every rank can be read. */
"use strict";
(function (g) {
  var ROUNDS = 160, GAP = 3, HOME = 0.03, TURN = 2.399963, MOVED = 1.5;

  /* Move points apart until none is nearer to another than both radii: positions as [x, y], the given ones unchanged where they are
     free. The same points give the same result. */
  g.spread = function (x, y, radius) {
    var n = x.length, px = Float64Array.from(x), py = Float64Array.from(y), touched = new Uint8Array(n);
    for (var round = 0, moved = true; moved && round < ROUNDS; round++) {
      moved = false;
      for (var i = 0; i < n; i++) for (var j = i + 1; j < n; j++) {
        var least = radius[i] + radius[j] + GAP, dx = px[j] - px[i], dy = py[j] - py[i];
        if (dx > least || dx < -least || dy > least || dy < -least) continue;
        var far = Math.sqrt(dx * dx + dy * dy);
        if (far >= least) continue;
        if (far < 0.01) { dx = Math.cos(TURN * (i + j)); dy = Math.sin(TURN * (i + j)); far = 1; least += 1; }
        var push = 0.5 * (least - far) / far + 0.001;
        px[i] -= push * dx; py[i] -= push * dy;
        px[j] += push * dx; py[j] += push * dy;
        touched[i] = touched[j] = 1;
        moved = true;
      }
      /* Back towards the place, but not in the last rounds. */
      if (round < 0.6 * ROUNDS) for (var k = 0; k < n; k++) {
        if (!touched[k]) continue;
        px[k] += HOME * (x[k] - px[k]);
        py[k] += HOME * (y[k] - py[k]);
      }
    }
    return { x: px, y: py, moved: Array.from(touched, function (t, i) { return t === 1 && Math.hypot(px[i] - x[i], py[i] - y[i]) > MOVED; }) };
  };
})(geoRee);
