/* The score as Python computes it (geo_ree.scoring): decays, aggregates, vetoes, points. */
"use strict";
(function (g) {
  var NOTHING = { models: [], columns: {}, far: {}, letters: {} };
  var HALFWAY = 0.5, read = {}, worth = {}, models = null;

  /* The data for scoring; they may come after this script. */
  g.scoringData = function () { return g.data.scoring || NOTHING; };

  /* A column of the table as numbers, NaN for unknown; cached until the table changes. */
  function column(name) {
    if (read[name]) return read[name];
    var panel = g.scoringData(), exact = panel.columns[name], out = new Float64Array(g.deposits.length);
    for (var i = 0; i < out.length; i++) {
      var d = g.deposits[i], v = exact && !Object.prototype.hasOwnProperty.call(d, name) ? exact[i] : d[name];
      out[i] = v === undefined || v === null ? NaN : v;
    }
    (panel.far[name] || []).forEach(function (row) { out[row] = Infinity; });
    return (read[name] = out);
  }
  var decays = {
    exponential: function (p) { return function (km) { return Math.pow(2, -km / p.half_km); }; },
    linear: function (p) { return function (km) { return 1 - km / p.zero_km; }; },
    logistic: function (p) { return function (km) { return 0.5 - 0.5 * Math.tanh(0.5 * (km - p.mid_km) / p.width_km); }; },
    step: function (p) {
      return function (km) {
        var at = 0;
        while (at < p.limits_km.length && p.limits_km[at] < km) at++;
        return p.values[at];
      };
    }
  };
  /* The value of a criterion at a figure of its column, NaN for unknown. */
  function valueOf(criterion) {
    var fall = decays[criterion.decay.kind](criterion.decay);
    var unit = criterion.unit_km === undefined ? 1 : criterion.unit_km; /* a column may be in metres */
    var blank = criterion.missing === "unknown" ? NaN : criterion.missing;
    return function (far) { return isNaN(far) ? blank : Math.min(1, Math.max(0, fall(Math.max(0, unit * far)))); };
  }
  function valued(criterion) { return column(criterion.column).map(valueOf(criterion)); }
  /* Values (0 to 1, NaN for unknown) of each criterion of a model, in the order of the table. */
  function values(model) {
    return (worth[model.name] = worth[model.name] || model.criteria.map(valued));
  }
  var ops = {
    ">": function (a, b) { return a > b; }, ">=": function (a, b) { return a >= b; },
    "<": function (a, b) { return a < b; }, "<=": function (a, b) { return a <= b; }
  };
  function struck(model) {
    var out = new Uint8Array(g.deposits.length);
    model.vetoes.forEach(function (veto) {
      column(veto.column).forEach(function (v, i) { if (ops[veto.op](v, veto.limit)) out[i] = 1; });
    });
    return out;
  }
  /* Reasons of the vetoes that apply to a row. */
  function reasons(model, row) {
    return model.vetoes.filter(function (veto) { return ops[veto.op](column(veto.column)[row], veto.limit); })
      .map(function (veto) { return veto.reason; });
  }
  function shares(weights) {
    var most = Math.max.apply(null, weights), part = weights.map(function (w) { return w / most; });
    var total = part.reduce(function (a, b) { return a + b; }, 0);
    return part.map(function (w) { return w / total; });
  }
  var ROUNDING = 1e-9;
  /* Whether enough of the weight is known in a row for a score, by the rule of the model. */
  function enough(model, there) { return there > 0 && there >= model.least_known - ROUNDING; }
  /* Total weight of the known criteria in each row. */
  function known(list, weights) {
    var out = new Float64Array(list[0].length);
    list.forEach(function (v, j) {
      for (var i = 0; i < out.length; i++) if (!isNaN(v[i])) out[i] += weights[j];
    });
    return out;
  }
  function weightedSum(list, weights) {
    var total = new Float64Array(list[0].length), sure = known(list, weights);
    list.forEach(function (v, j) {
      for (var i = 0; i < total.length; i++) if (!isNaN(v[i])) total[i] += weights[j] * v[i];
    });
    return total.map(function (t, i) { return sure[i] > 0 ? t / sure[i] : NaN; });
  }
  function weightedProduct(list, weights) {
    var total = new Float64Array(list[0].length).fill(1), sure = known(list, weights);
    list.forEach(function (v, j) {
      for (var i = 0; i < total.length; i++) if (!isNaN(v[i])) total[i] *= Math.pow(v[i], weights[j]);
    });
    return total.map(function (t, i) { return sure[i] > 0 ? Math.pow(t, 1 / sure[i]) : NaN; });
  }
  /* Squared distances of one criterion below the best and above the worst, vector-normalised. */
  function separations(v, compared) {
    var best = 0, worst = 1, squares = 0, below = new Float64Array(v.length), above = new Float64Array(v.length), i;
    for (i = 0; i < v.length; i++) if (compared[i] && v[i] > best) best = v[i];
    var unit = best > 0 ? best : 1;
    for (i = 0; i < v.length; i++) {
      if (!compared[i] || isNaN(v[i])) continue;
      squares += v[i] / unit * (v[i] / unit);
      worst = Math.min(worst, v[i] / unit);
    }
    var norm = squares > 0 ? Math.sqrt(squares) : 1;
    for (i = 0; i < v.length; i++) {
      if (isNaN(v[i])) continue;
      below[i] = Math.pow(Math.max(best / unit - v[i] / unit, 0) / norm, 2);
      above[i] = Math.pow(Math.max(v[i] / unit - worst, 0) / norm, 2);
    }
    return { below: below, above: above };
  }
  /* Relative closeness to the best; the separations can be computed once for many weights. */
  function topsis(list, weights, compared, made) {
    var apart = made || list.map(function (v) { return separations(v, compared); }), sure = known(list, weights);
    return sure.map(function (there, i) {
      var down = 0, up = 0;
      for (var j = 0; j < apart.length; j++) {
        var square = weights[j] * weights[j];
        down += square * apart[j].below[i];
        up += square * apart[j].above[i];
      }
      down = Math.sqrt(down);
      up = Math.sqrt(up);
      return there > 0 ? (down + up > 0 ? up / (down + up) : HALFWAY) : NaN;
    });
  }
  var methods = { weighted_sum: weightedSum, weighted_product: weightedProduct, topsis: topsis };

  /* For every row: score (0 to 100, NaN if too little is known), per cent of the weight
     that is unknown, and whether a veto strikes. Weights in the order of the criteria. */
  function score(model, weights) {
    var list = values(model), part = shares(weights), out = struck(model);
    var compared = out.map(function (hit) { return hit ? 0 : 1; }), sure = known(list, part);
    var total = methods[model.aggregate](list, part, compared);
    return {
      score: total.map(function (t, i) { return out[i] ? 0 : (isNaN(t) || !enough(model, sure[i]) ? NaN : Math.min(100 * t, 100)); }),
      unknown: sure.map(function (there) { return Math.max(0, Math.min(100, 100 * (1 - there))); }),
      vetoed: out
    };
  }
  /* Points of each criterion: they add up under the weighted sum; otherwise what each one adds to the others. */
  function points(model, weights) {
    var list = values(model), part = shares(weights), out = struck(model), sure = known(list, part);
    var compared = out.map(function (hit) { return hit ? 0 : 1; }), method = methods[model.aggregate];
    var whole = method(list, part, compared);
    return list.map(function (v, j) {
      if (!part[j]) return new Float64Array(v.length);
      var rest = null, without = null;
      if (model.aggregate !== "weighted_sum") {
        rest = list.filter(function (_, k) { return k !== j; });
        var others = part.filter(function (_, k) { return k !== j; });
        var left = others.reduce(function (a, b) { return a + b; }, 0);
        others = others.map(function (w) { return w / (left > 0 ? left : 1); });
        without = rest.length ? method(rest, others, compared) : new Float64Array(v.length).fill(NaN);
      }
      return v.map(function (one, i) {
        if (isNaN(one)) return NaN;
        if (out[i]) return 0;
        if (!enough(model, sure[i])) return NaN;
        if (!without) return 100 * (part[j] / (sure[i] > 0 ? sure[i] : 1)) * one;
        return 100 * (whole[i] - (isNaN(without[i]) ? 0 : without[i]));
      });
    });
  }
  /* What a row would score if one criterion were at distance 0 and all else equal; `others` then holds the scores of the
     whole table, which only TOPSIS changes. */
  function scoreIf(model, weights, row, j) {
    var whole = model.aggregate === "topsis", list = values(model), criterion = model.criteria[j];
    list = list.map(function (v, k) {
      var own = whole ? v : Float64Array.of(v[row]);
      if (k !== j) return own;
      own = own.slice();
      own[whole ? row : 0] = valueOf(criterion)(0);
      return own;
    });
    var hit = model.vetoes.map(function (veto) {
      var far = veto.column === criterion.column ? 0 : column(veto.column)[row];
      return ops[veto.op](far, veto.limit);
    }).some(Boolean);
    var out = whole ? struck(model) : new Uint8Array(1), part = shares(weights), sure = known(list, part), at = whole ? row : 0;
    out[at] = hit ? 1 : 0;
    var total = methods[model.aggregate](list, part, out.map(function (one) { return one ? 0 : 1; }));
    function point(i) { return out[i] ? 0 : (isNaN(total[i]) || !enough(model, sure[i]) ? NaN : Math.min(100 * total[i], 100)); }
    return { score: point(at), others: whole ? Float64Array.from(total, function (_, i) { return point(i); }) : null };
  }
  function usable(m) {
    return m.criteria.some(function (c) { return c.weight > 0; }) && m.criteria.every(function (c) { return decays[c.decay.kind]; });
  }
  /* The models that this page can score by, the run's own first. */
  Object.defineProperty(g, "models", { get: function () { return (models = models || g.scoringData().models.filter(usable)); } });
  g.scoring = {
    column: column, valueOf: valueOf, scoreIf: scoreIf,
    score: score, points: points, values: values, struck: struck, reasons: reasons, shares: shares, methods: methods, separations: separations,
    forget: function () { read = {}; worth = {}; }
  };
})(geoRee);
