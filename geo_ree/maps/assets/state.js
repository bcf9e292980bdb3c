/* The settings of the reader and the resulting figures. Everything that shows a score, a rank or
   a selection asks here and subscribes to changes. */
"use strict";
(function (g) {
  var LARGE = 4000, RANKED = ["candidate", "by_product_host"], subscribers = [], ranked = {};
  var begun = false, rowOf = null, timer = 0, current = null, alike = null, reaches = null;

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
  function presetInForce() {
    var m = model();
    return !m || m.criteria.every(function (c) { return g.state.weights[c.name] === c.weight; });
  }
  /* Whether weights and gateways are those of the run, so that its ranks and intervals apply. */
  function published() {
    return model() === (g.models[0] || null) && presetInForce() && !(g.gatewaySet() && g.otherGateways());
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
      g.drawRanks(m, weights, groups, stages, function (found, draws) {
        mine.found = found;
        mine.draws = draws;
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
    if (!now.wide[at]) now.wide[at] = Object.assign({ basis: "page", draws: now.draws }, g.widened(found, endsOf(d, now)));
    return now.wide[at];
  };
  /* The first rank that occurs and the draws on it and the next ones, in ‰, under the settings in force; null where they were not kept. */
  g.rankSharesOf = function (d) {
    var now = figures(d), run = g.data.acceptability;
    if (!now || now.published) return run && Object.prototype.hasOwnProperty.call(run, d.id) ? run[d.id] : null;
    return now.found && now.found[row(d)] ? now.found[row(d)].shares : null;
  };
  /* Pairs of the run that cannot be told apart: row -> [row, chance to be above it] in the order of the ranks, as the pairs come. */
  function pairsOfRun() {
    var pairs = g.data.pairs;
    if (alike) return alike;
    alike = g.deposits.map(function (d) { return pairs && d.rank_in_role <= pairs.compared ? [] : undefined; });
    if (pairs) pairs.a.forEach(function (a, k) {
      alike[a].push([pairs.b[k], pairs.p[k] / 1000]);
      alike[pairs.b[k]].push([a, 1 - pairs.p[k] / 1000]);
    });
    return alike;
  }
  /* The deposits that cannot be told apart from one, each with the chance `ahead` that the one ranks higher; undefined where
     they are not compared, or not yet. */
  g.rivalsOf = function (d) {
    var now = figures(d), found;
    if (!now || now.published) found = pairsOfRun()[row(d)];
    else found = now.found && now.found[row(d)] && now.found[row(d)].rivals;
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
