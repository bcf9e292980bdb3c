/* The site-visit sheet: chosen deposits on a sheet to print, and as KML for the phone.
   g.visitSheet(ids) opens it inside the page, g.kml(ids) downloads; both make their own elements. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, data = g.data, chosen = [], before = null, WITHIN_KM = 150, EXACT = 8, LISTED = 100;
  var NEAR = ["airport", "road", "railway", "settlement"];
  var ASK = [
    "ask_border_zone", "ask_season", "ask_track", "ask_consent"
  ];
  function known(value) { return value !== undefined && value !== null && value !== ""; }
  function km(value, digits) { return g.plainNumber(value, digits) + " " + t("km"); }
  function title(d) { return String(d.name || d.id); }

  /* Lambert's formula for long lines on WGS 84: within 10 m over some thousand km. */
  g.straightKm = function (a, b) {
    var f = 1 / 298.257223563, r = Math.PI / 180;
    function reduced(d) { return Math.atan((1 - f) * Math.tan(d.latitude * r)); }
    var u = reduced(a), v = reduced(b), dl = (b.longitude - a.longitude) * r;
    var h = Math.pow(Math.sin((v - u) / 2), 2) + Math.cos(u) * Math.cos(v) * Math.pow(Math.sin(dl / 2), 2);
    var s = 2 * Math.asin(Math.min(1, Math.sqrt(h)));
    if (s === 0) return 0;
    var p = (u + v) / 2, q = (v - u) / 2, sin = Math.sin, cos = Math.cos;
    var x = (s - sin(s)) * Math.pow(sin(p) * cos(q) / cos(s / 2), 2), y = (s + sin(s)) * Math.pow(cos(p) * sin(q) / sin(s / 2), 2);
    return 6378.137 * (s - f / 2 * (x + y));
  };
  function length(order) {
    return order.reduce(function (sum, d, i) { return sum + g.straightKm(d, order[(i + 1) % order.length]); }, 0);
  }
  function orders(done, left) {
    if (!left.length) return [done];
    return [].concat.apply([], left.map(function (d) { return orders(done.concat(d), left.filter(function (x) { return x !== d; })); }));
  }
  function nearestNext(sites) {
    var order = [sites[0]], left = sites.slice(1);
    while (left.length) {
      var last = order[order.length - 1];
      left.sort(function (a, b) { return g.straightKm(last, a) - g.straightKm(last, b); });
      order.push(left.shift());
    }
    return order;
  }
  function turned(order) {
    var best = order, again = true;
    while (again) {
      again = false;
      for (var i = 1; i < best.length; i++) for (var j = i + 1; j <= best.length; j++) {
        var other = best.slice(0, i).concat(best.slice(i, j).reverse(), best.slice(j));
        if (length(other) < length(best) - 1e-9) { best = other; again = true; }
      }
    }
    return best;
  }
  function round(sites) {
    if (sites.length > EXACT) return turned(nearestNext(sites));
    return orders([sites[0]], sites.slice(1)).reduce(function (best, o) { return length(o) < length(best) - 1e-9 ? o : best; });
  }
  /* Single linkage: steps of at most 150 km form one trip. Deposits of one ore field are at most 40 km apart
     (FIELD_KM in deposits/districts.py), so they are in one trip, too. */
  g.trips = function (sites) {
    var left = sites.slice(), out = [];
    while (left.length) {
      var group = [left.shift()], grown = true;
      while (grown) {
        var near = left.filter(function (d) { return group.some(function (o) { return g.straightKm(d, o) <= WITHIN_KM; }); });
        grown = near.length > 0;
        group = group.concat(near);
        left = left.filter(function (d) { return near.indexOf(d) < 0; });
      }
      out.push(round(group.sort(function (a, b) { return sites.indexOf(a) - sites.indexOf(b); })));
    }
    return out;
  };

  function dms(value) {
    var all = Math.round(Math.abs(value) * 3600), s = all % 60, m = (all - s) / 60 % 60;
    function two(n) { return (n < 10 ? "0" : "") + n; }
    return (all - s - 60 * m) / 3600 + "° " + two(m) + "′ " + two(s) + "″";
  }
  function sided(d, write) {
    return [t(d.latitude < 0 ? "south" : "north", { value: write(d.latitude) }), t(d.longitude < 0 ? "west" : "east", { value: write(d.longitude) })];
  }
  /* Only the digits that the data have. */
  function decimal(d) {
    return sided(d, function (value) { return Math.abs(value).toLocaleString(g.locale(), { maximumFractionDigits: 12 }) + "°"; }).join(", ");
  }
  function positionError(d) { return known(d.position_error_m) ? "± " + g.radius(d.position_error_m) : t("error_unknown"); }
  function label(m) { return m === "airport" ? g.term(m) : g.measureName(m); }

  /* The nearest airport that the page draws, by a straight line. */
  function airport(d) {
    var layer = data.layers.airports, best = null;
    g.rows(layer && layer[1]).forEach(function (p) {
      var away = g.straightKm(d, { latitude: p.lat, longitude: p.lon });
      if (!best || away < best.away) best = { away: away, name: p.name };
    });
    return best && el("tr", {}, el("th", { scope: "row" }, label("airport")), el("td", {}, km(best.away, 0) + ": " + best.name));
  }
  function nearestWords(there) {
    var found = g.nearestFeature(there);
    return [[found.name, found.country ? " (" + found.country + ")" : ""].join(""), found.unsure ? ", " + t("course_unknown") : "", found.water ? ", " + g.term(found.water) : "", found.label ? [", ", g.titled(found.label)] : ""];
  }
  function near(m, d) {
    var there = d["near_" + m], nearby = m === "airport" && !known(d.dist_airport_km) ? airport(d) : null;
    if (nearby) return nearby;
    return el("tr", {}, el("th", { scope: "row" }, label(m)), el("td", {}, g.distance(d, m), there ? [": ", nearestWords(there)] : null));
  }
  function fact(name, value) { return el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, known(value) ? value : g.unknown())); }
  function elevation(d) {
    if (!known(d.elevation_m)) return null;
    return g.plainNumber(d.elevation_m, 0) + " " + t("m") + (known(d.err_elevation_m) ? " ± " + g.plainNumber(d.err_elevation_m, 0) : "") + (d.near_elevation ? ": " + g.ours(d.near_elevation) : "");
  }
  function card(d) {
    return el("section", { "class": "visit-site" }, el("h3", {}, title(d)),
      el("p", {}, [g.country(d.country) || d.country_reported, d.admin_area && g.ours(d.admin_area)].filter(Boolean).join(", "),
        d.aliases ? el("small", {}, " (" + t("also_named", { names: g.list(d.aliases).join(", ") }) + ")") : null),
      el("p", { "class": "visit-place" }, el("strong", {}, decimal(d)), el("br"), sided(d, dms).join("   "), el("br"),
        el("small", {}, positionError(d), d.precision_class ? ": " + g.term(g.words(d.precision_class)) : "", d.position_basis ? [". ", g.basisOfPosition(d.position_basis)] : "")),
      el("table", {}, el("tbody", {}, fact(t("visit_elevation"), elevation(d)), NEAR.map(function (m) { return near(m, d); }),
        fact(t("visit_stage"), d.stage ? g.term(g.words(d.stage)) : null), fact(t("visit_district"), d.district && g.localName(d.district)), fact(t("visit_status"), d.status && g.cited(d.status)),
        fact(t("visit_flags"), g.worstFlags(d.id)), fact(t("visit_operator"), d.operator && g.cited(d.operator)), fact(t("visit_commodities"), g.list(d.commodities).map(g.term).join(", ")))),
      g.siteAccess(d),
      d.reference ? el("div", { "class": "small" }, t("sources"), g.references(d.reference)) : null);
  }
  function trip(order, number, count) {
    var closed = order.length > 1;
    return el("div", { "class": "visit-trip" }, count > 1 ? el("h3", {}, t("trip", { number: number })) : null,
      closed ? el("table", {}, el("tbody", {}, order.map(function (d, i) {
        var next = order[(i + 1) % order.length];
        return g.row(title(d) + " – " + title(next), g.cell("n", km(g.straightKm(d, next), 0)));
      }), g.row(order.length > EXACT ? t("short_round_trip") : t("shortest_round_trip"), g.cell("n", el("strong", {}, km(length(order), 0))))))
        : el("p", {}, t("alone", { name: title(order[0]) })));
  }
  function named() { return Array.from(new Set(data.sources.map(function (s) { return s.attribution; }))).filter(Boolean).join(" | "); }
  function sheet(sites) {
    if (!sites.length) return el("article", { id: "visit-sheet" }, el("p", {}, t("choose_one")));
    var trips = g.trips(sites), run = data.run;
    return el("article", { id: "visit-sheet" }, el("h2", {}, t("visit_of", { names: sites.map(title).join(", ") })),
      el("p", { "class": "small" }, [run.run_id ? t("run", { id: run.run_id }) : "", run.created ? t("created") + " " + g.dates(String(run.created).slice(0, 10)) : "", g.term(run.disclaimer || "")].filter(Boolean).join(" · ")),
      el("h3", {}, trips.length > 1 ? t("trips", { count: trips.length }) : t("one_trip")),
      el("p", { "class": "small" }, t("trips_hint", { km: WITHIN_KM })),
      trips.map(function (t, i) { return trip(t, i + 1, trips.length); }),
      el("div", { "class": "visit-trip" }, el("h3", {}, t("ask_heading")), el("ul", {}, ASK.map(function (a) { return el("li", {}, t(a)); }))),
      sites.map(card), el("footer", { lang: "en" }, named()));
  }

  function placed(ids) {
    return ids.map(function (id) { return g.byId[id]; }).filter(function (d) { return d && known(d.latitude) && known(d.longitude); });
  }
  /* Under the current weights, gateways and filters. */
  function best() { var parts = g.candidatesByStage(); return parts.first.concat(parts.later).filter(g.shown); }
  function choice() {
    var rows = best().concat(g.ranked("by_product_host").filter(g.shown)).slice(0, LISTED);
    placed(chosen).forEach(function (d) { if (rows.indexOf(d) < 0) rows.unshift(d); });
    return el("fieldset", { id: "visit-choice" }, el("legend", {}, t("deposits_on_sheet")), rows.map(function (d) {
      var box = el("input", { type: "checkbox", value: d.id });
      box.checked = chosen.indexOf(d.id) >= 0;
      box.addEventListener("change", function () {
        chosen = box.checked ? chosen.concat(d.id) : chosen.filter(function (i) { return i !== d.id; });
        document.getElementById("visit-sheet").replaceWith(sheet(placed(chosen)));
      });
      return el("label", {}, box, " " + title(d), el("small", {}, " " + g.country(d.country)));
    }));
  }
  function button(text, act) {
    var b = el("button", { type: "button" }, text);
    b.addEventListener("click", act);
    return b;
  }
  function close() {
    var open = document.getElementById("visit");
    if (!open) return;
    open.remove();
    g.release("visit");
    document.body.classList.remove("visiting");
    Array.from(document.body.children).forEach(function (node) { node.inert = false; });
    if (before && before.isConnected) before.focus();
  }
  /* Open the sheet of these deposits, by default of the three best. Returns their number. */
  g.visitSheet = function (ids) {
    close();
    before = document.activeElement;
    chosen = placed(ids || best().slice(0, 3).map(function (d) { return d.id; })).map(function (d) { return d.id; });
    var shut = button(t("close"), close);
    var view = el("section", { id: "visit", role: "dialog", "aria-modal": "true", "aria-label": t("visit") },
      el("div", { "class": "visit-bar" }, button(t("print"), function () { window.print(); }),
        button(t("kml"), function () { g.kml(chosen); }), shut), choice(), sheet(placed(chosen)));
    view.addEventListener("keydown", function (e) { if (e.key === "Escape") { e.stopPropagation(); close(); } });
    Array.from(document.body.children).forEach(function (node) { node.inert = true; });
    document.body.classList.add("visiting");
    document.body.append(view);
    shut.focus();
    g.hold("visit", close);
    return chosen.length;
  };

  /* Keep the characters that XML 1.0 allows. */
  function xml(text) {
    return Array.from(String(text)).filter(function (c) {
      var code = c.codePointAt(0);
      return (code >= 32 || code === 9 || code === 10 || code === 13) && code !== 0xfffe && code !== 0xffff && !(code >= 0xd800 && code <= 0xdfff);
    }).join("");
  }
  function html(text) { return el("i", {}, xml(text)).innerHTML; }
  function standing(d) {
    var score = g.scoreOf(d), rank = g.rankOf(d), i = g.intervalOf(d);
    if (!known(score)) return t("unknown");
    return t("score_of_100", { score: g.plainNumber(score, 1) }) + ", " + (!known(rank) ? t("not_ranked") : t("rank", { rank: rank }) +
      (known(i.rank_p5) ? " (" + t("draws_90", { low: i.rank_p5, high: i.rank_p95 }) + ")" : ""));
  }
  function lines(d) {
    var out = [[t("access_score"), standing(d)]];
    g.measures.forEach(function (m) {
      out.push([label(m), known(d["dist_" + m + "_km"]) ? g.distance(d, m) + (d["near_" + m] ? ": " + d["near_" + m] : "") : t("unknown")]);
    });
    out.push([t("visit_elevation"), elevation(d) || t("unknown")], [t("visit_position"), decimal(d) + ", " + positionError(d)]);
    [["visit_status", "status"], ["visit_operator", "operator"], ["visit_commodities", "commodities"], ["visit_sources", "reference"]].forEach(function (f) { if (d[f[1]]) out.push([t(f[0]), d[f[1]]]); });
    return out;
  }
  /* The KML of these deposits. Descriptions are HTML, so every text in them is escaped. */
  g.kmlText = function (ids) {
    var space = "http://www.opengis.net/kml/2.2", doc = document.implementation.createDocument(space, "kml", null);
    function add(parent, tag, text) {
      var node = doc.createElementNS(space, tag);
      if (text !== undefined) node.textContent = xml(text);
      return parent.appendChild(node);
    }
    function paragraphs(parts) { return parts.map(function (p) { return "<p><b>" + html(p[0]) + "</b>: " + html(p[1]) + "</p>"; }).join(""); }
    var root = add(doc.documentElement, "Document");
    add(root, "name", t("visit"));
    add(root, "description", paragraphs([[t("run_id"), data.run.run_id || t("unknown")], [t("disclaimer"), g.term(data.run.disclaimer || "")], [t("attribution"), named()]]));
    data.ramp.concat([[null, "#8b95a1"]]).forEach(function (step, i) {
      var style = add(root, "Style"), c = step[1];
      style.setAttribute("id", step[0] === null ? "unscored" : "score" + i);
      add(add(style, "IconStyle"), "color", "ff" + c.slice(5, 7) + c.slice(3, 5) + c.slice(1, 3));
    });
    placed(ids).forEach(function (d) {
      var mark = add(root, "Placemark"), at = data.ramp.reduce(function (k, step, i) { return g.scoreOf(d) >= step[0] ? i : k; }, 0);
      add(mark, "name", title(d));
      add(mark, "description", paragraphs(lines(d)));
      add(mark, "styleUrl", known(g.scoreOf(d)) ? "#score" + at : "#unscored");
      add(add(mark, "Point"), "coordinates", d.longitude + "," + d.latitude);
    });
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(doc) + "\n";
  };
  g.kml = function (ids) {
    var text = g.kmlText(ids), address = URL.createObjectURL(new Blob([text], { type: "application/vnd.google-earth.kml+xml" }));
    var link = el("a", { href: address, download: "visit.kml" });
    document.body.append(link);
    link.click();
    link.remove();
    window.setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
    return text;
  };

  /* The button that opens the sheet, if a ranked deposit has a position. */
  g.startVisit = function (box) {
    if (!placed(g.deposits.map(function (d) { return d.id; })).some(g.isRanked)) return;
    var opener = button(t("visit_sheet"), function () { g.visitSheet(); });
    opener.dataset.t = "visit_sheet";
    box.replaceChildren(opener);
  };
})(geoRee);
