/* The panel as a whole: title, limits, method, sources, and what is drawn anew on a change. */
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
    return g.t("Some lines are known only as straight chords between junctions and may run more than 25 km to a side of where they are drawn: {parts}. They are dashed, and count only where nothing better is near.", {
      parts: parts.map(function (k) { return g.term(data.labels[k] || k).toLowerCase() + " " + g.plainNumber(data.unsure[k], 0); }).join(", ")
    });
  }
  function limits() {
    var absent = data.missing.map(function (m) { return g.term(data.labels[m] || m).toLowerCase(); });
    var wet = data.water_kinds || [], lakes = wet.some(function (k) { return /lake|reservoir/.test(k); });
    return [
      g.t("Distances are straight lines over the ellipsoid, not travel by road or rail. An open border crossing is not assumed: the nearest abroad stands in a column of its own."),
      absent.length ? g.t("No source of these layers is at hand: {layers}. Distances to them are unknown, not far.", { layers: absent.join(", ") }) : null,
      unsure(),
      wet.length && !lakes ? g.t("Water is what its sources hold: rivers only, no lakes.") : null,
      wet.length ? g.t("Small streams are missing, so a distance to water is an upper limit; groundwater is unknown.") : g.t("Groundwater is unknown."),
      g.t("Grade, tonnage, ore, ownership, law, price and border regimes are not in the score."),
      g.t("An unknown criterion takes no points and shares out its weight; in the draws it is random, so a score can lie outside its own range.")
    ].filter(Boolean);
  }
  function howAdded() {
    var aggregate = g.models.length ? g.models[0].aggregate : "weighted_sum";
    if (aggregate === "weighted_product") return g.t("The score is a weighted product: what is worth nothing spoils the whole, and points do not add up.");
    if (aggregate === "topsis") return g.t("The score is the relative closeness to the best of the table (TOPSIS): it changes with the rows beside it, and points do not add up.");
    return g.t("The points add up to the score.");
  }
  /* A climb is told in metres, as it is in the dossier. */
  function half(c) {
    if (c.half_km === undefined) return c.decay || "";
    return /_m$/.test(c.column || "") ? g.num(1000 * c.half_km, 0) + " " + g.t("m") : g.num(c.half_km, 0) + " " + g.t("km");
  }
  function method() {
    var run = data.run, known = function (v) { return v !== undefined && v !== null; };
    fill("method",
      el("p", {}, g.t("A criterion has its full weight where there is nothing to cross or to climb, and is worth less the more there is."), " ", howAdded(), " ",
        g.say("Weights, and what halves a worth, are {assumed}; each gives its reason and its source.", { assumed: g.mark("assumed") })),
      g.table([g.t("Criterion"), [g.t("Weight"), "n"], [g.t("Half at"), "n"], g.t("Reason and source")], data.criteria.map(function (c) {
        return g.row(g.cell("", g.term(c.label), el("br"), el("small", {}, c.measured_to)), g.cell("n", g.num(100 * c.weight, 0) + " %"),
          g.cell("n", half(c)),
          g.cell("", c.reason, c.source ? " (" + c.source + ")" : "", c.decay_reason
            ? el("div", { "class": "small" }, g.t("Half of its worth:"), " ", c.decay_reason, c.decay_source ? " (" + c.decay_source + ")" : "")
            : null));
      })),
      el("p", {}, known(run.draws)
        ? g.t("Rank intervals of the run come from {draws} joint draws of weights, positions (within their error) and the course of lines.",
          { draws: g.plainNumber(run.draws, 0) })
        : g.t("Rank intervals of the run come from joint draws of weights, positions (within their error) and the course of lines."),
      known(run.seed) ? " " + g.t("Seed: {seed}.", { seed: run.seed }) : ""));
    g.uncertaintyTables().forEach(function (part) { if (part) at("method").append.apply(at("method"), part); });
  }
  function sources() {
    fill("sources", g.table([g.t("Source"), g.t("Edition"), [g.t("Rows"), "n"], g.t("Licence")], data.sources.map(function (s) {
      return g.row(g.cell("", g.anchor(s.landing_page, s.title || s.id), el("br"), el("small", {}, s.attribution || "", s.publisher ? " · " + s.publisher : "",
        s.sha256 ? " · sha256 " + s.sha256.slice(0, 12) : "", s.retrieved ? " · " + g.t("retrieved") + " " + s.retrieved.slice(0, 10) : "")),
      s.edition || g.unknown(), g.cell("n", g.num(s.rows, 0)), g.anchor(s.licence_url, s.licence || g.t("unknown")));
    })));
  }
  function capital(text) { return text ? text[0].toUpperCase() + text.slice(1) + "." : ""; }
  function heads() {
    var placed = g.deposits.filter(function (d) { return d.role === "candidate"; }).length;
    var all = placed + g.unranked.filter(function (d) { return d.role === "candidate"; }).length;
    var title = g.t("{ranked} of {all} candidates ranked", { ranked: g.plainNumber(g.ranked("candidate").length, 0), all: g.plainNumber(all, 0) });
    at("title").textContent = title;
    document.title = title + " · geo_ree";
    at("disclaimer").textContent = capital(g.term(data.run.disclaimer || ""));
  }
  function warnings() {
    var told = data.run.warnings || [];
    fill("warnings", told.length ? el("details", {}, el("summary", {}, g.t("Warnings of this run") + " (" + told.length + ")"),
      el("ul", {}, told.map(function (w) { return el("li", {}, w); }))) : null);
  }
  function about() {
    var run = data.run;
    at("about").textContent = ["geo_ree " + (run.version || ""), run.schema_version ? g.t("schema") + " " + run.schema_version : "",
      run.preset ? g.t("preset") + " " + run.preset : "", run.created ? g.t("made") + " " + run.created : "",
      g.t("drawn with folium and Leaflet") + " " + L.version].filter(Boolean).join(" · ");
  }
  function fold() {
    at("fold").textContent = document.body.classList.contains("folded") ? g.t("Show table") : g.t("Hide table");
  }
  /* Everything that has words of the page. */
  function write() {
    document.documentElement.lang = g.state.language;
    g.translateBody();
    heads();
    g.filterPanel();
    g.weightPanel();
    g.ranking();
    at("questions").replaceChildren();
    g.answers(at("questions"));
    fill.apply(null, ["cannot"].concat(limits().map(function (w) { return el("li", {}, w); })));
    warnings();
    method();
    sources();
    about();
    fold();
  }
  /* The sections are reached without touching the address: it carries the setting. */
  function sections() {
    at("sections").addEventListener("click", function (e) {
      var link = e.target.closest("a"), target = link && document.querySelector(link.getAttribute("href"));
      if (!target) return;
      e.preventDefault();
      target.scrollIntoView({ block: "start" });
      target.focus({ preventScroll: true });
    });
  }
  g.panel = function () {
    if (started) { write(); return; }
    started = true;
    g.startFilters();
    g.startWeights();
    g.startRanking();
    g.startDownload();
    g.startVisit(at("visit-tools"));
    g.startLanguages(at("languages"));
    g.startLink();
    sections();
    at("fold").addEventListener("click", fold);
    write();
    g.subscribe(function (changed) {
      if (changed.indexOf("language") >= 0) write();
      else if (changed.indexOf("weights") >= 0 || changed.indexOf("intervals") >= 0) {
        at("questions").replaceChildren();
        g.answers(at("questions"));
      }
    });
    g.startHash();
  };
})(geoRee);
