/* Rank intervals for weights and gateways that a reader chose: draws of weights, distances and unknown values. */
"use strict";
(function (g) {
  var BUDGET_MS = 12, COMPARED = 300, STREAM = 0x9e3779b1, running = 0; /* compared as in geo_ree.scoring.pairwise */

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
  /* Each part of each draw has a stream of its own: a weight or distance that is moved changes no other, and the same settings draw the same. */
  function streams(seed) {
    return function (draw, part) { return chance(seed ^ Math.imul(64 * draw + part + 1, STREAM)); };
  }
  /* Draw weights from a Dirichlet distribution around the shares; a share of 0 stays 0. */
  function dirichlet(shares, concentration, stream) {
    var out = shares.map(function (s, j) { return s > 0 ? gamma(concentration * s, stream(j)) : 0; });
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
  Lottery.prototype.draw = function (weights, stream) {
    var hit = this.hit, used = this.used, values = this.sources.map(function (one, k) { return one.draw(stream(used[k])); });
    var total = this.method(values, used.map(function (j) { return weights[j]; }), this.compared);
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
  /* The chance of one of the first rows to be above each one below it, in the order of the ranks. Equal scores count half. */
  Group.prototype.compare = function (i, drawn) {
    var n = this.rows.length, last = Math.min(n, COMPARED), scores = this.scores, ahead = new Float64Array(last), j;
    for (var k = 0; k < drawn; k++) {
      var mine = scores[k * n + i];
      for (j = i + 1; j < last; j++) {
        var other = scores[k * n + j];
        if (mine > other) ahead[j]++; else if (mine === other) ahead[j] += 0.5;
      }
    }
    return ahead.map(function (count) { return count / drawn; });
  };

  /* Draws under some settings. `groups` are the rows of each role, `stages` those of each stage of a role. step() does a part of the
     work until it returns false; then `found` has the figures of each row, and `chances` of each pair of the first rows of a role. */
  function Drawing(model, weights, groups, stages) {
    var seed = g.data.run && g.data.run.seed ? g.data.run.seed : 1, drawn;
    var rows = [].concat.apply([], groups).sort(function (a, b) { return a - b; }), place = new Map(rows.map(function (row, i) { return [row, i]; }));
    this.draws = drawn = drawsFor(Math.max.apply(null, [1].concat(groups.map(function (some) { return some.length; }))));
    this.shares = g.scoring.shares(weights);
    this.weightStreams = streams(seed);
    this.distanceStreams = streams(seed ^ 0x5bd1e995);
    this.lottery = new Lottery(model, this.shares, rows);
    function group(some) { return new Group(some, some.map(function (row) { return place.get(row); }), drawn); }
    this.groups = groups.filter(function (some) { return some.length; }).map(group);
    this.roles = this.groups.length;
    this.groups = this.groups.concat(stages.map(group));
    this.found = {};
    this.chances = new Map();
    this.at = this.which = this.told = this.compared = 0;
  }
  Drawing.prototype.draw = function () {
    var k = this.at++, weightStreams = this.weightStreams, distanceStreams = this.distanceStreams;
    var weights = dirichlet(this.shares, g.scoringData().concentration, function (j) { return weightStreams(k, j); });
    var scores = this.lottery.draw(weights, function (j) { return distanceStreams(k, j); });
    this.groups.forEach(function (group) { group.rank(k, scores); });
  };
  Drawing.prototype.tell = function (group) {
    var row = group.rows[this.told], told = group.tell(this.told++, this.draws);
    if (this.which < this.roles) this.found[row] = told;
    else Object.assign(this.found[row], { rank_in_stage_p5: told.rank_p5, rank_in_stage_p95: told.rank_p95 });
  };
  Drawing.prototype.step = function () {
    var group = this.groups[this.which];
    if (this.at < this.draws) this.draw();
    else if (!group) return false;
    else if (this.told < group.rows.length) this.tell(group);
    else if (this.which < this.roles && this.compared < Math.min(COMPARED, group.rows.length)) {
      this.chances.set(group.rows[this.compared], [group.rows, this.compared, group.compare(this.compared, this.draws)]);
      this.compared++;
    } else {
      this.told = this.compared = 0;
      this.which++;
    }
    return true;
  };
  /* The chance of one row to be above another of its role; undefined where they were not compared. */
  Drawing.prototype.chanceOf = function (a, b) {
    var one = this.chances.get(a), other = this.chances.get(b);
    if (!one || !other || one[0] !== other[0]) return undefined;
    return one[1] < other[1] ? one[2][other[1]] : 1 - other[2][one[1]];
  };
  /* The rows that were compared with one, in the order of the ranks. */
  Drawing.prototype.comparedWith = function (row) {
    var own = this.chances.get(row);
    return own ? own[0].slice(0, COMPARED).filter(function (other) { return other !== row; }) : undefined;
  };
  g.drawing = function (model, weights, groups, stages) { return new Drawing(model, weights, groups, stages); };
  /* The same for the rows that are compared, `groups` being in the order of the ranks. */
  g.drawingOfCompared = function (model, weights, groups) {
    return new Drawing(model, weights, groups.map(function (rows) { return rows.slice(0, COMPARED); }), []);
  };
  /* Draw in slices, so that the page stays responsive; calls done() after all of them. A later call ends an earlier one, of which
     nothing is lost. Small tables are done before it returns. */
  g.drawAll = function (list, done) {
    var token = ++running;
    function slice() {
      if (token !== running) return;
      var start = performance.now(), more = true;
      while (more && performance.now() - start < BUDGET_MS) more = list.some(function (one) { return one.step(); });
      if (more) setTimeout(slice, 0); else done();
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
