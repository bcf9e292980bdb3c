/* The dossier's part on routes and the cost of access. */
"use strict";
(function (g) {
  var el = g.el, t = g.t;

  function known(v) { return v !== undefined && v !== null; }
  var FIRST = 4;
  var WORDS = { truck: "mode_truck", rail: "mode_rail", ferry: "mode_ferry", sea: "mode_sea" };
  function interval(low, high, digits) { return el("small", {}, t("low_high", { low: g.plainNumber(low, digits), high: g.plainNumber(high, digits) })); }
  function between(mid, low, high, digits) { return known(mid) ? [g.plainNumber(mid, digits), el("br"), interval(low, high, digits)] : g.unknown(); }
  function byMode(r) {
    return g.modes.filter(function (mode) { return r[mode + "_km"] > 0; }).map(function (mode) {
      return el("span", { "class": "mode" }, el("i", { style: "background:" + g.routeColour(mode) }), t(WORDS[mode]) + " " + g.plainNumber(r[mode + "_km"], 0) + " " + t("km"));
    }).reduce(function (all, one) { return all.concat(all.length ? [" · ", one] : one); }, []);
  }
  function passage(one) {
    var said = g.phrase(one);
    return said === one ? g.place(one) : said;
  }
  /* What belongs to a route beside its figures: countries, gateways, what was assumed, how sure the choice is. */
  function details(r) {
    var assumed = g.list(r.assumed), notes = g.list(r.note);
    return el("details", {}, el("summary", {}, t("route_details", { count: assumed.length })),
      el("p", {}, g.list(r.countries).map(g.routeCountry).join(" – ")),
      r.gateways ? el("p", {}, t("through", { gateways: g.list(r.gateways).map(passage).join("; ") })) : null,
      assumed.length ? [el("p", {}, t("assumed_list")), el("ul", {}, assumed.map(function (one) { return el("li", {}, g.fact(one)); }))] : null,
      notes.map(function (one) { return el("p", {}, g.fact(one)); }));
  }
  function choose(r) {
    var button = el("button", { type: "button", "class": "as-link", "aria-pressed": String(g.drawnRoute() === r), "data-corridor": r.corridor }, g.term(r.corridor) + " → " + g.term(r.port || ""));
    button.addEventListener("click", function () {
      g.showRoute(r);
      document.querySelectorAll("#dossier [data-corridor]").forEach(function (other) { other.setAttribute("aria-pressed", String(other === button)); });
    });
    return button;
  }
  function first(r) {
    return g.cell("", choose(r), el("div", { "class": "small" }, byMode(r)),
      el("div", { "class": "small" }, t("borders_and_gauges", { borders: g.plainNumber(r.borders, 0), gauges: g.plainNumber(r.gauge_changes, 0) })), details(r));
  }
  function table(routes) {
    return g.table([t("route"), [t("km"), "n"], [t("days"), "n"], [t("usd_per_t"), "n"]], routes.map(function (r) {
      return g.row(first(r), g.cell("n", between(g.routeKm(r), r.km_low, r.km_high, 0)), g.cell("n", between(r.days_mid, r.days_low, r.days_high, 0)),
        g.cell("n", between(r.usd_t_p50, r.usd_t_p10, r.usd_t_p90, 0)));
    }));
  }
  /* The cheapest routes; the others on demand. */
  function listed(routes) {
    var more = routes.slice(FIRST);
    return el("div", { "class": "routes" }, table(routes.slice(0, FIRST)),
      more.length ? el("details", {}, el("summary", {}, t("more_routes", { count: more.length })), table(more)) : null);
  }
  /* Projects elsewhere whose kilometres are known: the model on them, and what they report. */
  function elsewhere(r) {
    var projects = g.rows(g.data.routes.comparables);
    function figures(km, mid, low, high) { return [g.cell("n", g.num(km, 0)), g.cell("n", between(mid, low, high, 0))]; }
    if (!projects.length) return null;
    return el("details", { "class": "elsewhere" }, el("summary", {}, t("elsewhere")), g.table([t("project"), [t("km"), "n"], [t("usd_per_t"), "n"], [t("reported"), "n"]],
      [g.row.apply(null, [el("strong", {}, t("this_deposit"))].concat(figures(g.routeKm(r), r.usd_t_p50, r.usd_t_p10, r.usd_t_p90), g.cell("", "–")))].concat(projects.map(function (p) {
        return g.row.apply(null, [g.cell("", g.term(p.project) === p.project ? el("span", { lang: "en" }, p.project) : g.term(p.project), el("div", { "class": "small" }, [g.routeCountry(p.country), p.year && g.years(String(p.year))].filter(Boolean).join(", ")))].concat(
          figures(p.km, p.p50, p.p10, p.p90), g.cell("n", known(p.reported) ? el("span", { title: g.term(p.reported_note || "") }, g.plainNumber(p.reported, 0)) : g.unknown())));
      }))), el("p", { "class": "small" }, t("elsewhere_note")));
  }
  g.routePart = function (d) {
    if (!g.hasRoutes) return null;
    var routes = g.routesOf(d);
    return [el("h4", {}, t("routes_heading")), g.questionSwitch("geo-ree-question-dossier"),
      routes.length && g.accessMoved() ? el("p", { "class": "note" }, t("routes_of_run_costs")) : null,
      g.eitherRoute(d) ? el("p", { "class": "either" }, g.eitherRoute(d)) : null,
      routes.length ? [listed(routes), el("p", { "class": "small" }, t("routes_basis"), " ", g.assumed()), elsewhere(routes[0])]
        : el("p", { "class": "note" }, g.routeIsKnown(d) ? t("no_route", { reason: g.noRoute(d) }) : t("route_not_computed"))];
  };
})(geoRee);
