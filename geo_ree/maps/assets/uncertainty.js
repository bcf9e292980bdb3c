/* Tables on uncertainty: weights under which a deposit leads, what moves the ranking, missing lines. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, ALL = "*";

  function known(v) { return v !== undefined && v !== null; }
  function share(value) { return g.plainNumber(100 * value, 0) + " %"; }
  function label(criterion) {
    var c = g.data.criteria.filter(function (one) { return one.name === criterion; })[0];
    return g.term(c ? c.label : g.words(criterion));
  }
  function deposit(id) {
    var d = g.byId[id];
    if (!d) return id;
    var button = el("button", { type: "button", "class": "as-link" }, d.name || d.id);
    button.addEventListener("click", function () { g.set({ choice: id }); g.open(id); });
    return button;
  }
  function shareText(share) { return share < 0.005 ? t("under", { high: "1 %" }) : g.percent(share); }
  function cameFirst(id) {
    var found = g.data.acceptability[id];
    if (!found || found[0] !== 1) return 0;
    return found[1][0] / 1000;
  }
  function leaderWeights(uncertainty) {
    var rows = g.rows(uncertainty.central_weights), names = uncertainty.central_weights.columns.filter(function (n) {
      return n !== "id" && rows.some(function (r) { return r[n]; });
    });
    if (!rows.length) return null;
    function host(r) { return (g.byId[r.id] || {}).role === "by_product_host"; }
    rows.sort(function (a, b) { return host(a) - host(b) || cameFirst(b.id) - cameFirst(a.id); });
    return [el("h3", {}, t("weights_to_lead")),
      el("p", { "class": "small" }, g.t("weights_to_lead_hint")),
      g.table([t("deposit"), [t("ranked_first"), "n"]].concat(names.map(function (n) { return [label(n), "n"]; })), rows.map(function (r) {
        return g.row.apply(null, [g.cell("", deposit(r.id), host(r) ? el("div", { "class": "small" }, t("host")) : null), g.cell("n", shareText(cameFirst(r.id)))]
          .concat(names.map(function (n) { return g.cell("n", known(r[n]) ? share(r[n]) : g.unknown()); })));
      }))];
  }
  function assumption(r) {
    var words = { weight: "assumption_weight", kilometres: "assumption_distance", unknown: "assumption_unknown" };
    return t(words[r.kind] || "assumption_other", { name: label(r.criterion) });
  }
  function change(r) {
    if (r.kind !== "weight") return "";
    if (!known(r.weight_needed)) return el("small", {}, r.weight ? t("no_weight_changes") : t("no_weight"));
    return [t("needed_instead", { needed: share(r.weight_needed), now: share(r.weight) }) + " ", deposit(r.new_leader)];
  }
  function influence(uncertainty) {
    if (!uncertainty.influence.length) return null;
    return [el("h3", {}, t("influence")),
      el("p", { "class": "small" }, g.t("influence_hint")),
      g.table([t("assumption"), [t("share"), "n"], t("leader_changes_at")], uncertainty.influence.map(function (r) {
        return g.row(assumption(r), g.cell("n", known(r.total) ? g.plainNumber(r.total, 2) + (known(r.total_conf) ? " ± " + g.plainNumber(r.total_conf, 2) : "") : r.weight === 0 ? "–" : g.unknown()), g.cell("", change(r)));
      }))];
  }
  function source(id) {
    var found = g.data.sources.filter(function (s) { return s.id === id; })[0];
    return found ? g.titled(found.label || found.title) : id;
  }
  function omission(uncertainty) {
    var rows = g.rows(uncertainty.omission);
    if (!rows.length) return null;
    return [el("h3", {}, t("omission")),
      el("p", { "class": "small" }, t("omission_hint")),
      g.table([t("lines"), t("source"), [t("missing"), "n"], t("estimated_from")], rows.map(function (r) {
        return g.row(g.cell("", g.phrase(g.data.labels[r.layer] || r.layer), r.country === ALL ? null : el("div", { "class": "small" }, g.country(r.country))),
          r.source_id === ALL ? t("all_sources") : source(r.source_id),
          g.cell("n", known(r.rate) ? [share(r.rate), el("div", { "class": "small" }, t("from_to", { low: share(r.rate_low), high: share(r.rate_high) }))] : g.unknown()),
          g.fact(r.basis || ""));
      }))];
  }
  g.uncertaintyTables = function () {
    return [leaderWeights, influence, omission].map(function (part) { return part(g.data.uncertainty); });
  };
})(geoRee);
