/* What is said of a position: why it was chosen, what its error rests on, and what the audit found, in the language of the page. */
"use strict";
(function (g) {
  var el = g.el;

  /* Our remarks as Python words them: pattern, key of the message, and what its groups are. */
  var REMARKS = [
    [/^quality: ([^]*)$/, "basis_quality", ["words"]], [/^printed to ([^]*)$/, "basis_printed", ["words"]],
    [/^sources disagree by ([\d.]+) km$/, "basis_disagree", ["km"]], [/^other coordinates: ([^]*)$/, "basis_others", ["words"]],
    [/^(\d+) of them not counted \(another record, or marked do not use\)$/, "basis_not_counted", ["n"]],
    [/^chosen of (\d+) printed positions: ([^,]+), ([a-z ]+), supported by (\d+) other$/, "basis_chosen_supported", ["n", "record", "class", "others"]],
    [/^chosen of (\d+) printed positions: ([^,]+), ([a-z ]+)$/, "basis_chosen", ["n", "record", "class"]],
    [/^error: ([\d.]+) km to the farthest position that counts \((.+)\)$/, "basis_error_spread", ["km", "record"]],
    [/^error: precision class (.+)$/, "basis_error_class", ["class"]],
    [/^error: (as its source states it|the distance to the area that published distances allow)$/, "basis_error", ["class"]],
    [/^corrected here: ([^]*)$/, "basis_corrected", ["words"]]
  ];
  var FINDINGS = [
    [/^([\d.]+) km between ([^]*) and ([\d.]+ N [\d.]+ E \([^]*\)); from the chosen one: ([^]*)$/, "audit_between", ["km", "place", "place", "verdicts"]],
    [/^([\d.]+ N [\d.]+ E \([^]*\)): (printed to [^]*)$/, "audit_of", ["place", "class"]],
    [/^([\d.]+ N [\d.]+ E \([^]*\)): lies in ([A-Z]{3}), ([\d.]+) km from ([A-Z]{3}), which the source names$/, "audit_abroad", ["place", "country", "km", "country"]],
    [/^known instead: ([^;]*)((?:; )?[^]*)$/, "audit_known", ["ours", "rest"]]
  ];
  /* Ids of records and remarks for whoever compiled them mean nothing to a reader: the tables that they are from, and words. */
  var RECORD = /, ([a-z][a-z0-9_]*):[^\s,;()|]+/g, tables = null;
  function isTable(id) {
    tables = tables || new Set(g.data.sources.map(function (s) { return s.id; }).concat(g.deposits.map(function (d) { return g.list(d.sources || d.id); }).flat().map(function (record) { return record.split(":")[0]; })));
    return tables.has(id);
  }
  g.tablesOf = function (records, mark) {
    var names = records.split(mark).map(function (record) {
      var id = record.trim().split(":")[0], s = g.data.sources.filter(function (one) { return one.id === id; })[0];
      return s ? s.label || s.title : isTable(id) ? g.words(id) : record.trim();
    });
    return Array.from(new Set(names)).filter(Boolean).join("; ");
  };
  function readable(text) {
    return text.replace(RECORD, function (whole, id) { return isTable(id) ? "" : whole; }).replace(/\bdo not use\b/g, "not used here");
  }
  var NAMES = ["first", "second", "third", "fourth"];

  /* A term of ours, else words of a source, marked as English. */
  function term(words) { return g.ours(words) === words ? g.quote(readable(words), true) : g.ours(words); }
  function place(text) {
    var m = /^([\d.]+) N ([\d.]+) E \(([^]*?)(, chosen)?\)$/.exec(text);
    if (!m) return g.quote(text, true);
    return [g.t("coordinates", { lat: g.figure(m[1]), lon: g.figure(m[2]) }), " (", g.quote(readable(m[3]), true), m[4] ? ", " + g.term("chosen") : "", ")"];
  }
  /* "record 4.6 km (counted), another 33.2 km (refuted)". */
  function verdicts(text) {
    return text.split(", ").map(function (one) {
      var m = /^(.+) ([\d.]+) km \((.+)\)$/.exec(one);
      return m ? g.t("another_position") + " " + g.figure(m[2]) + " " + g.t("km") + " (" + g.term(m[3]) + ")" : one;
    }).join(", ");
  }
  var WRITE = {
    record: function (text) { return text.split(";").map(function (one, i) { return [i ? "; " : "", term(g.tablesOf(one, ";"))]; }).flat(); }, words: term, "class": term, ours: term, km: g.figure, country: g.country, place: place, verdicts: verdicts,
    rest: function (text) { return text && g.state.language === "en" ? g.linked(text) : text ? [" ", g.quote(text.replace(/^; /, ""), true)] : ""; }
  };
  function worded(list, text) {
    for (var i = 0; i < list.length; i++) {
      var m = list[i][0].exec(text), values = {};
      if (!m) continue;
      list[i][2].forEach(function (kind, k) { values[list === FINDINGS ? NAMES[k] : kind] = WRITE[kind] ? WRITE[kind](m[k + 1]) : m[k + 1]; });
      return g.say(list[i][1], values);
    }
    return null;
  }
  /* Why a position was chosen: the source's own words, and our remarks on them. */
  g.basisOfPosition = function (text) {
    return text.split("; ").map(function (piece, i) { return [i ? "; " : "", worded(REMARKS, piece) || g.quote(readable(piece), true)]; });
  };
  g.auditOf = function (d) {
    var found = g.audit[d.id] || [];
    return found.length ? el("ul", { "class": "audit" }, found.map(function (f) {
      return el("li", {}, el("strong", {}, g.term(g.words(f.flag))), f.distance_km === undefined || f.distance_km === null ? "" : ", " + g.plainNumber(f.distance_km, 1) + " " + g.t("km"),
        ": ", worded(FINDINGS, f.evidence || "") || g.fact(f.evidence || ""), " ", el("small", { lang: "en" }, g.tablesOf(f.sources || "", ";")));
    })) : null;
  };
})(geoRee);
