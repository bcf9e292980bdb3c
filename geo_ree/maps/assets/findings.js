/* What was found, first: the headline in sentences and three cards, as geo_ree.maps.headline counted and geo_ree.maps.finding_cards chose them. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, data = g.data, REGISTERED = ["code", "register"], LONG = 240, flags = null, unfolded = {};
  var LISTS = { deposits: nameOf, uncategorised: nameOf, countries: g.country, without: g.country }, SEVERITIES = ["stop", "caution", "note"];

  function known(v) { return v !== undefined && v !== null && v !== ""; }
  function at(id) { return document.getElementById(id); }
  function nameOf(id) { return (g.byId[id] || {}).name || id; }
  function listed(words) {
    return words.length < 2 ? words.join("") : t("list_and", { first: words.slice(0, -1).join(", "), last: words[words.length - 1] });
  }
  /* Two significant digits for what is known no better, as one would say it. */
  function about(value) {
    var size = Math.pow(10, Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value)))) - 1));
    return g.plainNumber(Math.round(value / size) * size, 0);
  }
  g.about = about;

  /* The sentences; the one on the leader follows the weights. */
  function sentence(one) {
    var key = one[0], values = {}, given = one[1], best = g.published() ? null : g.ranked("candidate")[0];
    if (best && /^headline_lead/.test(key) && key !== "headline_leader_stated") {
      var rivals = g.rivalsOf(best);
      key = !rivals ? "headline_leads" : (rivals.length ? "headline_leader" : "headline_leader_apart") + (given.unplaced ? "_any" : "");
      /* Where an unplaced one would rank was computed under the run's weights only: under others any may stand above. */
      given = { leader: best.id, count: (rivals || []).length, others: g.ranked("candidate").length - 1, unplaced: given.unplaced, above: given.unplaced };
    }
    if (key === "headline_leader_stated" && !g.published()) given = { leader: bestStated() };
    Object.keys(given).forEach(function (name) {
      var v = given[name];
      if (v === undefined) return;
      values[name] = Array.isArray(v) ? listed(v.map(LISTS[name])) : name === "leader" ? nameOf(v) : g.plainNumber(v, 0);
    });
    return t(key, values);
  }

  /* The leading statement, if it is by a reporting code or in a state register. */
  function resourceOf(d) { return REGISTERED.indexOf(g.sizeStatedBy(d)) >= 0 ? g.leadingStatement(d) : null; }
  function stated(d) {
    var r = resourceOf(d), kinds = { ore: t("statement_ore"), oxide: t("statement_oxide"), metal: t("statement_metal") }, oxide = r && r.oxide_t !== undefined;
    if (!r) return t("card_no_resource");
    return g.plainNumber(oxide ? r.oxide_t : r.quantity_t, 0) + " " + t("t") + " " + (oxide ? kinds.oxide : kinds[r.substance] || t("statement_unclear"))
      + (r.oxide_figure === "computed" ? ", " + t("ore_times_grade") : "") + (g.withoutCategory(r) ? ", " + t("category_unknown") : "")
      + ", " + (r.system ? g.term(r.system) : t("system_unknown")) + g.estimatedIn(r, r.system || "");
  }
  /* What stands beside a size: a statement that differs much, and a newer one whose figures were not seen. */
  g.sizeBeside = function (d) {
    var kinds = { ore: t("statement_ore"), oxide: t("statement_oxide"), metal: t("statement_metal") };
    if (!resourceOf(d)) return [];
    return (g.statements[d.id] || []).filter(function (r) { return r.beside; }).map(function (r) {
      var system = r.system ? g.term(r.system) : t("system_unknown");
      if (r.beside === "newer") return t("stated_newer", { system: system + ", " + r.year });
      system += g.estimatedIn(r, r.system || "");
      return r.oxide_t !== undefined ? t("stated_other", { tonnes: g.plainNumber(r.oxide_t, 0), system: system })
        : t("stated_other_of", { tonnes: g.plainNumber(r.quantity_t, 0), what: kinds[r.substance] || t("statement_unclear"), system: system });
    });
  };
  /* The text of a source without its dates and addresses; of a long one the first whole parts, and that there is more. */
  function shortened(text) {
    var source = String(text).split(/\s*\bAs of:/)[0], said = g.ours(source), parts = said.replace(/\.$/, "").split("; "), kept = 1;
    while (kept < parts.length && parts.slice(0, kept + 1).join("; ").length <= LONG) kept += 1;
    return [el("span", said === source ? { lang: "en" } : {}, parts.slice(0, kept).join("; ")), kept < parts.length ? el("small", {}, t("more_in_dossier")) : null];
  }
  function control(d) {
    if (!known(d.holder_status)) return g.unknown();
    if (d.holder_status === "not found" || !known(d.holder)) return el("span", { "class": "unknown" }, t("holder_not_found"));
    var owners = g.list(d.owner_country).map(g.country);
    return [g.fact(d.holder), g.rightOf(d) ? el("small", {}, g.rightOf(d)) : null, el("small", {}, owners.length ? t("owner_from", { countries: listed(owners) }) : t("owner_not_found"), g.claimOf(d) ? ", " + g.claimOf(d) : "",
      known(d.control_as_of) ? "; " + t("dated", { date: g.dates(d.control_as_of) }) : "")];
  }
  function investor(d) { return el("span", { "class": "investor" }, g.investorAnswer(d, true)); }
  function minerals(d) {
    var names = g.list(d.minerals), state = { commercial: t("flowsheet_commercial"), pilot: t("flowsheet_pilot"), none: t("flowsheet_none") }[d.flowsheet_state];
    return [names.length ? el("span", {}, g.minerals(names)) : g.unknown(),
      el("small", {}, state || t("flowsheet_unknown"))];
  }
  function route(d) {
    var r = g.cheapestRoute(d);
    if (!r) return el("span", { "class": "unknown" }, known(d.latitude) ? g.noRoute(d) : t("needs_coordinate"));
    return [t("card_route", { km: about(g.routeKm(r)), port: g.term(r.port || "") }), el("small", {}, g.questionWords(g.state.question)),
      g.eitherRoute(d) ? el("small", { "class": "either" }, g.eitherRoute(d)) : null];
  }
  function dollars(d) {
    var a = g.accessOf(d);
    if (!known(d.latitude)) return el("span", { "class": "unknown" }, t("needs_coordinate"));
    if (!g.accessIsOfRoutes()) return el("span", { "class": "unknown" }, t("access_not_for_question"));
    if (!g.cheapestRoute(d) && g.routeIsKnown(d)) return el("span", { "class": "unknown" }, t("needs_route"));
    if (!known(a.p50)) return el("span", { "class": "unknown" }, a.reason);
    var total = g.accessTotal(d), ore = known(total.mining_usd_t_treo_p50);
    var stated = g.accessOther(d) ? g.siteAccessFirst(d) : g.siteAccessShort(d);
    return [g.costWords(d),
      stated ? el("small", {}, stated) : null,
      ore ? el("small", {}, t("card_mining", { usd: about(total.mining_usd_t_treo_p50), low: about(total.mining_usd_t_treo_p10), high: about(total.mining_usd_t_treo_p90) })) : null,
      g.valueLeftShort(d).map(function (words) { return el("small", { "class": "value-left" }, words); })];
  }
  /* What access costs, in two digits: with the lines that a source states and without them, level. */
  g.costWords = function (d) {
    var a = g.accessOf(d), other = g.accessOther(d), values = { usd: about(a.p50), low: about(a.p10), high: about(a.p90) };
    return other ? t("card_dollars_both", Object.assign(values, { usd_other: about(other.p50), low_other: about(other.p10), high_other: about(other.p90) })) : t("card_dollars", values);
  };
  function score(d) {
    var i = known(d.latitude) ? g.intervalOf(d) : {}, found = g.scoreOf(d);
    if (!known(found)) return g.scoreByPlace(d) || g.unknown();
    return known(i.score_p5) ? t("card_score", { score: g.plainNumber(found, 0), low: g.plainNumber(i.score_p5, 0), high: g.plainNumber(i.score_p95, 0) })
      : g.plainNumber(found, 0) + " " + t("of_100");
  }
  g.severity = function (name) { return { stop: t("severity_stop"), caution: t("severity_caution"), note: t("severity_note") }[name]; };
  /* The worst flag, which is the first of the table; what no layer knows is no flag. */
  function worst(d) {
    flags = flags || g.grouped(g.rows(data.flags), "deposit_id");
    return (flags[d.id] || []).filter(function (f) { return SEVERITIES.indexOf(f.severity) >= 0; })[0];
  }
  g.worstFlag = worst;
  g.sizeStated = stated;
  function flagged(d) {
    var f = worst(d);
    if (!f) return el("p", { "class": "worst" }, t("no_flag"));
    return el("p", { "class": "worst " + f.severity }, el("strong", {}, g.severity(f.severity) + ": "), g.flagWords ? g.flagWords(f) : el("span", { lang: "en" }, f.fact));
  }
  function answer(card, d) {
    var v = card.values, others = v.others;
    function other(name, key) { return v[name] ? el("small", {}, t(key, { deposit: nameOf(v[name]), tonnes: g.plainNumber(v[name + "_t"], 0) })) : null; }
    if (card.question !== "card_partner") return el("p", { "class": "answer-line" }, stated(d), g.sizeBeside(d).map(function (words) { return el("small", { "class": "size-beside" }, words); }), card.question === "card_access" ? hostsAbove(d) : null, v.published !== v.registered ? other("published", "card_published") : null,
      other("coded", v.by_grade ? "card_coded_grade" : "card_coded"), other("registered", "card_registered"));
    return el("div", { "class": "answer-line" }, el("p", {}, tied(v)), partnerList(), others.length ? el("small", {}, t("partner_others", {
      deposits: listed(others.map(function (one) { return nameOf(one.id) + " (" + tied(one) + ")"; }))
    })) : null);
  }
  /* Whose companies are looked for, and what became of that partnership by the facts of the countries. */
  function partnerList() {
    var list = data.partner_list, later = [].concat.apply([], Object.values(g.governance)).filter(function (f) { return f.topic === "minerals_partnership" && /\bFORGE\b/.test(f.fact); })[0];
    return el("details", { "class": "partner-list" }, el("summary", {}, t("partner_list")),
      el("p", {}, t("partner_members", { date: g.dates(list.as_of), countries: data.partner_countries.map(g.country).join(", ") }) + " ", g.references(list.source)),
      later ? el("p", {}, g.dates(later.date) + ": ", g.fact(later.fact), later.note ? [". ", g.fact(later.note)] : "", " ", g.references(later.source)) : null);
  }
  /* Countries, what ties their company to the deposit, and whether that is known in part or perhaps over. */
  function tied(one) {
    var tie = { owner: t("tie_owner"), option: t("tie_option"), farm_in: t("tie_farm_in"), buyer: t("tie_buyer"), partner: t("tie_partner") }[one.tie];
    var open = { over: t("tie_over"), part: t("claim_part") }[one.open];
    return [one.countries.map(g.country).join(", ") + ": " + tie, open].filter(Boolean).join(", ");
  }
  /* By-product hosts are ranked on their own, though some may have a higher score. */
  function hostsAbove(d) {
    var score = g.scoreOf(d), above = g.ranked("by_product_host").filter(function (one) { return g.scoreOf(one) > score; }).length;
    return above ? el("small", {}, t("card_hosts_apart", { n: above })) : null;
  }
  function facts(d) {
    return el("dl", {}, [["card_control", control], ["investor_question", investor], ["stage", stage], ["card_minerals", minerals], ["card_actinides", actinides], ["card_way", route],
      ["card_usd", dollars], ["score", score]].map(function (one) { return el("div", {}, el("dt", {}, t(one[0])), el("dd", {}, one[1](d))); }));
  }
  function stage(d) { return known(d.stage) ? g.term(g.words(d.stage)) : g.unknown(); }
  function actinides(d) { return known(d.thorium_uranium) ? shortened(d.thorium_uranium) : known(d.actinides) ? g.list(d.actinides).join(", ") : g.unknown(); }
  /* The deposit of a card: the run's, or the best under the weights in force. */
  function chosen(card) {
    if (g.published() || (card.question !== "card_access" && card.question !== "card_own")) return g.byId[card.deposit];
    return g.ranked("candidate").filter(function (d) { return card.question === "card_own" ? g.isOwn(d) : !g.isOwn(d) && resourceOf(d); })[0];
  }
  function bestStated() {
    var d = chosen({ question: "card_access" });
    return d && d.id;
  }
  /* The sentences in force: where the leader is not the deposit of the first card, one more names both apart. */
  function sentences() {
    var list = data.headline, best = g.ranked("candidate")[0], stated;
    if (g.published() || !data.cards.some(function (card) { return card.question === "card_access"; })) return list;
    stated = bestStated();
    list = list.filter(function (one) { return one[0] !== "headline_leader_stated"; });
    return stated && best && stated !== best.id ? list.concat([["headline_leader_stated", {}]]) : list;
  }
  /* On a phone the facts of a card are folded, so that the ranking is near. */
  function factsButton(question) {
    var button = el("button", { type: "button", "class": "as-link more-facts", "aria-expanded": String(Boolean(unfolded[question])) }, t("card_facts"));
    button.addEventListener("click", function () {
      unfolded[question] = button.closest(".card").classList.toggle("whole");
      button.setAttribute("aria-expanded", String(unfolded[question]));
    });
    return button;
  }
  function drawn(card) {
    var d = chosen(card), map = el("div", { "class": "mini" }), open;
    if (!d) return el("article", { "class": "card" }, el("p", { "class": "asked" }, t(card.question)), el("p", {}, t(card.note)));
    open = el("button", { type: "button", "class": "as-link" }, d.name || d.id);
    open.addEventListener("click", function () { g.open(d.id); });
    var node = el("article", { "class": "card", "data-card": card.question, "data-deposit": d.id }, el("p", { "class": "asked" }, t(card.question)), el("h3", {}, open),
      el("p", { "class": "sub" }, g.country(d.country) || d.country_reported || ""), map, card.question === "card_own" ? null : answer(card, d), flagged(d), facts(d), factsButton(card.question),
      card.note ? el("p", { "class": "small" }, t(card.note), card.note === "card_no_coordinate" && g.areasOf(d.id).length ? " " + t("card_area") : "") : null);
    if (unfolded[card.question]) node.classList.add("whole");
    setTimeout(function () { if (document.contains(map)) g.smallMap(map, d); });
    return node;
  }
  /* The rows of a card: the facts of its list have one each. */
  function rowsOf(card) { return Array.from(card.children).reduce(function (sum, node) { return sum + (node.tagName === "DL" ? node.children.length : 1); }, 0); }
  g.findings = function () {
    var box = at("headline"), deck = at("cards");
    box.replaceChildren.apply(box, sentences().map(function (one) { return el("p", {}, sentence(one)); }));
    deck.replaceChildren.apply(deck, data.cards.map(drawn));
    deck.style.setProperty("--rows", Math.max.apply(null, Array.from(deck.children, rowsOf)));
  };
  g.startFindings = function () {
    g.subscribe(function (changed) {
      if (changed.some(function (c) { return ["weights", "intervals", "question", "access"].indexOf(c) >= 0; })) g.findings();
    });
  };
})(geoRee);
