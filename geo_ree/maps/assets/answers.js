/* The five questions, answered from the data alone. */
"use strict";
(function (g) {
  var el = g.el, data = g.data;
  function name(d) { return d.name || d.id; }
  function names(rows) { return rows.map(name).join(", "); }
  function answer() { return el("p", { "class": "answer" }, Array.prototype.slice.call(arguments)); }
  function share(d, field) { return g.intervalOf(d)[field] || 0; }

  /* Which of the first can be told apart, pair by pair: a chain of pairs that cannot is no group. */
  function apart(top) {
    var separable = [], alike = [], sides = [[separable, false], [alike, true]];
    if (top.length < 2 || !top.every(g.rivalsOf)) return "";
    top.forEach(function (d, i) {
      var close = g.rivalsOf(d).map(function (one) { return one.d; });
      sides.forEach(function (side) {
        var others = top.slice(i + 1).filter(function (other) { return (close.indexOf(other) >= 0) === side[1]; });
        if (others.length) side[0].push([d, others]);
      });
    });
    function count(side) { return side.reduce(function (all, one) { return all + one[1].length; }, 0); }
    function listed(side) {
      return side.map(function (one) { return g.t("pair_from", { name: name(one[0]), others: names(one[1]) }); }).join("; ");
    }
    if (!separable.length) return g.t("top_undistinguished");
    if (!alike.length) return g.t("top_distinguished");
    return count(separable) <= count(alike) ? g.t("top_few_distinguished", { parts: listed(separable) }) : g.t("top_few_alike", { parts: listed(alike) });
  }
  function mostOften(best, words) {
    var chances = best.slice().sort(function (a, b) { return share(b, "p_top3") - share(a, "p_top3") || g.rankOf(a) - g.rankOf(b); });
    var three = chances.slice(0, 3), least = share(three[three.length - 1], "p_top3");
    return {
      three: three,
      close: chances.slice(3, 40).filter(function (d) { return share(d, "p_top3") > 0.05 && least - share(d, "p_top3") <= 0.15; }),
      answer: answer(g.say(words, { names: el("strong", {}, names(three)) }), g.published() ? "" : " " + g.t("chances_of_page"))
    };
  }
  /* One rule, said once: the first five of the whole ranking, whatever their stage. */
  function firstFive() {
    var top = g.ranked("candidate").slice(0, 5), words = apart(top);
    return words ? el("p", { "class": "apart-answer" }, g.t("first_five", { n: top.length, names: names(top), apart: words })) : "";
  }
  function visit(box) {
    var parts = g.candidatesByStage(), best = parts.first;
    if (!best.length) { box.append(answer(g.t("no_candidate_ranked"))); return; }
    if (g.intervalOf(best[0]).basis === "pending") { box.append(answer(g.t("intervals_pending"))); return; }
    var found = mostOften(best, parts.split ? "most_often_top3_first" : "most_often_top3"), close = found.close;
    box.append(found.answer,
      g.table([g.t("deposit"), g.t("stage"), [g.t("chance_top3"), "n"], g.t("strengths"), g.t("weaknesses")], found.three.map(function (d) {
        return g.row(name(d), d.stage ? g.term(g.words(d.stage)) : g.unknown(), g.cell("n", g.percent(g.intervalOf(d).p_top3)), g.strengthsOf(d), g.weaknessesOf(d));
      })));
    if (close.length) box.append(el("p", {}, g.t("equally_likely",
      { names: close.map(function (d) { return name(d) + " (" + Math.round(100 * share(d, "p_top3")) + " %)"; }).join(", ") })));
    if (parts.later.length) box.append(mostOften(g.ranked("candidate"), "most_often_top3_all").answer);
    box.append(firstFive());
    box.append(el("p", {}, g.t("access_only")));
  }
  function entry(d) {
    var list = g.statements[d.id] || [];
    var open = el("button", { type: "button", "class": "as-link" }, name(d));
    open.addEventListener("click", function () { g.open(d.id); });
    return el("li", {}, el("strong", {}, open), " ", el("small", {}, [g.term(d.country_reported || ""), d.admin_area ? [", ", g.fact(d.admin_area)] : null]),
      g.scoreByPlace(d) ? el("div", {}, g.t("score") + ": " + g.scoreByPlace(d)) : null,
      d.stage ? el("div", {}, g.t("stage_label", { stage: g.term(g.words(d.stage)) })) : null,
      d.status ? el("div", {}, g.cited(d.status)) : null, list.length ? el("ul", {}, list.map(g.statementItem)) : null,
      d.resource_note ? el("div", {}, d.resource_note) : null,
      d.reference || d.notes ? el("details", {}, el("summary", {}, d.source_quality
        ? g.say("source_with_quality", { quality: g.quality(d.source_quality) }) : g.t("source")),
        d.notes ? el("p", {}, g.fact(d.notes)) : null, d.reference ? g.references(d.reference) : null) : null);
  }
  function unplaced(box) {
    function of(role) { return g.unranked.filter(function (d) { return d.role === role; }); }
    var candidates = of("candidate").sort(function (a, b) { return g.atFirstStages(b) - g.atFirstStages(a); }), hosts = of("by_product_host");
    var areas = g.unranked.filter(function (d) { return d.role !== "candidate" && d.role !== "by_product_host"; });
    box.append(answer(candidates.length
      ? g.t("unranked_candidates",
      { count: candidates.length, names: names(candidates) })
      : g.t("all_have_coordinates")),
    el("p", {}, data.layers.unranked
      ? g.t("drawn_as_areas")
      : g.t("not_drawn")));
    [[g.t("candidates_without_coordinate"), candidates], [g.t("hosts_without_coordinate"), hosts],
      [g.t("areas_and_countries"), areas]].forEach(function (part) {
      if (part[1].length) box.append(el("details", {}, el("summary", {}, part[0] + " (" + part[1].length + ")"), el("ul", {}, part[1].map(entry))));
    });
  }
  function edition(measure, label) {
    var layer = data.measures[measure][1];
    var fits = data.sources.filter(function (s) { return s.layer === layer && label && s.label === label; });
    return fits.map(function (s) { return s.edition; }).filter(Boolean).join("; ");
  }
  function leader(box) {
    var parts = g.candidatesByStage(), d = parts.first[0], ahead = parts.later.filter(function (o) { return g.rankOf(o) < g.rankOf(d); });
    if (!d) { box.append(answer(g.t("no_candidate_ranked"))); return; }
    box.append(answer(g.say(parts.split ? "leader_is_first" : "leader_is", { name: el("strong", {}, name(d)), country: g.country(d.country) }),
      ahead.length ? " " + g.t("ahead_at_later_stages", { names: names(ahead) }) : ""),
      g.table([g.t("to_feature"), [g.t("distance"), "n"], g.t("nearest_feature"), g.t("source_and_edition")], g.measures.map(function (m) {
        var there = g.nearestFeature(d["near_" + m]), dated = edition(m, there.label), word = g.measureName(m);
        if (d["dist_" + m + "_km"] === undefined) return g.row(word, g.cell("n", g.unknown()), g.t("no_source"), "");
        return g.row(word, g.cell("n", g.distance(d, m)), there.name + (there.country ? ", " + there.country : ""),
          [g.titled(there.label), dated ? [". " + g.t("edition") + ": ", g.titled(dated)] : ""]);
      })));
    var vague = g.measures.filter(function (m) { return d["err_" + m + "_km"] > 0.5 * d["dist_" + m + "_km"]; });
    if (g.siteAccessLink(d)) box.append(g.siteAccessLink(d));
    if (vague.length) box.append(el("p", {}, g.t("rough_distances",
      { list: vague.map(function (m) { return g.measureName(m) + " " + g.distance(d, m); }).join(", ") })));
    box.append(el("p", {}, el("strong", {}, g.t("line_missing_question")), " ",
      g.t("line_missing_answer")));
    g.deposits.forEach(function (r) {
      if (r.role === "reference" && /producer/.test(r.status || "") && r.dist_railway_km > 50) {
        box.append(el("p", {},
          g.t("line_missing_example",
          { name: r.name, km: g.plainNumber(r.dist_railway_km, 0) })));
      }
    });
  }
  function tonnages(box) {
    var count = {}, kinds = ["oxide", "metal", "ore"];
    if (!g.resources.length) { box.append(answer(g.t("no_statements"))); return; }
    g.resources.forEach(function (r) { var k = kinds.indexOf(r.substance) >= 0 ? r.substance : "unclear"; count[k] = (count[k] || 0) + 1; });
    var tally = kinds.concat("unclear").filter(function (k) { return count[k]; }).map(function (k) { return g.term(k) + " " + count[k]; });
    box.append(answer(g.t("published_statements",
      { count: g.resources.length, tally: tally.join(", ") })),
      g.table([g.t("deposit"), [g.t("tonnes"), "n"], g.t("substance"), g.t("category_and_system"), [g.t("year"), "n"]], g.resources.map(function (r) {
        var d = g.byId[r.deposit_id] || {}, clear = kinds.indexOf(r.substance) >= 0;
        return g.row(g.cell("", d.name || r.deposit_id, r.source ? el("details", {}, el("summary", {}, g.t("show_source")), g.references(r.source)) : null),
          g.cell("n", g.num(r.quantity_t, 0)),
          g.cell("", clear ? g.term(r.substance) : el("span", { "class": "unknown" }, g.t("unclear")),
            r.grade_text ? el("div", { "class": "small" }, g.phrase(r.grade_text)) : null),
          g.cell("", r.category && r.category !== "unknown" ? g.term(r.category) : g.unknown(),
            el("div", { "class": "small" }, g.systemOf(r, g.t("system_unknown_short"), false)),
            r.contradiction ? el("div", { "class": "small note" }, g.fact(r.contradiction)) : null),
          g.cell("n", r.year === undefined ? "?" : r.year));
      })));
  }
  g.answers = function (node) {
    [[g.t("question_visit"), visit], [g.t("question_unranked"), unplaced],
      [g.t("question_leader"), leader], [g.t("question_gateways"), g.exitAnswer],
      [g.t("question_tonnage"), tonnages]].forEach(function (q) {
      var box = el("div", { "class": "question" }, el("h3", {}, q[0]));
      q[1](box);
      node.append(box);
    });
  };
})(geoRee);
