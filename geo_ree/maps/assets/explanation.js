/* Sentence, strengths and weaknesses of a deposit under the settings of the reader, by the rules of geo_ree.scoring.explanation. */
"use strict";
(function (g) {
  var STRENGTHS = 3, WEAKNESSES = 2, LISTED = 3, LEAST = 0.5, NEAR_VALUE = 0.5, t = g.t;

  function joined(words) {
    return words.length < 2 ? words.join("") : t("list_and", { first: words.slice(0, -1).join(", "), last: words[words.length - 1] });
  }
  /* What a criterion is measured to, with the least size that counts. */
  g.featuresOf = function (criterion) { return criterion.features && criterion.features !== criterion.label ? g.phrase(criterion.features) : g.term(criterion.label); };
  function target(criterion) { return criterion.column.replace(/^dist_/, "").replace(/_km$/, ""); }
  /* Label and distance, as distance_words writes them. */
  function distance(d, criterion, far) {
    var label = g.featuresOf(criterion), words;
    if (isNaN(far)) return t("criterion_unknown", { criterion: label });
    if (!isFinite(far)) return t("out_of_reach", { criterion: label });
    if (criterion.unit) words = String(Number(far.toPrecision(4))) + " " + criterion.unit;
    else if (criterion.unit_km !== 1) words = g.plainNumber(1000 * Number((far * criterion.unit_km).toFixed(2)), 0) + " " + t("m");
    else {
      words = (far < 0.95 ? (far >= 0.05 ? g.plainNumber(far, 1) : t("under", { high: g.plainNumber(0.1, 1) })) : g.plainNumber(far, 0)) + " " + t("km");
      if (g.isUpperLimit(d, target(criterion))) words = t("at_most", { distance: words });
    }
    return label + " " + words;
  }
  /* The criteria that have a weight, with their figures for a row. */
  function parts(d) {
    var m = g.model(), row = g.rowOf(d), weights = m.criteria.map(function (c) { return g.state.weights[c.name] || 0; });
    var share = g.scoring.shares(weights), got = g.pointsOf(d), own = g.scoreOf(d);
    return m.criteria.map(function (c, j) {
      var far = g.scoring.column(c.column)[row], moved = g.scoring.scoreIf(m, weights, row, j);
      return { criterion: c, far: far, share: share[j], value: g.scoring.values(m)[j][row], points: got[c.name], moved: moved, gain: moved.score - own };
    });
  }
  function near(d) {
    var found = { won: [], lost: [], unknown: [] }, m = g.model(), row = g.rowOf(d);
    var share = g.scoring.shares(m.criteria.map(function (c) { return g.state.weights[c.name] || 0; }));
    m.criteria.forEach(function (c, j) {
      var far = g.scoring.column(c.column)[row], value = g.scoring.values(m)[j][row];
      if (!share[j]) return;
      if (isNaN(far)) found.unknown.push(g.featuresOf(c));
      else if (value >= NEAR_VALUE) found.won.push([share[j] * value, distance(d, c, far)]);
      else found.lost.push([share[j] * (1 - value), distance(d, c, far)]);
    });
    return found;
  }
  function first(list) {
    return list.sort(function (a, b) { return b[0] - a[0]; }).slice(0, LISTED).map(function (one) { return one[1]; }).join(", ");
  }
  function scored(d) { return g.model() && g.rowOf(d) !== undefined && !g.weightsAreZero(); }
  /* Without a model of the page the words of the run stay. */
  g.strengthsOf = function (d) { return scored(d) ? first(near(d).won) || t("none_such") : d.reasons_for || ""; };
  g.weaknessesOf = function (d) {
    if (!scored(d)) return d.reasons_against || "";
    var found = near(d), list = g.vetoesOf(d).slice();
    if (found.lost.length) list.push(first(found.lost));
    if (found.unknown.length) list.push(t("criterion_unknown", { criterion: joined(found.unknown) }));
    return list.join("; ") || t("none_such");
  };

  /* The place of a score among those of a deposit's role: better ones are counted, its own row is not. */
  function rankAmong(d, score, others) {
    return 1 + g.ranked(d.role).filter(function (other) {
      return other !== d && (others ? others[g.rowOf(other)] : g.scoreOf(other)) > score;
    }).length;
  }
  function within(low, high) { return low === undefined ? "" : " " + t("interval_brackets", { low: low, high: high }); }
  function largest(d, list, field, unit, count) {
    var most = list.filter(function (one) { return one[field] >= LEAST && (field === "points" || !isNaN(one.far)); });
    most.sort(function (a, b) { return b[field] - a[field]; });
    return joined(most.slice(0, count).map(function (one) {
      return distance(d, one.criterion, one.far) + " (" + t(unit, { points: g.plainNumber(one[field], 0) }) + ")";
    })) || t("none_such");
  }
  function standing(d, score) {
    var i = g.intervalOf(d), stage = g.rankInStageOf(d), count = g.ranked(d.role).length;
    var same = g.ranked(d.role).filter(function (other) { return other.stage === d.stage; }).length;
    return t("scores_of_100", { name: d.name || d.id, score: g.plainNumber(score, 0), rank: rankAmong(d, score), count: count }) + within(i.rank_p5, i.rank_p95)
      + (stage === undefined ? "" : t("rank_of_stage", { rank: stage, count: same, stage: g.term(g.words(d.stage)) }) + within(i.rank_in_stage_p5, i.rank_in_stage_p95)) + ".";
  }
  function gain(d, list) {
    var best = list.reduce(function (most, one) { return one.gain > most.gain ? one : most; }, list[0]), c = best.criterion;
    if (!(best.gain >= LEAST)) return t("no_single_gain");
    return t("largest_gain", {
      change: t(c.unit_km === 1 && !c.unit ? "criterion_nearby" : "criterion_gone", { criterion: g.featuresOf(c) }),
      points: g.plainNumber(best.moved.score, 0), rank: rankAmong(d, best.moved.score, best.moved.others)
    });
  }
  /* What the dossier says would change: the rules of geo_ree.explain under the weights and gateways in force. */
  g.sentenceOf = function (d) {
    if (!scored(d) || !g.isRanked(d)) return d.latitude === undefined || !scored(d) ? d.sentence || "" : "";
    var score = g.scoreOf(d), list = parts(d), weighted = list.filter(function (one) { return one.share > 0; }), veto = g.vetoesOf(d), said;
    function weak(one) { return one.gain > one.points; }
    if (veto.length) said = [t("excluded_scores_0", { name: d.name || d.id, reason: veto.join("; ") })];
    else {
      said = [standing(d, score),
        t("strengths_are", { list: largest(d, weighted.filter(function (one) { return !weak(one); }), "points", "points_won", STRENGTHS) }),
        t("weaknesses_are", { list: largest(d, weighted.filter(weak), "gain", "points_lost", WEAKNESSES) })];
    }
    var unknown = weighted.filter(function (one) { return isNaN(one.far); }).map(function (one) { return g.featuresOf(one.criterion); });
    if (unknown.length) said.push(t("unknown_are", { list: joined(unknown) }));
    return said.concat(gain(d, list)).join(" ");
  };
})(geoRee);
