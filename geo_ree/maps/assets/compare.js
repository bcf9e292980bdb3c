/* Two to four deposits side by side. */
"use strict";
(function (g) {
  var el = g.el, t = g.t;

  function known(v) { return v !== undefined && v !== null && v !== ""; }
  function text(v) { return known(v) ? v : g.unknown(); }
  function ranks(d) {
    var i = g.intervalOf(d), rank = g.rankOf(d);
    if (!known(rank)) return known(d.rank_best) ? t("possible_ranks", { low: d.rank_best, high: d.rank_worst }) : t("not_ranked");
    return t("rank_of", { rank: rank, all: g.ranked(d.role).length }) + (known(i.rank_p5) ? " " + t("interval_brackets", { low: i.rank_p5, high: i.rank_p95 }) : "");
  }
  function score(d) {
    var v = g.scoreOf(d);
    if (known(v)) return g.plainNumber(v, 1);
    return g.scoreByPlace(d) || g.unknown();
  }
  function oxide(d) {
    var r = g.oxideStatement(d);
    return r ? [g.plainNumber(r.oxide_t, 0) + " " + t("t"), el("small", {}, g.nameOfStatement(r))] : g.unknown();
  }
  function route(d) {
    var r = g.cheapestRoute(d);
    return r ? [g.plainNumber(g.routeKm(r), 0) + " " + t("km"), el("small", {}, "→ " + g.term(r.port || ""))] : g.noRoute(d);
  }
  function access(d) {
    var a = g.accessOf(d);
    return known(a.p50) ? [g.about(a.p50), el("small", {}, t("low_high", { low: g.about(a.p10), high: g.about(a.p90) })), g.accessMarks(d, true)] : g.unknown();
  }
  /* All that stops or cautions, the worst first; what holds more than once has its number. */
  function against(d) {
    var count = new Map();
    (g.flags[d.id] || []).filter(function (f) { return f.severity === "stop" || f.severity === "caution"; }).forEach(function (f) {
      var words = g.severity(f.severity) + ": " + g.flagName(f.flag);
      count.set(words, (count.get(words) || 0) + 1);
    });
    return Array.from(count, function (one) { return el("small", {}, one[1] > 1 ? one[0] + " (" + g.plainNumber(one[1], 0) + ")" : one[0]); });
  }
  function chance(d) {
    var share = g.intervalOf(d).p_top3;
    return share === undefined ? g.unknown() : g.percent(share);
  }
  /* Cells as in the table: [key of the name, what to show]. */
  function cellOf(name) {
    var column = g.columns.filter(function (c) { return c.name === name; })[0];
    return column ? [column.full || column.head, function (d) { return Array.from(column.cell(d, g.ranked(d.role).length).childNodes); }] : null;
  }
  function lines() {
    return [
      cellOf("owner"), cellOf("licence"), ["stage", function (d) { return d.stage ? g.term(g.words(d.stage)) : g.unknown(); }], ["contained_oxide", oxide], cellOf("grade"), cellOf("mix"),
      ["minerals", function (d) { return d.minerals ? el("span", {}, g.minerals(g.list(d.minerals))) : g.unknown(); }], ["card_actinides", function (d) { return known(d.thorium_uranium) ? g.fact(d.thorium_uranium) : text(g.list(d.actinides).join(", ")); }],
      g.hasFlags ? ["flags", function (d) { return [g.flagMarks(d), against(d)]; }] : null,
      g.hasRoutes ? ["route", route] : null, g.hasAccess ? ["access_usd_full", access] : null, ["score", score], ["rank_head", ranks], ["chance_top3", chance],
      ["strengths", function (d) { return text(g.strengthsOf(d)); }], ["weaknesses", function (d) { return text(g.weaknessesOf(d)); }], cellOf("error")
    ].filter(Boolean);
  }
  function distances(list) {
    return g.measures.map(function (m) {
      return g.row.apply(null, [el("th", { scope: "row" }, g.measureName(m))].concat(list.map(function (d) { return g.cell("", g.distance(d, m)); })));
    });
  }
  /* The table of those that are ticked; with fewer than two, a line. */
  g.comparison = function (list) {
    if (list.length < 2) return el("p", { "class": "hint" }, t("compare_two"));
    var box = g.table([t("fact")].concat(list.map(function (d) { return d.name || d.id; })), lines().map(function (line) {
      return g.row.apply(null, [el("th", { scope: "row" }, t(line[0]))].concat(list.map(function (d) { return g.cell("", line[1](d)); })));
    }).concat(distances(list)));
    box.id = "comparison";
    return el("div", {}, el("h3", {}, t("side_by_side")), box);
  };
})(geoRee);
