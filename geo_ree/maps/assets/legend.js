/* The legend of the map. */
"use strict";
(function (g) {
  var el = g.el, data = g.data, NS = "http://www.w3.org/2000/svg";

  var ROUTES = { truck: "route_truck", rail: "route_rail", ferry: "route_ferry", sea: "route_sea" };

  function picture(shape, radius, colour) {
    var size = 34, high = Math.max(16, 2 * radius + 3), svg = document.createElementNS(NS, "svg"), c = size / 2, r = radius;
    function add(tag, attributes) {
      var node = document.createElementNS(NS, tag);
      Object.keys(attributes).forEach(function (k) { node.setAttribute(k, attributes[k]); });
      svg.appendChild(node);
    }
    var edge = { stroke: "#20262e", "stroke-width": 1.2, fill: colour };
    svg.setAttribute("width", size);
    svg.setAttribute("height", high);
    svg.setAttribute("viewBox", "0 " + (c - high / 2) + " " + size + " " + high);
    svg.setAttribute("aria-hidden", "true");
    if (shape === "ring") {
      add("circle", { cx: c, cy: c, r: r - 2, fill: "#fff", stroke: "#20262e", "stroke-width": 5 });
      add("circle", { cx: c, cy: c, r: r - 2, fill: "none", stroke: colour, "stroke-width": 3 });
    } else if (shape === "diamond") {
      add("path", Object.assign({ d: "M" + c + " " + (c - r) + "l" + r + " " + r + "l-" + r + " " + r + "l-" + r + " -" + r + "z" }, edge));
    } else if (shape === "square") {
      add("rect", Object.assign({ x: c - 0.8 * r, y: c - 0.8 * r, width: 1.6 * r, height: 1.6 * r }, edge));
    } else if (shape === "triangle") {
      add("path", Object.assign({ d: "M" + c + " " + (c - r) + "L" + (c + r) + " " + (c + 0.75 * r) + "H" + (c - r) + "z" }, edge));
    } else if (shape === "line" || shape === "dash") {
      add("path", { d: "M1 " + c + "h32", stroke: colour, "stroke-width": 1.6, "stroke-dasharray": shape === "dash" ? "5 4" : "none", fill: "none" });
    } else if (shape === "route" || shape === "route-dash") {
      add("path", { d: "M1 " + c + "h32", stroke: colour, "stroke-width": 3.2, "stroke-dasharray": shape === "route-dash" ? "7 5" : "none", fill: "none" });
    } else if (shape === "border" || shape === "gauge") {
      if (shape === "gauge") add("circle", { cx: c, cy: c, r: 7, fill: "#fff", stroke: "#1f2630", "stroke-width": 2.4 });
      else add("circle", { cx: c, cy: c, r: 3.8, fill: "#fff", stroke: "#1f2630", "stroke-width": 2 });
    } else if (shape === "foot") {
      add("path", { d: "M4 " + c + "h22", stroke: colour, "stroke-width": 2.2 });
      add("circle", { cx: 27, cy: c, r: 3.5, fill: colour });
    } else if (shape === "relief") {
      add("path", { d: "M3 " + (c + 7) + "l8 -13 5 7 4 -5 11 11z", fill: "#fcfbf8", stroke: "#8b8f94", "stroke-width": 0.8 });
      add("path", { d: "M11 " + (c - 6) + "l5 7 -1 6 4 0 1 -11 11 11h-14z", fill: "#8b8f94" });
    } else if (shape === "area") {
      add("rect", { x: 6, y: c - 6, width: 22, height: 12, fill: colour, "fill-opacity": 0.12, stroke: colour, "stroke-dasharray": "4 3" });
    } else if (shape === "uncertain") {
      add("circle", { cx: c, cy: c, r: r, fill: "none", stroke: "#b0432f", "stroke-dasharray": "2 3" });
    } else {
      add("circle", Object.assign({ cx: c, cy: c, r: r }, edge));
    }
    return svg;
  }
  function tonnes(mass) { return mass >= 1e6 ? mass / 1e6 + " " + g.t("mt") : mass / 1e3 + " " + g.t("kt"); }
  function ramp() {
    return el("div", { "class": "ramp" }, data.ramp.map(function (step, i) {
      return el("div", {}, el("i", { style: "background:" + step[1] }), step[0] + (i === data.ramp.length - 1 ? "+" : ""));
    }));
  }
  g.legendBox = function (open) {
    var middle = data.ramp[2][1];
    var key = el("div", { "class": "key" });
    function line(shape, radius, colour, text) { key.append(picture(shape, radius, colour), el("span", {}, text)); }
    if (g.deposits.some(g.isOwn)) line("triangle", 10, middle, g.t("own_site"));
    data.sizes.forEach(function (step, i) {
      var next = data.sizes[i + 1];
      line("disc", step[1], middle, (i ? "" : g.t("oxide_stated") + " ") + (!next ? g.t("and_more", { low: tonnes(step[0]) }) :
        i ? g.t("from_to", { low: tonnes(step[0]), high: tonnes(next[0]) }) : g.t("under", { high: tonnes(next[0]) })));
    });
    line("ring", 9, middle, g.t("no_oxide_stated"));
    line("diamond", 8, middle, g.t("host_separate"));
    line("square", 7, "#8b95a1", g.t("reference"));
    line("uncertain", 7, "", g.t("position_uncertainty"));
    if (data.layers.unranked) line("area", 7, g.colourOf("unranked"), g.t("somewhere_here"));
    line("dash", 0, "#4b4440", g.t("course_unknown_25"));
    if (data.layers.railways_planned) line("dash", 0, g.colourOf("railways_planned"), g.t("railway_planned"));
    line("foot", 0, "#4b4440", g.t("line_to_feature"));
    if (g.drawnRoute()) {
      g.modes.forEach(function (mode) { line("route", 0, g.routeColour(mode), g.t(ROUTES[mode])); });
      line("route-dash", 0, g.routeColour("rail"), g.t("route_assumed"));
      line("border", 4, "", g.t("border_crossing"));
      line("gauge", 7, "", g.t("gauge_change"));
    }
    if (data.layers.relief) line("relief", 7, "", g.t("relief_key"));
    var box = el("details", { "class": "legend" }, el("summary", {}, g.t("legend_title")), ramp(), g.scrolls(key, g.t("map_key")));
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
