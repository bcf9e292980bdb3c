/* Controls of the map, and the start. */
"use strict";
(function (g) {
  var chart = null, el = g.el, data = g.data;
  g.map = function () { return chart; };

  function picture(shape, radius, colour) {
    var ns = "http://www.w3.org/2000/svg", size = 34, svg = document.createElementNS(ns, "svg"), c = size / 2;
    function add(tag, attributes) {
      var node = document.createElementNS(ns, tag);
      Object.keys(attributes).forEach(function (k) { node.setAttribute(k, attributes[k]); });
      svg.appendChild(node);
    }
    var edge = { stroke: "#20262e", "stroke-width": 1.2, fill: colour };
    svg.setAttribute("width", size);
    svg.setAttribute("height", Math.max(16, 2 * radius + 3));
    svg.setAttribute("viewBox", "0 " + (c - Math.max(8, radius + 1.5)) + " " + size + " " + Math.max(16, 2 * radius + 3));
    if (shape === "ring") {
      add("circle", { cx: c, cy: c, r: radius - 2, fill: "#fff", stroke: "#20262e", "stroke-width": 5 });
      add("circle", { cx: c, cy: c, r: radius - 2, fill: "none", stroke: colour, "stroke-width": 3 });
    } else if (shape === "diamond") {
      add("path", Object.assign({ d: "M" + c + " " + (c - radius) + "l" + radius + " " + radius + "l-" + radius + " " + radius + "l-" + radius + " -" + radius + "z" }, edge));
    } else if (shape === "square") {
      add("rect", Object.assign({ x: c - 0.8 * radius, y: c - 0.8 * radius, width: 1.6 * radius, height: 1.6 * radius }, edge));
    } else if (shape === "line" || shape === "dash") {
      add("path", { d: "M1 " + c + "h32", stroke: colour, "stroke-width": 1.6, "stroke-dasharray": shape === "dash" ? "5 4" : "none", fill: "none" });
    } else if (shape === "doubt") {
      add("circle", { cx: c, cy: c, r: radius, fill: "none", stroke: "#b0432f", "stroke-dasharray": "2 3" });
    } else {
      add("circle", Object.assign({ cx: c, cy: c, r: radius }, edge));
    }
    return svg;
  }
  function tonnes(t) { return t >= 1e6 ? t / 1e6 + " Mt" : t / 1e3 + " kt"; }
  function ramp() {
    return el("div", { "class": "ramp" }, data.ramp.map(function (step, i) {
      return el("div", {}, el("i", { style: "background:" + step[1] }), step[0] + (i === data.ramp.length - 1 ? "+" : ""));
    }));
  }
  function roomy() { return chart.getSize().x > 700 && chart.getSize().y > 640; }
  function overview() {
    chart.getContainer().classList.toggle("overview", chart.getZoom() < 4.75);
    chart.getContainer().classList.toggle("afar", chart.getZoom() < 3.5);
  }
  function legend() {
    var control = L.control({ position: "bottomright" }), middle = data.ramp[2][1];
    control.onAdd = function () {
      var key = el("div", { "class": "key" });
      function line(shape, radius, colour, text) { key.append(picture(shape, radius, colour), el("span", {}, text)); }
      data.sizes.forEach(function (step, i) {
        var next = data.sizes[i + 1];
        line("disc", step[1], middle, (i ? "" : "Contained oxide stated: ") + (next ? (i ? tonnes(step[0]) + " to " : "under ") + tonnes(next[0]) : tonnes(step[0]) + " and more"));
      });
      line("ring", 9, middle, "No oxide statement with a category: size says nothing");
      line("diamond", 8, middle, "By-product host, ranked apart");
      line("square", 7, "#8b95a1", "Reference outside the scored countries");
      line("doubt", 7, "", "Doubt about the position");
      line("dash", 0, "#4b4440", "Course unknown by more than 25 km");
      var box = el("details", { "class": "legend" }, el("summary", {}, "Access score of deposits; number: rank"), ramp(), key);
      box.open = roomy();
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    return control;
  }
  function credits() {
    chart.attributionControl.setPrefix(false);
    Array.from(new Set(data.sources.map(function (s) { return s.attribution; }))).filter(Boolean).forEach(function (a) {
      chart.attributionControl.addAttribution(el("span", {}, a).innerHTML);
    });
  }
  function folding() {
    var button = document.getElementById("fold");
    button.addEventListener("click", function () {
      var folded = document.body.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
      button.textContent = folded ? "Show table" : "Hide table";
      chart.invalidateSize({ animate: false });
    });
  }
  g.prepare = function (map) {
    if (chart) return;
    chart = map;
    ["ground", "marks"].forEach(function (name, i) { chart.createPane(name).style.zIndex = 400 + 20 * i; });
    chart.getPane("ground").style.pointerEvents = "none";
  };
  g.start = function (map) {
    g.prepare(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(chart);
    legend().addTo(chart);
    credits();
    folding();
    chart.on("popupopen popupclose", function (e) { chart.getContainer().classList.toggle("reading", e.type === "popupopen"); });
    chart.on("zoomend", overview);
    chart.on("overlayadd", function () { g.arrange(chart); });
    var best = g.ranked("candidate").concat(g.ranked("by_product_host")).map(function (d) { return [d.latitude, d.longitude]; });
    chart.invalidateSize({ animate: false });
    /* Without an animation: one that still runs would undo what a reader does meanwhile. */
    if (best.length) chart.fitBounds(best, { animate: false, paddingTopLeft: [40, 56], paddingBottomRight: [40, roomy() ? 0.36 * chart.getSize().y : 40], maxZoom: 7 });
    overview();
    g.panel();
    g.arrange(chart);
  };
})(geoRee);
