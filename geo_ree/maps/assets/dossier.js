/* What a click on a deposit tells: everything known, and what is not. */
"use strict";
(function (g) {
  var el = g.el, box = null, opened = null, before = null, IN_VIEW_KM = 300;

  function heading(text) { return el("h4", {}, text); }
  function said(label, text) { return text ? el("p", {}, label, g.linked(text)) : null; }

  g.tonnage = function (r) {
    var kinds = { ore: "of ore", oxide: "contained oxide", metal: "contained metal", unclear: "of what is unclear" };
    return el("li", r.shown ? { "class": "shown" } : {}, r.quantity_t === undefined ? "quantity unknown" : g.num(r.quantity_t, 0) + " t ", kinds[r.substance] || "of what is unclear",
      r.grade_text ? ", " + r.grade_text : (r.grade_pct === undefined ? "" : ", " + r.grade_pct + " %"),
      "; category " + (r.category || "unknown"), "; " + (r.system || "whose statement is unknown"),
      r.edition ? ", edition " + r.edition : "", r.year ? ", " + r.year : ", year not stated", " ", g.mark("published"),
      r.contradiction ? el("div", { "class": "note" }, "Beside the first: " + r.contradiction) : null,
      r.notes ? el("small", {}, " ", r.notes) : null);
  };
  function standing(d) {
    var rank = g.rankNow(d);
    if (rank === undefined || rank === null) return el("p", {}, "Not ranked: " + g.words(d.role) + ", " + g.words(d.commodity_group) + ".");
    var rivals = g.ranked(d.role);
    return [el("p", {}, el("strong", {}, "Rank " + rank + " of " + rivals.length), d.role === "by_product_host" ? " by-product hosts " : " candidates ", g.mark("computed")),
      el("p", {}, "Rank interval " + d.rank_p5 + " to " + d.rank_p95 + " (p5 to p95), tie group " + d.tie_group + ", P(top 3) ", g.percent(d.p_top3), " ", g.mark("modelled")),
      g.otherExit() ? el("p", { "class": "note" }, "Score, rank and gateway are those of: " + g.exit() + ". The interval and the draws are those of " + g.exitNames()[0] + ".") : null,
      g.rankHistogram(d, rivals.length)];
  }
  function scored(d) {
    var score = g.scoreNow(d), out = [el("div", { "class": "big" }, el("b", {}, score === undefined || score === null ? g.unknown() : g.num(score, 1)), "of 100 ", g.mark("computed"),
      d.score_p5 === undefined ? null : el("span", { "class": "small" }, "p5 to p95: " + g.num(d.score_p5, 1) + " to " + g.num(d.score_p95, 1) + " ", g.mark("modelled"))), standing(d)];
    if (d.unknown_weight_pct) {
      out.push(el("p", { "class": "note" }, g.num(d.unknown_weight_pct, 0) + " % of the weight is unknown here. It is shared out among the known criteria; in the draws it is random."));
    }
    return out;
  }
  /* What a criterion could give at most: unknown weight is shared out among the known ones. */
  function most(d, c) { return 100 * c.weight / (1 - (d.unknown_weight_pct || 0) / 100); }
  function points(d) {
    var rows = g.data.criteria.filter(function (c) { return c.weight; }).map(function (c) {
      var got = d["points_" + c.name], unknown = c.column && d[c.column] === undefined;
      if (got === undefined || unknown) return g.row(c.label, g.cell("n", g.unknown()), "");
      var top = most(d, c), share = Math.max(0, Math.min(100, 100 * got / top));
      return g.row(c.label, g.cell("n", g.num(got, 1) + " of " + g.num(top, top % 1 ? 1 : 0), " ", g.stamp("computed")),
        el("div", { "class": "track", style: "width:" + Math.min(100, 2.6 * top) + "%" }, el("i", { style: "width:" + share + "%" })));
    });
    return el("table", { "class": "points" }, el("tbody", {}, rows));
  }
  function met(d, m) {
    var there = g.metPlace(d["near_" + m]), abroad = d["abroad_" + m + "_km"], beyond = g.metPlace(d["near_abroad_" + m]);
    return [d["dist_" + m + "_km"] === undefined ? el("small", {}, "beyond coverage: unknown") : d["near_" + m] ? [there.name, there.country ? " (" + there.country + ")" : "", there.unsure ? ", course unknown" : "",
      el("div", {}, g.datedSource(g.sourceOf(m, there.label)) || el("small", {}, there.label, there.label ? " (age not stated)" : ""))] : null,
    abroad === undefined ? null : el("div", {}, el("small", {}, "Abroad: " + g.num(abroad, 0) + " km ", g.stamp("computed"), beyond.name ? [" " + beyond.name, beyond.country ? " (" + beyond.country + ")" : ""] : null))];
  }
  g.nearness = function (d) {
    return g.table(["To", ["Distance", "n"], "Nearest in the deposit's country, its layer and age"], g.measures.map(function (m) {
      var far = d["dist_" + m + "_km"], error = d["err_" + m + "_km"];
      return g.row(g.data.measures[m][0], g.cell("n", g.distance(d, m), far === undefined ? null : el("div", {}, g.stamp("computed"), error === undefined ? null : [" ± ", g.stamp("assumed")])), g.cell("", met(d, m)));
    }));
  };
  function position(d) {
    return [heading("Position, and what speaks against it"), el("p", {}, g.num(d.latitude, 4) + " N, " + g.num(d.longitude, 4) + " E ", g.mark("published"),
      d.position_error_m === undefined ? " ± unknown" : [" ± " + g.num(d.position_error_m / 1000, 1) + " km ", g.mark("assumed")],
      d.precision_class ? el("small", {}, " from its precision: " + g.words(d.precision_class)) : null),
    said("", d.position_basis), audited(d)];
  }
  function audited(d) {
    var found = g.audit[d.id] || [];
    return found.length ? el("ul", { "class": "audit" }, found.map(function (f) {
      return el("li", {}, el("strong", {}, g.words(f.flag)), f.distance_km === undefined ? "" : [", " + g.num(f.distance_km, 1) + " km ", g.stamp("computed")],
        ": ", g.linked(f.evidence || ""), " ", el("small", {}, f.sources || ""));
    })) : null;
  }
  function disputed(d) {
    var found = g.conflicts[d.id] || [];
    return found.length ? [heading("Where its records disagree"), el("ul", { "class": "conflicts" }, found.map(function (c) {
      var from = String(c.sources || "").split(" | ");
      return el("li", {}, g.words(c.attribute), ": ", String(c.values || "").split(" | ").map(function (value, k) {
        return el("div", {}, value, " ", el("small", {}, from[k] || ""));
      }));
    }))] : null;
  }
  function stated(d) {
    var list = g.statements[d.id] || [];
    return [heading("Published quantities, never added up"),
      list.length > 1 && list[0].shown ? el("small", {}, "First comes a public reporting code, then a state classification, a framework, a paper, press; the later year; oxide, metal, ore. The size plays no part.") : null,
      list.length ? el("ul", { "class": "statements" }, list.map(function (r) {
        var item = g.tonnage(r);
        if (r.source) item.append(el("details", {}, el("summary", {}, "Source"), g.references(r.source)));
        return item;
      })) : el("p", {}, "No statement in the sources at hand."),
      said("", d.resource_note)];
  }
  function told(d) {
    return [heading("What the sources say"), el("p", {}, "Status: ", d.status || g.unknown(), " ", d.status ? g.stamp("published") : null), said("Commodities: ", g.list(d.commodities).join(", ")),
      said("Type: ", d.deposit_type), said("Operator: ", d.operator), said("Notes: ", d.notes),
      el("p", {}, "Quality of the source: ", d.source_quality || g.unknown(), " ", d.source_quality ? g.stamp("assumed") : null)];
  }
  /* The records, and the data set that each comes from, with its link and date. */
  function origins(d) {
    var seen = {}, records = g.list(d.sources || d.id), sets = records.map(function (r) { return r.split(":")[0]; }).filter(function (id) { return !seen["_" + id] && (seen["_" + id] = true); });
    return [heading("Sources"), d.reference ? g.references(d.reference) : null, el("ul", { "class": "origins" }, sets.map(function (id) {
      var s = g.data.sources.filter(function (one) { return one.id === id; })[0];
      return el("li", {}, s ? [g.anchor(s.landing_page, s.title || s.id), el("small", {}, " edition: ", s.edition || g.unknown(), s.retrieved ? "; retrieved " + s.retrieved.slice(0, 10) : "")] : id);
    })), el("small", {}, "Records: " + records.join(", "))];
  }
  function title(d) {
    return [el("h3", { tabindex: "-1" }, d.name || d.id), d.aliases ? el("small", {}, "also " + g.list(d.aliases).join(", ")) : null,
      el("p", {}, [g.country(d.country) || d.country_reported, d.admin_area].filter(Boolean).join(" · ")),
      d.country_note ? el("p", { "class": "note" }, g.linked(d.country_note)) : null, g.evidenceKey()];
  }
  function range(low, high, digits) {
    return low === undefined || high === undefined ? g.unknown() : [g.num(low, digits) + " to " + g.num(high, digits) + " ", g.stamp("modelled")];
  }
  /* A deposit that no source places: where it may lie, and what it could score there. */
  function whereabouts(d) {
    var areas = (g.areas || {})[d.id] || [], whole = g.wholeCountry && g.wholeCountry[d.id];
    return [heading("Not ranked: no source at hand gives a coordinate"),
      el("p", {}, "Area: ", d.area_basis ? g.linked(d.area_basis) : areas.length ? g.linked(areas.map(function (a) { return a.kind + ": " + a.evidence; }).join("; ")) : (whole ? "somewhere in " + g.country(whole) : g.unknown()),
        d.area_km2 === undefined ? null : [", " + g.num(d.area_km2, 0) + " km² ", g.stamp("computed")]),
      el("table", { "class": "points" }, el("tbody", {},
        g.row("Score, at the worst and the best place", g.cell("n", range(d.score_worst, d.score_best, 1))),
        g.row("Rank it would take", g.cell("n", range(d.rank_best, d.rank_worst, 0))),
        g.row("Chance to lead", g.cell("n", g.percent(d.p_lead), d.p_lead === undefined ? null : [" ", g.stamp("modelled")])))),
      el("p", { "class": "small" }, "No place was given to it that its sources do not give.")];
  }
  g.dossier = function (d) {
    var placed = d.latitude !== undefined;
    return el("div", { "class": "dossier" }, title(d),
      placed ? [scored(d), d.reasons_for ? said("For: ", d.reasons_for) : null, d.reasons_against ? said("Against: ", d.reasons_against) : null] : whereabouts(d),
      d.sentence ? [heading("What would change this"), el("p", {}, d.sentence, " ", g.mark("modelled"))] : null,
      placed ? [heading("Points that make the score"), points(d), heading("Straight lines over the ellipsoid"), g.nearness(d), position(d)] : null,
      stated(d), told(d), disputed(d), origins(d));
  };
  function show(d) {
    var chart = g.map();
    box.querySelector(".content").replaceChildren(g.dossier(d));
    box.hidden = false;
    document.body.classList.add("reading");
    document.querySelectorAll(".legend[open], .exits[open]").forEach(function (key) { key.open = false; });
    chart.invalidateSize({ animate: false, pan: false });
    box.scrollTop = 0;
  }
  function look(d) {
    var chart = g.map(), points = [[d.latitude, d.longitude]];
    g.feet(d).forEach(function (foot, i) { if (i < 2 || foot.km <= IN_VIEW_KM) points.push(foot.place); });
    chart.fitBounds(points, { animate: false, paddingTopLeft: [70, 60], paddingBottomRight: [70, 70], maxZoom: 10 });
    g.sight(d);
  }
  function lookAround(d) {
    var chart = g.map(), shapes = ((g.areas || {})[d.id] || []).reduce(function (all, a) { return all.concat(g.outline(a)); }, []);
    if (!shapes.length && g.wholeCountry) shapes = g.countryOutline(g.wholeCountry[d.id]);
    g.forgetSight();
    if (!shapes.length) return;
    opened.outline = L.featureGroup(shapes).addTo(chart);
    chart.fitBounds(opened.outline.getBounds(), { animate: false, padding: [30, 30], maxZoom: 8 });
  }
  g.open = function (id) {
    var d = g.byId[id];
    if (!d) return false;
    if (opened && opened.outline) opened.outline.remove();
    if (!opened) before = document.activeElement;
    opened = { id: id };
    document.querySelectorAll("tr.row").forEach(function (tr) { tr.classList.toggle("on", tr.dataset.id === id); });
    show(d);
    if (d.latitude === undefined) lookAround(d); else look(d);
    box.querySelector("h3").focus({ preventScroll: true });
    if (window.matchMedia("(max-width: 860px)").matches) g.map().getContainer().scrollIntoView({ block: "start" });
    document.dispatchEvent(new CustomEvent("geo-ree-open", { detail: id }));
    return true;
  };
  g.opened = function () { return opened ? opened.id : null; };
  g.close = function () {
    if (!opened) return;
    if (opened.outline) opened.outline.remove();
    opened = null;
    g.forgetSight();
    box.hidden = true;
    document.body.classList.remove("reading");
    document.querySelectorAll("tr.row.on").forEach(function (tr) { tr.classList.remove("on"); });
    g.map().invalidateSize({ animate: false, pan: false });
    if (before && document.contains(before)) before.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("geo-ree-open", { detail: null }));
  };
  /* The same deposit told again, after its figures changed. */
  g.reopen = function () {
    if (!opened) return;
    var d = g.byId[opened.id], top = box.scrollTop;
    show(d);
    box.scrollTop = top;
    if (d.latitude !== undefined) g.sight(d);
  };
  g.dossierBox = function (chart) {
    var shut = el("button", { type: "button", "class": "shut", "aria-label": "Close the dossier" }, "×");
    shut.addEventListener("click", g.close);
    box = el("aside", { id: "dossier", "aria-label": "Dossier", hidden: "" }, shut, el("div", { "class": "content" }));
    chart.getContainer().after(box);
    document.addEventListener("keydown", function (e) { if (e.key === "Escape") g.close(); });
  };
})(geoRee);
