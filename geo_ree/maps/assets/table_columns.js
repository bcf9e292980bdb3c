/* The columns of the ranked tables, and which of them are shown. */
"use strict";
(function (g) {
  /* In a narrow panel columns fall away by their class: WIDE first; MIDDLE, ROOMY and ROOMIEST need a wider and wider one, FURTHER only where chosen. */
  var el = g.el, WIDE = "wide-only", MIDDLE = "wide-only middle", ROOMY = "wide-only roomy", ROOMIEST = "wide-only roomiest", FURTHER = "wide-only further", ALWAYS = ["rank", "deposit"];
  var WIDTHS = { rank: 36, deposit: 170, mix: 92, owner: 150, licence: 112, stage: 150, oxide: 118, flags: 64 }, USUAL = 96, FEW = 3; /* pixels, of chosen columns */
  var controls = null;

  g.state.columns = null;
  function stated(word) { return Boolean(word) && word !== "not found" && word !== "unknown"; }
  /* What is known of the holder: the row of the table of control, else the columns of the deposit. */
  function control(d) {
    controls = controls || g.grouped(g.rows(g.data.control), "deposit_id");
    return (controls[d.id] || [])[0] || d;
  }
  g.controlOf = control;
  function namesNdPr(d) { return g.list(d.commodities).some(function (word) { return /^(Nd|Pr)$/.test(word); }); }
  /* The grade of the leading statement, in per cent. */
  g.gradeOf = function (d) {
    var r = g.leadingStatement(d);
    return r ? r.grade_pct : d.stated_grade_pct;
  };
  /* The statement that says how large a deposit is, everywhere: the one that Python marked. */
  g.leadingStatement = function (d) {
    return (g.statements[d.id] || []).filter(function (r) { return r.shown; })[0] || null;
  };
  /* The same, if contained oxide follows from it: `oxide_t` is published, or ore times grade. */
  g.oxideStatement = function (d) {
    var r = g.leadingStatement(d);
    return r && r.oxide_t !== undefined ? r : null;
  };
  var KINDS = { reporting_code: "code", state: "register" };
  /* By whom the size of a deposit is stated: "code", "register", "press" (or another source), "unknown". */
  g.sizeStatedBy = function (d) {
    var r = g.leadingStatement(d);
    return r ? KINDS[r.system_kind] || "press" : "unknown";
  };
  /* The year of an estimate beside the edition of its code, which is another year: two years alone read as one. */
  g.estimatedIn = function (r, system) {
    return r.edition && r.year && String(r.edition) !== String(r.year) && system.indexOf(String(r.year)) < 0 ? g.t("estimated_in", { year: r.year }) : "";
  };
  function categoryOf(r) { return r.category && r.category !== "unknown" ? g.term(r.category) : g.t("category_unknown"); }
  /* What a reader of a size by a code has to know: that its category was not seen. */
  g.withoutCategory = function (r) { return r.system_kind === "reporting_code" && categoryOf(r) === g.t("category_unknown"); };
  /* The statement that a figure is from: category, system and year. In short the category only where a code lacks it. */
  function nameOfStatement(r, short) {
    var system = r.system ? g.term(r.system) : "", year = r.year && system.indexOf(String(r.year)) < 0 ? String(r.year) : "", estimated = g.estimatedIn(r, system);
    return [short ? "" : categoryOf(r), system + estimated, estimated ? "" : year, r.oxide_figure === "computed" ? g.t("ore_times_grade") : "",
      short && g.withoutCategory(r) ? g.t("category_unknown") : ""].filter(Boolean).join(", ");
  }
  g.nameOfStatement = nameOfStatement;
  /* Whole: the code and the year are what a figure stands on. */
  function named(r) { return el("small", { "class": "statement" }, nameOfStatement(r)); }
  function oxideCell(d) {
    var r = g.oxideStatement(d), other = g.leadingStatement(d);
    if (r) return g.cell("n " + WIDE, g.plainNumber(r.oxide_t, 0) + " " + g.t("t"), named(r));
    if (!other) return g.cell("n " + WIDE, g.unknown());
    return g.cell("n " + WIDE, g.unknown(), el("small", {}, g.t("stated_as", { what: g.term(other.substance || "unclear") })));
  }
  /* Columns: name, key of the head, class, sort key, whether the first click sorts downwards, cell. */
  var columns = [
    { name: "rank", head: "rank_sign", full: "rank_head", kind: "n k", key: g.rankOf, cell: function (d) { return g.cell("n", g.rankOf(d), g.star(d)); } },
    { name: "deposit", head: "name", kind: "name", key: function (d) { return d.name || d.id; }, cell: nameCell },
    { name: "score", head: "score", kind: "n s", down: true, key: g.scoreOf, cell: scoreCell },
    { name: "interval", head: "rank_interval", kind: "r",
      key: function (d) { var i = g.intervalOf(d); return i.rank_p5 === undefined ? undefined : i.rank_p5 + i.rank_p95 / 1e6; },
      cell: intervalCell },
    { name: "flags", head: "flags_head", full: "flags_head_full", kind: "f", down: true, only: g.hasFlags, key: g.flagRank,
      cell: function (d) { return g.cell("f", g.flagMarks(d), worst(d)); } },
    { name: "route", head: "route_km", full: "route_km_full", kind: "n u " + WIDE, only: g.hasRoutes,
      key: function (d) { var r = g.cheapestRoute(d); return r ? g.routeKm(r) : undefined; }, cell: routeCell },
    { name: "access", head: "access_usd", full: "access_usd_full", kind: "n v " + WIDE, only: g.hasAccess,
      key: function (d) { return g.accessOf(d).p50; }, cell: accessCell },
    { name: "country", head: "country", kind: "c spare " + WIDE, key: function (d) { return g.country(d.country) || undefined; },
      cell: function (d) { return g.cell("spare " + WIDE, g.country(d.country) || g.unknown()); } },
    { name: "mix", head: "mix", full: "mix_full", kind: "g " + MIDDLE,
      key: function (d) { return d.ree_class ? ["heavy", "light_heavy", "light"].indexOf(d.ree_class) + "" + (namesNdPr(d) ? 0 : 1) : undefined; },
      cell: function (d) {
        return g.cell(MIDDLE, d.ree_class ? g.t(g.reeWords[d.ree_class]) : g.unknown(), el("small", {},
          [namesNdPr(d) ? g.t("ndpr_named") : "", g.list(d.commodities).map(g.term).join(", ")].filter(Boolean).join(" · ")));
      } },
    { name: "group", head: "commodity_group", kind: "g " + FURTHER, key: function (d) { return d.commodity_group || undefined; },
      cell: function (d) { return g.cell(FURTHER, d.commodity_group ? g.term(g.words(d.commodity_group)) : g.unknown()); } },
    { name: "stage", head: "stage", full: "stage_and_status", kind: "t " + WIDE,
      key: function (d) { var at = g.data.stages.indexOf(d.stage); return at < 0 ? undefined : at + (g.rankInStageOf(d) || 0) / 1e6; },
      cell: stageCell },
    { name: "oxide", head: "contained_oxide", kind: "n o " + WIDE, down: true,
      key: function (d) { return (g.oxideStatement(d) || {}).oxide_t; }, cell: oxideCell },
    { name: "grade", head: "grade", full: "grade_full", kind: "n gr " + ROOMIEST, down: true, key: g.gradeOf,
      cell: function (d) {
        var r = g.leadingStatement(d), grade = g.gradeOf(d);
        return g.cell("n " + ROOMIEST, grade === undefined ? g.unknown() : g.plainNumber(grade, grade < 1 ? 2 : 1) + " %", grade !== undefined && r && r.grade_text ? el("small", { "class": "clamp", title: g.phrase(r.grade_text) }, g.phrase(r.grade_text)) : null, grade !== undefined && r ? named(r) : null);
      } },
    { name: "owner", head: "owner", full: "owner_full", kind: "ow " + ROOMY, key: function (d) { var c = control(d); return c.holder_status === "not found" ? undefined : c.holder || undefined; },
      cell: function (d) { return g.cell(ROOMY, ownerCell(control(d))); } },
    { name: "licence", head: "licence", full: "licence_full", kind: "li " + ROOMIEST, key: function (d) { return stated(control(d).licence_no) ? control(d).licence_no : undefined; },
      cell: function (d) { return g.cell(ROOMIEST, licenceCell(control(d))); } },
    { name: "error", head: "position_error", full: "position_error_full", kind: "n er " + FURTHER,
      key: function (d) { return d.latitude === undefined ? undefined : d.position_error_m; },
      cell: function (d) { return g.cell("n " + FURTHER, d.latitude === undefined || d.position_error_m === undefined ? g.unknown() : "± " + g.radius(d.position_error_m)); } },
    { name: "quality", head: "source", full: "source_quality", kind: "q spare " + WIDE, down: true, key: function (d) { return d.quality; },
      cell: function (d) {
        var level = d.quality ? g.t(g.qualityWords[d.quality]) : null, plain = d.quality && d.source_quality === g.qualityWords[d.quality];
        return g.cell("spare " + WIDE, level || g.unknown(), d.source_quality && !plain
          ? el("small", { "class": "clamp", title: g.ours(d.source_quality) }, g.quality(d.source_quality)) : null);
      } }
  ].filter(function (c) { return c.only !== false; });
  function scoreCell(d) {
    var score = g.scoreOf(d);
    return g.cell("n", score === undefined || score === null ? (g.scoreByPlace(d) ? el("small", {}, g.scoreByPlace(d)) : g.unknown()) : g.plainNumber(score, 1));
  }
  /* On the card of a phone the worst flag has its name. */
  function worst(d) {
    var f = g.worstFlag(d);
    return f ? el("span", { "class": "card-only" }, g.severity(f.severity) + ": " + g.flagTitle(f)) : null;
  }
  function nameCell(d) {
    var score = g.scoreOf(d), dot = el("span", { "class": score === undefined || score === null ? "dot unscored" : "dot" });
    if (!dot.classList.contains("unscored")) dot.style.background = g.scoreColour(score);
    return g.cell("name", dot, d.name || d.id, g.isOwn(d) ? el("small", { "class": "own" }, " " + g.t("own_site")) : null, el("small", { "class": "narrow-only country" }, " " + g.country(d.country)), beneath(d));
  }
  /* Unknown with its reason. */
  function lacking(words, reason) { return el("span", { "class": "unknown", title: reason }, words); }
  function routeCell(d) {
    var r = g.cheapestRoute(d);
    if (!r) return g.cell("n " + WIDE, lacking(g.routeIsKnown(d) ? g.t("no_route_short") : g.t("unknown"), g.noRoute(d)));
    return g.cell("n " + WIDE, g.plainNumber(g.routeKm(r), 0), el("small", {}, "→ " + g.term(r.port || "")));
  }
  function accessCell(d) {
    var a = g.accessOf(d);
    if (a.p50 === undefined) return g.cell("n " + WIDE, lacking(g.t("unknown"), a.reason));
    return g.cell("n " + WIDE, g.about(a.p50), el("small", {}, g.t("low_high", { low: g.about(a.p10), high: g.about(a.p90) })), g.accessMarks(d));
  }
  /* Route and access below the name, where their columns have no place. */
  function beneath(d) {
    var r = g.cheapestRoute(d), cost = g.accessOf(d).p50, parts = [];
    if (!r && g.routeIsKnown(d)) parts.push(g.t("no_route_short"));
    if (r) parts.push(g.t("route_short", { km: g.plainNumber(g.routeKm(r), 0) }));
    if (cost !== undefined) parts.push(g.t("access_short", { usd: g.about(cost) }));
    g.accessMarks(d).forEach(function (mark) { parts.push(mark.textContent); });
    return parts.length ? el("small", { "class": "narrow-only" }, " " + parts.join(" · ")) : null;
  }
  /* What was found of a holder is shown with its date; "not found" as that. */
  function nation(code) { return g.term((g.data.owner_names || {})[code] || g.country(code)); }
  function ownerCell(c) {
    if (!c.holder_status) return g.unknown();
    if (c.holder_status === "not found") return el("span", { "class": "unknown" }, g.t("holder_not_found"));
    return [el("span", { "class": "clamp", title: g.ours(c.holder || "") }, g.cited(c.holder || "")), stated(c.owner_country) ? el("small", {}, g.list(c.owner_country).map(nation).join(", ")) : null,
      c.holder_status === "partly" ? el("small", {}, g.t("holder_partly")) : null];
  }
  function licenceCell(c) {
    if (!stated(c.licence_no)) return c.holder_status ? el("span", { "class": "unknown" }, g.t("not_found")) : g.unknown();
    return [el("span", { "class": "clamp", title: g.ours(c.licence_no) }, g.cited(c.licence_no)), stated(c.licence_expiry) ? el("small", {}, g.licenceEnds(c.licence_expiry)) : null];
  }
  function stageCell(d) {
    var stage = d.stage ? [g.term(g.words(d.stage)), g.rankInStage(d) ? el("small", { title: g.t("rank_in_stage_full") }, g.rankInStage(d)) : null] : g.unknown();
    return g.cell(WIDE, stage, d.status ? el("small", { "class": "said-status" }, g.cited(d.status)) : null);
  }
  function intervalCell(d, count) {
    var i = g.intervalOf(d), rank = g.rankOf(d);
    if (i.basis === "pending") return g.cell("", el("div", { "class": "range pending", role: "img", "aria-label": g.t("being_calculated") }));
    if (i.rank_p5 === undefined && d.rank_best !== undefined) return g.cell("", el("small", { title: g.t("possible_rank") }, g.t("possible_ranks", { low: d.rank_best, high: d.rank_worst })));
    if (i.rank_p5 === undefined) return g.cell("", g.unknown());
    var bar = el("i"), tick = el("b");
    bar.style.left = 100 * (i.rank_p5 - 1) / count + "%";
    bar.style.width = 100 * (i.rank_p95 - i.rank_p5 + 1) / count + "%";
    tick.style.left = 100 * (rank - 0.5) / count + "%";
    return g.cell("", el("span", { "class": "span" }, i.rank_p5 + "–" + i.rank_p95, " ", g.rivalCount(d)),
      el("div", { "class": "range", role: "img", "aria-label": g.t("rank_range", { low: i.rank_p5, high: i.rank_p95 }) }, bar, tick));
  }

  g.columns = columns;
  /* The columns in force: those that the reader chose, else all; the width of the panel decides which of them are seen. */
  /* A column of the run that has a value in one or two rows says little: it is there where a reader chooses it. */
  function sparse(c) {
    return c.name === "access" && g.ranked("candidate").concat(g.ranked("by_product_host")).filter(function (d) { return c.key(d) !== undefined; }).length < FEW;
  }
  g.shownColumns = function () {
    var few = columns.filter(sparse);
    return columns.filter(function (c) {
      return ALWAYS.indexOf(c.name) >= 0 || (g.state.columns ? g.state.columns.indexOf(c.name) >= 0 : c.kind.indexOf("further") < 0 && few.indexOf(c) < 0);
    });
  };
  /* How wide a table of the columns in force has to be, in pixels. */
  g.columnsWide = function () { return g.shownColumns().reduce(function (sum, c) { return sum + (WIDTHS[c.name] || USUAL); }, 0); };
  /* The choice of columns; the first change fixes those that are seen now. */
  g.columnPanel = function () {
    var box = document.getElementById("columns");
    var seen = g.state.columns || columns.filter(function (c) {
      var head = document.querySelector("#ranking th button[data-sort='" + c.name + "']");
      return head && head.offsetParent;
    }).map(function (c) { return c.name; });
    function chosen() { return Array.from(box.querySelectorAll("input:checked")).map(function (input) { return input.value; }); }
    box.replaceChildren(el("fieldset", {}, el("legend", { "class": "unseen" }, g.t("columns")), columns.filter(function (c) { return ALWAYS.indexOf(c.name) < 0; }).map(function (c) {
      var input = el("input", { type: "checkbox", value: c.name });
      input.checked = seen.indexOf(c.name) >= 0;
      input.addEventListener("change", function () { g.set({ columns: chosen() }); });
      return el("label", {}, input, " " + g.t(c.full || c.head));
    })));
    if (!g.state.columns) return;
    var back = el("button", { type: "button", id: "reset-columns" }, g.t("reset_columns"));
    back.addEventListener("click", function () { g.set({ columns: null }); });
    box.append(back);
  };
  g.startColumns = function () {
    document.getElementById("columns-box").addEventListener("toggle", function (e) { if (e.target.open) g.columnPanel(); });
    g.subscribe(function (changed) {
      if (changed.indexOf("columns") < 0) return;
      var name = document.activeElement && document.activeElement.value;
      g.columnPanel();
      var again = document.querySelector("#columns input[value='" + CSS.escape(name || "") + "']");
      if (again) again.focus();
    });
  };
})(geoRee);
