/* What stands behind a figure: which layer, of what age, and how the draws fell. */
"use strict";
(function (g) {
  var el = g.el, SVG = "http://www.w3.org/2000/svg";

  function unnamed(name) { return name.replace(/^unnamed, near (.+)$/, function (whole, place) { return g.t("unnamed, near {place}", { place: place }); }); }
  /* "name (ISO), label of the source" as the measures give it. */
  g.metPlace = function (near) {
    var m = /^(.*) \(([A-Z]{3})\)(, course unknown)?, (.*)$/.exec(near || "");
    return m ? { name: unnamed(m[1]), country: g.country(m[2]), unsure: Boolean(m[3]), label: m[4] } : { name: unnamed(near || ""), country: "", unsure: false, label: "" };
  };
  g.sourceOf = function (measure, label) {
    var layer = g.data.measures[measure][1];
    return g.data.sources.filter(function (s) { return s.layer === layer && label && s.label === label; })[0];
  };
  /* The latest year that an edition names, and how long before the page that was. */
  g.ageOf = function (source) {
    var years = String(source.edition || "").match(/\b(19[5-9]\d|20\d\d)\b/g), made = parseInt(g.data.run.created, 10);
    if (!years) return g.t("age not stated");
    var year = Math.max.apply(null, years.map(Number));
    return made > year ? g.t("of {year}, {old} y old", { year: year, old: made - year }) : g.t("of {year}", { year: year });
  };
  g.datedSource = function (source) {
    if (!source) return null;
    return el("small", {}, source.label || source.title, " (" + g.ageOf(source) + (source.retrieved ? "; " + g.t("retrieved") + " " + source.retrieved.slice(0, 10) : "") + ")");
  };
  g.evidenceKey = function () {
    return el("p", { "class": "evidence-key" }, ["computed", "published", "modelled", "assumed"].map(function (kind) {
      return [g.stamp(kind), el("span", { "aria-hidden": "true" }, " " + g.term(kind) + " ")];
    }));
  };
  function shape(tag, attributes, text) {
    var node = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (k) { node.setAttribute(k, attributes[k]); });
    if (text !== undefined) node.textContent = text;
    return node;
  }
  /* Share of the draws on each rank. */
  g.rankHistogram = function (d, rivals) {
    var found = g.data.acceptability && Object.prototype.hasOwnProperty.call(g.data.acceptability, d.id) ? g.data.acceptability[d.id] : null;
    if (!found) return null;
    var first = found[0], shares = found[1], most = Math.max.apply(null, shares), wide = 360, high = 54, step = wide / rivals;
    var told = shares.map(function (s, i) { return s ? g.t("rank {rank} in {share}", { rank: first + i, share: g.percent(s / 1000) }) : ""; }).filter(Boolean).join(", ");
    var svg = shape("svg", { viewBox: "0 0 " + wide + " " + (high + 16), "class": "histogram", role: "img", "aria-label": g.t("Share of the draws on each rank: {list}", { list: told }) });
    svg.appendChild(shape("path", { d: "M0 " + high + ".5H" + wide, stroke: "#8b95a1" }));
    shares.forEach(function (s, i) {
      var h = high * s / most;
      svg.appendChild(shape("rect", { x: (step * (first + i - 1) + 0.5).toFixed(2), y: (high - h).toFixed(2), width: Math.max(1, step - 1).toFixed(2), height: h.toFixed(2), fill: "#4f86b0" }));
    });
    [[1, "start", 0], [rivals, "end", wide]].forEach(function (end) { svg.appendChild(shape("text", { x: end[2], y: high + 13, "text-anchor": end[1] }, g.t("rank {rank}", { rank: end[0] }))); });
    var top = shares.indexOf(most), x = step * (first + top - 0.5);
    if (x > 60 && x < wide - 60) svg.appendChild(shape("text", { x: x.toFixed(1), y: high + 13, "text-anchor": "middle" }, (first + top) + ": " + Math.round(most / 10) + " %"));
    return el("figure", { "class": "ranks" }, svg, el("figcaption", { "class": "small" }, g.t("Most often rank {rank} ({share} of the draws)", { rank: first + top, share: g.percent(most / 1000) }) + " ", g.mark("modelled")));
  };
})(geoRee);
