/* Rank intervals for weights that a reader chose: draws of the weights alone. */
"use strict";
(function (g) {
  var BUDGET_MS = 12, LEADS = 0.95, COMPARED = 300, running = 0; /* as in geo_ree.scoring.pairwise */

  /* A small seeded generator (mulberry32): the same seed gives the same figures. */
  function chance(seed) {
    var a = seed >>> 0;
    return function () {
      a = (a + 0x6d2b79f5) >>> 0;
      var t = Math.imul(a ^ (a >>> 15), a | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }
  function normal(random) {
    return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  }
  /* Marsaglia and Tsang (2000), A simple method for generating gamma variables. */
  function gamma(shape, random) {
    if (shape < 1) return gamma(shape + 1, random) * Math.pow(1 - random(), 1 / shape);
    var d = shape - 1 / 3, c = 1 / Math.sqrt(9 * d);
    for (;;) {
      var x = normal(random), v = Math.pow(1 + c * x, 3), u = 1 - random();
      if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }
  /* Draw weights from a Dirichlet distribution around the shares; a share of 0 stays 0. */
  function dirichlet(shares, concentration, random) {
    var out = shares.map(function (s) { return s > 0 ? gamma(concentration * s, random) : 0; });
    var total = out.reduce(function (a, b) { return a + b; }, 0);
    return out.map(function (w) { return w / total; });
  }
  /* Number of draws: fewer for many deposits. */
  function drawsFor(count) { return Math.max(100, Math.min(1000, Math.floor(2e6 / Math.max(1, count)))); }

  /* The separations of TOPSIS among all ranked rows of any group, computed once. */
  function apartAmong(model, groups) {
    if (model.aggregate !== "topsis") return null;
    var hit = g.scoring.struck(model), compared = new Uint8Array(hit.length);
    groups.forEach(function (rows) { rows.forEach(function (i) { compared[i] = hit[i] ? 0 : 1; }); });
    return g.scoring.values(model).map(function (v) { return g.scoring.separations(v, compared); });
  }
  function Group(model, apart, rows, drawn) {
    var list = g.scoring.values(model), hit = g.scoring.struck(model), n = rows.length;
    function mine(v) { return Float64Array.from(rows, function (i) { return v[i]; }); }
    this.rows = rows;
    this.method = g.scoring.methods[model.aggregate];
    this.values = list.map(mine);
    this.hit = Uint8Array.from(rows, function (i) { return hit[i]; });
    this.apart = apart && apart.map(function (one) { return { below: mine(one.below), above: mine(one.above) }; });
    this.scores = new Float64Array(n * drawn);
    this.ranks = new Uint32Array(n * drawn);
  }
  Group.prototype.draw = function (at, weights) {
    var n = this.rows.length, hit = this.hit, total = this.method(this.values, weights, null, this.apart);
    var scores = total.map(function (t, i) { return hit[i] ? 0 : Math.min(100 * t, 100); });
    var sorted = scores.slice().sort();
    this.scores.set(scores, at * n);
    for (var i = 0; i < n; i++) { /* equal scores share the better rank */
      var low = 0, high = n;
      while (low < high) {
        var middle = (low + high) >> 1;
        if (sorted[middle] > scores[i]) high = middle; else low = middle + 1;
      }
      this.ranks[at * n + i] = n - low + 1;
    }
  };
  function at(sorted, share) { return sorted[Math.ceil(share * sorted.length) - 1]; }
  function between(sorted, share) {
    var place = share * (sorted.length - 1), low = Math.floor(place);
    return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
  }
  Group.prototype.tell = function (i, drawn) {
    var n = this.rows.length, ranks = new Uint32Array(drawn), scores = new Float64Array(drawn), three = 0, five = 0;
    for (var k = 0; k < drawn; k++) {
      ranks[k] = this.ranks[k * n + i];
      scores[k] = this.scores[k * n + i];
      if (ranks[k] <= 3) three++;
      if (ranks[k] <= 5) five++;
    }
    ranks.sort();
    scores.sort();
    return {
      rank_p5: at(ranks, 0.05), rank_p95: at(ranks, 0.95), p_top3: three / drawn, p_top5: five / drawn,
      score_p5: between(scores, 0.05), score_p95: between(scores, 0.95)
    };
  };
  /* Compare one of the first rows with those below: neither is above the other in 95 % of the draws. Equal scores count half.
     The rows are in the order of the ranks; both get the other's row and the chance to be above it. */
  Group.prototype.compare = function (i, drawn, out) {
    var n = this.rows.length, last = Math.min(n, COMPARED), scores = this.scores, ahead = new Float64Array(last), j;
    for (var k = 0; k < drawn; k++) {
      var mine = scores[k * n + i];
      for (j = i + 1; j < last; j++) {
        var other = scores[k * n + j];
        if (mine > other) ahead[j]++; else if (mine === other) ahead[j] += 0.5;
      }
    }
    out[i].rivals = out[i].rivals || [];
    for (j = i + 1; j < last; j++) {
      var chance = ahead[j] / drawn;
      out[j].rivals = out[j].rivals || [];
      if (Math.max(ahead[j], drawn - ahead[j]) / drawn >= LEADS) continue;
      out[i].rivals.push([this.rows[j], chance]);
      out[j].rivals.push([this.rows[i], 1 - chance]);
    }
  };

  /* Draw in slices, so that the page stays responsive; calls done(found, draws) with row -> figures.
     `groups` are the rows of each role, `stages` those of each stage of a role. A later call ends an earlier one. Small tables are done before it returns. */
  g.drawRanks = function (model, weights, groups, stages, done) {
    var token = ++running, shares = g.scoring.shares(weights), found = {};
    var largest = Math.max.apply(null, [1].concat(groups.map(function (rows) { return rows.length; }))), drawn = drawsFor(largest);
    var seed = g.data.run && g.data.run.seed ? g.data.run.seed : 1, random = chance(seed), concentration = g.scoringData().concentration;
    var apart = apartAmong(model, groups);
    function group(rows) { return new Group(model, apart, rows, drawn); }
    var made = groups.filter(function (rows) { return rows.length; }).map(group), roles = made.length;
    made = made.concat(stages.map(group));
    var k = 0, which = 0, figures = [], compared = 0;
    function step() {
      if (k < drawn) {
        var weightsDrawn = dirichlet(shares, concentration, random);
        made.forEach(function (group) { group.draw(k, weightsDrawn); });
        k++;
        return true;
      }
      if (which >= made.length) return false;
      var group = made[which];
      if (figures.length < group.rows.length) {
        figures.push(group.tell(figures.length, drawn));
        return true;
      }
      if (which < roles && compared < Math.min(COMPARED, figures.length)) {
        group.compare(compared++, drawn, figures);
        return true;
      }
      group.rows.forEach(function (row, i) {
        if (which < roles) { found[row] = figures[i]; return; }
        found[row].rank_in_stage_p5 = figures[i].rank_p5;
        found[row].rank_in_stage_p95 = figures[i].rank_p95;
      });
      figures = [];
      compared = 0;
      which++;
      return true;
    }
    function slice() {
      if (token !== running) return;
      var start = performance.now(), more = true;
      while (more && performance.now() - start < BUDGET_MS) more = step();
      if (more) setTimeout(slice, 0); else done(found, drawn);
    }
    slice();
  };
  g.stopDrawing = function () { running++; };
})(geoRee);
