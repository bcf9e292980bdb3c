/* Routes to market: the question, its answer in one sentence, and the routes of each deposit. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, NONE = "none", MODES = ["truck", "rail", "ferry", "sea"], OPEN = 5; /* per cent */
  var data = g.data.routes || null, rows = data ? g.rows(data.rows) : [], byDeposit = Object.create(null);

  rows.forEach(function (r, i) {
    r.at = i;
    var own = byDeposit[r.deposit_id] = byDeposit[r.deposit_id] || {};
    (own[r.question] = own[r.question] || []).push(r);
  });
  if (data) g.state.question = data.question;

  g.hasRoutes = Boolean(data);
  g.modes = MODES;
  g.questions = function () { return data ? data.answers.map(function (a) { return a.question; }) : []; };
  g.firstQuestion = function () { return data ? data.question : undefined; };
  function answerOf(question) { return data.answers.filter(function (a) { return a.question === question; })[0]; }
  /* All rows of a deposit under the question, the cheapest first; one row without a corridor means no route. */
  g.routesOf = function (d) { return ((byDeposit[d.id] || {})[g.state.question] || []).filter(function (r) { return r.corridor !== NONE; }); };
  g.cheapestRoute = function (d) { return g.routesOf(d)[0] || null; };
  /* Where the order of the two cheapest routes is open, both: by the share of the draws in which another corridor is cheaper than
     the first, as its note gives it. Empty where the order is as good as known. */
  g.eitherRoute = function (d) {
    var list = g.routesOf(d), m = /another corridor is cheaper in (\d+(?:\.\d+)?) % of draws/.exec((list[0] || {}).note || ""), share = m && Number(m[1]);
    if (list.length < 2 || !m || share < OPEN || share > 100 - OPEN) return "";
    return t("either_route", { first: g.term(list[0].corridor) + " → " + g.term(list[0].port || ""), second: g.term(list[1].corridor) + " → " + g.term(list[1].port || ""), share: g.plainNumber(share, 0) });
  };
  g.routeIsKnown = function (d) { return Boolean((byDeposit[d.id] || {})[g.state.question]); };
  /* Why a deposit has no route under the question. */
  g.noRoute = function (d) {
    var own = ((byDeposit[d.id] || {})[g.state.question] || []).filter(function (r) { return r.corridor === NONE; })[0];
    return own ? g.phrase(own.note || t("unknown")) : t("routes_not_computed");
  };
  g.routeKm = function (r) {
    return MODES.reduce(function (sum, mode) { return sum + (r[mode + "_km"] || 0); }, 0);
  };
  /* The stretches and marks of a route, as geo_ree.maps.route_shapes packs them. */
  g.routeShape = function (r) {
    var shape = data.shapes.routes[data.shapes.shape[r.at]];
    function spots(at) { return at.map(function (i) { return data.shapes.points[i]; }); }
    return {
      lines: shape[0].map(function (i) {
        return { mode: MODES[data.shapes.mode[i]], dashed: Boolean(data.shapes.dashed[i]), path: g.unpack(data.shapes.path[i]) };
      }),
      crossings: spots(shape[1]), gauges: spots(shape[2])
    };
  };

  g.routeCountry = named;
  function listed(words) {
    return words.length < 2 ? words.join("") : t("list_and", { first: words.slice(0, -1).join(", "), last: words[words.length - 1] });
  }
  function named(code) { return g.term((data.names || {})[code] || g.country(code)); }
  function span(ends) {
    var low = g.plainNumber(ends[0], 0), high = g.plainNumber(ends[1], 0);
    return low === high ? low : t("span", { low: low, high: high });
  }
  g.questionWords = function (question) {
    var a = answerOf(question);
    return a.avoided.length ? t("not_through", { countries: a.avoided.map(named).join(", ") }) : t("any_route");
  };
  function grown(a) {
    if (!a.growth_pct) return "";
    return span(a.growth_pct) === "0" ? t("cheapest_same") : t("cheapest_grows", { span: span(a.growth_pct) });
  }
  /* The sentence of geo_ree.routing.route_answers in the language of the page. */
  g.answerText = function (question) {
    var a = answerOf(question), without = t("without", { countries: listed(a.avoided.map(named)) }), said;
    var count = t("have_route", { count: a.deposits, all: a.deposits + a.unplaced }) + (a.cost_usd_t ? t("cheapest_costs", { span: span(a.cost_usd_t) }) : "");
    if (!a.deposits) return t("no_deposit_has_route");
    if (!a.avoided.length) return count + ".";
    if (!a.compared) return without + " " + count + ".";
    if (!a.kept) said = t("none_has_route");
    else if (!a.lost.length) said = t("all_keep_route", { count: a.kept }) + grown(a);
    else {
      said = t("no_route_left", {
        countries: listed(a.lost.map(function (one) { return t("lost_in", { country: named(one[0]), lost: one[1], all: one[2] }); })), count: a.kept
      }) + grown(a);
    }
    return without + " " + said + "." + (a.unplaced ? " " + t("neither_case", { count: a.unplaced }) : "");
  };
  /* A choice of question; `name` keeps the groups of one page apart. */
  g.questionSwitch = function (name) {
    return el("fieldset", { "class": "route-question" }, el("legend", {}, t("route_question")), g.questions().map(function (question) {
      var radio = el("input", { type: "radio", name: name, value: question });
      radio.checked = question === g.state.question;
      radio.addEventListener("change", function () { g.set({ question: question }); });
      return el("label", {}, radio, " " + g.questionWords(question));
    }));
  };
  /* The box above the ranking. */
  g.routePanel = function () {
    var box = document.getElementById("routes-box");
    box.hidden = !data;
    if (!data) return;
    box.replaceChildren(g.questionSwitch("geo-ree-question"), el("p", { "class": "answer", role: "status" }, g.answerText(g.state.question)), g.accessPanel() || "");
  };
  g.startRoutes = function () {
    g.subscribe(function (changed) {
      var box = document.getElementById("routes-box");
      if (changed.indexOf("question") < 0 || !box.firstChild) return;
      box.querySelector(".answer").textContent = g.answerText(g.state.question);
      box.querySelectorAll("input[type='radio']").forEach(function (radio) { radio.checked = radio.value === g.state.question; });
    });
  };
})(geoRee);
