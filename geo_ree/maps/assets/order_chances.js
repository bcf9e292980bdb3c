/* How sure an order is under the settings of a reader: never surer than the run by more than the change itself explains. */
"use strict";
(function (g) {
  var LEADS = 0.95, LEAST = 0.01, known = new Map(); /* as geo_ree.scoring.pairwise */

  /* The share of a normal distribution below z: a continued fraction for the tail, a series in the middle. */
  g.normalShare = function (z) {
    var x = Math.abs(z), density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI), out = 0, k;
    if (x < 2.5) {
      var term = x;
      for (k = 1; Math.abs(term) > 1e-17; k += 2) { out += term; term *= x * x / (k + 2); }
      out = 0.5 - density * out;
    } else {
      for (k = 60; k > 0; k--) out = k / (x + out);
      out = density / (x + out);
    }
    return z > 0 ? 1 - out : out;
  };
  /* The z below which that share lies, by bisection of the share; shares of 0 and 1 have none. */
  g.probit = function (share) {
    var low = -9, high = 9;
    for (var k = 0; k < 54; k++) {
      var middle = (low + high) / 2;
      if (g.normalShare(middle) < share) low = middle; else high = middle;
    }
    return (low + high) / 2;
  };
  /* A share of draws in standard deviations; half a draw is the least that is left to the rarer order. */
  function deviations(share, draws) {
    var least = 0.5 / draws, kept = Math.min(1 - least, Math.max(least, share)), found = known.get(kept);
    if (found === undefined) known.set(kept, (found = g.probit(kept)));
    return found;
  }
  /* The chance of an order under the settings of a reader. `run` is that of the run; `base` and `now` are those that the page draws under
     the settings of the run and of the reader, each with its number of draws. The page's is made less sure as it was under the run's
     settings: by this pair's own quotient of the run and the page, and by `width`, that of all pairs, where the page's is near 50 %. It then
     lies between the run's and the run's moved by as much as the page's own. */
  g.changedChance = function (run, base, now, width, draws) {
    var from = deviations(base, draws.base), to = deviations(now, draws.now), start = deviations(run, draws.run), moved = start + to - from, own;
    if (from === to) return run;
    own = Math.min(1, Math.max(LEAST, (start * from + width) / (from * from + 1)));
    return g.normalShare(Math.min(Math.max(start, moved), Math.max(Math.min(start, moved), own * to)));
  };
  /* By how much the run is less sure than the page's draws under the same settings: the slope through the origin of the run's chances on
     the page's, in standard deviations, over all pairs that both draw in both orders; 1 at most. */
  g.widthOfRun = function (pairs, draws) {
    var both = 0, own = 0;
    pairs.forEach(function (one) {
      if (Math.min(one[0], one[1], 1 - one[0], 1 - one[1]) <= 0) return;
      var run = deviations(one[0], draws.run), page = deviations(one[1], draws.base);
      both += run * page;
      own += page * page;
    });
    return own > 0 ? Math.min(1, Math.max(LEAST, both / own)) : 1;
  };
  g.tellsApart = function (chance) { return Math.max(chance, 1 - chance) >= LEADS; };
})(geoRee);
