/* The cost of access for a reader: sliders of tonnage and the dearest unit costs, and the dossier's part. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, STEPS = 100, DASH = "–", TONNAGE = "treo", inputs = {};
  var WORDS = {
    road: "cost_road", rail_spur: "cost_rail_spur", power: "cost_power", haulage: "cost_haulage",
    border_transhipment: "cost_border", inbound: "cost_inbound", total: "cost_total"
  };

  function known(v) { return v !== undefined && v !== null; }
  /* From P10 at the left by the median in the middle to P90 at the right. */
  function at(slider, step) {
    var end = step < 0 ? slider.p10 : slider.p90;
    return slider.p50 * Math.pow(end / slider.p50, Math.abs(step) / STEPS);
  }
  function stepOf(slider, value) {
    var end = value < slider.p50 ? slider.p10 : slider.p90, step = end === slider.p50 ? 0 : Math.log(value / slider.p50) / Math.log(end / slider.p50);
    return Math.round(STEPS * step) * (value < slider.p50 ? -1 : 1);
  }
  function costName(name) { return g.term("unit cost: " + g.words(name)); }
  function sliders() {
    var treo = g.accessTerms.treo_t_a;
    return [{ name: TONNAGE, label: t("treo_a_year"), unit: t("t_a_year"), p10: treo / 10, p50: treo, p90: 10 * treo }].concat(g.accessTerms.sliders.map(function (s) {
      return Object.assign({}, s, { label: costName(s.name), unit: g.term(s.unit) });
    }));
  }
  function written(slider, value) {
    return g.plainNumber(value, value >= 100 ? 0 : value >= 10 ? 1 : 2) + " " + slider.unit;
  }
  function settingOf(all) {
    var out = {}, factors = {};
    all.forEach(function (s) {
      var step = Number(inputs[s.name].value);
      if (!step) return;
      if (s.name === TONNAGE) out.treo_t_a = at(s, step); else factors[s.name] = at(s, step) / s.p50;
    });
    if (Object.keys(factors).length) out.factors = factors;
    return out;
  }
  function valueOf(slider) {
    var now = g.state.access, factor = (now.factors || {})[slider.name];
    return slider.name === TONNAGE ? now.treo_t_a || slider.p50 : slider.p50 * (factor || 1);
  }
  function line(slider, all) {
    var id = "access-" + slider.name, input = inputs[slider.name] = el("input", { type: "range", min: -STEPS, max: STEPS, step: 1, id: id });
    var output = el("output", { "for": id });
    function reflect(value) {
      output.textContent = written(slider, value);
      input.setAttribute("aria-valuetext", output.textContent);
    }
    input.value = stepOf(slider, valueOf(slider));
    reflect(valueOf(slider));
    input.addEventListener("input", function () {
      reflect(at(slider, Number(input.value)));
      g.set({ access: settingOf(all) });
    });
    return el("div", { "class": "slider cost" }, el("label", { "for": id }, slider.label), input, output);
  }
  /* The sliders in the box above the ranking; null if the run has no terms. */
  g.accessPanel = function () {
    if (!g.accessTerms) return null;
    var all = sliders(), reset = el("button", { type: "button", id: "reset-access" }, t("reset_access"));
    reset.hidden = !g.accessMoved();
    reset.addEventListener("click", function () { g.set({ access: {} }); g.routePanel(); document.getElementById("access-box").open = true; document.getElementById("access-" + TONNAGE).focus(); });
    return el("details", { id: "access-box" }, el("summary", {}, t("access_sliders")), el("p", { "class": "hint" }, t("access_hint")),
      all.map(function (s) { return line(s, all); }), reset);
  };
  g.startAccess = function () {
    g.subscribe(function (changed) {
      var reset = document.getElementById("reset-access");
      if (changed.indexOf("access") >= 0 && reset) reset.hidden = !g.accessMoved();
    });
  };
  /* The setting in the address: names and steps. */
  g.accessSetting = function () {
    if (!g.accessMoved()) return "";
    return sliders().map(function (s) { return s.name + ":" + stepOf(s, valueOf(s)); }).filter(function (part) { return !/:-?0$/.test(part); }).join(",");
  };
  g.accessIn = function (text) {
    var out = {}, factors = {};
    if (!g.accessTerms) return out;
    String(text || "").split(",").forEach(function (part) {
      var m = /^(\w+):(-?\d{1,3})$/.exec(part), s = m && sliders().filter(function (one) { return one.name === m[1]; })[0];
      if (!s || Math.abs(m[2]) > STEPS) return;
      if (s.name === TONNAGE) out.treo_t_a = at(s, Number(m[2])); else factors[s.name] = at(s, Number(m[2])) / s.p50;
    });
    if (Object.keys(factors).length) out.factors = factors;
    return out;
  };

  function span(r, name, digits) {
    if (!known(r[name + "_p50"])) return g.unknown();
    return [g.plainNumber(r[name + "_p50"], digits), el("br"), el("small", {}, t("low_high", { low: g.plainNumber(r[name + "_p10"], digits), high: g.plainNumber(r[name + "_p90"], digits) }))];
  }
  /* An assumption is a sentence, or the name of a unit cost. */
  function assumption(one) {
    var name = costName(one);
    return name === "unit cost: " + g.words(one) ? g.phrase(one) : name;
  }
  /* A note of the total; the corridor that haulage takes has its own words. */
  function noted(one) {
    var m = /^haulage to (.*) \((\w+)\)$/.exec(one);
    return m ? t("haulage_by", { corridor: g.term(m[2]), port: g.term(m[1]) }) : g.fact(one);
  }
  /* A count takes the plural of its word, a measure its unit. */
  function quantity(value, unit) {
    var key = { transhipments: "count_transhipments", "gauge changes": "count_gauge_changes" }[unit], digits = value % 1 ? 1 : 0;
    return key ? t(key, { count: value }) : g.plainNumber(value, digits) + " " + g.phrase(unit);
  }
  function rounded(v) { return g.plainNumber(Number(v.toPrecision(2)), 0); }
  function part(r, measure) {
    var notes = g.list(r.assumed), built = r.component !== "rail_spur" || !known(r.capital_musd_p90) || r.capital_musd_p90 > 0;
    var capital = r.capital_musd_p90 > 0 ? span(r, "capital_musd", 1) : known(r.capital_musd_p90) ? "0" : g.unknown();
    return g.row(g.cell("", r.component === "total" ? el("strong", {}, t(WORDS.total)) : t(WORDS[r.component]),
      known(r.quantity) && r.component !== "total" ? el("div", { "class": "small" }, quantity(r.quantity, r.unit || "")) : null,
      r.source ? el("details", {}, el("summary", {}, t("source") + (r.year ? ", " + g.years(r.year) : "")), g.references(r.source)) : null,
      notes.length ? el("details", {}, el("summary", {}, t("assumed_count", { count: notes.length })), el("ul", {}, notes.map(function (one) { return el("li", {}, assumption(one)); }))) : null,
      r.note && r.component !== "total" ? el("div", { "class": "small" }, g.list(r.note).map(g.phrase).join("; ")) : null), g.cell("n", built ? span(r, measure, 0) : t("spur_not_built")), g.cell("n", built ? capital : DASH));
  }
  function reach(low, high) { return t("low_high", { low: g.about(low), high: g.about(high) }); }
  /* The second of two figures that stand level. */
  function or(other) { return " " + t("or_other", { other: other }); }
  /* The first sentence: the cost, with the lines that a source states and without them, its share, the rate. */
  function headline(d, total) {
    var other = g.accessOther(d);
    if (!known(total.usd_t_treo_p50)) return el("p", { "class": "note" }, t("access_unknown", { reason: g.accessOf(d).reason }));
    return [el("div", { "class": "big" }, el("b", {}, g.about(total.usd_t_treo_p50)), other ? [g.say("or_other", { other: el("b", {}, g.about(other.p50)) }), " "] : null, t("usd_t_treo"), " ",
      el("span", { "class": "small" }, "P10–P90: " + reach(total.usd_t_treo_p10, total.usd_t_treo_p90) + (other ? or(reach(other.p10, other.p90)) : ""))),
    known(total.share_pct_p50) ? el("p", {}, t("share_of_payable", {
      share: g.plainNumber(total.share_pct_p50, 1), low: g.plainNumber(total.share_pct_p10, 1), high: g.plainNumber(total.share_pct_p90, 1),
      other: other && known(other.share) ? or(g.plainNumber(other.share, 0) + " %") : ""
    })) : null];
  }
  /* What is shipped a year: t of oxides, the product, and how much of it carries a tonne of them. */
  function shipped(total) {
    var product = g.term(total.product || "unknown"), rate = known(total.treo_t_a) ? g.plainNumber(total.treo_t_a, 0) : t("unknown");
    if (!known(total.product_t_a) || !total.treo_t_a) return t("access_basis", { rate: rate, product: product });
    return t("access_basis_product", { rate: rate, product: product, tonnes: g.plainNumber(total.product_t_a / total.treo_t_a, 1) });
  }
  /* A deposit that does not last at the rate asked ships less: said beside its rate. */
  function limited(total) {
    var terms = g.accessTerms || {}, asked = g.state.access.treo_t_a || terms.treo_t_a;
    if (!known(total.treo_t_a) || !(asked - total.treo_t_a > 0.5)) return "";
    return " " + t(known(terms.life_years) ? "access_limited_years" : "access_limited", {
      asked: g.plainNumber(asked, 0), years: terms.life_years, share: g.plainNumber(100 * terms.recovery, 0), all: known(total.quantity) ? g.plainNumber(total.quantity, 0) : ""
    });
  }
  /* Where the cost ends: freight by sea beyond the port is not in it. */
  function ends(d) {
    var r = g.hasRoutes ? g.cheapestRoute(d) : null;
    return " " + (r && r.port ? t("cost_ends_at", { port: g.term(r.port) }) : t("cost_ends"));
  }
  /* The model beside what projects elsewhere report, in a line: haulage is most of the cost. */
  function reported() {
    var by = {}, verdict, cases = g.hasRoutes ? g.rows(g.data.routes.comparables).filter(function (p) { return known(p.reported) && known(p.p50); }) : [];
    if (!cases.length) return null;
    cases.forEach(function (p) { (by[p.project] = by[p.project] || []).push(p); });
    verdict = cases.every(function (p) { return p.p50 < p.reported; }) ? "lower" : cases.every(function (p) { return p.p50 > p.reported; }) ? "higher" : "mixed";
    return el("p", { "class": "small reported-cases" }, t("elsewhere_cases", { count: Object.keys(by).length }) + " " + Object.keys(by).map(function (name) {
      var p = by[name][0], figures = by[name].map(function (one) { return one.reported; }).sort(function (a, b) { return a - b; }).map(function (v) { return g.plainNumber(v, 0); });
      return t("elsewhere_case", {
        project: g.term(name), usd: g.plainNumber(p.p50, 0), low: g.plainNumber(p.p10, 0), high: g.plainNumber(p.p90, 0),
        reported: figures.length > 1 ? t("list_and", { first: figures.slice(0, -1).join(", "), last: figures[figures.length - 1] }) : figures[0]
      });
    }).join("; ") + ". " + t({ lower: "elsewhere_lower", higher: "elsewhere_higher", mixed: "elsewhere_mixed" }[verdict]));
  }
  /* The cost of the run's own question, from the figure to its parts. */
  function costParts(d, rows, total) {
    var measure = known(total.usd_t_treo_p50) ? "usd_t_treo" : "usd_t_product";
    return [headline(d, total),
      el("p", {}, shipped(total), limited(total), known(total[measure + "_p50"]) && g.accessIsOfRoutes() ? ends(d) : ""),
      g.siteAccessLink(d), reported(),
      known(total.ore_t_per_treo) && known(total.mining_usd_t_treo_p10) ? el("p", {}, t("ore_beside", {
        ore: g.plainNumber(total.ore_t_per_treo, 0), low: rounded(total.mining_usd_t_treo_p10), high: rounded(total.mining_usd_t_treo_p90)
      })) : null,
      g.valueLeft(d) ? el("p", { "class": "value-left" }, g.valueLeftWords(d)) : null,
      g.valueBasis(d) ? el("p", { "class": "small value-basis" }, g.valueBasis(d)) : null,
      total.note ? el("ul", { "class": "small" }, g.list(total.note).map(function (one) { return el("li", {}, noted(one)); })) : null,
      el("div", { "class": "costs" }, g.table([t("component"), [t(measure === "usd_t_treo" ? "usd_t_treo" : "usd_t_product"), "n"], [t("capital_musd"), "n"]],
        rows.map(function (r) { return part(r, measure); }))),
      el("p", { "class": "small" }, t("components_and_total")),
      el("p", { "class": "note" }, t("dollars_for"))];
  }
  g.accessPart = function (d) {
    var rows = g.accessRows(d), total = g.accessTotal(d);
    if (!g.hasAccess || !total) return null;
    var parts = costParts(d, rows, total);
    if (g.accessIsOfRoutes()) return [el("h4", {}, t("access_heading")), parts];
    return [el("h4", {}, t("access_heading")), el("p", { "class": "note not-computed" }, t("access_not_for_question")),
      el("details", {}, el("summary", {}, t("access_of_question", { question: g.questionWords(g.firstQuestion()) })), parts)];
  };
})(geoRee);
