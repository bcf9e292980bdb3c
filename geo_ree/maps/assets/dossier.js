/* The dossier of a deposit: scores, nearest features, terrain, position, statements and sources. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, SVG = "http://www.w3.org/2000/svg";
  var TERRAIN = [
    ["elevation", "m", "elevation"], ["slope", "deg", "slope"], ["ruggedness", "m", "ruggedness"],
    ["climb_railway", "m", "climb_railway"], ["above_railway", "m", "above_railway"], ["pass_railway", "m", "pass_railway"]
  ];

  function known(value) { return value !== undefined && value !== null; }

  /* What the measures call a feature that its source does not name, in the language of the page. */
  function unnamed(name) {
    var said = name
      .replace(/^(.+), to ([^,]+)$/, function (whole, gateway, country) { return g.place(gateway) + ", " + g.t("to_country", { country: g.term(country) }); })
      .replace(/^unnamed, near (.+)$/, function (whole, place) { return g.t("unnamed_near", { place: g.place(place) }); })
      .replace(/^(line|road|power line|lake|river|reservoir|canal) near (.+)$/, function (whole, what, place) { return g.t("line_near", { line: g.term(what), place: g.place(place) }); })
      .replace(/^(line|road|power line) (\d+) km from (.+)$/, function (whole, what, km, place) { return g.t("line_from", { line: g.term(what), km: km, place: g.place(place) }); });
    return said === name ? g.place(name) : said;
  }
  /* Parse "name (ISO), course unknown, quality of the water, label of the source", as the measures give it. */
  g.nearestFeature = function (near) {
    var m = /^(.*) \(([A-Z]{3})\)(, course unknown)?(, (?:fresh|brackish|salt|partly fresh and partly salt) water|, quality unknown)?, (.*)$/.exec(near || "");
    if (!m && near) {
      /* A feature of no country, as the Caspian Sea: its label names its source. */
      var whose = g.data.sources.map(function (s) { return s.label; }).filter(function (label) { return label && near.slice(-label.length - 2) === ", " + label; })[0];
      m = whose ? /^([^,]*)()(, course unknown)?(, [^,]*)?$/.exec(near.slice(0, -whose.length - 2)) : null;
      if (m) return { name: unnamed(m[1]), country: "", unsure: Boolean(m[3]), water: (m[4] || "").slice(2), label: whose };
    }
    return m ? { name: unnamed(m[1]), country: g.country(m[2]), unsure: Boolean(m[3]), water: (m[4] || "").slice(2), label: m[5] } : { name: unnamed(near || ""), country: "", unsure: false, water: "", label: "" };
  };
  /* Surface water near a deposit is a supply and a liability: a fact beside the score. */
  g.waterNote = function (d) {
    if (!d.water_note) return null;
    var error = d.err_water_km;
    return el("p", { "class": "note" }, g.t("water_note", {
      km: g.plainNumber(Math.max(1, Math.ceil(d.dist_water_km)), 0),
      error: known(error) && error >= 1 ? " (± " + g.plainNumber(error, 0) + " " + t("km") + ")" : "",
      quality: g.term(g.nearestFeature(d.near_water).water || "quality unknown")
    }));
  };
  g.sourceOf = function (measure, label) {
    var layer = g.data.measures[measure][1];
    return g.data.sources.filter(function (s) { return s.layer === layer && label && s.label === label; })[0];
  };
  /* The latest year in an edition and its age when the page was made. */
  g.ageOf = function (source) {
    var years = String(source.edition || "").match(/\b(19[5-9]\d|20\d\d)\b/g), made = parseInt(g.data.run.created, 10);
    if (!years) return g.t("age_not_stated");
    var year = Math.max.apply(null, years.map(Number));
    return made > year ? g.t("of_year_with_age", { year: year, old: made - year }) : g.t("of_year", { year: year });
  };
  g.datedSource = function (source) {
    if (!source) return null;
    return el("small", {}, g.titled(source.label || source.title), " (" + g.ageOf(source) + (source.retrieved ? "; " + g.t("retrieved") + " " + g.dates(source.retrieved.slice(0, 10)) : "") + ")");
  };
  g.evidenceKey = function () { return el("p", { "class": "evidence-key" }, t("evidence_key")); };
  function shape(tag, attributes, text) {
    var node = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (k) { node.setAttribute(k, attributes[k]); });
    if (text !== undefined) node.textContent = text;
    return node;
  }
  /* Share of the draws on each rank. */
  g.rankHistogram = function (d, rivals) {
    var found = g.rankSharesOf(d);
    if (!found) return g.published() ? null : el("p", { "class": "small" }, t("no_histogram"));
    var first = found[0], shares = found[1], most = Math.max.apply(null, shares), wide = 360, high = 54, step = wide / rivals;
    var listed = shares.map(function (s, i) { return s ? g.t("rank_in_share", { rank: first + i, share: g.percent(s / 1000) }) : ""; }).filter(Boolean).join(", ");
    var svg = shape("svg", { viewBox: "0 0 " + wide + " " + (high + 16), "class": "histogram", role: "img", "aria-label": g.t("rank_shares", { list: listed }) });
    svg.appendChild(shape("path", { d: "M0 " + high + ".5H" + wide, stroke: "#8b95a1" }));
    shares.forEach(function (s, i) {
      var h = high * s / most;
      svg.appendChild(shape("rect", { x: (step * (first + i - 1) + 0.5).toFixed(2), y: (high - h).toFixed(2), width: Math.max(1, step - 1).toFixed(2), height: h.toFixed(2), fill: "#4f86b0" }));
    });
    [[1, "start", 0], [rivals, "end", wide]].forEach(function (end) { svg.appendChild(shape("text", { x: end[2], y: high + 13, "text-anchor": end[1] }, g.t("rank", { rank: end[0] }))); });
    var top = shares.indexOf(most), x = step * (first + top - 0.5);
    if (x > 60 && x < wide - 60) svg.appendChild(shape("text", { x: x.toFixed(1), y: high + 13, "text-anchor": "middle" }, (first + top) + ": " + Math.round(most / 10) + " %"));
    return el("figure", { "class": "ranks" }, svg, el("figcaption", { "class": "small" }, g.t("most_often_rank", { rank: first + top, share: g.percent(most / 1000) })));
  };

  /* Elevations at the deposit and on the way to its railway. */
  function value(d, name, unit) {
    var found = d[name + "_" + unit], error = d["err_" + name + "_" + unit];
    if (!known(found)) return g.unknown();
    return [g.plainNumber(found, unit === "deg" ? 1 : 0) + (unit === "deg" ? "°" : " " + t("m")),
      known(error) ? [" ± " + g.plainNumber(error, unit === "deg" ? 1 : 0) + " ", g.assumed()] : null];
  }
  /* Null if the run had no elevation raster. */
  g.terrain = function (d) {
    if (!known(d.near_elevation) && !known(d.elevation_m)) return null;
    var coarse = known(d.terrain_cell_m) && !known(d.ruggedness_m), mean = known(d.slope_deg) && d.slope_cell_m < d.terrain_cell_m;
    var there = TERRAIN.filter(function (r) { return known(d[r[0] + "_" + r[1]]); }), lacking = TERRAIN.filter(function (r) { return there.indexOf(r) < 0; });
    return [el("h4", {}, t("terrain")), el("table", { "class": "points terrain" }, el("tbody", {}, there.map(function (r) {
      return g.row(t(r[2]), g.cell("n", value(d, r[0], r[1])));
    }))), lacking.length ? el("p", { "class": "unknown" }, t("terrain_unknown", { list: lacking.map(function (r) { return t(r[2]).toLowerCase(); }).join(", ") })) : null, el("p", { "class": "small" }, g.titled(d.near_elevation || ""), known(d.terrain_cell_m) ? "; " + t("cells", { km: g.plainNumber(d.terrain_cell_m / 1000, 1) }) : "",
      mean ? ". " + t("mean_slope", { m: g.plainNumber(d.slope_cell_m, 0) }) : "", coarse ? ". " + t(mean ? "finer_for_climb" : "finer_raster") : "")];
  };

  /* Recorded earthquakes: context, never part of the score. */
  g.shocks = function (d) {
    if (!known(d.earthquakes_100km)) return null;
    return [el("h4", {}, t("earthquakes")), el("p", {}, t("earthquakes_100km", { n: g.plainNumber(d.earthquakes_100km, 0) }) +
      (known(d.largest_earthquake_mw) ? "; " + t("largest_earthquake", { mw: g.plainNumber(d.largest_earthquake_mw, 1) }) : "") + ". "),
      el("p", { "class": "small" }, t("earthquakes_note"))];
  };

  function heading(text) { return el("h4", {}, text); }
  function said(label, text) { return text ? el("p", {}, label ? label + " " : "", g.linked(text)) : null; }

  /* A label, and a sentence of ours or the words of a source. */
  function reason(label, sentence) { return sentence ? el("p", {}, label + " ", g.fact(sentence)) : null; }
  function quoted(label, words) { return words ? el("p", {}, label + " ", g.cited(words)) : null; }

  /* The system of a statement with its edition and its year, each once. */
  g.systemOf = function (r, unknown, dated) {
    var estimated = dated === false ? "" : g.estimatedIn(r, r.system || "");
    return [r.system ? g.term(r.system) : unknown].concat([r.edition, dated === false || estimated ? null : r.year].filter(Boolean).map(String)).reduce(function (said, word) {
      return said.indexOf(word) < 0 ? said + ", " + word : said;
    }) + estimated;
  };
  g.statementItem = function (r) {
    var kinds = { ore: t("statement_ore"), oxide: t("statement_oxide"), metal: t("statement_metal") };
    return el("li", r.shown ? { "class": "shown" } : {}, known(r.quantity_t) ? g.num(r.quantity_t, 0) + " " + t("t") + " " : t("quantity_unknown") + " ", kinds[r.substance] || t("statement_unclear"),
      r.grade_text ? ", " + g.phrase(r.grade_text) : known(r.grade_pct) ? ", " + r.grade_pct.toLocaleString(g.locale()) + " %" : "",
      r.oxide_figure === "computed" ? ", " + t("oxide_computed", { tonnes: g.plainNumber(r.oxide_t, 0) }) : "",
      "; ", t("category", { word: r.category && r.category !== "unknown" ? g.term(r.category) : t("unknown") }), "; ", g.systemOf(r, t("system_unknown")) + (r.year ? "" : ", " + t("year_not_stated")),
      r.contradiction ? el("div", { "class": "note" }, g.say("compared_to_first", { words: g.fact(r.contradiction) })) : null,
      r.notes ? el("small", {}, " ", g.fact(r.notes)) : null);
  };
  function interval(d) {
    var i = g.intervalOf(d);
    if (i.basis === "pending") return el("p", {}, t("interval_pending"));
    if (!known(i.rank_p5)) return null;
    return [el("p", {}, t("interval", { low: i.rank_p5, high: i.rank_p95 }),
      ", " + t(g.unranked.some(function (o) { return o.role === d.role; }) ? "chance_top3_placed" : "chance_top3_is", { share: i.p_top3 === undefined ? t("unknown") : g.percent(i.p_top3) })),
    g.published() ? null : el("p", { "class": "small" }, t("interval_of_page", { draws: g.plainNumber(i.draws, 0) })), g.rivalList(d)];
  }
  function standing(d) {
    var rank = g.rankOf(d);
    if (!known(rank)) return el("p", {}, t("not_ranked_role", { role: g.term(g.words(d.role)), group: g.term(g.words(d.commodity_group || "unknown")) }));
    var rivals = g.ranked(d.role), words = d.role === "by_product_host" ? t("of_hosts") : t("of_candidates");
    var within = g.rankInStage(d);
    return [el("p", {}, el("strong", {}, t("rank_of", { rank: rank, all: rivals.length })), " " + words), interval(d),
      within ? el("p", {}, t("at_stage", { stage: g.term(g.words(d.stage)), words: within })) : null,
      g.otherGateways() ? el("p", { "class": "note" }, t("chosen_gateway", { exit: g.term(g.gatewaySet()) })) : null,
      g.rankHistogram(d, rivals.length)];
  }
  function scored(d) {
    var score = g.scoreOf(d), i = g.intervalOf(d), unknown = g.unknownWeightOf(d);
    return [el("div", { "class": "big" }, el("b", {}, g.num(score, 1)), t("of_100"), " ",
      known(i.score_p5) ? el("span", { "class": "small" }, t("score_interval", { low: g.plainNumber(i.score_p5, 1), high: g.plainNumber(i.score_p95, 1) })) : null),
    score - i.score_p5 < (i.score_p95 - score) / 2 ? el("p", { "class": "small" }, t("score_low_in_interval")) : null,
    g.vetoesOf(d).map(function (why) { return el("p", { "class": "note" }, why); }), standing(d),
    unknown > 1e-9 ? el("p", { "class": "note" }, t("unknown_weight", { share: g.plainNumber(unknown, 0) })) : null];
  }
  /* The current criteria with their shares of the weight. */
  function criteria() {
    var m = g.model(), list = m ? m.criteria : g.data.criteria, all = 0;
    function weight(c) { return m ? g.state.weights[c.name] || 0 : c.weight; }
    list.forEach(function (c) { all += weight(c); });
    return list.map(function (c) { return { name: c.name, label: c.label, features: c.features, column: c.column, share: !m ? c.weight : all ? weight(c) / all : 0 }; }).filter(function (c) { return c.share; });
  }
  function points(d) {
    var live = g.model() ? g.pointsOf(d) : null, room = 1 - g.unknownWeightOf(d) / 100;
    return el("table", { "class": "points" }, el("tbody", {}, criteria().map(function (c) {
      var got = live ? live[c.name] : d["points_" + c.name], label = g.featuresOf(c);
      if (!known(got) || (!live && c.column && !known(d[c.column]))) return g.row(label, g.cell("n", g.unknown()), "");
      var top = 100 * c.share / room, full = Math.max(0, Math.min(100, 100 * got / top));
      return g.row(label, g.cell("n", t("points_of", { got: g.plainNumber(got, 1), top: g.plainNumber(top, Math.abs(top - Math.round(top)) > 0.05 ? 1 : 0) })),
        el("div", { "class": "track", style: "width:" + Math.min(100, 2.6 * top) + "%" }, el("i", { style: "width:" + full + "%" })));
    })));
  }
  function nearestCell(d, m) {
    var stated = g.statedDistance(d, m), there = g.nearestFeature(d["near_" + m]), abroad = d["abroad_" + m + "_km"], beyond = g.nearestFeature(d["near_abroad_" + m]);
    return [!known(d["dist_" + m + "_km"]) ? el("small", {}, t("beyond_coverage")) : d["near_" + m] ? [there.name, there.country ? " (" + there.country + ")" : "", there.unsure ? ", " + t("course_unknown") : "", there.water ? ", " + g.term(there.water) : "",
      el("div", {}, g.datedSource(g.sourceOf(m, there.label)) || el("small", {}, g.titled(there.label)))] : null,
    /* A line of unknown course hides behind a surer one: the draws take the nearer of both. */
    known(d["unsure_" + m + "_km"]) ? el("div", {}, el("small", {}, t("maybe_nearer", {
      line: g.nearestFeature(d["near_unsure_" + m]).name, distance: g.kilometres(d["unsure_" + m + "_km"], d["err_unsure_" + m + "_km"])
    }))) : null,
    known(abroad) ? el("div", {}, el("small", {}, t("abroad", { km: g.plainNumber(abroad, 0) }), beyond.name ? [" " + beyond.name, beyond.country ? " (" + beyond.country + ")" : ""] : null)) : null,
    stated ? el("div", { "class": "note" }, stated) : null];
  }
  g.nearness = function (d) {
    return g.table([t("to_feature"), [t("distance"), "n"], t("nearest_in_country")], g.measures.map(function (m) {
      return g.row(g.measureName(m), g.cell("n", g.distance(d, m)), g.cell("", nearestCell(d, m)));
    }));
  };
  function position(d) {
    return [heading(t("position_and_audit")), el("p", {}, t("coordinates", { lat: g.plainNumber(d.latitude, 4), lon: g.plainNumber(d.longitude, 4) }),
      known(d.position_error_m) ? [" ± " + g.radius(d.position_error_m) + " ", g.assumed()] : [" ± ", g.unknown()],
      d.precision_class ? el("small", {}, " " + t("from_precision", { words: g.term(g.words(d.precision_class)) })) : null),
    d.position_basis ? el("p", {}, g.basisOfPosition(d.position_basis)) : null, g.auditOf(d)];
  }
  function conflicts(d) {
    var found = g.conflicts[d.id] || [];
    return found.length ? [heading(t("conflicts")), el("ul", { "class": "conflicts" }, found.map(function (c) {
      var from = String(c.sources || "").split(" | ");
      return el("li", {}, g.term(g.words(c.attribute)), ": ", String(c.values || "").split(" | ").map(function (value, k) {
        return el("div", {}, g.ours(g.words(value)) === g.words(value) ? g.quote(value) : g.ours(g.words(value)), " ", el("small", { lang: "en" }, g.tablesOf(from[k] || "", ";")));
      }));
    }))] : null;
  }
  function stated(d) {
    var list = g.statements[d.id] || [];
    return [heading(t("quantities")),
      list.length > 1 && list[0].shown ? el("small", {}, t("statement_order")) : null,
      list.length ? [el("ul", { "class": "statements" }, list.map(function (r) {
        var item = g.statementItem(r);
        if (r.source && !shared(r)) item.append(el("details", {}, el("summary", {}, t("source")), g.references(r.source)));
        return item;
      })), Array.from(new Set(list.filter(shared).map(function (r) { return r.source; }))).map(function (source) {
        return el("details", source === d.reference ? { "class": "shared", "data-below": "" } : { "class": "shared" },
          el("summary", {}, t("sources_of_several", { n: list.filter(function (r) { return r.source === source; }).length })), g.references(source));
      })] : el("p", {}, t("no_quantities")), said("", d.resource_note)];
    /* Sources that the table names for several statements together stand once. */
    function shared(r) { return r.source && list.some(function (other) { return other !== r && other.source === r.source; }); }
  }
  /* Why it has its role and its stage. */
  function review(d) {
    return [d.why_role || d.stage ? [heading(t("role_and_stage")),
      reason(t("role_label", { role: g.term(g.words(d.role)) }), d.why_role),
      reason(t("stage_label", { stage: d.stage ? g.term(g.words(d.stage)) : t("unknown") }), d.stage_basis)] : null];
  }
  function sourceWords(d) {
    return [heading(t("in_the_sources")), el("p", {}, t("status_label"), " ", d.status ? g.cited(d.status) : g.unknown()),
      said(t("commodities_label"), g.list(d.commodities).map(g.term).join(", ")), quoted(t("type_label"), d.deposit_type), d.minerals ? el("p", {}, t("minerals_label") + " ", g.minerals(g.list(d.minerals))) : null, quoted(t("flowsheet_label"), d.flowsheet), quoted(t("thorium_label"), d.thorium_uranium), quoted(t("operator_label"), d.operator), quoted(t("notes"), d.notes),
      el("p", {}, t("quality_label"), " ", d.source_quality ? g.quality(d.source_quality) : g.unknown(), " ", d.source_quality ? g.assumed() : null)];
  }
  /* The records and their data sets, with link and date. */
  function origins(d) {
    var records = g.list(d.sources || d.id), sets = Array.from(new Set(records.map(function (r) { return r.split(":")[0]; })));
    function held(id) { return t("records_of_table", { n: records.filter(function (r) { return r.split(":")[0] === id; }).length }); }
    return [heading(t("sources")), d.reference ? g.references(d.reference) : null, el("ul", { "class": "origins" }, sets.map(function (id) {
      var s = g.data.sources.filter(function (one) { return one.id === id; })[0];
      return el("li", {}, s ? [el("span", g.ours(s.title) === s.title ? { lang: "en" } : {}, g.anchor(s.landing_page, g.ours(s.title || s.id))), el("small", {}, " ", g.say("edition_of", { words: s.edition ? g.titled(s.edition) : t("unknown") }), s.retrieved ? "; " + t("retrieved") + " " + g.dates(s.retrieved.slice(0, 10)) : "", "; " + held(id))] : [id, "; " + held(id)]);
    }))];
  }
  /* The ore field, the row that stands for it, and the other deposits in it. */
  function oreField(d) {
    if (!d.district) return null;
    var whole = d.part_of && g.byId[d.part_of];
    var others = g.deposits.concat(g.unranked).filter(function (o) { return o.district === d.district && o !== d && o !== whole && o.role !== "duplicate"; });
    function link(o) {
      var button = el("button", { type: "button", "class": "as-link" }, o.name || o.id);
      button.addEventListener("click", function () { g.open(o.id); });
      return button;
    }
    return el("p", {}, t("district_label"), " ", g.localName(d.district),
      whole ? ["; ", t("part_of_label"), " ", link(whole)] : null,
      others.length ? ["; ", t("district_others"), " ", others.map(function (o, i) { return [i ? ", " : "", link(o)]; })] : null);
  }
  /* The provinces that the words of the sources do not name. */
  function provinces(d) {
    var area = g.ours(d.admin_area || "").toLowerCase();
    return g.list(d.admin1).map(g.province).filter(function (name) { return area.indexOf(name.toLowerCase()) < 0; }).join(" / ");
  }
  function title(d) {
    var names = (d.latin_name && d.latin_name !== d.name ? [d.latin_name] : []).concat(g.list(d.aliases).map(g.localName)).filter(function (one) { return one !== d.name; });
    return [el("h3", { tabindex: "-1" }, d.name || d.id), names.length ? el("small", {}, t("also_named", { names: names.join(", ") })) : null,
      el("p", {}, [g.country(d.country) || g.term(d.country_reported || ""), provinces(d)].filter(Boolean).join(" · "),
        d.admin_area && d.admin_area !== d.admin1 ? [" · ", g.fact(d.admin_area)] : null),
      oreField(d), d.country_note ? el("p", { "class": "note" }, g.fact(d.country_note)) : null, g.evidenceKey()];
  }
  /* The columns of a file that the reader provided. */
  function ownColumns(d) {
    var labels = g.isOwn(d) ? g.data.run.own_columns || [] : [];
    return labels.length ? [heading(t("own_columns")), el("table", { "class": "points own-columns" }, el("tbody", {}, labels.map(function (label, i) {
      var value = d["own_" + i];
      return g.row(label, g.cell("", known(value) ? String(value) : g.unknown()));
    })))] : null;
  }
  function range(low, high, digits) {
    return known(low) && known(high) ? [t("from_to", { low: g.plainNumber(low, digits), high: g.plainNumber(high, digits) })] : g.unknown();
  }
  /* Where a deposit may lie, as geo_ree.pipeline.unplaced words it, in the language of the page. */
  function region(name) {
    var parts = name.split(" or ").map(function (one) { var said = g.province(one); return said === one ? g.term(one) : said; });
    return parts.length < 2 ? parts[0] : t("area_or", { first: parts.slice(0, -1).join(", "), last: parts[parts.length - 1] });
  }
  var AREAS = [
    [/^all of (.+): the source names "(not stated in .+)"$/, "area_not_stated", ["area", "words"]],
    [/^all of (.+): the source names "(.+)"$/, "area_named", ["area", "words"]],
    [/^all of (.+): nothing narrower is published$/, "area_country", ["area"]],
    [/^all of (.+): no outline of "(.+)" is available$/, "area_no_outline", ["area", "words"]],
    [/^(\d+) km around (.+), of the ore field (.+), within (.+)$/, "area_of_field", ["km", "places", "field", "area"]],
    [/^where its published distance holds: ([^[]+?) (?:\[[^]*\])?, within (.+)$/, "area_by_distance", ["words", "area"]],
    [/^where some of its published distances hold; they contradict each other, within (.+)$/, "area_by_distances", ["area"]]
  ];
  function local(name) { return g.localName(name) === name ? g.place(name) : g.localName(name); }
  function areaWords(text) {
    var source = /\[([^]*)\]/.exec(text), found = null;
    AREAS.forEach(function (one) {
      var m = found ? null : one[0].exec(text), values = {};
      if (!m) return;
      one[2].forEach(function (name, i) { values[name] = name === "area" ? region(m[i + 1]) : name === "words" ? g.ours(m[i + 1]) : name === "km" ? m[i + 1] : m[i + 1].split(", ").map(local).join(", "); });
      found = [t(one[1], values), source ? g.references(source[1]) : null];
    });
    return found || g.linked(text);
  }
  function basis(d) {
    var areas = g.areasOf(d.id), whole = g.wholeCountryOf(d.id);
    if (d.area_basis) return areaWords(d.area_basis);
    if (areas.length) return areas.map(function (a, i) {
      var source = /^([^[]*?) ?(?:\[([^]*)\])?$/.exec(a.evidence) || [a.evidence, a.evidence];
      return [i ? "; " : "", g.term(g.words(a.kind)) + ": ", g.ours(source[1]), source[2] ? g.references(source[2]) : null];
    });
    return whole ? t("somewhere_in", { country: g.country(whole) }) : g.unknown();
  }
  /* A deposit without a coordinate: where it may lie and what it could score there. */
  function whereabouts(d) {
    return [heading(t("not_ranked_no_coordinate")),
      el("p", {}, t("area"), " ", basis(d), known(d.area_km2) ? [", " + g.plainNumber(d.area_km2, 0) + " " + t("km2")] : null),
      el("table", { "class": "points" }, el("tbody", {},
        g.row(t("score"), g.cell("n", g.scoreByPlace(d) || g.unknown())),
        g.row(t("possible_rank"), g.cell("n", range(d.rank_best, d.rank_worst, 0))),
        g.row(t("chance_to_lead"), g.cell("n", g.percent(d.p_lead))))),
      el("p", { "class": "small" }, t("no_position_invented"))];
  }
  g.dossier = function (d) {
    var placed = known(d.latitude), change = g.sentenceOf(d);
    return el("div", { "class": "dossier" }, title(d), g.shortlistPart(d),
      placed ? [scored(d), said(t("strengths_label"), g.strengthsOf(d)), said(t("weaknesses_label"), g.weaknessesOf(d))] : whereabouts(d),
      g.flagPart(d), g.holderPart(d),
      change ? [heading(t("what_would_change")), el("p", { "class": "sentence" }, change)] : null, g.siteAccess(d),
      placed && d.score_note && g.scoreOf(d) === undefined ? el("p", { "class": "note" }, d.score_note) : null,
      g.routePart(d), g.accessPart(d), g.countryPart(d), ownColumns(d), review(d),
      placed ? [heading(t("points")), points(d), heading(t("straight_line_heading")), g.nearness(d), g.plannedNote(d), g.waterNote(d), g.terrain(d), g.shocks(d), position(d)] : null,
      stated(d), sourceWords(d), conflicts(d), origins(d));
  };
})(geoRee);
