/* The panel as a whole: title, limits, method, sources, and what is rewritten on a change. */
"use strict";
(function (g) {
  var el = g.el, data = g.data, started = false;
  function at(id) { return document.getElementById(id); }
  function fill(id) {
    var node = at(id), parts = Array.prototype.slice.call(arguments, 1);
    node.replaceChildren.apply(node, parts.filter(Boolean));
  }

  function unsure() {
    var parts = Object.keys(data.unsure).filter(function (k) { return data.unsure[k]; });
    if (!parts.length) return null;
    return g.t("straight_chords", {
      parts: parts.map(function (k) { return g.phrase(data.labels[k] || k).toLowerCase() + " " + g.plainNumber(data.unsure[k], 0); }).join(", ")
    });
  }
  function limits() {
    var absent = data.missing.map(function (m) { return g.phrase(data.labels[m] || m).toLowerCase(); });
    var wet = data.water_kinds || [], lakes = wet.some(function (k) { return /lake|reservoir/.test(k); });
    return [
      g.t("straight_line_distances"),
      absent.length ? g.t("missing_layers", { layers: absent.join(", ") }) : null,
      unsure(),
      wet.length && !lakes ? g.t("rivers_only") : null,
      wet.length ? g.t("streams_missing") : g.t("groundwater_unknown"),
      g.t("not_packaged"),
      g.t("not_in_score"),
      g.t("unknown_criterion")
    ].filter(Boolean);
  }
  function howAdded() {
    var aggregate = g.models.length ? g.models[0].aggregate : "weighted_sum";
    if (aggregate === "weighted_product") return g.t("weighted_product");
    if (aggregate === "topsis") return g.t("topsis");
    return g.t("points_add_up");
  }
  /* A climb is in metres, as in the dossier. */
  function half(c) {
    if (c.half_km === undefined) return c.decay || "";
    return /_m$/.test(c.column || "") ? g.num(1000 * c.half_km, 0) + " " + g.t("m") : g.num(c.half_km, 0) + " " + g.t("km");
  }
  /* The last validation, criterion by criterion, failures first. */
  function evidence() {
    var grades = {
      against: g.t("evidence_against"), none: g.t("evidence_none"), alone: g.t("evidence_alone"),
      adds: g.t("evidence_adds"), base: g.t("evidence_base"), untested: g.t("evidence_untested")
    }, order = Object.keys(grades);
    var rows = data.criteria.filter(function (c) { return c.evidence; });
    if (!rows.length) return null;
    function range(c, name, signed) {
      if (c[name] === undefined || c[name] === null) return g.t("not_tested");
      var figures = [c[name], c[name + "_low"], c[name + "_high"]].map(function (v) {
        return (signed && v > 0 ? "+" : "") + g.num(v, 2);
      });
      return figures[0] + " (" + figures[1] + " – " + figures[2] + ")";
    }
    rows = rows.slice().sort(function (a, b) { return order.indexOf(a.evidence) - order.indexOf(b.evidence); });
    return el("details", { id: "evidence" }, el("summary", {}, g.t("evidence_title")),
      el("p", {}, g.t("evidence_text")),
      g.table([g.t("criterion"), [g.t("evidence_head_alone"), "n"], [g.t("evidence_head_adds"), "n"], g.t("evidence_head_grade")], rows.map(function (c) {
        return g.row(g.term(c.label), g.cell("n", range(c, "auc")), g.cell("n", c.evidence === "base" ? "–" : range(c, "adds", true)),
          grades[c.evidence]);
      })));
  }
  /* What the test of the criteria leaves of the score: what separates alone, and what adds nothing to it. */
  function tested() {
    function labels(grades) { return data.criteria.filter(function (c) { return grades.indexOf(c.evidence) >= 0; }).map(function (c) { return g.term(c.label); }); }
    var base = labels(["base"]), rest = labels(["alone", "none", "against"]);
    if (!base.length || !rest.length) return null;
    return el("li", { "class": "tested" }, g.t("limit_tested", { base: base.join(", "), rest: rest.join(", ") }));
  }
  function judged(source) { return source ? [" (", g.fact(source), ")"] : ""; }
  function method() {
    var run = data.run, known = function (v) { return v !== undefined && v !== null; };
    fill("method",
      el("p", {}, g.t("full_weight"), " ", howAdded(), " ",
        g.say("weights_assumed", { assumed: g.assumed() })),
      g.table([g.t("criterion"), [g.t("weight"), "n"], [g.t("half_value_at"), "n"], g.t("reason_and_source")], data.criteria.map(function (c) {
        return g.row(g.cell("", g.term(c.label), el("br"), el("small", {}, g.fact(c.measured_to || ""))), g.cell("n", g.num(100 * c.weight, 0) + " %"),
          g.cell("n", half(c)),
          g.cell("", g.fact(c.reason || ""), judged(c.source), c.decay_reason
            ? el("div", { "class": "small" }, g.t("half_value_reason"), " ", g.fact(c.decay_reason), judged(c.decay_source))
            : null));
      })),
      evidence(),
      el("p", {}, known(run.draws)
        ? g.t("interval_method_draws",
          { draws: g.plainNumber(run.draws, 0) })
        : g.t("interval_method"),
      known(run.seed) ? " " + g.t("seed", { seed: run.seed }) : ""));
    g.uncertaintyTables().forEach(function (part) { if (part) at("method").append.apply(at("method"), part); });
  }
  /* Titles, editions and licences stay as their publishers wrote them; those of our own tables are in the language of the page. */
  function named(text, address) {
    var said = g.ours(text);
    return el("span", said === text ? { lang: "en" } : {}, g.anchor(address, said));
  }
  function sources() {
    fill("sources", g.table([g.t("source"), g.t("edition"), [g.t("rows"), "n"], g.t("licence")], data.sources.map(function (s) {
      return g.row(g.cell("", named(s.title || s.id, s.landing_page), el("br"), el("small", { lang: "en" }, s.attribution || "", s.publisher ? " · " + s.publisher : "",
        s.sha256 ? " · sha256 " + s.sha256.slice(0, 12) : "", s.retrieved ? " · " + g.t("retrieved") + " " + g.dates(s.retrieved.slice(0, 10)) : "")),
      s.edition ? g.titled(s.edition) : g.unknown(), g.cell("n", g.num(s.rows, 0)), s.licence ? named(s.licence, s.licence_url) : g.unknown());
    })));
  }
  function capital(text) { return text ? text[0].toUpperCase() + text.slice(1) + "." : ""; }
  /* What the page is; the date of the run. */
  function heads() {
    var own = g.deposits.filter(g.isOwn).length, made = new Date(data.run.created || "");
    var title = g.t(!own ? "title" : own === g.deposits.length ? "own_title" : "own_title_among");
    at("title").textContent = title;
    document.title = title + " · geo_ree";
    at("dated").textContent = isNaN(made) ? "" : g.t("as_of", { date: made.toLocaleDateString(g.locale(), { dateStyle: "long", timeZone: "UTC" }) });
    at("disclaimer").textContent = capital(g.term(data.run.disclaimer || ""));
  }
  /* Sentences of Python behind a heading. */
  function sentences(id, heading, texts) {
    fill(id, texts && texts.length ? el("details", { "class": "box" }, el("summary", {}, heading),
      el("ul", {}, texts.map(function (text) { return el("li", {}, g.fact(text)); }))) : null);
  }
  function about() {
    var run = data.run;
    at("about").textContent = ["geo_ree " + (run.version || ""), run.schema_version ? g.t("schema") + " " + run.schema_version : "",
      run.preset ? g.t("preset") + " " + run.preset : "", run.created ? g.t("created") + " " + g.dates(String(run.created).replace("T", " ").replace("+00:00", " UTC")) : "",
      g.t("made_with") + " " + L.version].filter(Boolean).join(" · ");
  }
  function fold() {
    at("fold").textContent = document.body.classList.contains("folded") ? g.t("show_table") : g.t("hide_table");
  }
  /* The answers in sentences; their tables are folded. */
  function answers() {
    var box = at("questions");
    box.replaceChildren();
    g.answers(box);
    box.querySelectorAll(".wide").forEach(function (table) {
      if (table.parentNode.closest("details") && box.contains(table.parentNode.closest("details"))) return;
      var folded = el("details", {}, el("summary", {}, g.t("show_figures")));
      table.replaceWith(folded);
      folded.append(table);
    });
  }
  /* Write every part that has words of the page. */
  function write() {
    document.documentElement.lang = g.state.language;
    g.translateBody();
    heads();
    g.findings();
    g.sizeChart();
    g.filterPanel();
    g.weightPanel();
    g.routePanel();
    g.ranking();
    g.columnPanel();
    g.shortlistPanel();
    answers();
    fill.apply(null, ["first-limits"].concat(["limit_access", "limit_straight", "limit_unknown"].map(function (k) { return el("li", {}, g.t(k)); })).concat(tested() || []));
    fill.apply(null, ["limits"].concat(limits().map(function (w) { return el("li", {}, w); })));
    var cautions = data.run.warnings || [];
    sentences("warnings", g.t("warnings") + " (" + cautions.length + ")", cautions);
    sentences("since", g.t("since_earlier_run"), data.run.since);
    method();
    sources();
    about();
    fold();
  }
  /* Scroll to a section without changing the address, which holds the settings. */
  function sections() {
    at("sections").addEventListener("click", function (e) {
      var link = e.target.closest("a"), target = link && document.querySelector(link.getAttribute("href"));
      if (!target) return;
      e.preventDefault();
      target.querySelectorAll(":scope > details").forEach(function (box) { box.open = target.id === "s-method" || box.open; });
      target.scrollIntoView({ block: "start" });
      target.focus({ preventScroll: true });
    });
  }
  g.panel = function () {
    if (started) { write(); return; }
    started = true;
    g.startFindings();
    g.startChangedNote();
    g.startSizeChart();
    g.startFilters();
    g.startWeights();
    g.startPresetFile();
    g.startColumns();
    g.startShortlist();
    g.startRivals();
    g.startRoutes();
    g.startAccess();
    g.startRanking();
    g.startDownload();
    g.startVisit(at("visit-tools"));
    g.startLanguages(at("languages"));
    g.startLink();
    g.startSought();
    g.startPhoneMap();
    sections();
    at("fold").addEventListener("click", fold);
    write();
    g.subscribe(function (changed) {
      if (changed.indexOf("language") >= 0) write();
      else if (changed.indexOf("weights") >= 0 || changed.indexOf("intervals") >= 0) {
        answers();
      }
    });
    g.startHash();
  };
})(geoRee);
