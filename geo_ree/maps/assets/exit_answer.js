/* What changes without the gateways to China, Russia and Iran: one sentence for the score, one for the routes, what the ranking counts already, and every candidate that moves. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, ALL = "every exit", WITHOUT = "no exit through China, Russia or Iran", FIRST = 10, MOST = 100;
  var CASPIAN = [46, 36, 55, 48]; /* degrees: west, south, east, north */

  function name(d) { return d.name || d.id; }
  /* The gateway and the country it lies in; a border crossing names the country behind it, too. */
  function gateway(near) {
    var m = /^(.+), to ([^,(]+) \(([A-Z]{3})\)/.exec(near || ""), there = g.nearestFeature(near);
    if (m) return g.place(m[1]) + " (" + g.country(m[3]) + "), " + t("to_country", { country: g.term(m[2]) });
    return there.name + (there.country ? " (" + there.country + ")" : "");
  }
  function counted(rows) {
    var count = {}, order;
    rows.forEach(function (s) { var word = gateway(s.near_gateway); count[word] = (count[word] || 0) + 1; });
    order = Object.keys(count).sort(function (a, b) { return count[b] - count[a] || a.localeCompare(b); });
    return order.map(function (word) { return t("gateway_of_count", { gateway: word, count: count[word] }); }).join(", ");
  }
  function known(rows) { return rows.filter(function (s) { return s && s.near_gateway !== undefined && s.rank_in_role !== undefined; }); }
  function onCaspian(s) {
    var lon = s.foot_gateway_lon, lat = s.foot_gateway_lat;
    return lon >= CASPIAN[0] && lon <= CASPIAN[2] && lat >= CASPIAN[1] && lat <= CASPIAN[3];
  }
  function moves(best, at, from, to) {
    return best.map(function (d) { return { d: d, from: (at[d.id] || {})[from], to: (at[d.id] || {})[to] }; }).filter(function (one) {
      return one.from && one.to && one.from.rank_in_role !== undefined && one.to.rank_in_role !== undefined;
    });
  }
  function moved(one) { return one.from.rank_in_role !== one.to.rank_in_role; }
  function places(list) {
    return list.map(function (one) { return t("from_rank_to_rank", { name: name(one.d), from: one.from.rank_in_role, to: one.to.rank_in_role }); }).join(", ");
  }
  /* The answer to the very question; without both choices, the answer for any choice of gateways. */
  function sentence(best, at, kinds) {
    var pairs = moves(best, at, ALL, WITHOUT), movers = pairs.filter(moved), points;
    if (!pairs.length || kinds.indexOf(ALL) < 0) return "";
    points = pairs.reduce(function (most, one) { return Math.max(most, one.from.score - one.to.score); }, 0);
    return t(movers.length ? "without_both_moves" : "without_both_same", {
      count: movers.length, all: pairs.length, list: places(movers), points: g.plainNumber(points, 1),
      gateways: counted(pairs.map(function (one) { return one.to; }))
    });
  }
  function standard(best, at, first) {
    var rows = known(best.map(function (d) { return (at[d.id] || {})[first]; }));
    if (!rows.length) return "";
    return t(rows.every(onCaspian) ? "default_by_caspian" : "default_by", { gateways: counted(rows) });
  }
  function changes(d, at, kinds) {
    var ranks = kinds.map(function (k) { return ((at[d.id] || {})[k] || {}).rank_in_role; }).filter(function (rank) { return rank !== undefined; });
    return ranks.some(function (rank) { return rank !== ranks[0]; });
  }
  function cell(s, first) {
    if (!s || s.dist_gateway_km === undefined) return g.unknown();
    var words = t("rank_and_score", { rank: s.rank_in_role, score: g.plainNumber(s.score, 1) });
    return g.cell("", first && first.rank_in_role !== s.rank_in_role ? el("strong", {}, words) : words, el("br"),
      el("small", {}, gateway(s.near_gateway) + ", " + g.plainNumber(s.dist_gateway_km, 0) + " " + t("km")));
  }
  function table(best, at, kinds) {
    var movers = best.filter(function (d) { return changes(d, at, kinds); });
    var rows = best.filter(function (d, i) { return i < FIRST || movers.indexOf(d) >= 0; }).slice(0, MOST);
    return [el("p", { "class": "small" }, t("bold_ranks_move", { count: movers.length })),
      g.table([t("deposit")].concat(kinds.map(function (k) { return g.term(k); })), rows.map(function (d) {
        var own = at[d.id] || {};
        return g.row.apply(null, [name(d)].concat(kinds.map(function (k) { return cell(own[k], own[kinds[0]]); })));
      }))];
  }
  /* The candidates of the run, best first, with their row under each choice. */
  g.exitAnswer = function (box) {
    var kinds = g.gatewaySets(), at = Object.create(null), gate = g.data.criteria.filter(function (c) { return c.column === "dist_gateway_km"; })[0];
    g.gateways.forEach(function (s) { (at[s.id] = at[s.id] || {})[s.scenario] = s; });
    if (!kinds.length) { box.append(el("p", { "class": "answer" }, t("no_gateways"))); return; }
    var best = g.deposits.filter(function (d) { return d.role === "candidate" && ((at[d.id] || {})[kinds[0]] || {}).rank_in_role !== undefined; });
    best.sort(function (a, b) { return at[a.id][kinds[0]].rank_in_role - at[b.id][kinds[0]].rank_in_role; });
    box.append.apply(box, [el("p", { "class": "answer" }, [sentence(best, at, kinds), standard(best, at, kinds[0])].filter(Boolean).join(" ")),
      g.hasRoutes ? el("p", {}, t("routes_answer", { answer: g.answerText(g.firstQuestion()) })) : "",
      el("p", {}, gate ? t("gateway_weight", { share: g.plainNumber(100 * gate.weight, 0) }) + " " : "", t("excludes_politics"))].concat(table(best, at, kinds)));
    if (!g.published()) box.append(el("p", { "class": "note" }, t("table_of_run")));
  };
})(geoRee);
