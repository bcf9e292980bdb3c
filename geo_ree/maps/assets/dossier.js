/* What a click on a deposit tells: everything known, and what is not. */
"use strict";
(function (g) {
  var el = g.el;

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
    if (d.rank === undefined) return el("p", {}, "Not ranked: " + g.words(d.role) + ", " + g.words(d.commodity_group) + ".");
    var rivals = g.ranked(d.role);
    return el("p", {}, el("strong", {}, "Rank " + d.rank + " of " + rivals.length), d.role === "by_product_host" ? " by-product hosts" : " candidates",
      ", rank interval " + d.rank_p5 + " to " + d.rank_p95 + " (p5 to p95), tie group " + d.tie_group + ", P(top 3) ", g.percent(d.p_top3));
  }
  function scored(d) {
    var out = [el("div", { "class": "big" }, el("b", {}, d.score === undefined ? g.unknown() : g.num(d.score, 1)), "of 100 ", g.mark("computed"),
      d.score_p5 === undefined ? null : el("span", { "class": "small" }, "p5 to p95: " + g.num(d.score_p5, 1) + " to " + g.num(d.score_p95, 1))), standing(d)];
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
      return g.row(c.label, g.cell("n", g.num(got, 1) + " of " + g.num(top, top % 1 ? 1 : 0)),
        el("div", { "class": "track", style: "width:" + Math.min(100, 2.6 * top) + "%" }, el("i", { style: "width:" + share + "%" })));
    });
    return el("table", { "class": "points" }, rows);
  }
  g.nearness = function (d) {
    return g.table(["To", ["Distance", "n"], "Nearest in the deposit's country", "Nearest abroad"], g.measures.map(function (m) {
      var abroad = d["abroad_" + m + "_km"], far = d["dist_" + m + "_km"];
      return g.row(g.data.measures[m][0], g.cell("n", g.distance(d, m)),
        far === undefined ? el("small", {}, "beyond coverage: unknown") : d["near_" + m] || "",
        abroad === undefined ? "" : g.num(abroad, 0) + " km" + (d["near_abroad_" + m] ? ": " + d["near_abroad_" + m] : ""));
    }));
  };
  function position(d) {
    return [heading("Position"), el("p", {}, g.num(d.latitude, 4) + " N, " + g.num(d.longitude, 4) + " E ",
      d.position_error_m === undefined ? "± unknown " : "± " + g.num(d.position_error_m / 1000, 1) + " km ", g.mark("published"),
      d.precision_class ? el("small", {}, " (" + g.words(d.precision_class) + "; the error is ", g.mark("assumed"), ")") : null),
    said("", d.position_basis), audited(d)];
  }
  function audited(d) {
    var found = g.audit[d.id] || [];
    return found.length ? el("ul", { "class": "audit" }, found.map(function (f) {
      return el("li", {}, el("strong", {}, g.words(f.flag)), f.distance_km === undefined ? "" : ", " + g.num(f.distance_km, 1) + " km",
        ": ", g.linked(f.evidence || ""), " ", el("small", {}, f.sources || ""));
    })) : null;
  }
  function disputed(d) {
    var found = g.conflicts[d.id] || [];
    return found.length ? [heading("Where its records disagree"), el("ul", { "class": "conflicts" }, found.map(function (c) {
      var from = c.sources.split(" | ");
      return el("li", {}, g.words(c.attribute), ": ", c.values.split(" | ").map(function (value, k) {
        return el("div", {}, value, " ", el("small", {}, from[k] || ""));
      }));
    }))] : null;
  }
  g.dossier = function (d) {
    var list = g.statements[d.id] || [];
    return el("div", { "class": "dossier" }, el("h3", {}, d.name || d.id),
      d.aliases ? el("small", {}, "also " + g.list(d.aliases).join(", ")) : null,
      el("p", {}, [g.country(d.country) || d.country_reported, d.admin_area].filter(Boolean).join(" · ")),
      d.country_note ? el("p", { "class": "note" }, g.linked(d.country_note)) : null,
      scored(d),
      d.reasons_for ? said("For: ", d.reasons_for) : null, d.reasons_against ? said("Against: ", d.reasons_against) : null,
      heading("Points that make the score"), points(d),
      heading("Straight lines over the ellipsoid"), g.nearness(d), position(d),
      heading("Published quantities, never added up"),
      list.length > 1 && list[0].shown ? el("small", {}, "First comes a public reporting code, then a state classification, a framework, a paper, press; the later year; oxide, metal, ore. The size plays no part.") : null,
      list.length ? el("ul", { "class": "statements" }, list.map(g.tonnage)) : el("p", {}, "No statement in the sources at hand."),
      heading("What the sources say"), el("p", {}, "Status: ", d.status || g.unknown()), said("Commodities: ", g.list(d.commodities).join(", ")),
      said("Type: ", d.deposit_type), said("Operator: ", d.operator), said("Notes: ", d.notes),
      el("p", {}, "Quality of the source: ", d.source_quality || g.unknown()),
      disputed(d), d.reference ? g.references(d.reference) : null, el("small", {}, "Records: " + g.list(d.sources || d.id).join(", ")));
  };
  g.open = function (id) {
    var d = g.byId[id], chart = g.map();
    if (!d || !g.markers[id]) return false;
    chart.closePopup();
    /* The place goes low in the window, so that the dossier above it fits without a second move. */
    var zoom = Math.max(chart.getZoom(), 6), size = chart.getSize();
    var middle = chart.project([d.latitude, d.longitude], zoom).subtract([0, 0.3 * size.y]);
    chart.setView(chart.unproject(middle, zoom), zoom, { animate: false });
    L.popup({ maxWidth: 560, minWidth: 200, autoPanPadding: [12, 12] })
      .setLatLng([d.latitude, d.longitude]).setContent(g.dossier(d)).openOn(chart);
    if (window.matchMedia("(max-width: 860px)").matches) chart.getContainer().scrollIntoView({ block: "start" });
    document.dispatchEvent(new CustomEvent("geo-ree-open", { detail: id }));
    return true;
  };
})(geoRee);
