/* The filtered table as CSV, with run and attribution in notes at the end. */
"use strict";
(function (g) {
  var BOM = "\ufeff", END = "\r\n";

  /* A text that a spreadsheet would run as a formula gets a leading apostrophe. */
  function disarmed(text) {
    var whole = /^[\s]*[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return whole.replace(/([;\t\r\n])(?=[=+\-@\t\r])/g, "$1'"); /* where semicolons separate the cells */
  }
  function field(value) {
    if (value === undefined || value === null || (typeof value === "number" && isNaN(value))) return "";
    var text = typeof value === "number" ? String(value) : disarmed(String(value).replace(/\0/g, ""));
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  function rounded(value, digits) { return value === undefined ? undefined : Number(value.toFixed(digits)); }
  function oxide(name) { return function (d) { return (g.oxideStatement(d) || {})[name]; }; }
  function columns() {
    var out = [
      ["id", function (d) { return d.id; }], ["name", function (d) { return d.latin_name || d.name; }], ["aliases", function (d) { return d.aliases; }],
      ["role", function (d) { return d.role; }], ["rank_in_role", g.rankOf], ["score", function (d) { return rounded(g.scoreOf(d), 6); }],
      ["stage", function (d) { return d.stage; }], ["rank_in_stage", g.rankInStageOf],
      ["rank_in_stage_p5", function (d) { return g.intervalOf(d).rank_in_stage_p5; }],
      ["rank_in_stage_p95", function (d) { return g.intervalOf(d).rank_in_stage_p95; }],
      ["rank_p5", function (d) { return g.intervalOf(d).rank_p5; }], ["rank_p95", function (d) { return g.intervalOf(d).rank_p95; }],
      ["not_separable_from", function (d) { return (g.rivalsOf(d) || []).map(function (one) { return one.d.id; }).join(";"); }],
      ["rank_interval_basis", basis],
      ["country", function (d) { return d.country; }], ["commodity_group", function (d) { return d.commodity_group; }],
      ["commodities", function (d) { return d.commodities; }], ["status", function (d) { return d.status; }],
      ["flags_stop", function (d) { return d.flags_stop; }], ["flags_caution", function (d) { return d.flags_caution; }],
      ["flags_note", function (d) { return d.flags_note; }], ["flags_unknown", function (d) { return d.flags_unknown; }],
      ["first_flag", function (d) { return d.first_flag; }],
      ["oxide_t", oxide("oxide_t")], ["oxide_figure", oxide("oxide_figure")], ["oxide_category", oxide("category")], ["oxide_system", oxide("system")], ["oxide_source", oxide("source")],
      ["source_quality", function (d) { return d.source_quality; }],
      ["latitude", function (d) { return d.latitude; }], ["longitude", function (d) { return d.longitude; }],
      ["position_error_m", function (d) { return d.position_error_m; }]
    ];
    g.measures.forEach(function (m) {
      ["dist_" + m + "_km", "err_" + m + "_km", "near_" + m].forEach(function (name) { out.push([name, function (d) { return d[name]; }]); });
    });
    return out.concat([["reference", function (d) { return d.reference; }]]);
  }
  function basis(d) {
    if (g.rankOf(d) === undefined) return undefined; /* without a coordinate: no rank, no interval */
    var i = g.intervalOf(d);
    return { run: "draws of weights, positions, line courses and unknown values", page: "draws of the page: weights, distances within their errors, unknown values; nowhere narrower than in the run", pending: "not calculated yet" }[i.basis];
  }
  /* Notes at the end, one cell per line, beginning with #; without commas, so that it
     needs no quotes, which would hide the # from readers of comments. */
  function notes() {
    var run = g.data.run || {}, m = g.model();
    var weights = m ? m.criteria.map(function (c) { return c.name + " " + (g.state.weights[c.name] || 0); }).join(", ") : "those of the run";
    var whose = Array.from(new Set((g.data.sources || []).map(function (s) { return s.attribution; }).filter(Boolean)));
    var filters = g.filtering().map(function (k) { return k + " = " + [].concat(g.state.filters[k]).join("|"); }).join("; ");
    return [
      "geo_ree " + (run.version || "") + ", schema " + (run.schema_version || "unknown") + ", made " + (run.created || "unknown")
        + (run.run_id ? ", run " + run.run_id : "")
        + (run.seed === undefined || run.seed === null ? "" : ", seed " + run.seed) + (run.preset ? ", preset of the run " + run.preset : ""),
      "infrastructure access score; preset " + g.state.model + ", weights: " + weights,
      "filters: " + (filters || "none"),
      run.disclaimer || "",
      "sources: " + (whose.join("; ") || "not stated")
    ].filter(Boolean).map(function (line) { return "# " + line.replace(/\0/g, "").replace(/[\r\n]+/g, " ").replace(/,/g, ";").replace(/;(?=[=+\-@])/g, ";'"); });
  }
  g.csv = function () {
    var wanted = columns(), head = wanted.map(function (c) { return c[0]; }).join(",");
    var rows = g.tableRows().map(function (d) { return wanted.map(function (c) { return field(c[1](d)); }).join(","); });
    return BOM + [head].concat(rows, notes()).join(END) + END;
  };
  g.startDownload = function () {
    document.getElementById("download").addEventListener("click", function () {
      var address = URL.createObjectURL(new Blob([g.csv()], { type: "text/csv;charset=utf-8" }));
      g.el("a", { href: address, download: "geo_ree.csv" }).click();
      setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
    });
  };
})(geoRee);
