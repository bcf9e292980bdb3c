/* The five questions, answered from the data alone. */
"use strict";
(function (g) {
  var el = g.el, data = g.data;
  function name(d) { return d.name || d.id; }
  function names(rows) { return rows.map(name).join(", "); }
  function answer() { return el("p", { "class": "answer" }, Array.prototype.slice.call(arguments)); }
  function share(d, field) { return g.intervalOf(d)[field] || 0; }

  function apart(top) {
    var groups = [];
    top.forEach(function (d) {
      var last = groups[groups.length - 1];
      if (last && g.intervalOf(last[0]).tie_group === g.intervalOf(d).tie_group) last.push(d); else groups.push([d]);
    });
    if (groups.length === 1) return g.t("Ranks 1 to {last} cannot be told apart: the doubt is larger than the gaps between them.", { last: top.length });
    if (!groups.some(function (m) { return m.length > 1; })) return g.t("Ranks 1 to {last} can all be told apart.", { last: top.length });
    return g.t("Ranks 1 to {last} can be told apart only in part: {parts}.", {
      last: top.length,
      parts: groups.map(function (members) {
        return members.length === 1 ? g.t("{name} stands apart", { name: names(members) })
          : g.t("the order of {names} is not settled", { names: names(members) });
      }).join("; ")
    });
  }
  function visit(box) {
    var best = g.ranked("candidate");
    if (!best.length) { box.append(answer(g.t("No candidate is ranked."))); return; }
    if (g.intervalOf(best[0]).basis === "pending") { box.append(answer(g.t("Rank intervals are being drawn anew for these weights."))); return; }
    var chances = best.slice().sort(function (a, b) { return share(b, "p_top3") - share(a, "p_top3") || g.rankOf(a) - g.rankOf(b); });
    var three = chances.slice(0, 3), least = share(three[three.length - 1], "p_top3");
    var close = chances.slice(3, 40).filter(function (d) { return share(d, "p_top3") > 0.05 && least - share(d, "p_top3") <= 0.15; });
    box.append(answer(g.say("Most often among the first three: {names}.", { names: el("strong", {}, names(three)) }), " ", apart(best.slice(0, 5))),
      g.table([g.t("Deposit"), [g.t("P(top 3)"), "n"], g.t("Speaks for it"), g.t("Speaks against it")], three.map(function (d) {
        return g.row(name(d), g.cell("n", g.percent(g.intervalOf(d).p_top3)), d.reasons_for || "", d.reasons_against || "");
      })));
    if (close.length) box.append(el("p", {}, g.t("As likely, or nearly: {names}.",
      { names: close.map(function (d) { return name(d) + " (" + Math.round(100 * share(d, "p_top3")) + " %)"; }).join(", ") })));
    if (!g.published()) box.append(el("p", { "class": "note" }, g.t("The reasons for and against are those of the run's own weights.")));
    box.append(el("p", {}, g.t("This ranks access to infrastructure only: neither grade nor tonnage is in it.")));
  }
  function entry(d) {
    var list = g.statements[d.id] || [];
    var open = el("button", { type: "button", "class": "as-link" }, name(d));
    open.addEventListener("click", function () { g.open(d.id); });
    return el("li", {}, el("strong", {}, open), " ", el("small", {}, [d.country_reported, d.admin_area].filter(Boolean).join(", ")),
      d.score_worst === undefined || d.score_best === undefined ? null
        : el("div", {}, g.t("It would score {low} to {high}, by where in its area it lies.",
        { low: g.plainNumber(d.score_worst, 1), high: g.plainNumber(d.score_best, 1) }), " ", g.mark("modelled")),
      d.status ? el("div", {}, d.status) : null, list.length ? el("ul", {}, list.map(g.tonnage)) : null,
      d.resource_note ? el("div", {}, d.resource_note) : null,
      d.reference || d.notes ? el("details", {}, el("summary", {}, d.source_quality
        ? g.t("Source (quality: {quality})", { quality: d.source_quality }) : g.t("Source")),
        d.notes ? el("p", {}, g.linked(d.notes)) : null, d.reference ? g.references(d.reference) : null) : null);
  }
  function unplaced(box) {
    function of(role) { return g.unranked.filter(function (d) { return d.role === role; }); }
    var candidates = of("candidate"), hosts = of("by_product_host");
    var areas = g.unranked.filter(function (d) { return d.role !== "candidate" && d.role !== "by_product_host"; });
    box.append(answer(candidates.length
      ? g.t("Known candidates that are not ranked, because no source at hand gives a coordinate: {count}. They are {names}.",
      { count: candidates.length, names: names(candidates) })
      : g.t("None: every known candidate has a coordinate.")),
    el("p", {}, data.layers.unranked
      ? g.t("They are in no ranking. The map shows areas that sources give; none was given a place that its sources do not give.")
      : g.t("They are on no map and in no figure; none was given a place that its sources do not give.")));
    [[g.t("Candidates without a coordinate"), candidates], [g.t("By-product hosts without a coordinate"), hosts],
      [g.t("Statements about areas and countries"), areas]].forEach(function (part) {
      if (part[1].length) box.append(el("details", {}, el("summary", {}, part[0] + " (" + part[1].length + ")"), el("ul", {}, part[1].map(entry))));
    });
  }
  /* "name (ISO), label of the source" as the measures give it. */
  function place(near) {
    var m = /^(.*) \(([A-Z]{3})\), (.*)$/.exec(near || "");
    return m ? { name: m[1], country: g.country(m[2]), label: m[3] } : { name: near || "", country: "", label: "" };
  }
  function edition(measure, label) {
    var layer = data.measures[measure][1];
    var fits = data.sources.filter(function (s) { return s.layer === layer && label && s.label === label; });
    return fits.map(function (s) { return s.edition; }).filter(Boolean).join("; ");
  }
  function leader(box) {
    var d = g.ranked("candidate")[0];
    if (!d) { box.append(answer(g.t("No candidate is ranked."))); return; }
    box.append(answer(g.say("The leader is {name} ({country}).", { name: el("strong", {}, name(d)), country: g.country(d.country) })),
      g.table([g.t("To"), [g.t("Distance"), "n"], g.t("What, and where"), g.t("Source and edition")], g.measures.map(function (m) {
        var there = place(d["near_" + m]), dated = edition(m, there.label), word = g.term(data.measures[m][0]);
        if (d["dist_" + m + "_km"] === undefined) return g.row(word, g.cell("n", g.unknown()), g.t("no source at hand says"), "");
        return g.row(word, g.cell("n", g.distance(d, m)), there.name + (there.country ? ", " + there.country : ""),
          there.label + (dated ? ". " + g.t("Edition") + ": " + dated : ""));
      })));
    var vague = g.measures.filter(function (m) { return d["err_" + m + "_km"] > 0.5 * d["dist_" + m + "_km"]; });
    if (vague.length) box.append(el("p", {}, g.t("Barely more than a guess (the error is over half of the distance): {list}.",
      { list: vague.map(function (m) { return g.term(data.measures[m][0]) + " " + g.distance(d, m); }).join(", ") })));
    box.append(el("p", {}, el("strong", {}, g.t("Could a line be missing? Yes.")), " ",
      g.t("A line that a source lacks reads as a far one, and nothing here is newer than its edition. Where several sources are at hand the nearest counts and is named.")));
    g.deposits.forEach(function (r) {
      if (r.role === "reference" && /producer/.test(r.status || "") && r.dist_railway_km > 50) {
        box.append(el("p", {},
          g.t("A case in point: {name} is a producing mine, yet the lines at hand put its nearest railway {km} km away. Check such a figure against a second source before using it.",
          { name: r.name, km: g.plainNumber(r.dist_railway_km, 0) })));
      }
    });
  }
  function exits(box) {
    var kinds = [], at = Object.create(null), best = g.deposits.filter(function (d) { return d.role === "candidate" && d.rank !== undefined; });
    g.gateways.forEach(function (s) {
      if (kinds.indexOf(s.scenario) < 0) kinds.push(s.scenario);
      (at[s.id] = at[s.id] || {})[s.scenario] = s;
    });
    if (!kinds.length) { box.append(answer(g.t("Unknown: no gateways are at hand."))); return; }
    best.sort(function (a, b) { return a.rank - b.rank; });
    function spread(d, field) {
      var got = kinds.map(function (k) { return ((at[d.id] || {})[k] || {})[field]; }).filter(function (v) { return v !== undefined; });
      return got.length ? Math.max.apply(null, got) - Math.min.apply(null, got) : 0;
    }
    function widest(field) { return best.reduce(function (most, d) { return Math.max(most, spread(d, field)); }, 0); }
    var moved = best.filter(function (d) { return spread(d, "rank") > 0; });
    var gate = data.criteria.filter(function (c) { return c.column === "dist_gateway_km"; })[0];
    box.append(answer(moved.length ? g.t("The choice of exit moves the rank of {names}, by {places} at most; no other rank.",
      { names: names(moved), places: widest("rank") }) : g.t("No rank changes."),
      " ", g.t("Scores change by {points} points at most.", { points: g.plainNumber(widest("score"), 1) })),
    el("p", {},
      gate ? g.t("The gateway weighs {share} % of the score.", { share: g.plainNumber(100 * gate.weight, 0) }) + " " : "",
      g.t("Politics outweighs it, and the score does not claim to hold politics.")),
    g.table([g.t("Deposit")].concat(kinds.map(function (k) { return g.term(k); })), best.slice(0, 10).map(function (d) {
      return g.row.apply(null, [name(d)].concat(kinds.map(function (k) {
        var s = (at[d.id] || {})[k];
        if (!s || s.dist_gateway_km === undefined) return g.unknown();
        return g.cell("", g.t("rank {rank}, score {score}", { rank: s.rank, score: g.plainNumber(s.score, 1) }), el("br"),
          el("small", {}, place(s.near_gateway).name + ", " + g.plainNumber(s.dist_gateway_km, 0) + " " + g.t("km")));
      })));
    })));
    if (!g.published()) box.append(el("p", { "class": "note" }, g.t("Ranks and scores of this table are those of the run's own weights.")));
  }
  function whose(box) {
    var count = {}, kinds = ["oxide", "metal", "ore"];
    if (!g.resources.length) { box.append(answer(g.t("No statement is at hand."))); return; }
    g.resources.forEach(function (r) { var k = kinds.indexOf(r.substance) >= 0 ? r.substance : "unclear"; count[k] = (count[k] || 0) + 1; });
    var tally = kinds.concat("unclear").filter(function (k) { return count[k]; }).map(function (k) { return g.term(k) + " " + count[k]; });
    box.append(answer(g.t("Published statements: {count} ({tally}). They contradict each other and are never added up, nor Inferred to Measured and Indicated.",
      { count: g.resources.length, tally: tally.join(", ") })),
      g.table([g.t("Deposit"), [g.t("Tonnes"), "n"], g.t("Of what"), g.t("Category, and whose"), [g.t("Year"), "n"]], g.resources.map(function (r) {
        var d = g.byId[r.deposit_id] || {}, clear = kinds.indexOf(r.substance) >= 0;
        return g.row(g.cell("", d.name || r.deposit_id, r.source ? el("details", {}, el("summary", {}, g.t("source")), g.references(r.source)) : null),
          g.cell("n", g.num(r.quantity_t, 0)),
          g.cell("", clear ? g.term(r.substance) : el("span", { "class": "unknown" }, g.t("unclear")),
            r.grade_text ? el("div", { "class": "small" }, r.grade_text) : null),
          g.cell("", r.category && r.category !== "unknown" ? r.category : g.unknown(),
            el("div", { "class": "small" }, r.system || g.t("whose is unknown"), r.edition ? ", " + r.edition : ""),
            r.contradiction ? el("div", { "class": "small note" }, r.contradiction) : null),
          g.cell("n", r.year === undefined ? "?" : r.year));
      })));
  }
  g.answers = function (node) {
    [[g.t("1. Which three to visit, and can ranks 1 to 5 be told apart?"), visit], [g.t("2. Which known deposits are not ranked?"), unplaced],
      [g.t("3. For the leader: nearest what exactly?"), leader], [g.t("4. What changes without the exits through China and Russia?"), exits],
      [g.t("5. Whose tonnage is this?"), whose]].forEach(function (q) {
      var box = el("div", { "class": "question" }, el("h3", {}, q[0]));
      q[1](box);
      node.append(box);
    });
  };
})(geoRee);
