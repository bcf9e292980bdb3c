/* The page's own script: reads the data inside the page, draws the layers, fills the panel. */
"use strict";
var geoRee = (function () {
  var data = JSON.parse(document.getElementById("geo-ree-data").textContent);
  var byId = {}, markers = {}, chart = null, overlays = {};
  data.deposits.forEach(function (d) { byId[d.id] = d; });
  var statements = {};
  data.resources.forEach(function (r) { (statements[r.deposit_id] = statements[r.deposit_id] || []).push(r); });

  /* ---- small helpers: text never becomes markup ---- */
  function el(tag, attributes) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (k) { node.setAttribute(k, attributes[k]); });
    for (var i = 2; i < arguments.length; i++) {
      var child = arguments[i];
      if (child === null || child === undefined) continue;
      node.appendChild(typeof child === "object" ? child : document.createTextNode(String(child)));
    }
    return node;
  }
  function num(value, digits) { return value === undefined || value === null ? null : Number(value).toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits }); }
  function unknown() { return el("span", { class: "unknown" }, "unknown"); }
  function mark(kind) { return el("span", { class: "mark " + kind[0] }, kind); }
  function linked(text) {
    var out = el("span");
    String(text).split(/(https?:\/\/[^\s;,)]+)/).forEach(function (part, i) {
      out.appendChild(i % 2 ? el("a", { href: part, rel: "noopener noreferrer", target: "_blank" }, part) : document.createTextNode(part));
    });
    return out;
  }
  function colour(score) {
    var out = data.ramp[0][1];
    data.ramp.forEach(function (step) { if (score >= step[0]) out = step[1]; });
    return out;
  }
  function ranked(role) { return data.deposits.filter(function (d) { return d.role === role && d.rank !== undefined; }).sort(function (a, b) { return a.rank - b.rank; }); }
  function table(node, heads, rows) {
    var head = el("tr");
    heads.forEach(function (h) { head.appendChild(el("th", { scope: "col", class: h[1] || "" }, h[0])); });
    node.replaceChildren(el("thead", {}, head), el("tbody"));
    rows.forEach(function (r) { node.tBodies[0].appendChild(r); });
    return node;
  }
  function row() {
    var tr = el("tr");
    for (var i = 0; i < arguments.length; i++) tr.appendChild(arguments[i] instanceof HTMLTableCellElement ? arguments[i] : el("td", {}, arguments[i]));
    return tr;
  }
  function cell(value, kind) { return el("td", { class: kind || "" }, value); }

  /* ---- layers ---- */
  function pairs(flat) { var out = []; for (var i = 0; i < flat.length; i += 2) out.push([flat[i], flat[i + 1]]); return out; }
  function oxide(d) {
    /* Sized only where substance, category and statement are known; the largest such statement. */
    var known = (statements[d.id] || []).filter(function (r) { return r.substance === "oxide" && r.quantity_t && r.system && r.category && r.category !== "unknown"; });
    return known.length ? Math.max.apply(null, known.map(function (r) { return r.quantity_t; })) : null;
  }
  var kinds = {
    countries: function (shapes) {
      var group = L.featureGroup();
      shapes.forEach(function (shape) {
        L.polygon(shape.rings.map(function (r) { return [pairs(r)]; }), { color: "#a9b2bd", weight: 1, fillColor: "#f7f5ef", fillOpacity: 1, interactive: false }).addTo(group);
        if (["KAZ", "UZB", "KGZ", "TJK", "TKM", "MNG", "AFG"].indexOf(shape.country) >= 0 && shape.rings.length) {
          var big = shape.rings.reduce(function (a, b) { return b.length > a.length ? b : a; }), at = pairs(big), box = L.latLngBounds(at);
          L.tooltip({ permanent: true, direction: "center", className: "label", interactive: false }).setLatLng(box.getCenter()).setContent(el("span", {}, shape.name)).addTo(group);
        }
      });
      return group;
    },
    lines: function (payload) {
      var group = L.featureGroup(), style = Object.assign({ interactive: false }, payload.style);
      L.polyline(payload.sure.map(pairs), style).addTo(group);
      L.polyline(payload.unsure.map(pairs), Object.assign({}, style, { dashArray: "3 6", opacity: 0.6 })).addTo(group);
      return group;
    },
    points: function (payload) {
      var group = L.featureGroup();
      payload.rows.forEach(function (p) {
        var words = [p.name || "unnamed", p.country, p.fuel, p.capacity_mw ? num(p.capacity_mw, 0) + " MW" : null, p.population ? num(p.population, 0) + " people" : null].filter(Boolean).join(", ");
        L.circleMarker([p.lat, p.lon], { radius: payload.style.radius, color: payload.style.color, weight: 1, fillColor: payload.style.color, fillOpacity: 0.7 }).bindTooltip(function () { return el("span", {}, words); }).addTo(group);
      });
      return group;
    },
    context: function (ids) {
      var group = L.featureGroup();
      ids.forEach(function (id) {
        var d = byId[id];
        markers[id] = L.circleMarker([d.latitude, d.longitude], { radius: 3.5, color: "#555", weight: 1, fillColor: "#bbb", fillOpacity: 0.6 }).on("click", function () { open(id); }).addTo(group);
      });
      return group;
    },
    deposits: function (ids) {
      var group = L.featureGroup();
      ids.map(function (id) { return byId[id]; }).sort(function (a, b) { return (b.rank || 999) - (a.rank || 999); }).forEach(function (d) {
        var at = [d.latitude, d.longitude], size = oxide(d), host = d.role !== "candidate";
        if (d.position_error_m) L.circle(at, { radius: d.position_error_m, color: "#c0392b", weight: 1, dashArray: "2 4", fill: false, interactive: false }).addTo(group);
        markers[d.id] = L.circleMarker(at, {
          radius: size ? 5 + 2.2 * Math.log10(size / 1000) : 7, color: host ? "#7a1fa2" : (size ? "#222" : colour(d.score || 0)),
          weight: host ? 2 : (size ? 1.2 : 3.5), fillColor: size && !host ? colour(d.score || 0) : "#fff", fillOpacity: 0.9, dashArray: d.role === "reference" ? "2 3" : null
        }).bindTooltip(function () { return el("span", {}, d.name + (d.rank ? " · " + d.rank : "")); }).on("click", function () { open(d.id); }).addTo(group);
      });
      return group;
    }
  };
  function layer(kind, payload) {
    var group = kinds[kind](payload);
    overlays[kind + Object.keys(overlays).length] = group;
    group.geoReeKind = kind;
    return group;
  }

  /* ---- the dossier ---- */
  var measures = ["railway", "road", "power_line", "power_plant", "settlement", "gateway", "water"];
  function distance(d, m) {
    var km = d["dist_" + m + "_km"];
    if (km === undefined) return unknown();
    return el("span", {}, num(km, 1) + " km ± " + num(d["err_" + m + "_km"] || 0, 1));
  }
  function tonnage(r) {
    var words = { oxide: "contained oxide (REO)", metal: "contained metal", ore: "ore", unclear: "substance unclear" };
    return el("li", {}, (r.quantity_t === undefined ? "quantity not stated" : num(r.quantity_t, 0) + " t ") + words[r.substance] + (r.grade_text ? ", " + r.grade_text : "") + "; " + (r.category || "category unknown") + "; " + (r.system || "statement unknown") + (r.year ? ", " + r.year : ", year not stated") + (r.notes ? " (" + r.notes + ")" : ""));
  }
  function dossier(d) {
    var box = el("div", { class: "dossier" });
    function add() { for (var i = 0; i < arguments.length; i++) if (arguments[i]) box.appendChild(arguments[i]); }
    add(el("h3", {}, d.name), el("p", {}, [d.aliases, d.country, d.admin_area].filter(Boolean).join(" · ")));
    if (d.country_note) add(el("p", {}, d.country_note));
    add(el("p", {}, el("strong", {}, d.score === undefined ? "not scored" : num(d.score, 1) + " of 100"), " ", mark("computed"), d.score_p5 === undefined ? "" : " 5-95 %: " + num(d.score_p5, 1) + " to " + num(d.score_p95, 1)));
    add(el("p", {}, d.rank === undefined ? "not ranked (" + (d.role || "").replace("_", " ") + ", " + (d.commodity_group || "").replace(/_/g, " ") + ")" : "rank " + d.rank + ", interval " + d.rank_p5 + " to " + d.rank_p95 + ", group " + d.tie_group + ", P(top 3) " + Math.round(100 * d.p_top3) + " %"));
    if (d.unknown_weight_pct) add(el("p", { class: "unknown" }, num(d.unknown_weight_pct, 0) + " % of the weight is unknown here and was drawn at random"));
    add(el("h4", {}, "Points"));
    var points = el("table");
    data.criteria.forEach(function (c) {
      var got = d["points_" + c.name];
      if (!c.weight) return;
      points.appendChild(row(c.label, cell(got === undefined ? unknown() : num(got, 1) + " of " + num(100 * c.weight, 0), "n"), el("span", { class: "bar", style: "width:" + Math.round(2.4 * (got || 0)) + "px" })));
    });
    add(points, el("h4", {}, "Distances over the ellipsoid, own country"));
    var far = el("table");
    measures.forEach(function (m) {
      var abroad = d["abroad_" + m + "_km"];
      far.appendChild(row(m.replace("_", " "), cell(distance(d, m), "n"), el("span", {}, d["near_" + m] || "", abroad === undefined ? "" : " | abroad: " + num(abroad, 0) + " km, " + (d["near_abroad_" + m] || ""))));
    });
    add(far, el("h4", {}, "Position"), el("p", {}, num(d.latitude, 4) + " N " + num(d.longitude, 4) + " E ± " + num((d.position_error_m || 0) / 1000, 1) + " km ", mark("published")), d.position_basis ? el("p", {}, linked(d.position_basis)) : null);
    if (statements[d.id]) {
      add(el("h4", {}, "Published statements, never added up"));
      var list = el("ul");
      statements[d.id].forEach(function (r) { list.appendChild(tonnage(r)); });
      add(list);
    }
    add(el("h4", {}, "What the sources say"), d.deposit_type ? el("p", {}, d.deposit_type) : null, el("p", {}, "Status: ", d.status || unknown()), d.operator ? el("p", {}, "Operator: " + d.operator) : null, d.notes ? el("p", {}, linked(d.notes)) : null);
    add(el("p", {}, "Quality of the source: ", d.source_quality || unknown()), d.reference ? el("p", {}, linked(d.reference)) : null, el("p", {}, "Records: " + (d.sources || d.id)));
    return box;
  }
  function open(id) {
    var d = byId[id];
    if (!d || !markers[id]) return;
    document.querySelectorAll("tr.row").forEach(function (tr) { tr.classList.toggle("on", tr.dataset.id === id); });
    chart.closePopup();
    chart.setView([d.latitude, d.longitude], Math.max(chart.getZoom(), 6), { animate: false });
    L.popup({ maxWidth: 440, autoPanPadding: [20, 20] }).setLatLng([d.latitude, d.longitude]).setContent(dossier(d)).openOn(chart);
  }

  /* ---- the panel ---- */
  function ranking(node, rows) {
    var last = null, widest = Math.max(rows.length, 1);
    table(node, [["#", "n"], ["Deposit"], ["Score", "n"], ["Rank range"], ["P(top 3)", "n"], ["Group", "n"]], rows.map(function (d) {
      var bar = el("div", { class: "range", role: "img", "aria-label": "rank " + d.rank_p5 + " to " + d.rank_p95 });
      bar.appendChild(el("i", { style: "left:" + 100 * (d.rank_p5 - 1) / widest + "%;width:" + 100 * (d.rank_p95 - d.rank_p5 + 1) / widest + "%" }));
      bar.appendChild(el("b", { style: "left:" + 100 * (d.rank - 0.5) / widest + "%" }));
      var tr = row(cell(d.rank, "n"), el("td", {}, el("span", { class: "dot", style: "background:" + colour(d.score) }), d.name + " ", el("small", {}, d.country || "")), cell(num(d.score, 1), "n"), el("td", {}, d.rank_p5 + "–" + d.rank_p95, bar), cell(Math.round(100 * d.p_top3) + " %", "n"), cell(d.tie_group, "n"));
      tr.className = "row" + (last !== null && last !== d.tie_group ? " split" : ""); tr.dataset.id = d.id; tr.tabIndex = 0; last = d.tie_group;
      tr.addEventListener("click", function () { open(d.id); });
      tr.addEventListener("keydown", function (e) { if (e.key === "Enter") open(d.id); });
      return tr;
    }));
  }
  function question(title) {
    var box = el("section", {}, el("h2", {}, title));
    for (var i = 1; i < arguments.length; i++) if (arguments[i]) box.appendChild(typeof arguments[i] === "string" ? el("p", {}, arguments[i]) : arguments[i]);
    document.getElementById("questions").appendChild(box);
  }
  function names(rows) { return rows.map(function (d) { return d.name; }).join(", "); }
  function visit(best) {
    var top = best.slice(0, 5), groups = new Set(top.map(function (d) { return d.tie_group; }));
    var chances = best.slice().sort(function (a, b) { return b.p_top3 - a.p_top3; }).slice(0, 3);
    question("1. Which three to visit, and can ranks 1 to 5 be told apart?",
      "Most often among the first three: " + chances.map(function (d) { return d.name + " (" + Math.round(100 * d.p_top3) + " % of the draws)"; }).join(", ") + ". Access is all that this ranks: neither grade nor tonnage is in it.",
      groups.size === 1 ? "Ranks 1 to " + top.length + " cannot be told apart: the doubt is larger than the gaps between them." : "Ranks 1 to " + top.length + " fall into " + groups.size + " groups that the doubt cannot break: " + Array.from(groups).map(function (g) { return names(top.filter(function (d) { return d.tie_group === g; })); }).join(" | ") + ".");
  }
  function unplaced() {
    var list = el("ul"), rest = el("ul");
    data.unranked.forEach(function (d) {
      var item = el("li", {}, el("strong", {}, d.name), " " + [d.country_reported, d.admin_area].filter(Boolean).join(", ") + (d.status ? ". " + d.status : ""));
      (statements[d.id] || []).forEach(function (r) { item.appendChild(el("ul", {}, tonnage(r))); });
      (d.role === "candidate" ? list : rest).appendChild(item);
    });
    question("2. Which known deposits are not ranked?", "No source gives a coordinate for " + data.run.without_coordinate.length + " of " + data.run.candidates + " candidates. They are in no figure and on no map; none was given a place it does not have.", list,
      el("details", {}, el("summary", {}, "By-product hosts, areas and countries without a coordinate"), rest));
  }
  function leader(best) {
    var d = best[0], list = el("ul");
    if (!d) return;
    measures.forEach(function (m) { list.appendChild(el("li", {}, m.replace("_", " ") + ": ", distance(d, m), d["near_" + m] ? " to " + d["near_" + m] : ", no source at hand says")); });
    question("3. For the leader, " + d.name + ": nearest what exactly?", list,
      "A line can be missing: the packed OpenStreetMap network alone puts Bayan Obo 103 km from a railway, where Natural Earth draws one within 2 km; and no layer is newer than its date below. Where several sources are fetched, the nearest of all counts.");
  }
  function scenarios(best) {
    var kinds = [], at = {};
    data.scenarios.forEach(function (s) { if (kinds.indexOf(s.scenario) < 0) kinds.push(s.scenario); (at[s.id] = at[s.id] || {})[s.scenario] = s; });
    if (!kinds.length) return;
    var moved = best.filter(function (d) { var r = kinds.map(function (k) { return at[d.id][k].rank; }); return new Set(r).size > 1; });
    var grid = table(el("table"), [["Deposit"]].concat(kinds.map(function (k) { return [k]; })), best.slice(0, 10).map(function (d) {
      return row.apply(null, [d.name].concat(kinds.map(function (k) { var s = at[d.id][k]; return s.near_gateway ? "rank " + s.rank + "; " + num(s.dist_gateway_km, 0) + " km to " + s.near_gateway.split(",")[0] : "unknown"; })));
    }));
    question("4. What changes without the exits through China and Russia?", moved.length ? "The rank of " + names(moved) + " depends on the choice of exit; no other does. The gateway weighs 5 %: politics outweighs it, and the score does not claim to hold politics." : "No rank changes: the gateway weighs 5 %. Politics outweighs it, and the score does not claim to hold politics.", el("div", { class: "wide" }, grid));
  }
  function whose() {
    var grid = table(el("table"), [["Deposit"], ["t", "n"], ["Of what"], ["Category"], ["Statement"], ["Year", "n"]], data.resources.map(function (r) {
      var d = byId[r.deposit_id] || data.unranked.filter(function (u) { return u.id === r.deposit_id; })[0] || { name: r.deposit_id };
      return row(d.name, cell(num(r.quantity_t, 0) || unknown(), "n"), { oxide: "oxide", metal: "metal", ore: "ore" }[r.substance] || "unclear", r.category || "unknown", r.system || "unknown", cell(r.year || "?", "n"));
    }));
    question("5. Whose tonnage is this?", "One row a published statement. They contradict each other and are never added up, nor Inferred to Measured and Indicated. A filled circle on the map has a contained-oxide statement with a category; a hollow one has none.", el("div", { class: "wide" }, grid));
  }
  function panel() {
    var best = ranked("candidate"), run = data.run;
    document.getElementById("title").textContent = run.ranked + " of " + run.candidates + " candidates ranked";
    document.getElementById("disclaimer").textContent = run.disclaimer[0].toUpperCase() + run.disclaimer.slice(1) + ".";
    ranking(document.getElementById("ranking"), best);
    ranking(document.getElementById("hosts"), ranked("by_product_host"));
    visit(best); unplaced(); leader(best); scenarios(best); whose();
    var cannot = document.getElementById("cannot");
    ["Distances are straight lines over the ellipsoid, not travel; an open border crossing is not assumed.",
      "Railways and roads of the starter data are straight chords between junctions. " + Object.keys(data.unsure).map(function (k) { return data.unsure[k] + " pieces of " + k; }).join(" and ") + " have a course unknown by more than 25 km; they are dashed and count only where nothing better is near.",
      "Water is what the source of the layer holds: the starter data have large rivers only, no lakes and no streams, so a distance to water is an upper limit.",
      "Groundwater, border regimes, ownership, ore and price are not in the score.",
      "An unknown criterion takes no points and shares out its weight; in the draws it is random, so a point score may lie outside its own range."].concat(run.warnings).forEach(function (w) { cannot.appendChild(el("li", {}, w)); });
    document.getElementById("method").appendChild(table(el("table"), [["Criterion"], ["Weight", "n"], ["Worth"], ["Why"]], data.criteria.map(function (c) {
      return row(el("td", {}, c.label, el("br"), el("small", {}, c.measured_to)), cell(num(100 * c.weight, 0) + " %", "n"), el("td", {}, c.decay + ". ", c.decay_reason || "", " ", mark("assumed")), c.reason + " (" + c.source + ")");
    })));
    document.getElementById("method").appendChild(el("p", {}, "Ranges: " + run.draws + " joint draws of weights (Dirichlet), positions (within their error, measured again) and line courses; seed " + run.seed + ". Preset " + run.preset + ", schema " + run.schema_version + ", geo_ree " + run.version + ", " + run.created + "."));
    document.getElementById("sources").appendChild(el("div", { class: "wide" }, table(el("table"), [["Source"], ["Date"], ["Rows", "n"], ["Licence"]], data.sources.map(function (s) {
      return row(el("td", {}, s.landing_page ? el("a", { href: s.landing_page, rel: "noopener noreferrer", target: "_blank" }, s.title) : s.title, el("br"), el("small", {}, s.attribution + " · " + s.came_from + " · sha256 " + s.sha256.slice(0, 12))), s.edition, cell(num(s.rows, 0), "n"), s.licence);
    }))));
  }
  function legend() {
    var control = L.control({ position: "bottomright" });
    control.onAdd = function () {
      var box = el("div", { class: "legend" }, el("b", {}, "Access score"));
      data.ramp.forEach(function (step, i) { var next = data.ramp[i + 1]; box.appendChild(el("div", {}, el("span", { class: "sw", style: "background:" + step[1] }), next ? step[0] + " to " + next[0] : step[0] + " and more")); });
      ["● sized by contained oxide with a category", "○ hollow: no such statement", "◯ violet: by-product host or reference", "red dashes: doubt about the position", "grey dashes: course unknown"].forEach(function (t) { box.appendChild(el("div", {}, t)); });
      return box;
    };
    return control;
  }
  function start() {
    Object.keys(window).forEach(function (k) { if (/^map_[0-9a-f]{16,}$/.test(k) && window[k] instanceof L.Map) chart = window[k]; });
    L.control.scale({ imperial: false }).addTo(chart);
    legend().addTo(chart);
    chart.attributionControl.setPrefix(false);
    Array.from(new Set(data.sources.map(function (s) { return s.attribution; }))).forEach(function (a) { chart.attributionControl.addAttribution(el("span", {}, a).innerHTML); });
    var shown = ranked("candidate").map(function (d) { return [d.latitude, d.longitude]; });
    if (shown.length) chart.fitBounds(shown, { padding: [30, 30] });
    panel();
  }
  return { layer: layer, open: open, start: start, deposits: data.deposits, markers: markers, map: function () { return chart; } };
})();
