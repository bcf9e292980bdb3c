/* Access by size: the score, or the cost of access, with its interval against contained oxide; deposits of unknown size stand aside. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, SVG = "http://www.w3.org/2000/svg", MOST = 300, R = 6, LETTER = 7.2, COLUMN = 12, PAD = { top: 16, right: 16, bottom: 48, left: 48 };
  var FILLS = { code: "full", register: "half", press: "hollow" }, by = "score", box = null, wide = 0, chosen = null;

  function known(v) { return v !== undefined && v !== null; }
  function shape(tag, attributes) {
    var node = document.createElementNS(SVG, tag), rest = Array.prototype.slice.call(arguments, 2);
    Object.keys(attributes).forEach(function (k) { node.setAttribute(k, attributes[k]); });
    rest.forEach(function (child) { if (child) node.append(child); });
    return node;
  }
  /* How a mark is filled follows who states the size. */
  function fillOf(p) { return p.r ? FILLS[g.sizeStatedBy(p.d)] : "none"; }
  /* What is drawn up the side: [value, low, high, whether it depends on where the deposit lies]; null if unknown. */
  function heightOf(d) {
    var cost = g.accessOf(d), i, score;
    if (by === "cost") return known(cost.p50) ? [cost.p50, cost.p10, cost.p90, false] : null;
    if (known(d.score_worst)) return [(d.score_worst + d.score_best) / 2, d.score_worst, d.score_best, true];
    score = g.scoreOf(d);
    if (!known(score)) return null;
    i = g.intervalOf(d);
    return [score, i.score_p5, i.score_p95, false];
  }
  /* The cost if the source that places a line at the deposit is wrong: drawn beside the first figure, level with it. */
  function otherOf(d) {
    var total = by === "cost" ? g.accessTotal(d) || {} : {}, words = by === "cost" ? g.accessMarks(d) : [];
    if (!known(total.measured_usd_t_treo_p50) || !words.length || g.accessMoved()) return null;
    return { d: d, other: words[0].textContent, y: [total.measured_usd_t_treo_p50, total.measured_usd_t_treo_p10, total.measured_usd_t_treo_p90, false] };
  }
  function points() {
    var all = g.deposits.concat(g.unranked).filter(function (d) { return d.role === "candidate" && g.shown(d); });
    var found = all.map(function (d) { var r = g.oxideStatement(d); return { d: d, r: r, t: r && r.oxide_t, y: heightOf(d), other: otherOf(d) }; });
    var drawn = found.filter(function (p) { return p.y && (p.t || !p.y[3]); }).sort(function (a, b) { return b.y[0] - a.y[0]; });
    return { drawn: drawn.slice(0, MOST), left: all.length - Math.min(drawn.length, MOST), all: all.length, known: found.filter(function (p) { return p.y; }).length };
  }
  function others(list) { return list.map(function (p) { return p.other; }).filter(Boolean); }
  function steps(top, count) {
    var raw = top / count, size = Math.pow(10, Math.floor(Math.log10(raw))), out = [], step;
    /* Whole numbers, which no two ticks share. */
    step = Math.max(1, [1, 2, 5, 10].map(function (m) { return m * size; }).filter(function (s) { return s >= raw; })[0]);
    for (var v = 0; v <= top + 1e-9; v += step) out.push(v);
    if (out[out.length - 1] < top) out.push(out.length * step);
    return out;
  }
  function tonnes(v) {
    return v >= 1e6 ? g.plainNumber(v / 1e6, 0) + " " + t("mt") : v >= 1000 ? g.plainNumber(v / 1000, 0) + " " + t("kt") : g.plainNumber(v, 0) + " " + t("t");
  }
  /* Scales in pixels: x of tonnes on a logarithm, y of the value, and the strip of unknown size. */
  function scales(list) {
    var sized = list.filter(function (p) { return p.t; }).map(function (p) { return Math.log10(p.t); }), strip = list.length > sized.length;
    var low = Math.floor(Math.min.apply(null, sized.concat(4.3)) - 0.15), high = Math.ceil(Math.max.apply(null, sized.concat(6)) + 0.15);
    var top = Math.max.apply(null, list.concat(others(list)).map(function (p) { return Math.max(p.y[0], known(p.y[2]) ? p.y[2] : 0); }).concat(1));
    var ticks = steps(top, 5), words = t("size_unknown"), bottom = PAD.bottom, unsized = list.filter(function (p) { return !p.t; }), edge, first, split, tall, columns, axis;
    function y(v) { return tall - bottom - v / ticks[ticks.length - 1] * (tall - PAD.top - bottom); }
    tall = wide < 480 ? 384 : 400;
    columns = g.chartColumns(unsized, y);
    edge = PAD.left + (strip ? Math.min(0.4 * wide, Math.max(72, COLUMN * (columns + 1), 0.24 * wide)) : 0);
    first = edge + (strip ? 24 : 0);
    /* Words have a line each, or a title two, where there is no place for one. */
    axis = g.chartWidth(t("chart_x")) > wide - PAD.right ? t("chart_x").split(/ (?=\()/) : [t("chart_x")];
    split = strip && g.chartWidth(words) > edge - PAD.left;
    words = split ? words.split(" ") : [words];
    bottom += 16 * (words.length + axis.length - 2);
    tall += bottom - PAD.bottom;
    return {
      tall: tall, foot: tall - bottom, words: words, axis: axis, ticks: ticks, strip: strip ? [PAD.left, edge] : null, columns: columns, first: first, decades: Array.from({ length: high - low + 1 }, function (_, i) { return low + i; }),
      plot: [edge + 2, PAD.top, wide - PAD.right, tall - bottom],
      x: function (v) { return first + (Math.log10(v) - low) / (high - low) * (wide - PAD.right - first); },
      y: y
    };
  }
  function text(x, y, anchor, words, kind) {
    return shape("text", { x: x, y: y, "text-anchor": anchor, "class": kind || "" }, words);
  }
  function frame(s) {
    var out = [], foot = s.foot;
    s.ticks.forEach(function (v) {
      out.push(shape("path", { "class": v ? "grid" : "base", d: "M" + PAD.left + " " + s.y(v) + "H" + (wide - PAD.right) }), text(PAD.left - 8, s.y(v) + 4, "end", g.plainNumber(v, 0)));
    });
    if (s.strip) out = out.concat(shape("rect", { "class": "strip", x: s.strip[0], y: PAD.top, width: s.strip[1] - s.strip[0], height: foot - PAD.top }),
      s.words.map(function (word, i) { return text((s.strip[0] + s.strip[1]) / 2, foot + 20 + 16 * i, "middle", word); }));
    /* Every tick has its line; its words where they have place. */
    var last = wide, words = s.decades.map(function (k) { return tonnes(Math.pow(10, k)); });
    s.decades.slice().reverse().forEach(function (k, i) {
      var x = s.x(Math.pow(10, k)), said = words[words.length - 1 - i], long = g.chartWidth(said), end = i ? x + long / 2 : x;
      out.push(shape("path", { "class": "grid", d: "M" + x + " " + PAD.top + "V" + foot }));
      if (i && end + 6 > last) return;
      last = end - long;
      out.push(text(x, foot + 20, i ? "middle" : "end", said));
    });
    s.axis.forEach(function (line, i) { out.push(text(wide - PAD.right, s.tall - 8 - 16 * (s.axis.length - 1 - i), "end", line, "axis")); });
    return out;
  }
  /* Where the marks stand: those of unknown size in the columns of the strip. */
  function spread(list, s) {
    var step = s.strip && (s.strip[1] - s.strip[0]) / (s.columns + 1);
    list.forEach(function (p) {
      p.py = s.y(p.y[0]);
      p.px = p.t ? s.x(p.t) : s.strip[0] + step * (p.column + 1);
      if (p.other) Object.assign(p.other, { t: p.t, px: p.px, py: s.y(p.other.y[0]) });
    });
  }
  /* Names of the marks of known size, a line from each that is not beside its mark; the others have the number of their rank. */
  function names(list, s) {
    var found = g.chartNames(list.concat(others(list)), s), leads = found.filter(function (one) { return one.end; }).map(function (one) {
      var p = one.p, far = Math.hypot(one.end[0] - p.px, one.end[1] - p.py), from = [p.px + (one.end[0] - p.px) * (R + 1) / far, p.py + (one.end[1] - p.py) * (R + 1) / far];
      return shape("path", { "class": "name-lead", d: "M" + one.end.join(" ") + "L" + from.join(" ") });
    });
    return leads.concat(found.map(function (one) { return text(one.x, one.y, "start", one.words, one.kind); }), numbers(list, s));
  }
  /* The ranks of the marks of unknown size, each above its interval, higher where another number stands. */
  function numbers(list, s) {
    var placed = [];
    return list.filter(function (p) { return !p.t && known(g.rankOf(p.d)); }).map(function (p) {
      var words = g.plainNumber(g.rankOf(p.d), 0), y = known(p.y[2]) ? s.y(p.y[2]) - 4 : p.py - R - 4;
      function meets(o) { return Math.abs(o[0] - p.px) < LETTER * (o[2] + words.length) / 2 + 2 && Math.abs(o[1] - y) < 10; }
      while (placed.some(meets)) y -= 4;
      placed.push([p.px, y, words.length]);
      return text(p.px, y, "middle", words, "number");
    });
  }
  function mark(x, y, fill) {
    var parts = [shape("circle", { cx: x, cy: y, r: R, "class": "mark-" + (fill === "full" ? "full" : "hollow") })];
    if (fill === "half") parts.push(shape("path", { "class": "mark-half", d: "M" + x + " " + (y - R) + "A" + R + " " + R + " 0 0 0 " + x + " " + (y + R) + "Z" }));
    if (fill === "none") parts = [shape("path", { "class": "mark-none", d: "M" + (x - 5) + " " + y + "H" + (x + 5) + "M" + x + " " + (y - 5) + "V" + (y + 5) })];
    return parts;
  }
  function valueWords(p) {
    var y = p.y, digits = { low: g.plainNumber(y[1] || 0, 0), high: g.plainNumber(y[2] || 0, 0), value: g.plainNumber(y[0], 0) };
    if (y[3]) return t("chart_by_place", digits);
    if (by === "cost") return t("chart_cost", { value: g.about(y[0]), low: g.about(y[1]), high: g.about(y[2]) });
    return known(y[1]) ? t("chart_score", digits) : t("chart_score_only", digits);
  }
  function sizeWords(p) { return p.r ? g.plainNumber(p.t, 0) + " " + t("t") + ", " + (g.nameOfStatement(p.r, true) || t("system_unknown")) : t("size_unknown"); }
  function drawn(p, s) {
    var line = known(p.y[1]) ? shape("path", { "class": "span" + (p.y[3] ? " dashed" : ""), d: "M" + p.px + " " + s.y(p.y[1]) + "V" + s.y(p.y[2]) }) : null;
    var node = shape("g", { "class": "point", role: "link", tabindex: "-1", "data-id": p.d.id, "aria-label": (p.d.name || p.d.id) + ": " + valueWords(p) + (p.other ? "; " + p.other.other : "") + "; " + sizeWords(p) },
      line, shape("circle", { cx: p.px, cy: p.py, r: 12, "class": "reach" }));
    /* A score that depends on the place has no point: its range alone is drawn. */
    if (!p.y[3]) mark(p.px, p.py, fillOf(p)).forEach(function (part) { node.append(part); });
    if (p.other) node.append.apply(node, [shape("path", { "class": "span", d: "M" + p.other.px + " " + s.y(p.other.y[1]) + "V" + s.y(p.other.y[2]) })].concat(mark(p.other.px, p.other.py, fillOf(p))));
    return node;
  }
  function key() {
    var kinds = [["full", "chart_code"], ["half", "chart_register"], ["hollow", "chart_press"], ["none", "chart_unknown"]];
    return el("p", { "class": "chart-key" }, kinds.map(function (one) {
      var picture = shape("svg", { width: 16, height: 16, "aria-hidden": "true" });
      mark(8, 8, one[0]).forEach(function (part) { picture.append(part); });
      return el("span", {}, picture, " " + { chart_code: t("chart_code"), chart_register: t("chart_register"), chart_press: t("chart_press"), chart_unknown: t("chart_unknown") }[one[1]]);
    }));
  }
  function choice() {
    if (!g.hasAccess) return null;
    return el("fieldset", { "class": "chart-switch" }, el("legend", { "class": "unseen" }, t("chart_shows")), [["score", t("chart_y_score")], ["cost", t("chart_y_cost")]].map(function (one) {
      var radio = el("input", { type: "radio", name: "geo-ree-chart", value: one[0] });
      radio.checked = by === one[0];
      radio.addEventListener("change", function () {
        by = one[0];
        draw();
        box.querySelector("input[value='" + by + "']").focus();
      });
      return el("label", {}, radio, " " + one[1]);
    }));
  }
  function table(list) {
    return el("details", {}, el("summary", {}, t("chart_table")), g.table([t("deposit"), [t("contained_oxide"), "n"], t("source"), [by === "cost" ? t("chart_y_cost") : t("score"), "n"]],
      list.map(function (p) {
        return g.row(p.d.name || p.d.id, g.cell("n", p.r ? g.plainNumber(p.t, 0) + " " + t("t") : g.unknown()), p.r ? g.nameOfStatement(p.r, true) || t("system_unknown") : "–", g.cell("n", valueWords(p), p.other ? el("small", {}, "; " + p.other.other) : null));
      })));
  }
  /* One point is in the tab order; the arrow keys move along the values, Enter opens the dossier. */
  function watch(svg, said) {
    function pointOf(e) { return e.target instanceof Element ? e.target.closest(".point") : null; }
    function show(node) {
      said.textContent = node ? node.getAttribute("aria-label") : t("chart_hint");
      g.point(node ? node.dataset.id : null, "chart");
    }
    ["mouseover", "focusin"].forEach(function (name) { svg.addEventListener(name, function (e) { show(pointOf(e)); }); });
    ["mouseleave", "focusout"].forEach(function (name) { svg.addEventListener(name, function () { show(null); }); });
    svg.addEventListener("click", function (e) { var node = pointOf(e); if (node) g.open(node.dataset.id); });
    svg.addEventListener("keydown", function (e) {
      var all = Array.from(svg.querySelectorAll(".point")), at = all.indexOf(pointOf(e));
      var next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[e.key];
      if (at < 0) return;
      if (e.key === "Enter" || e.key === " ") { e.preventDefault(); g.open(all[at].dataset.id); return; }
      if (next === undefined) return;
      e.preventDefault();
      rove(all, Math.max(0, Math.min(all.length - 1, next))).focus();
    });
  }
  function rove(all, at) {
    all.forEach(function (node, i) { node.setAttribute("tabindex", i === at ? "0" : "-1"); });
    chosen = all[at] ? all[at].dataset.id : null;
    return all[at];
  }
  function draw() {
    if (!box || !box.clientWidth) return;
    wide = box.clientWidth;
    var found = points(), list = found.drawn, counted;
    if (!list.length) { box.replaceChildren.apply(box, [choice(), el("p", { "class": "hint nothing" }, t(by === "cost" ? "chart_nothing_cost" : "chart_nothing_score"))].filter(Boolean)); return; }
    counted = by === "cost" ? el("p", { "class": "hint counted" }, t("chart_cost_count", { count: found.known, all: found.all })) : null;
    var s = scales(list), opened = box.querySelector("details[open]"), said = el("p", { "class": "hint" }, t("chart_hint")), numbered;
    spread(list, s);
    var svg = shape("svg", { viewBox: "0 0 " + wide + " " + s.tall, role: "group", "aria-label": t("chart_label") });
    frame(s).concat(list.map(function (p) { return drawn(p, s); }), names(list, s)).forEach(function (node) { svg.append(node); });
    numbered = svg.querySelector(".number");
    var all = Array.from(svg.querySelectorAll(".point"));
    rove(all, Math.max(0, all.findIndex(function (node) { return node.dataset.id === chosen; })));
    watch(svg, said);
    box.replaceChildren.apply(box, [choice(), counted, key(), svg, said, numbered ? el("p", { "class": "hint" }, t("chart_numbers")) : null, found.left ? el("p", { "class": "hint" }, t(by === "cost" ? "chart_left_cost" : "chart_left_score", { count: g.plainNumber(found.left, 0) })) : null, table(list)].filter(Boolean));
    if (opened) box.querySelector("details").open = true;
  }
  g.sizeChart = function () {
    box = document.getElementById("chart");
    document.getElementById("s-chart").hidden = !g.deposits.concat(g.unranked).some(function (d) { return d.role === "candidate"; });
    draw();
  };
  g.startSizeChart = function () {
    new ResizeObserver(function () { if (box && Math.abs(box.clientWidth - wide) > 1) draw(); }).observe(document.getElementById("chart"));
    g.subscribe(function (changed) { if (changed.indexOf("language") < 0 && changed.indexOf("choice") < 0) draw(); });
  };
})(geoRee);
