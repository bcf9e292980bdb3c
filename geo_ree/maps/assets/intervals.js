/* Rank intervals for weights and gateways that a reader chose: draws of weights, distances and unknown values. */
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

  /* What is drawn of a criterion: each distance evenly within its error, where a line of unknown course may be nearer the nearer
     of both, and an unknown value evenly between 0 and 1, as geo_ree.scoring.draws does. */
  function Source(criterion, rows) {
    var stem = criterion.column.replace(/^dist_/, ""), column = g.scoring.column;
    function mine(name) { var all = column(name); return Float64Array.from(rows, function (i) { return all[i]; }); }
    this.far = mine(criterion.column);
    this.error = mine("err_" + stem);
    this.beside = mine("unsure_" + stem);
    this.besideError = mine("err_unsure_" + stem);
    this.value = g.scoring.valueOf(criterion);
    this.blank = this.value(NaN);
    this.out = this.far.map(this.value);
  }
  Source.prototype.draw = function (random) {
    var out = this.out;
    for (var i = 0; i < out.length; i++) {
      var far = this.far[i], error = this.error[i], beside = this.beside[i];
      if (isNaN(far)) { out[i] = isNaN(this.blank) ? random() : this.blank; continue; }
      if (!(error > 0) && isNaN(beside)) continue;
      if (error > 0) far = Math.abs(far + error * (2 * random() - 1));
      if (!isNaN(beside)) far = Math.min(far, Math.abs(beside + (this.besideError[i] || 0) * (2 * random() - 1)));
      out[i] = this.value(far);
    }
    return out;
  };
  /* All ranked rows; one draw gives the scores of all of them, so that roles and stages rank the same draws. */
  function Lottery(model, shares, rows) {
    var hit = g.scoring.struck(model), used = model.criteria.map(function (_, j) { return j; }).filter(function (j) { return shares[j] > 0; });
    this.method = g.scoring.methods[model.aggregate];
    this.sources = used.map(function (j) { return new Source(model.criteria[j], rows); });
    this.used = used;
    this.hit = Uint8Array.from(rows, function (i) { return hit[i]; });
    this.compared = this.hit.map(function (one) { return one ? 0 : 1; });
  }
  Lottery.prototype.draw = function (weights, random) {
    var hit = this.hit, values = this.sources.map(function (one) { return one.draw(random); });
    var total = this.method(values, this.used.map(function (j) { return weights[j]; }), this.compared);
    return total.map(function (t, i) { return hit[i] ? 0 : Math.min(100 * t, 100); });
  };
  /* The rows of one role or stage; `places` are their positions among all ranked rows. */
  function Group(rows, places, drawn) {
    this.rows = rows;
    this.places = places;
    this.scores = new Float64Array(rows.length * drawn);
    this.ranks = new Uint32Array(rows.length * drawn);
  }
  Group.prototype.rank = function (at, all) {
    var n = this.rows.length, scores = Float64Array.from(this.places, function (place) { return all[place]; });
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
  /* The first rank that occurs, and the draws on it and the next ones, in ‰, as the run gives them. */
  function sharesOf(sorted) {
    var first = sorted[0], counts = new Array(sorted[sorted.length - 1] - first + 1).fill(0);
    sorted.forEach(function (rank) { counts[rank - first]++; });
    return [first, counts.map(function (count) { return Math.round(1000 * count / sorted.length); })];
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
      shares: n <= COMPARED ? sharesOf(ranks) : null,
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
    var seed = g.data.run && g.data.run.seed ? g.data.run.seed : 1, concentration = g.scoringData().concentration;
    var random = chance(seed), apart = chance(seed ^ 0x5bd1e995); /* distances have a stream of their own, so that they change no weight */
    var rows = [].concat.apply([], groups), place = new Map(rows.map(function (row, i) { return [row, i]; }));
    var lottery = new Lottery(model, shares, rows);
    function group(some) { return new Group(some, some.map(function (row) { return place.get(row); }), drawn); }
    var made = groups.filter(function (some) { return some.length; }).map(group), roles = made.length;
    made = made.concat(stages.map(group));
    var k = 0, which = 0, figures = [], compared = 0;
    function step() {
      if (k < drawn) {
        var scores = lottery.draw(dirichlet(shares, concentration, random), apart);
        made.forEach(function (group) { group.rank(k, scores); });
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
  /* Ends of an interval around `middle` that hold `low` to `high` and are at least as far apart as in the run: its reach to both
     sides of its own middle is kept, and what the end of the list cuts off is added on the other side. */
  function atLeast(low, high, middle, reach, first, last) {
    var width = reach[0] + reach[1], from = Math.min(low, middle - reach[0]), to = Math.max(high, middle + reach[1]);
    if (from < first) to = Math.max(to, first + width);
    if (to > last) from = Math.min(from, last - width);
    return [Math.max(first, from), Math.min(last, to)];
  }
  /* How far an interval of the run reaches below and above its own figure. */
  g.reach = function (figure, low, high) {
    return figure === undefined || low === undefined ? null : [Math.max(0, figure - low), Math.max(0, high - figure)];
  };
  /* The drawn figures with intervals that are nowhere narrower than those of the run. `ends` gives, for "rank", "rank_in_stage"
     and "score", the figure now, the reach of the run, and the first and last value possible. */
  g.widened = function (found, ends) {
    var out = Object.assign({}, found);
    Object.keys(ends).forEach(function (name) {
      var one = ends[name], low = name + "_p5", high = name + "_p95", both;
      if (!one.reach || out[low] === undefined) return;
      both = atLeast(out[low], out[high], one.now, one.reach, one.first, one.last);
      out[low] = both[0];
      out[high] = both[1];
    });
    return out;
  };
  g.stopDrawing = function () { running++; };
})(geoRee);
