/* What access costs: the figures of the run, and the same sum of terms as geo_ree.routing.cost_terms when a slider moves. */
"use strict";
(function (g) {
  var COMPONENTS = ["road", "rail_spur", "power", "haulage", "border_transhipment", "inbound"], MILLION = 1e6;
  var terms = g.data.access_terms || null, byDeposit = Object.create(null), ofTerms = Object.create(null);
  var cache = Object.create(null), cached = null;

  g.rows(g.data.access || { columns: [], rows: [] }).forEach(function (r) { (byDeposit[r.deposit_id] = byDeposit[r.deposit_id] || []).push(r); });
  if (terms) terms.deposits.forEach(function (one) { ofTerms[one.deposit_id] = one; });
  g.hasAccess = Boolean(g.data.access);
  g.accessTerms = terms;
  /* The rate asked in t of oxides a year, and what each unit cost is multiplied by; empty as in the run. */
  g.state.access = {};

  function known(v) { return v !== undefined && v !== null; }
  function multiplied(term, rate, factors, count) {
    var out = new Float64Array(count), factor = factors[term.unit];
    out.fill(term.coef * (factor === undefined ? 1 : factor));
    (term.draws || []).forEach(function (name) {
      var drawn = terms.draws[name];
      for (var k = 0; k < count; k++) out[k] *= drawn[k];
    });
    if (term.per_year) for (var k = 0; k < count; k++) out[k] /= rate;
    return out;
  }
  /* Of the terms of each choice, keep in each draw those of the cheapest option. */
  function choose(own, values, count) {
    var sums = {};
    own.forEach(function (term, at) {
      if (!term.choice) return;
      var options = sums[term.choice] = sums[term.choice] || {}, sum = options[term.option] = options[term.option] || new Float64Array(count);
      for (var k = 0; k < count; k++) sum[k] += values[at][k];
    });
    own.forEach(function (term, at) {
      if (!term.choice) return;
      var options = sums[term.choice], names = Object.keys(options).sort();
      for (var k = 0; k < count; k++) {
        var best = names[0];
        for (var n = 1; n < names.length; n++) if (options[names[n]][k] < options[best][k]) best = names[n];
        if (best !== term.option) values[at][k] = 0;
      }
    });
  }
  function totals(parts, count) {
    var out = new Float64Array(count);
    COMPONENTS.forEach(function (name) { for (var k = 0; k < count; k++) out[k] += parts[name][k]; });
    return out;
  }
  /* Cost and capital of one deposit in each draw, by component and in total; null if the run gives it no terms. */
  g.evaluateAccess = function (id, setting) {
    var one = ofTerms[id];
    if (!one) return null;
    var asked = setting.treo_t_a || terms.treo_t_a, count = (Object.values(terms.draws)[0] || []).length, cost = {}, capital = {};
    var rate = known(one.limit_t_a) ? Math.min(asked, one.limit_t_a) : asked;
    var values = one.terms.map(function (term) { return multiplied(term, rate, setting.factors || {}, count); });
    choose(one.terms, values, count);
    COMPONENTS.forEach(function (name) { cost[name] = new Float64Array(count); capital[name] = new Float64Array(count); });
    one.terms.forEach(function (term, at) {
      for (var k = 0; k < count; k++) {
        cost[term.component][k] += values[at][k];
        if (term.capital) capital[term.component][k] += values[at][k] * rate / terms.annuity / MILLION;
      }
    });
    g.list(one.missing).forEach(function (name) { cost[name].fill(NaN); capital[name].fill(NaN); });
    cost.total = totals(cost, count);
    capital.total = totals(capital, count);
    return { rate: rate, stated: known(one.limit_t_a), usd_t_treo: cost, capital_musd: capital, product_t: terms.draws[one.product_t], payable: terms.draws[one.payable] };
  };
  /* Linear quantile, as numpy's default. */
  function quantile(sorted, share) {
    var place = share * (sorted.length - 1), low = Math.floor(place), high = Math.min(sorted.length - 1, low + 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  }
  g.p10p50p90 = function (values) {
    var sorted = Float64Array.from(values).sort();
    if (!sorted.length || isNaN(sorted[sorted.length - 1])) return [undefined, undefined, undefined];
    return [0.1, 0.5, 0.9].map(function (share) { return quantile(sorted, share); });
  };
  function put(row, name, values) {
    g.p10p50p90(values).forEach(function (v, i) { row[name + ["_p10", "_p50", "_p90"][i]] = v; });
  }
  function over(values, by, factor) { return values.map(function (v, k) { return factor * v / by[k]; }); }
  /* The rows of a deposit with the figures under the sliders; the texts stay those of the run. */
  function moved(d) {
    var found = g.evaluateAccess(d.id, g.state.access);
    return (byDeposit[d.id] || []).map(function (r) {
      if (!found || !found.usd_t_treo[r.component]) return r;
      var row = r.toJSON();
      if (known(r.product_t_a) && r.treo_t_a) row.product_t_a = r.product_t_a * found.rate / r.treo_t_a;
      row.treo_t_a = found.rate;
      put(row, "usd_t_product", over(found.usd_t_treo[r.component], found.product_t, 1));
      put(row, "capital_musd", found.capital_musd[r.component]);
      /* Without a published quantity there is no cost per tonne of oxides. */
      if (known(r.usd_t_treo_p50)) put(row, "usd_t_treo", found.usd_t_treo[r.component]);
      if (known(r.share_pct_p50)) put(row, "share_pct", over(found.usd_t_treo.total, found.payable, 100));
      return row;
    });
  }
  g.accessMoved = function () { return Boolean(terms && (g.state.access.treo_t_a || g.state.access.factors)); };
  /* The run computes the cost for the routes of one question: whether the page shows those. */
  g.accessIsOfRoutes = function () { return !g.hasRoutes || g.state.question === g.firstQuestion(); };
  /* The components of a deposit's cost in the order of the table, its total among them; empty if not computed. */
  g.accessRows = function (d) {
    if (!g.accessMoved()) return byDeposit[d.id] || [];
    if (cached !== g.state.access) cache = Object.create(null);
    cached = g.state.access;
    return (cache[d.id] = cache[d.id] || moved(d));
  };
  g.accessTotal = function (d) {
    return g.accessRows(d).filter(function (r) { return r.component === "total"; })[0] || null;
  };
  var NEIGHBOUR_KM = 25, ASSUMED_KM = "km assumed", LINES = { road: "road", rail_spur: "railway", power: "power_line" };
  /* The lines that a source places at a deposit: their rows of the costs. */
  function statedRows(d) { return (byDeposit[d.id] || []).filter(function (r) { return known(r.stated_km); }); }
  function lineName(r) { return g.term(g.words(LINES[r.component])); }
  function capital(word) { return word.charAt(0).toLocaleUpperCase(g.locale()) + word.slice(1); }
  function listed(words) {
    return words.length < 2 ? words.join("") : g.t("list_and", { first: words.slice(0, -1).join(", "), last: words[words.length - 1] });
  }
  function measured(d, r) {
    var target = LINES[r.component], there = g.nearestFeature(d["near_" + target]);
    if (!known(r.measured_km)) return g.t("site_access_none") + (known(r.assumed_km) && known(d.dist_power_plant_km)
      ? g.t("site_access_assumed", { km: g.plainNumber(r.assumed_km, 0), plant: g.plainNumber(d.dist_power_plant_km, 0), features: g.measureName("power_plant") }) : "");
    return g.say("site_access_measured", { distance: g.kilometres(r.measured_km, d["err_" + target + "_km"], g.isUpperLimit(d, target), g.besideOf(d, target)), feature: [there.name, there.label ? [", ", g.titled(there.label)] : ""] });
  }
  function otherCost(total) {
    if (g.accessMoved()) return g.t("site_access_moved");
    if (!known(total.measured_usd_t_treo_p50)) return g.t("site_access_no_cost");
    return g.t("site_access_cost", {
      usd: g.about(total.measured_usd_t_treo_p50), low: g.about(total.measured_usd_t_treo_p10), high: g.about(total.measured_usd_t_treo_p90),
      now: g.about(total.usd_t_treo_p50), now_low: g.about(total.usd_t_treo_p10), now_high: g.about(total.usd_t_treo_p90)
    });
  }
  /* What access costs if the lines that a source places at the deposit are not there: it stands level with the cost of the run.
     Null where no source does, where that cost is unknown, and under moved sliders, for which it is not calculated. */
  g.accessOther = function (d) {
    var total = statedRows(d).length && !g.accessMoved() ? g.accessTotal(d) : null;
    if (!total || !known(total.measured_usd_t_treo_p50)) return null;
    return { p10: total.measured_usd_t_treo_p10, p50: total.measured_usd_t_treo_p50, p90: total.measured_usd_t_treo_p90, share: total.measured_share_pct_p50 };
  };
  /* Where a source places a line at the deposit and the score takes the measured distance: both values, what takes which, and
     what access costs with and without the stated ones. Null elsewhere. */
  g.siteAccess = function (d) {
    var rows = statedRows(d);
    if (!rows.length) return null;
    return g.el("div", { "class": "note site-access" }, rows.map(function (r) {
      return g.el("p", {}, g.say("site_access_line", { line: capital(lineName(r)), measured: measured(d, r), stated: g.plainNumber(r.stated_km, 0), year: r.stated_in }));
    }), g.el("p", {}, otherCost(g.accessTotal(d)), " ", charged(d)),
    rows[0].stated_note ? g.el("p", {}, g.say("site_access_note", { note: g.fact(rows[0].stated_note) })) : null,
    g.el("details", {}, g.el("summary", {}, g.t("source")), g.references(rows[0].stated_source)));
  };
  /* Which of the two costs of a card is which. */
  g.siteAccessFirst = function (d) {
    var rows = statedRows(d);
    return g.t("site_access_first", { lines: listed(rows.map(lineName)), year: rows[0].stated_in });
  };
  /* The same in a line that stands alone. */
  g.siteAccessShort = function (d) {
    var rows = statedRows(d), total = g.accessTotal(d), other = g.accessOther(d);
    if (!rows.length) return "";
    return other ? g.t("site_access_both", { lines: listed(rows.map(lineName)), year: rows[0].stated_in, now: g.about(total.usd_t_treo_p50), usd: g.about(other.p50) })
      : g.t("site_access_short", { lines: listed(rows.map(lineName)), year: rows[0].stated_in });
  };
  /* The same as a link to where both distances stand in full: the dossier, below what would change. */
  g.siteAccessLink = function (d) {
    var short = g.siteAccessShort(d), button;
    if (!short) return null;
    button = g.el("button", { type: "button", "class": "as-link" }, short);
    button.addEventListener("click", function () {
      if (g.opened() !== d.id) g.open(d.id);
      var box = document.getElementById("dossier"), full = box.querySelector(".site-access");
      box.scrollTop += full.getBoundingClientRect().top - box.getBoundingClientRect().top - 52; /* below the strip with the button */
    });
    return g.el("p", { "class": "note site-access-link" }, button);
  };
  /* Where the cost stands in a table: what it is without the lines that a source states, in short or whole, and the question of
     its routes where the table answers another one. */
  g.accessMarks = function (d, whole) {
    var rows = statedRows(d), marks = [], other = g.accessOther(d);
    if (!known(g.accessOf(d).p50)) return marks;
    if (rows.length && (whole || !other)) marks.push(g.siteAccessShort(d));
    else if (rows.length) marks.push(g.t("site_access_mark", { usd: g.about(other.p50), low: g.about(other.p10), high: g.about(other.p90), year: rows[0].stated_in }));
    if (!g.accessIsOfRoutes()) marks.push(g.t("access_other_question", { question: g.questionWords(g.firstQuestion()) }));
    return marks.map(function (words) { return g.el("small", { "class": "access-mark", title: rows.length ? g.siteAccessShort(d) : "" }, words); });
  };
  /* The nearest deposit of the same ore field, or within NEIGHBOUR_KM, that is charged for a line which a source places at this one. */
  function neighbour(d) {
    var wanted = statedRows(d).map(function (r) { return r.component; }), found = null;
    g.deposits.forEach(function (o) {
      if (o === d || o.latitude === undefined || d.latitude === undefined) return;
      var km = g.geodesicLength([d.latitude, d.longitude], [o.latitude, o.longitude]) / 1000, field = Boolean(d.district) && o.district === d.district;
      var lines = (byDeposit[o.id] || []).filter(function (r) { return wanted.indexOf(r.component) >= 0 && !known(r.stated_km) && r.quantity > 0; });
      if (!lines.length || (!field && km > NEIGHBOUR_KM)) return;
      if (!found || field > found.field || (field === found.field && km < found.km)) found = { d: o, km: km, field: field, lines: lines };
    });
    return found;
  }
  /* The kilometres that a deposit is charged for: measured, or assumed where no layer holds such a line. */
  function charge(d, r) {
    var km = d["dist_" + LINES[r.component] + "_km"], assumed = r.unit === ASSUMED_KM;
    return g.t(assumed ? "charged_assumed" : "charged_measured", { line: lineName(r), km: g.plainNumber(assumed || !known(km) ? r.quantity : km, 0) });
  }
  function charged(d) {
    var one = neighbour(d);
    return one ? g.t(one.field ? "site_access_field" : "site_access_neighbour", {
      name: one.d.name || one.d.id, km: g.plainNumber(one.km, 0),
      lines: listed(one.lines.map(function (r) { return charge(one.d, r); }))
    }) : "";
  }
  /* What the product is paid beside mining, milling and access, by the middle of each (P50), with the access of the stated and of
     the measured lines; and in how many of 100 simulations, which draw all three, it pays. Null where one of them is unknown. */
  g.valueLeft = function (d) {
    var r = g.accessTotal(d), access, spent;
    if (!r || [r.payable_usd_t_treo_p50, r.mining_usd_t_treo_p50, r.usd_t_treo_p50].some(function (v) { return !known(v); })) return null;
    access = g.accessMoved() ? [r.usd_t_treo_p50] : [r.usd_t_treo_p50, r.measured_usd_t_treo_p50].filter(known);
    spent = [Math.min, Math.max].map(function (end) { return r.mining_usd_t_treo_p50 + end.apply(null, access); });
    return { verdict: r.payable_usd_t_treo_p50 >= spent[1] ? "gains" : r.payable_usd_t_treo_p50 < spent[0] ? "loses" : "depends", spent: spent, row: r };
  };
  function ofHundred(pct) { return pct > 0 && pct < 1 ? "<1" : pct < 100 && pct > 99 ? ">99" : g.plainNumber(pct, 0); }
  function leftValues(left) {
    var r = left.row, ends = left.spent.map(g.about);
    return {
      paid: g.about(r.payable_usd_t_treo_p50), paid_low: g.about(r.payable_usd_t_treo_p10), paid_high: g.about(r.payable_usd_t_treo_p90),
      mined: g.about(r.mining_usd_t_treo_p50), low: g.about(r.mining_usd_t_treo_p10), high: g.about(r.mining_usd_t_treo_p90), usd: g.about(r.usd_t_treo_p50),
      other: !g.accessMoved() && known(r.measured_usd_t_treo_p50) ? " " + g.t("or_other", { other: g.about(r.measured_usd_t_treo_p50) }) : "",
      spent: ends[0] === ends[1] ? ends[0] : g.t("low_high", { low: ends[0], high: ends[1] }), years: g.years(r.price_years || g.t("unknown"))
    };
  }
  /* The chance is that of the run: moved costs have none. */
  function leftChance(r) {
    if (!known(r.pays_pct) || g.accessMoved()) return "";
    return known(r.measured_pays_pct) ? g.t("left_chances", { n: ofHundred(r.pays_pct), other: ofHundred(r.measured_pays_pct) }) : g.t("left_chance", { n: ofHundred(r.pays_pct) });
  }
  function leftVerdict(left) { return g.t({ gains: "left_gains", loses: "left_loses", depends: "left_depends" }[left.verdict], leftValues(left)); }
  g.valueLeftWords = function (d) {
    var left = g.valueLeft(d), chance = left && leftChance(left.row);
    return left ? [g.t("left_of", leftValues(left)), leftVerdict(left) + (chance ? "; " + chance : "") + ".", g.t("left_rest")].join(" ") : "";
  };
  /* In two lines, for a card: what is paid, and what is left. */
  g.valueLeftShort = function (d) {
    var left = g.valueLeft(d), chance = left && leftChance(left.row);
    return left ? [g.t("left_paid", leftValues(left)), leftVerdict(left) + (chance ? "; " + chance : "")] : [];
  };
  /* What the payable value rests on: prices and their years, the share of them that is paid, and whose mix is taken. */
  g.valueBasis = function (d) {
    var r = g.accessTotal(d);
    if (!r || !known(r.price_years) || !known(r.payable_usd_t_treo_p50)) return "";
    return g.t("left_basis", {
      prices: g.phrase(r.prices), years: g.years(r.price_years), low: g.plainNumber(r.paid_pct_p10, 0), high: g.plainNumber(r.paid_pct_p90, 0),
      product: g.term(r.product || "unknown"), mix: g.list(r.mix).map(function (kind) { return g.term("mix: " + g.words(kind)); }).join(", ")
    });
  };
  /* In the table of distances: the source's distance; the cost of access stands with it and without. */
  g.statedDistance = function (d, target) {
    var r = statedRows(d).filter(function (one) { return LINES[one.component] === target; })[0];
    return r ? g.t(known(r.measured_km) ? "site_access_distance" : "site_access_distance_none", { stated: g.plainNumber(r.stated_km, 0), year: r.stated_in }) : "";
  };
  /* Of the notes on a total, what keeps its figure unknown; the last of them says it. */
  function unknownBecause(note) {
    var list = g.list(note), why = list.filter(function (one) { return /no USD per t TREO|no way by land|no coordinate/.test(one); });
    return (why.length ? why : list.slice(-1)).map(g.phrase).join("; ");
  }
  /* P10, P50 and P90 in USD per t of oxides, or the reason why they are unknown. */
  g.accessOf = function (d) { /* g.accessOther gives the second figure, where there is one */
    var total = g.accessTotal(d);
    if (!g.accessIsOfRoutes() && !(total && known(total.usd_t_treo_p50))) return { reason: g.t("access_not_for_question") };
    if (!total || !known(total.usd_t_treo_p50)) return { reason: total && total.note ? unknownBecause(total.note) : g.t("access_not_computed") };
    return { p10: total.usd_t_treo_p10, p50: total.usd_t_treo_p50, p90: total.usd_t_treo_p90 };
  };
})(geoRee);
