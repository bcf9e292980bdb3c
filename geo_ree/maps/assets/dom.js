/* Helpers that make elements: text from data never becomes markup. */
"use strict";
var geoRee = { data: {} };
document.documentElement.classList.add("scripted"); /* without it, the styles show the board's sheet alone */
(function (g) {
  var data = g.data;

  function append(node, child) {
    if (child === null || child === undefined || child === "") return;
    if (Array.isArray(child)) child.forEach(function (c) { append(node, c); });
    else node.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  g.el = function (tag, attributes) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (k) {
      /* Through the object model: the page's policy forbids style as an attribute. */
      if (k === "style") node.style.cssText = attributes[k]; else node.setAttribute(k, attributes[k]);
    });
    for (var i = 2; i < arguments.length; i++) append(node, arguments[i]);
    return node;
  };
  var formats = {};
  g.plainNumber = function (value, digits) {
    var key = g.locale() + digits;
    formats[key] = formats[key] || new Intl.NumberFormat(g.locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
    /* A minus is one where the language does not write a hyphen for it. */
    return g.state.language === "en" ? formats[key].format(value) : formats[key].format(value).replace("-", "\u2212");
  };
  /* Radius of a position error in metres: those below a kilometre stay metres. */
  g.radius = function (metres) {
    return metres < 1000 ? g.plainNumber(metres, 0) + " " + g.t("m") : g.plainNumber(metres / 1000, 1) + " " + g.t("km");
  };
  g.num = function (value, digits) { return value === undefined || value === null ? g.unknown() : g.plainNumber(value, digits); };
  /* What a deposit without a coordinate scores, in the same words everywhere; "" where no area is known. */
  g.scoreByPlace = function (d) {
    return d.score_worst === undefined || d.score_best === undefined ? "" : g.t("score_by_place", { low: g.plainNumber(d.score_worst, 0), high: g.plainNumber(d.score_best, 0) });
  };
  g.percent = function (share) { return share === undefined ? g.unknown() : Math.round(100 * share) + " %"; };
  g.unknown = function () { return g.el("span", { "class": "unknown" }, g.t("unknown")); };
  /* Of the classes of evidence only what is assumed is marked: `g.evidenceKey` says so once, and the rest is plain. */
  g.assumed = function () { return g.el("small", { "class": "assumed" }, g.t("assumed")); };
  g.words = function (key) { return String(key || "").replace(/_/g, " "); };
  g.country = function (code) { return g.term((data.country_names || {})[code] || (data.owner_names || {})[code] || code || ""); };
  g.list = function (text) { return String(text || "").split(";").map(function (s) { return s.trim(); }).filter(Boolean); };

  g.anchor = function (address, text) {
    if (!/^https?:\/\/[^\s"'<>]+$/i.test(address || "")) return document.createTextNode(text || address || "");
    return g.el("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, text || address);
  };
  /* Turn the web addresses in a text into links that show the host. */
  g.linked = function (text) {
    return String(text).split(/(https?:\/\/(?:[^\s;,()[\]|"'<>]|\([^\s;,()[\]|"'<>]*\))+(?<![.:]))/).map(function (part, i) {
      return i % 2 ? g.anchor(part, part.replace(/^https?:\/\/(www\.)?/, "").replace(/^([^/]*).*$/, "$1") + " ↗") : part;
    });
  };
  g.references = function (text) {
    return g.el("ul", {}, g.list(text).map(function (part) {
      var ours = g.term(part); /* "judgement" */
      return g.el("li", ours === part ? { lang: "en" } : {}, g.linked(ours));
    }));
  };

  g.cell = function (kind) {
    var node = g.el("td", kind ? { "class": kind } : {});
    for (var i = 1; i < arguments.length; i++) append(node, arguments[i]);
    return node;
  };
  g.row = function () {
    return g.el("tr", {}, Array.prototype.map.call(arguments, function (c) {
      return c instanceof HTMLTableCellElement ? c : g.cell("", c);
    }));
  };
  /* Each head is a text or [text, class]. */
  g.fill = function (node, heads, rows) {
    var head = g.el("tr", {}, heads.map(function (h) {
      return typeof h === "string" ? g.el("th", { scope: "col" }, h) : g.el("th", { scope: "col", "class": h[1] }, h[0]);
    }));
    /* On a phone each row is a card, whose lines begin with the head of their column. */
    rows.forEach(function (tr) {
      Array.from(tr.cells).forEach(function (cell, i) { if (head.cells[i]) cell.dataset.label = head.cells[i].textContent; });
    });
    node.replaceChildren(g.el("thead", {}, head), g.el("tbody", {}, rows));
    return node;
  };
  /* A box that scrolls can be focused by keyboard; one that does not is skipped. */
  var sizes = new ResizeObserver(function (seen) {
    seen.forEach(function (one) {
      var box = one.target.closest("[data-scrolls]");
      if (!box) return;
      if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
      else if (document.activeElement !== box) box.removeAttribute("tabindex"); /* what the focus opened stays open */
    });
  });
  g.scrolls = function (box, label) {
    box.dataset.scrolls = "";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", label);
    [box].concat(Array.from(box.children)).forEach(function (node) { sizes.observe(node); });
    return box;
  };
  g.table = function (heads, rows) {
    return g.scrolls(g.el("div", { "class": "wide" }, g.fill(g.el("table"), heads, rows)), g.t("table_scrolls"));
  };

  /* At most three digits that mean something: 1,950 rather than 1,952. */
  function said(km, digits) {
    if (km < 100) return g.plainNumber(km, digits);
    var step = Math.pow(10, Math.floor(Math.log10(km)) - 2);
    return g.plainNumber(Math.round(km / step) * step, 0);
  }
  /* A distance with its range, as geo_ree.maps.style.distance_text writes it: `beside` is the range of a line of unknown course. */
  g.kilometres = function (km, error, upperLimit, beside) {
    var text = said(km, 1) + " " + g.t("km"), low = km - (error || 0), high = km + (error || 0);
    if (beside) { low = Math.min(low, beside[0]); high = Math.min(high, beside[1]); }
    var widest = Math.max(km - low, high - km), digits = widest >= 1 ? 0 : 1;
    if (!(widest >= 0.05)) return upperLimit ? g.t("at_most", { distance: text }) : text;
    var range = { km: said(km, km < 1 ? 1 : digits), low: said(Math.max(0, low), digits), high: said(high, digits) };
    if (range.low === range.high) return upperLimit ? g.t("at_most", { distance: text }) : text;
    return upperLimit ? g.t("at_most_about", range) : g.t("about_distance", range);
  };
  /* Whether the layer of a measure lacks features, so that a nearer one may exist. */
  g.isUpperLimit = function (d, measure) {
    return (d.upper_limits || "").split(";").indexOf(measure) >= 0;
  };
  /* The range of a line of unknown course that may be nearer. */
  g.besideOf = function (d, measure) {
    var km = d["unsure_" + measure + "_km"], error = d["err_unsure_" + measure + "_km"] || 0;
    return km === undefined ? null : [km - error, km + error];
  };
  /* A measure by the name of its features, with the least size that counts. */
  g.measureName = function (measure) { return g.phrase((data.measures[measure] || [measure])[0]); };
  g.distance = function (d, measure) {
    var km = d["dist_" + measure + "_km"];
    return km === undefined ? g.unknown() : g.kilometres(km, d["err_" + measure + "_km"], g.isUpperLimit(d, measure), g.besideOf(d, measure));
  };
  /* The colour of a score on its ramp, the same in light and dark. */
  g.scoreColour = function (score) {
    return data.ramp.reduce(function (out, step) { return score >= step[0] ? step[1] : out; }, data.ramp[0][1]);
  };

  /* A colour of tokens.css by its name, as "ink", for canvases. They draw again on the document's event "scheme": the reader's
     scheme, a theme that was forced, or paper. */
  var colours = {};
  /* The dark colours of the map stand once, under a class: the theme that was forced, or else the reader's scheme. */
  function recolour() {
    var root = document.documentElement, theme = root.dataset.theme || (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.classList.toggle("dark", theme === "dark");
    colours = {};
    document.dispatchEvent(new Event("scheme"));
  }
  g.colour = function (name) {
    colours[name] = colours[name] || getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
    return colours[name];
  };
  ["(prefers-color-scheme: dark)", "print"].forEach(function (query) { window.matchMedia(query).addEventListener("change", recolour); });
  recolour();
  new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
})(geoRee);
