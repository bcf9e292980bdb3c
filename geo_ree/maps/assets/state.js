/* The settings of the reader and the resulting figures. Everything that shows a score, a rank or
   a selection asks here and subscribes to changes. */
"use strict";
(function (g) {
  var LARGE = 4000, RANKED = ["candidate", "by_product_host"], subscribers = [], ranked = {};
  var begun = false, rowOf = null, timer = 0, current = null, alike = null, reaches = null, base = null, order = null;

  g.state = { model: "", weights: {}, filters: {}, language: g.firstLanguage(), choice: null, sort: null, point: null };

  /* Start at the first call, when the data are loaded. */
  function begin() {
    if (begun) return;
    begun = true;
    reaches = g.deposits.map(reachesOfRun);
    if (g.models.length) {
      g.state.model = g.models[0].name;
      g.state.weights = presetWeights(g.models[0]);
    }
    /* Its distances are those of the run, before a reader chooses other gateways. */
    if (g.data.pairs && g.models.length) base = g.drawingOfCompared(g.models[0], listed(g.models[0]), RANKED.map(rowsOfRun));
    recompute([]);
    g.restore();
  }
  /* How far the run's intervals reach to both sides of its figures, before a reader changes anything. */
  function reachesOfRun(d) {
    if (RANKED.indexOf(d.role) < 0 || d.rank_p5 === undefined) return null;
    return {
      rank: g.reach(d.rank_in_role, d.rank_p5, d.rank_p95), score: g.reach(d.score, d.score_p5, d.score_p95),
      rank_in_stage: g.reach(d.rank_in_stage, d.rank_in_stage_p5, d.rank_in_stage_p95)
    };
  }
  /* The rows of a role in the order of the run's ranks. */
  function rowsOfRun(role) {
    var rows = Array.from(g.deposits.keys()).filter(function (i) { return g.deposits[i].role === role && g.deposits[i].rank_in_role !== undefined; });
    return rows.sort(function (a, b) { return g.deposits[a].rank_in_role - g.deposits[b].rank_in_role; });
  }
  function presetWeights(model) {
    var out = {};
    model.criteria.forEach(function (c) { out[c.name] = c.weight; });
    return out;
  }
  /* One weight per criterion of the model: the given ones and 0 for the others, or the model's own. */
  function weightsOf(given) {
    var out = model() ? presetWeights(model()) : {};
    if (given) Object.keys(out).forEach(function (name) { out[name] = given[name] || 0; });
    return out;
  }
  function model() {
    begin();
    return g.models.filter(function (m) { return m.name === g.state.model; })[0] || g.models[0] || null;
  }
  function listed(m) { return m.criteria.map(function (c) { return g.state.weights[c.name] || 0; }); }
  /* Whether the weights are shares of the whole as in the preset, whatever their sum. */
  function presetInForce() {
    var m = model(), own, now;
    if (!m) return true;
    own = g.scoring.shares(m.criteria.map(function (c) { return c.weight; }));
    now = g.scoring.shares(listed(m));
    return own.every(function (share, j) { return Math.abs(share - now[j]) < 1e-12; });
  }
  /* Whether weights and gateways are those of the run, so that its ranks and intervals apply. */
  function published() {
    return model() === (g.models[0] || null) && presetInForce() && !g.gatewaysDiffer();
  }
  function row(d) {
    if (!rowOf) rowOf = new Map(g.deposits.map(function (one, i) { return [one, i]; }));
    return rowOf.get(d);
  }
  /* The row of a deposit in the table. */
  g.rowOf = row;
  function rankedRows(role) {
    var rows = [];
    g.deposits.forEach(function (d, i) { if (d.role === role && !isNaN(current.score[i])) rows.push(i); });
    return rows.sort(function (a, b) { return current.score[b] - current.score[a] || a - b; });
  }
  /* The rows of one role by stage, in their order; a row without a stage is in none. */
  function sameStage(rows) {
    var by = Object.create(null);
    rows.forEach(function (i) {
      var stage = g.deposits[i].stage;
      if (stage) (by[stage] = by[stage] || []).push(i);
    });
    return Object.keys(by).map(function (stage) { return by[stage]; });
  }
  /* Ranks in which equal scores share the better one, as in the draws. */
  function tiedRanks(groups) {
    var out = new Int32Array(g.deposits.length);
    groups.forEach(function (rows) {
      rows.forEach(function (i, k) { out[i] = k && current.score[i] === current.score[rows[k - 1]] ? out[rows[k - 1]] : k + 1; });
    });
    return out;
  }
  function announce(changed) {
    ranked = {};
    subscribers.forEach(function (tell) { tell(changed); });
  }

  /* Compute scores and ranks now; the intervals follow, in the same call if the table is small. */
  function recompute(changed) {
    var m = model(), weights = m ? listed(m) : [], running = true, mine;
    g.stopDrawing();
    clearTimeout(timer);
    ranked = {};
    if (!m || !weights.some(function (w) { return w > 0; })) return changed;
    mine = current = g.scoring.score(m, weights);
    current.weights = weights;
    current.model = m;
    current.published = published();
    if (current.published) return changed.concat("intervals");
    var groups = RANKED.map(rankedRows), stages = [].concat.apply([], groups.map(sameStage));
    current.rank = new Int32Array(g.deposits.length);
    groups.forEach(function (rows) { rows.forEach(function (i, k) { mine.rank[i] = k + 1; }); });
    current.tied = tiedRanks(groups);
    current.tiedInStage = tiedRanks(stages);
    current.rankInStage = new Int32Array(g.deposits.length);
    current.sizeOfStage = new Int32Array(g.deposits.length);
    stages.forEach(function (rows) { rows.forEach(function (i, k) { mine.rankInStage[i] = k + 1; mine.sizeOfStage[i] = rows.length; }); });
    function draw() {
      var drawn = g.drawing(m, weights, groups, stages);
      g.drawAll([base, drawn].filter(Boolean), function () {
        mine.found = drawn.found;
        mine.draws = drawn.draws;
        mine.drawn = drawn;
        if (running) changed = changed.concat("intervals"); else announce(["intervals"]);
      });
    }
    if (g.deposits.length > LARGE) timer = setTimeout(draw, 150); else draw();
    running = false;
    return changed;
  }

  /* Set parts of the state and notify the subscribers which changed: "weights" (with the model),
     "filters", "language", "choice", "question" about routes, "access" for its sliders, "columns", "shortlist", "sort" of the tables, the measured "point", and "intervals" once they are drawn. */
  g.set = function (change) {
    var changed = [];
    begin();
    if ("model" in change || "weights" in change) {
      if (change.model) g.state.model = change.model;
      g.state.weights = weightsOf(change.weights);
      changed.push("weights");
    }
    ["filters", "language", "choice", "question", "access", "columns", "shortlist", "sort", "point"].forEach(function (part) {
      if (part in change && g.state[part] !== change[part]) {
        g.state[part] = change[part];
        changed.push(part);
      }
    });
    if (changed.indexOf("weights") >= 0) changed = recompute(changed);
    if (changed.length) announce(changed);
  };
  g.subscribe = function (tell) { subscribers.push(tell); };
  g.presetWeights = presetWeights;
  g.presetInForce = presetInForce;
  g.model = model;
  g.published = published;
  g.weightsAreZero = function () {
    var m = model();
    return Boolean(m) && !listed(m).some(function (w) { return w > 0; });
  };

  function figures(d) {
    begin();
    return current && row(d) !== undefined ? current : null;
  }
  g.scoreOf = function (d) {
    var now = figures(d), score = now ? now.score[row(d)] : d.score;
    return isNaN(score) ? undefined : score;
  };
  g.rankOf = function (d) {
    var now = figures(d);
    return now && !now.published ? now.rank[row(d)] || undefined : d.rank_in_role;
  };
  g.rankInStageOf = function (d) {
    var now = figures(d);
    return now && !now.published ? now.rankInStage[row(d)] || undefined : d.rank_in_stage;
  };
  /* Where the page's own intervals must not be narrower than those of the run. */
  function endsOf(d, now) {
    var reach = reaches[row(d)], rivals = g.ranked(d.role), at = row(d);
    if (!reach) return {};
    return {
      rank: { now: now.tied[at], reach: reach.rank, first: 1, last: rivals.length },
      score: { now: now.score[at], reach: reach.score, first: 0, last: 100 },
      rank_in_stage: { now: now.tiedInStage[at], reach: reach.rank_in_stage, first: 1, last: now.sizeOfStage[at] }
    };
  }
  /* Rank interval with its basis: "run" (weights, positions, courses, missing lines and unknown values
     drawn by Python), "page" (weights, distances and unknown values drawn here, nowhere narrower than the
     run's) or "pending". */
  g.intervalOf = function (d) {
    var now = figures(d);
    if (!now || now.published) {
      return {
        basis: "run", rank_p5: d.rank_p5, rank_p95: d.rank_p95, p_top3: d.p_top3, p_top5: d.p_top5,
        score_p5: d.score_p5, score_p95: d.score_p95,
        rank_in_stage_p5: d.rank_in_stage_p5, rank_in_stage_p95: d.rank_in_stage_p95
      };
    }
    if (!now.found) return { basis: "pending" };
    now.wide = now.wide || Object.create(null);
    var at = row(d), found = now.found[at];
    if (!found) return { basis: "page", draws: now.draws };
    if (!now.wide[at]) now.wide[at] = Object.assign({ basis: "page", draws: now.draws }, g.widened(found, endsOf(d, now)), chancesOfTop(d, now));
    return now.wide[at];
  };
  /* The first rank that occurs and the draws on it and the next ones, in ‰, under the settings in force; null where they were not kept. */
  g.rankSharesOf = function (d) {
    var now = figures(d), run = g.data.acceptability;
    if (!now || now.published) return run && Object.prototype.hasOwnProperty.call(run, d.id) ? run[d.id] : null;
    return now.found && now.found[row(d)] ? now.found[row(d)].shares : null;
  };
  function drawsOf(now) { return { run: (g.data.run || {}).draws || now.draws, base: base.draws, now: now.draws }; }
  /* The chances of a place at the top: they move from the run's by no more than the page's own draws move. */
  function chancesOfTop(d, now) {
    var out = {}, before = base && base.found[row(d)], found = now.found[row(d)];
    ["p_top3", "p_top5"].forEach(function (name) {
      if (before && d[name] !== undefined) out[name] = g.changedChance(d[name], before[name], found[name], 1, drawsOf(now));
    });
    return out;
  }
  /* The run's chance that one row is above another; undefined where they were not compared. */
  function orderOfRun(a, b) {
    var pairs = g.data.pairs, rows = g.deposits.length;
    if (!order) {
      order = new Map();
      pairs.a.forEach(function (one, k) {
        var other = pairs.b[k], p = pairs.p[k] / pairs.whole;
        order.set(Math.min(one, other) * rows + Math.max(one, other), one < other ? p : 1 - p);
      });
    }
    var found = order.get(Math.min(a, b) * rows + Math.max(a, b));
    return found === undefined || a < b ? found : 1 - found;
  }
  /* How much less sure the run is than the page's draws under the run's settings: once for all pairs. */
  function width(draws) {
    var pairs = g.data.pairs;
    if (base.width === undefined) base.width = g.widthOfRun(pairs.a.map(function (a, k) { return [pairs.p[k] / pairs.whole, base.chanceOf(a, pairs.b[k])]; })
      .filter(function (one) { return one[1] !== undefined; }), draws);
    return base.width;
  }
  /* The chance that one row is above another under the settings of the reader. */
  function orderNow(now, a, b) {
    if (a > b) return 1 - orderNow(now, b, a);
    var chance = now.drawn.chanceOf(a, b), draws = base && drawsOf(now), run = base ? orderOfRun(a, b) : undefined, before = base ? base.chanceOf(a, b) : undefined;
    return run === undefined || before === undefined ? chance : g.changedChance(run, before, chance, width(draws), draws);
  }
  function rivalsNow(now, at) {
    var others = now.drawn && now.drawn.comparedWith(at);
    now.rivals = now.rivals || Object.create(null);
    if (others && !now.rivals[at]) now.rivals[at] = others.map(function (b) { return [b, orderNow(now, at, b)]; }).filter(function (one) { return !g.tellsApart(one[1]); });
    return now.rivals[at];
  }
  /* Pairs of the run that cannot be told apart: row -> [row, chance to be above it] in the order of the ranks, as the pairs come. */
  function pairsOfRun() {
    var pairs = g.data.pairs;
    if (alike) return alike;
    alike = g.deposits.map(function (d) { return pairs && d.rank_in_role <= pairs.compared ? [] : undefined; });
    if (pairs) pairs.a.slice(0, pairs.close).forEach(function (a, k) {
      alike[a].push([pairs.b[k], pairs.p[k] / pairs.whole]);
      alike[pairs.b[k]].push([a, 1 - pairs.p[k] / pairs.whole]);
    });
    return alike;
  }
  /* The deposits that cannot be told apart from one, each with the chance `ahead` that the one ranks higher; undefined where
     they are not compared, or not yet. */
  g.rivalsOf = function (d) {
    var now = figures(d), found;
    if (!now || now.published) found = pairsOfRun()[row(d)];
    else found = rivalsNow(now, row(d));
    return found && found.map(function (one) { return { d: g.deposits[one[0]], ahead: one[1] }; });
  };
  /* Points of each known criterion under the current weights: name -> points. */
  g.pointsOf = function (d) {
    var now = figures(d), out = {};
    if (!now) return out;
    now.points = now.points || g.scoring.points(now.model, now.weights);
    now.model.criteria.forEach(function (c, j) {
      var p = now.points[j][row(d)];
      if (!isNaN(p)) out[c.name] = p;
    });
    return out;
  };
  g.unknownWeightOf = function (d) {
    var now = figures(d);
    return now ? now.unknown[row(d)] : d.unknown_weight_pct || 0;
  };
  g.vetoesOf = function (d) {
    var now = figures(d);
    return now ? g.scoring.reasons(now.model, row(d)) : [];
  };
  function sorted(role) {
    var rows = [], ranks = [];
    g.deposits.forEach(function (d) {
      var rank = d.role === role ? g.rankOf(d) : undefined;
      if (rank === undefined) return;
      rows.push(d);
      ranks.push(rank);
    });
    return Array.from(rows.keys()).sort(function (a, b) { return ranks[a] - ranks[b]; }).map(function (i) { return rows[i]; });
  }
  /* Deposits of a role in the order of the current ranks. */
  g.ranked = function (role) {
    begin();
    ranked[role] = ranked[role] || sorted(role);
    return ranked[role].slice();
  };
  /* Whether a deposit is at one of the stages that are shown first, as are the sites of the reader. */
  g.atFirstStages = function (d) { return g.isOwn(d) || g.data.first_stages.indexOf(d.stage) >= 0; };
  /* The ranked candidates of the first stages and the others; all in the first list where none is at them. */
  g.candidatesByStage = function () {
    var all = g.ranked("candidate"), first = all.filter(g.atFirstStages);
    var staged = first.some(function (d) { return !g.isOwn(d); });
    return first.length ? { split: staged, first: first, later: all.filter(function (d) { return !g.atFirstStages(d); }) }
      : { split: false, first: all, later: [] };
  };
  g.isRanked = function (d) { return RANKED.indexOf(d.role) >= 0 && g.rankOf(d) !== undefined; };
})(geoRee);
