/* The panel: rankings, limits, method, sources. */
"use strict";
(function (g) {
  var el = g.el, data = g.data;
  function at(id) { return document.getElementById(id); }

  function interval(d, count) {
    var left = 100 * (d.rank_p5 - 1) / count, width = 100 * (d.rank_p95 - d.rank_p5 + 1) / count;
    return el("div", { "class": "range", role: "img", "aria-label": "rank " + d.rank_p5 + " to " + d.rank_p95 },
      el("i", { style: "left:" + left + "%;width:" + width + "%" }), el("b", { style: "left:" + 100 * (d.rank - 0.5) / count + "%" }));
  }
  function ranking(node, rows) {
    var last = null;
    g.fill(node, [["#", "n"], "Deposit", ["Score", "n"], "Ranks p5–p95", ["P(top 3)", "n"], ["Tie group", "n"]], rows.map(function (d) {
      var tr = g.row(g.cell("n", d.rank),
        g.cell("name", el("span", { "class": "dot", style: "background:" + g.colour(d.score || 0) }), d.name || d.id, " ", el("small", {}, g.country(d.country))),
        g.cell("n", g.num(d.score, 1)), g.cell("", d.rank_p5 + "–" + d.rank_p95, interval(d, rows.length)),
        g.cell("n", g.percent(d.p_top3)), g.cell("n", d.tie_group === undefined ? "" : d.tie_group));
      tr.className = "row" + (last !== null && last !== d.tie_group ? " split" : "");
      tr.dataset.id = d.id;
      tr.tabIndex = 0;
      last = d.tie_group;
      tr.addEventListener("click", function () { g.open(d.id); });
      tr.addEventListener("keydown", function (e) { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); g.open(d.id); } });
      return tr;
    }));
    node.prepend(el("colgroup", {}, ["k", "", "s", "r", "p", "g"].map(function (c) { return el("col", c ? { "class": c } : {}); })));
  }
  function unsure() {
    var parts = Object.keys(data.unsure).filter(function (k) { return data.unsure[k]; });
    if (!parts.length) return null;
    return "Some railways and roads are known only as straight chords between junctions: " + parts.map(function (k) {
      return g.num(data.unsure[k], 0) + " pieces of " + k;
    }).join(" and ") + " may run more than 25 km to a side of where they are drawn. They are dashed, and count only where nothing better is near.";
  }
  function limits() {
    var absent = data.missing.map(function (m) { return (data.labels[m] || m).toLowerCase(); });
    var wet = data.water_kinds || [], lakes = wet.some(function (k) { return /lake|reservoir/.test(k); });
    return [
      "Distances are straight lines over the ellipsoid, not travel by road or rail. An open border crossing is not assumed: the nearest abroad stands in a column of its own.",
      absent.length ? "No source of these layers is at hand: " + absent.join(", ") + ". Distances to them are unknown, not far." : null,
      unsure(),
      wet.length ? "Water is what its sources hold" + (lakes ? "" : ": rivers only, no lakes") + ". Small streams are missing, so a distance to water is an upper limit; groundwater is unknown." : "Groundwater is unknown.",
      "Grade, tonnage, ore, ownership, law, price and border regimes are not in the score.",
      "An unknown criterion takes no points and shares out its weight; in the draws it is random, so a score can lie outside its own range."
    ].filter(Boolean);
  }
  function method() {
    var run = data.run;
    at("method").append(
      el("p", {}, "Each criterion is worth its full weight at no distance and loses value as the distance grows. The points add up to the score. Weights and half-distances are ", g.mark("assumed"), "; each gives its reason and its source."),
      g.table(["Criterion", ["Weight", "n"], ["Half at", "n"], "Reason and source"], data.criteria.map(function (c) {
        return g.row(g.cell("", c.label, el("br"), el("small", {}, c.measured_to)), g.cell("n", g.num(100 * c.weight, 0) + " %"),
          g.cell("n", c.half_km === undefined ? c.decay || "" : g.num(c.half_km, 0) + " km"),
          g.cell("", c.reason, c.source ? " (" + c.source + ")" : "", c.decay_reason ? el("div", { "class": "small" }, "Half-distance: ", c.decay_reason, c.decay_source ? " (" + c.decay_source + ")" : "") : null));
      })),
      el("p", {}, "Rank intervals come from " + (run.draws === undefined || run.draws === null ? "" : g.num(run.draws, 0) + " ") + "joint draws of weights, positions (within their error) and the course of lines" + (run.seed === undefined || run.seed === null ? "." : "; seed " + run.seed + ".")));
  }
  function sources() {
    at("sources").append(g.table(["Source", "Edition", ["Rows", "n"], "Licence"], data.sources.map(function (s) {
      return g.row(g.cell("", g.anchor(s.landing_page, s.title || s.id), el("br"), el("small", {}, s.attribution || "", s.publisher ? " · " + s.publisher : "",
        s.sha256 ? " · sha256 " + s.sha256.slice(0, 12) : "", s.retrieved ? " · retrieved " + s.retrieved.slice(0, 10) : "")),
      s.edition || g.unknown(), g.cell("n", g.num(s.rows, 0)), g.anchor(s.licence_url, s.licence || "unknown"));
    })));
  }
  g.panel = function () {
    var run = data.run, hosts = g.ranked("by_product_host");
    at("title").textContent = data.title;
    var words = run.disclaimer || "";
    at("disclaimer").textContent = words ? words[0].toUpperCase() + words.slice(1) + "." : "";
    ranking(at("ranking"), g.ranked("candidate"));
    if (hosts.length) ranking(at("hosts"), hosts);
    else at("hosts").replaceWith(el("p", {}, "None has both a coordinate and a score."));
    g.answers(at("questions"));
    limits().forEach(function (w) { at("cannot").appendChild(el("li", {}, w)); });
    var warnings = run.warnings || [];
    if (warnings.length) at("cannot").after(el("details", {}, el("summary", {}, "Warnings of this run (" + warnings.length + ")"), el("ul", {}, warnings.map(function (w) { return el("li", {}, w); }))));
    method();
    sources();
    at("about").textContent = ["geo_ree " + (run.version || ""), run.schema_version ? "schema " + run.schema_version : "", run.preset ? "preset " + run.preset : "",
      run.created ? "made " + run.created : "", "drawn with folium and Leaflet " + L.version].filter(Boolean).join(" · ");
  };
})(geoRee);
