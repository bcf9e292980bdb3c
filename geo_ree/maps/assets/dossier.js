/* What a click on a deposit tells: everything known, and what is not. */
"use strict";
(function (g) {
  var el = g.el, t = g.t;

  function heading(text) { return el("h4", {}, text); }
  function said(label, text) { return text ? el("p", {}, label ? label + " " : "", g.linked(text)) : null; }
  function known(value) { return value !== undefined && value !== null; }

  g.tonnage = function (r) {
    var kinds = { ore: t("of ore"), oxide: t("contained oxide"), metal: t("contained metal") };
    return el("li", r.shown ? { "class": "shown" } : {}, known(r.quantity_t) ? g.num(r.quantity_t, 0) + " t " : t("quantity unknown") + " ", kinds[r.substance] || t("of what is unclear"),
      r.grade_text ? ", " + r.grade_text : known(r.grade_pct) ? ", " + r.grade_pct + " %" : "",
      "; ", t("category {word}", { word: r.category && r.category !== "unknown" ? r.category : t("unknown") }), "; ", r.system || t("whose statement is unknown"),
      r.edition ? ", " + t("edition {words}", { words: r.edition }) : "", ", ", r.year || t("year not stated"), " ", g.mark("published"),
      r.contradiction ? el("div", { "class": "note" }, t("Beside the first: {words}", { words: r.contradiction })) : null,
      r.notes ? el("small", {}, " ", r.notes) : null);
  };
  function interval(d) {
    var i = g.intervalOf(d);
    if (i.basis === "pending") return el("p", {}, t("Rank interval: being drawn"));
    if (!known(i.rank_p5)) return null;
    return [el("p", {}, t("Rank interval {low} to {high} (p5 to p95)", { low: i.rank_p5, high: i.rank_p95 }), known(i.tie_group) ? ", " + t("tie group {group}", { group: i.tie_group }) : "",
      ", P(top 3) ", g.percent(i.p_top3), " ", g.mark("modelled")),
    g.published() ? null : el("p", { "class": "small" }, t("Drawn in this page from weights alone; the histogram below is that of the run's own weights."))];
  }
  function standing(d) {
    var rank = g.rankOf(d);
    if (!known(rank)) return el("p", {}, t("Not ranked: {role}, {group}.", { role: g.term(g.words(d.role)), group: g.term(g.words(d.commodity_group || "unknown")) }));
    var rivals = g.ranked(d.role), words = d.role === "by_product_host" ? t("by-product hosts") : t("candidates");
    return [el("p", {}, el("strong", {}, t("Rank {rank} of {all}", { rank: rank, all: rivals.length })), " " + words + " ", g.mark("computed")), interval(d),
      g.otherExit() ? el("p", { "class": "note" }, t("Score, rank and gateway are those of the exit chosen: {exit}. The histogram is that of {first}.", { exit: g.term(g.exit()), first: g.term(g.exitNames()[0]) })) : null,
      g.rankHistogram(d, rivals.length)];
  }
  function scored(d) {
    var score = g.scoreOf(d), i = g.intervalOf(d), unknown = g.unknownWeightOf(d);
    return [el("div", { "class": "big" }, el("b", {}, g.num(score, 1)), t("of 100"), " ", g.mark("computed"),
      known(i.score_p5) ? el("span", { "class": "small" }, t("p5 to p95: {low} to {high}", { low: g.plainNumber(i.score_p5, 1), high: g.plainNumber(i.score_p95, 1) }) + " ", g.mark("modelled")) : null),
    g.vetoesOf(d).map(function (why) { return el("p", { "class": "note" }, why); }), standing(d),
    unknown > 1e-9 ? el("p", { "class": "note" }, t("{share} % of the weight is unknown here. It is shared out among the known criteria; in the draws it is random.", { share: g.plainNumber(unknown, 0) })) : null];
  }
  /* Criteria in force, each with its share of the weight. */
  function criteria() {
    var m = g.model(), list = m ? m.criteria : g.data.criteria, all = 0;
    function weight(c) { return m ? g.state.weights[c.name] || 0 : c.weight; }
    list.forEach(function (c) { all += weight(c); });
    return list.map(function (c) { return { name: c.name, label: c.label, column: c.column, share: !m ? c.weight : all ? weight(c) / all : 0 }; }).filter(function (c) { return c.share; });
  }
  function points(d) {
    var live = g.model() ? g.pointsOf(d) : null, room = 1 - g.unknownWeightOf(d) / 100;
    return el("table", { "class": "points" }, el("tbody", {}, criteria().map(function (c) {
      var got = live ? live[c.name] : d["points_" + c.name], label = g.term(c.label);
      if (!known(got) || (!live && c.column && !known(d[c.column]))) return g.row(label, g.cell("n", g.unknown()), "");
      var top = 100 * c.share / room, full = Math.max(0, Math.min(100, 100 * got / top));
      return g.row(label, g.cell("n", t("{got} of {top}", { got: g.plainNumber(got, 1), top: g.plainNumber(top, Math.abs(top - Math.round(top)) > 0.05 ? 1 : 0) }), " ", g.stamp("computed")),
        el("div", { "class": "track", style: "width:" + Math.min(100, 2.6 * top) + "%" }, el("i", { style: "width:" + full + "%" })));
    })));
  }
  function met(d, m) {
    var there = g.metPlace(d["near_" + m]), abroad = d["abroad_" + m + "_km"], beyond = g.metPlace(d["near_abroad_" + m]);
    return [!known(d["dist_" + m + "_km"]) ? el("small", {}, t("beyond coverage: unknown")) : d["near_" + m] ? [there.name, there.country ? " (" + there.country + ")" : "", there.unsure ? ", " + t("course unknown") : "",
      el("div", {}, g.datedSource(g.sourceOf(m, there.label)) || el("small", {}, there.label))] : null,
    known(abroad) ? el("div", {}, el("small", {}, t("Abroad: {km} km", { km: g.plainNumber(abroad, 0) }) + " ", g.stamp("computed"), beyond.name ? [" " + beyond.name, beyond.country ? " (" + beyond.country + ")" : ""] : null)) : null];
  }
  g.nearness = function (d) {
    return g.table([t("To"), [t("Distance"), "n"], t("Nearest in the deposit's country, its layer and age")], g.measures.map(function (m) {
      var far = d["dist_" + m + "_km"], error = d["err_" + m + "_km"];
      return g.row(g.term(g.data.measures[m][0]), g.cell("n", g.distance(d, m), known(far) ? el("div", {}, g.stamp("computed"), known(error) ? [" ± ", g.stamp("assumed")] : null) : null), g.cell("", met(d, m)));
    }));
  };
  function audited(d) {
    var found = g.audit[d.id] || [];
    return found.length ? el("ul", { "class": "audit" }, found.map(function (f) {
      return el("li", {}, el("strong", {}, g.term(g.words(f.flag))), known(f.distance_km) ? [", " + g.plainNumber(f.distance_km, 1) + " " + t("km") + " ", g.stamp("computed")] : "",
        ": ", g.linked(f.evidence || ""), " ", el("small", {}, f.sources || ""));
    })) : null;
  }
  function position(d) {
    return [heading(t("Position, and its audit")), el("p", {}, t("{lat}° N, {lon}° E", { lat: g.plainNumber(d.latitude, 4), lon: g.plainNumber(d.longitude, 4) }) + " ", g.mark("published"),
      known(d.position_error_m) ? [" ± " + g.plainNumber(d.position_error_m / 1000, 1) + " " + t("km") + " ", g.mark("assumed")] : [" ± ", g.unknown()],
      d.precision_class ? el("small", {}, " " + t("from its precision: {words}", { words: g.words(d.precision_class) })) : null),
    said("", d.position_basis), audited(d)];
  }
  function disputed(d) {
    var found = g.conflicts[d.id] || [];
    return found.length ? [heading(t("Where its records disagree")), el("ul", { "class": "conflicts" }, found.map(function (c) {
      var from = String(c.sources || "").split(" | ");
      return el("li", {}, g.words(c.attribute), ": ", String(c.values || "").split(" | ").map(function (value, k) {
        return el("div", {}, value, " ", el("small", {}, from[k] || ""));
      }));
    }))] : null;
  }
  function stated(d) {
    var list = g.statements[d.id] || [];
    return [heading(t("Published quantities, never added up")),
      list.length > 1 && list[0].shown ? el("small", {}, t("First comes a public reporting code, then a state classification, a framework, a paper, press; the later year; oxide, metal, ore. The size plays no part.")) : null,
      list.length ? el("ul", { "class": "statements" }, list.map(function (r) {
        var item = g.tonnage(r);
        if (r.source) item.append(el("details", {}, el("summary", {}, t("Source")), g.references(r.source)));
        return item;
      })) : el("p", {}, t("No statement in the sources at hand.")), said("", d.resource_note)];
  }
  function told(d) {
    return [heading(t("What the sources say")), el("p", {}, t("Status:"), " ", d.status || g.unknown(), " ", d.status ? g.stamp("published") : null),
      said(t("Commodities:"), g.list(d.commodities).join(", ")), said(t("Type:"), d.deposit_type), said(t("Operator:"), d.operator), said(t("Notes:"), d.notes),
      el("p", {}, t("Quality of the source:"), " ", d.source_quality || g.unknown(), " ", d.source_quality ? g.stamp("assumed") : null)];
  }
  /* The records, and the data set that each comes from, with its link and date. */
  function origins(d) {
    var records = g.list(d.sources || d.id), sets = Array.from(new Set(records.map(function (r) { return r.split(":")[0]; })));
    return [heading(t("Sources")), d.reference ? g.references(d.reference) : null, el("ul", { "class": "origins" }, sets.map(function (id) {
      var s = g.data.sources.filter(function (one) { return one.id === id; })[0];
      return el("li", {}, s ? [g.anchor(s.landing_page, s.title || s.id), el("small", {}, " ", t("edition {words}", { words: s.edition || t("unknown") }), s.retrieved ? "; " + t("retrieved") + " " + s.retrieved.slice(0, 10) : "")] : id);
    })), el("small", {}, t("Records: {list}", { list: records.join(", ") }))];
  }
  function title(d) {
    return [el("h3", { tabindex: "-1" }, d.name || d.id), d.aliases ? el("small", {}, t("also {names}", { names: g.list(d.aliases).join(", ") })) : null,
      el("p", {}, [g.country(d.country) || d.country_reported, d.admin_area].filter(Boolean).join(" · ")),
      d.country_note ? el("p", { "class": "note" }, g.linked(d.country_note)) : null, g.evidenceKey()];
  }
  function range(low, high, digits) {
    return known(low) && known(high) ? [t("{low} to {high}", { low: g.plainNumber(low, digits), high: g.plainNumber(high, digits) }) + " ", g.stamp("modelled")] : g.unknown();
  }
  function basis(d) {
    var areas = g.areasOf(d.id), whole = g.wholeCountryOf(d.id);
    if (d.area_basis) return g.linked(d.area_basis);
    if (areas.length) return g.linked(areas.map(function (a) { return g.term(a.kind) + ": " + a.evidence; }).join("; "));
    return whole ? t("somewhere in {country}", { country: g.country(whole) }) : g.unknown();
  }
  /* A deposit that no source places: where it may lie, and what it could score there. */
  function whereabouts(d) {
    return [heading(t("Not ranked: no source at hand gives a coordinate")),
      el("p", {}, t("Area:"), " ", basis(d), known(d.area_km2) ? [", " + g.plainNumber(d.area_km2, 0) + " km² ", g.stamp("computed")] : null),
      el("table", { "class": "points" }, el("tbody", {},
        g.row(t("Score, at the worst and the best place"), g.cell("n", range(d.score_worst, d.score_best, 1))),
        g.row(t("Rank it would take"), g.cell("n", range(d.rank_best, d.rank_worst, 0))),
        g.row(t("Chance to lead"), g.cell("n", g.percent(d.p_lead), known(d.p_lead) ? [" ", g.stamp("modelled")] : null)))),
      el("p", { "class": "small" }, t("No place was given to it that its sources do not give."))];
  }
  g.dossier = function (d) {
    var placed = known(d.latitude);
    return el("div", { "class": "dossier" }, title(d),
      placed ? [scored(d), said(t("For:"), d.reasons_for), said(t("Against:"), d.reasons_against)] : whereabouts(d),
      d.sentence ? [heading(t("What would change this")), el("p", { "class": "sentence" }, d.sentence, " ", g.mark("modelled"))] : null,
      placed ? [heading(t("Points that make the score")), points(d), heading(t("Straight lines over the ellipsoid")), g.nearness(d), g.terrain(d), position(d)] : null,
      stated(d), told(d), disputed(d), origins(d));
  };
})(geoRee);
