/* The legend of the map. */
"use strict";
(function (g) {
  var el = g.el, data = g.data, NS = "http://www.w3.org/2000/svg";

  var DASHES = { line: "none", dash: "5 4", dots: "1 4", sparse: "1 8" };
  var STRESS = { medium_high: "stress_medium_high", high: "stress_high", extremely_high: "stress_extremely_high", arid: "stress_arid" };
  var ROUTES = { truck: "route_truck", rail: "route_rail", ferry: "route_ferry", sea: "route_sea" };

  function picture(shape, radius, colour) {
    var size = Math.max(26, 2 * radius + 4), high = Math.max(16, 2 * radius + 3), svg = document.createElementNS(NS, "svg"), c = size / 2, r = radius;
    function add(tag, attributes, words) {
      var node = document.createElementNS(NS, tag);
      Object.keys(attributes).forEach(function (k) { node.setAttribute(k, attributes[k]); });
      if (words) node.textContent = words;
      svg.appendChild(node);
    }
    var edge = { stroke: g.colour("map-edge"), "stroke-width": 1.2, fill: colour };
    svg.setAttribute("width", size);
    svg.setAttribute("height", high);
    svg.setAttribute("viewBox", "0 " + (c - high / 2) + " " + size + " " + high);
    svg.setAttribute("aria-hidden", "true");
    if (shape === "ring") {
      add("circle", { cx: c, cy: c, r: r - 2, fill: g.colour("map-hollow"), stroke: g.colour("map-edge"), "stroke-width": 5 });
      add("circle", { cx: c, cy: c, r: r - 2, fill: "none", stroke: colour, "stroke-width": 3 });
    } else if (shape === "diamond") {
      add("path", Object.assign({ d: "M" + c + " " + (c - r) + "l" + r + " " + r + "l-" + r + " " + r + "l-" + r + " -" + r + "z" }, edge));
    } else if (shape === "square") {
      add("rect", Object.assign({ x: c - 0.8 * r, y: c - 0.8 * r, width: 1.6 * r, height: 1.6 * r }, edge));
    } else if (shape === "triangle") {
      add("path", Object.assign({ d: "M" + c + " " + (c - r) + "L" + (c + r) + " " + (c + 0.75 * r) + "H" + (c - r) + "z" }, edge));
    } else if (DASHES[shape]) {
      add("path", { d: "M1 " + c + "h24", stroke: colour, "stroke-width": 1.8, "stroke-dasharray": DASHES[shape], fill: "none" });
    } else if (shape === "moved") {
      add("path", { d: "M4 " + (c + 5) + "L16 " + (c - 1), stroke: g.colour("map-edge"), "stroke-width": 1.2 });
      add("circle", { cx: 4, cy: c + 5, r: 2, fill: g.colour("map-edge") });
      add("circle", Object.assign({}, edge, { cx: 17, cy: c - 1, r: 6 }));
    } else if (shape === "dot") {
      add("circle", { cx: c, cy: c, r: r, fill: colour });
    } else if (shape === "water") {
      add("path", { d: "M2 " + (c + 4) + "c6 -8 10 4 22 -6", stroke: colour, "stroke-width": 1.4, fill: "none" });
    } else if (shape === "route" || shape === "route-dash") {
      add("path", { d: "M1 " + c + "h24", stroke: colour, "stroke-width": 3.2, "stroke-dasharray": shape === "route-dash" ? "7 5" : "none", fill: "none" });
    } else if (shape === "border" || shape === "gauge") {
      if (shape === "gauge") add("circle", { cx: c, cy: c, r: 7, fill: g.colour("map-hollow"), stroke: g.colour("map-edge"), "stroke-width": 2.4 });
      else add("circle", { cx: c, cy: c, r: 3.8, fill: g.colour("map-hollow"), stroke: g.colour("map-edge"), "stroke-width": 2 });
    } else if (shape === "foot") {
      add("path", { d: "M2 " + c + "h18", stroke: colour, "stroke-width": 2.2 });
      add("circle", { cx: 21, cy: c, r: 3.5, fill: colour });
    } else if (shape === "relief") {
      add("path", { d: "M1 " + (c + 7) + "l7 -13 4 7 3 -5 9 11z", fill: "#fcfbf8", stroke: "#8b8f94", "stroke-width": 0.8 });
      add("path", { d: "M8 " + (c - 6) + "l4 7 -1 6 3 0 1 -11 9 11h-12z", fill: "#8b8f94" });
    } else if (shape === "area") {
      add("rect", { x: 3, y: c - 6, width: 20, height: 12, fill: colour, "fill-opacity": 0.12, stroke: colour, "stroke-dasharray": "4 3" });
      add("text", { x: c, y: c + 5, fill: colour, "text-anchor": "middle", "font-size": 14, "font-weight": 700 }, "?");
    } else if (shape === "zone") {
      add("rect", { x: 3, y: c - 6, width: 20, height: 12, fill: colour, "fill-opacity": 0.25, stroke: colour });
    } else if (shape === "none") {
      svg.setAttribute("class", "blank");
    } else if (shape === "uncertain") {
      add("circle", { cx: c, cy: c, r: r, fill: "none", stroke: g.colour("map-uncertain"), "stroke-dasharray": "2 3" });
    } else {
      add("circle", Object.assign({ cx: c, cy: c, r: r }, edge));
    }
    return svg;
  }
  function tonnes(mass) { return mass >= 1e6 ? mass / 1e6 + " " + g.t("mt") : mass / 1e3 + " " + g.t("kt"); }
  function ramp() {
    return el("div", { "class": "ramp" }, data.ramp.map(function (step, i) {
      return el("div", {}, el("i", { style: "background:" + step[1] }), step[0] + (i === data.ramp.length - 1 ? "+" : ""));
    }), el("div", {}, el("i", { "class": "unscored" }), g.t("unknown")));
  }
  /* The sizes of contained oxide in one row. */
  function sizes(middle) {
    return [el("p", {}, g.t("oxide_stated")), el("div", { "class": "sizes" }, data.sizes.map(function (step, i) {
      return el("span", {}, picture("disc", step[1], middle), i ? "≥ " + tonnes(step[0]) : "< " + tonnes(data.sizes[1][0]));
    }))];
  }
  function state(slug, words) { return g.isOn(slug) ? words : g.t("layer_off", { layer: words }); }
  g.legendBox = function (open) {
    var middle = data.ramp[2][1], layers = data.layers;
    var key = el("div", { "class": "key" });
    function line(shape, radius, colour, text, slug) {
      key.append(el("span", slug && !g.isOn(slug) ? { "class": "off" } : {}, picture(shape, radius, colour), el("span", {}, slug ? state(slug, text) : text)));
    }
    function has(slug, part) { return layers[slug] && (!part || (layers[slug][1][part] || []).length > 0); }
    /* The classes of a layer of areas, and how many areas were too small for this page. */
    function zones(slug) {
      layers[slug][1].classes.forEach(function (one) {
        var own = one[0] === slug, name = own ? slug : slug + "-" + one[0];
        line("zone", 7, g.colour("map-" + name) || one[1], g.phrase(data.labels[slug]) + (own ? "" : ": " + g.t(STRESS[one[0]])));
      });
      if (layers[slug][1].left_out) line("none", 0, "", g.t("zones_left_out", { layer: g.phrase(data.labels[slug]), count: layers[slug][1].left_out }));
    }
    if (g.deposits.some(g.isOwn)) line("triangle", 9, middle, g.t("own_site"));
    line("ring", 9, middle, g.t("no_oxide_stated"));
    line("diamond", 7, middle, g.t("host_separate"));
    if (g.deposits.some(function (d) { return d.role === "reference"; })) line("square", 6, "#8b95a1", g.t("key_reference"));
    line("moved", 7, middle, g.t("moved_apart"));
    line("uncertain", 7, "", g.t("position_uncertainty"));
    if (layers.unranked) line("area", 7, g.colourOf("unranked"), g.t("somewhere_here"), "unranked");
    if (layers.railways) line("line", 0, g.colourOf("railways"), g.t("key_railways"), "railways");
    if (layers.roads) line("line", 0, g.colourOf("roads"), g.t("key_roads"), "roads");
    if (layers.power_lines) line("line", 0, g.colourOf("power_lines"), g.phrase(data.labels.power_lines), "power_lines");
    if (has("railways", "unsure") || has("roads", "unsure")) line("dash", 0, g.colourOf("railways"), g.t("key_unsure"));
    if (has("railways", "building") || has("roads", "building")) line("dots", 0, g.colourOf("railways"), g.t("key_building"));
    if (has("railways", "closed") || has("roads", "closed")) line("sparse", 0, g.colourOf("railways"), g.t("key_closed"));
    if (layers.railways_planned) line("dash", 0, g.colourOf("railways_planned"), g.t("railway_planned"), "railways_planned");
    if (layers.gateways) line("dot", 4.2, g.colourOf("gateways"), g.t("key_gateways"), "gateways");
    if (layers.settlements) line("dot", 2.6, g.colourOf("settlements"), g.phrase(data.labels.settlements), "settlements");
    if (layers.power_plants) line("dot", 3.2, g.colourOf("power_plants"), g.phrase(data.labels.power_plants), "power_plants");
    if (layers.water) line("water", 0, g.colourOf("water"), g.phrase(data.labels.water), "water");
    ["airports", "earthquakes", "tailings"].forEach(function (slug) {
      if (g.isOn(slug)) line("dot", 3.4, g.colourOf(slug), g.phrase(data.labels[slug]));
    });
    if (g.isOn("active_faults")) line("line", 0, g.colourOf("active_faults"), g.phrase(data.labels.active_faults));
    ["protected_areas", "mining_areas", "water_stress"].forEach(function (slug) { if (g.isOn(slug)) zones(slug); });
    if (layers.relief) line("relief", 7, "", g.t("relief_key"), "relief");
    if (g.distancesShown()) line("foot", 0, g.colour("ink"), g.t("line_to_feature"));
    if (g.drawnRoute()) {
      g.modes.forEach(function (mode) { line("route", 0, g.routeColour(mode), g.t(ROUTES[mode])); });
      line("route-dash", 0, g.routeColour("rail"), g.t("route_assumed"));
      line("border", 4, "", g.t("border_crossing"));
      line("gauge", 7, "", g.t("gauge_change"));
    }
    var box = el("details", { "class": "legend" }, el("summary", {}, g.t("map_key")),
      g.scrolls(el("div", { "class": "entries" }, el("p", {}, g.t("legend_title")), ramp(), sizes(middle), key), g.t("map_key")));
    box.open = open;
    return box;
  };
  var control = null;
  g.legend = function (chart, open) {
    control = L.control({ position: "bottomright" });
    control.onAdd = function () {
      var box = g.legendBox(open);
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(chart);
  };
  g.rewordLegend = function (chart) {
    var open = control.getContainer().open;
    control.remove();
    g.legend(chart, open);
  };
})(geoRee);
