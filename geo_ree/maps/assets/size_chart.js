/* Access by size: the score, or the cost of access, with its interval against contained oxide; deposits of unknown size stand aside. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, SVG = "http://www.w3.org/2000/svg", MOST = 300, R = 6, LETTER = 7.2, NAME_LETTER = 7.6, PAD = { top: 16, right: 16, bottom: 48, left: 48 };
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
  function points() {
    var all = g.deposits.concat(g.unranked).filter(function (d) { return d.role === "candidate" && g.shown(d); });
    var found = all.map(function (d) { var r = g.oxideStatement(d); return { d: d, r: r, t: r && r.oxide_t, y: heightOf(d) }; });
    var drawn = found.filter(function (p) { return p.y && (p.t || !p.y[3]); }).sort(function (a, b) { return b.y[0] - a.y[0]; });
    return { drawn: drawn.slice(0, MOST), left: all.length - Math.min(drawn.length, MOST) };
  }
  function steps(top, count) {
    var raw = top / count, size = Math.pow(10, Math.floor(Math.log10(raw))), out = [], step;
    step = [1, 2, 5, 10].map(function (m) { return m * size; }).filter(function (s) { return s >= raw; })[0];
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
    var low = Math.floor(Math.min.apply(null, sized.concat(4)) - 0.001), high = Math.ceil(Math.max.apply(null, sized.concat(6)) + 0.15);
    var top = Math.max.apply(null, list.map(function (p) { return Math.max(p.y[0], known(p.y[2]) ? p.y[2] : 0); }).concat(1));
    var ticks = steps(top, 5), edge = PAD.left + (strip ? Math.max(72, 0.24 * wide) : 0), first = edge + (strip ? 24 : 0);
    /* The words below the strip have a line each where it is too narrow for them. */
    var words = t("size_unknown"), bottom = PAD.bottom, split = strip && LETTER * words.length > edge - PAD.left, tall;
    words = split ? words.split(" ") : [words];
    bottom += 16 * (words.length - 1);
    tall = (wide < 480 ? 320 : 400) + bottom - PAD.bottom;
    return {
      tall: tall, foot: tall - bottom, words: words, ticks: ticks, strip: strip ? [PAD.left, edge] : null, first: first, decades: Array.from({ length: high - low + 1 }, function (_, i) { return low + i; }),
      x: function (v) { return first + (Math.log10(v) - low) / (high - low) * (wide - PAD.right - first); },
      y: function (v) { return tall - bottom - v / ticks[ticks.length - 1] * (tall - PAD.top - bottom); }
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
    var close = s.x(10) - s.x(1) < 56;
    s.decades.forEach(function (k) {
      var x = s.x(Math.pow(10, k));
      out.push(shape("path", { "class": "grid", d: "M" + x + " " + PAD.top + "V" + foot }));
      if (close && (k - s.decades[0]) % 2) return;
      out.push(text(x, foot + 20, k === s.decades[s.decades.length - 1] ? "end" : "middle", tonnes(Math.pow(10, k))));
    });
    out.push(text(wide - PAD.right, s.tall - 8, "end", t("chart_x"), "axis"));
    return out;
  }
  /* Where the marks of unknown size stand, so that none covers another. */
  function spread(list, s) {
    var placed = [], middle = s.strip && (s.strip[0] + s.strip[1]) / 2, room = s.strip && (s.strip[1] - s.strip[0]) / 2 - R - 2;
    list.forEach(function (p) {
      p.py = s.y(p.y[0]);
      if (p.t) { p.px = s.x(p.t); return; }
      for (var k = 0, off = 0; k < 40; k++) {
        off = (k % 2 ? 1 : -1) * Math.ceil(k / 2) * (2 * R + 2);
        if (Math.abs(off) > room) break;
        if (!placed.some(function (o) { return Math.hypot(o.px - middle - off, o.py - p.py) < 2 * R + 2; })) break;
      }
      p.px = middle + (Math.abs(off) > room ? 0 : off);
      placed.push(p);
    });
  }
  function overlap(a, b) { return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]; }
  function away(area, p) { return Math.hypot(Math.max(area[0] - p.px, 0, p.px - area[2]), Math.max(area[1] - p.py, 0, p.py - area[3])); }
  /* Where a name may stand: beside its mark, then farther and farther. */
  function spots(p, width, s) {
    var out = [[p.px + 11, p.py - 8], [p.px - 11 - width, p.py - 8], [p.px + 6, p.py - 22], [p.px + 6, p.py + 8], [p.px - 6 - width, p.py - 22], [p.px - 6 - width, p.py + 8],
      [p.px - width / 2, s.y(known(p.y[2]) ? p.y[2] : p.y[0]) - 20]];
    for (var far = 16; far <= 160; far += 12) [[far, -8 - far], [-far - width, -8 - far], [far, far - 8], [-far - width, far - 8], [-width / 2, -16 - far], [-width / 2, far], [far, -8], [-far - width, -8], [11, -8 - far], [-11 - width, -8 - far]].forEach(function (off) {
      out.push([p.px + off[0], p.py + off[1]], [Math.max(s.first, Math.min(wide - width - 2, p.px - width / 2)), p.py + off[1]]);
    });
    return out;
  }
  /* Names of the marks of known size, where they cover nothing; a line leads to its mark from a name that is not beside it, or that
     another mark is nearer to. */
  function names(list, s) {
    var taken = [], out = [], sized = list.filter(function (p) { return p.t; });
    list.forEach(function (p) {
      if (!p.y[3]) taken.push([p.px - R, p.py - R, p.px + R, p.py + R]);
      if (known(p.y[1])) taken.push([p.px - 2, s.y(p.y[2]), p.px + 2, s.y(p.y[1])]);
    });
    sized.forEach(function (p) {
      var name = p.d.name || p.d.id, width = NAME_LETTER * name.length;
      spots(p, width, s).some(function (at) {
        var area = [at[0], at[1], at[0] + width, at[1] + 16], own = away(area, p), near, end;
        if (area[0] < s.first - 36 || area[1] < 0 || area[2] > wide || area[3] > s.foot || taken.some(function (o) { return overlap(area, o); })) return false;
        near = sized.some(function (o) { return o !== p && away(area, o) < own + R; });
        if (near && own < 16) return false; /* too near to another for a line to help */
        if (near || own > 16) {
          end = [Math.max(area[0], Math.min(area[2], p.px)), Math.max(area[1], Math.min(area[3], p.py))];
          out.unshift(shape("path", { "class": "name-lead", d: "M" + end[0] + " " + end[1] + "L" + p.px + " " + p.py }));
        }
        taken.push(area);
        out.push(text(at[0], at[1] + 12, "start", name, "name"));
        return true;
      });
    });
    return out;
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
    var node = shape("g", { "class": "point", role: "link", tabindex: "-1", "data-id": p.d.id, "aria-label": (p.d.name || p.d.id) + ": " + valueWords(p) + "; " + sizeWords(p) },
      line, shape("circle", { cx: p.px, cy: p.py, r: 12, "class": "reach" }));
    /* A score that depends on the place has no point: its range alone is drawn. */
    if (!p.y[3]) mark(p.px, p.py, fillOf(p)).forEach(function (part) { node.append(part); });
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
        return g.row(p.d.name || p.d.id, g.cell("n", p.r ? g.plainNumber(p.t, 0) + " " + t("t") : g.unknown()), p.r ? g.nameOfStatement(p.r, true) || t("system_unknown") : "–", g.cell("n", valueWords(p)));
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
    var found = points(), list = found.drawn, s = scales(list), opened = box.querySelector("details[open]"), said = el("p", { "class": "hint" }, t("chart_hint"));
    spread(list, s);
    var svg = shape("svg", { viewBox: "0 0 " + wide + " " + s.tall, role: "group", "aria-label": t("chart_label") });
    frame(s).concat(list.map(function (p) { return drawn(p, s); }), names(list, s)).forEach(function (node) { svg.append(node); });
    var all = Array.from(svg.querySelectorAll(".point"));
    rove(all, Math.max(0, all.findIndex(function (node) { return node.dataset.id === chosen; })));
    watch(svg, said);
    box.replaceChildren.apply(box, [choice(), key(), svg, said, found.left ? el("p", { "class": "hint" }, t(by === "cost" ? "chart_left_cost" : "chart_left_score", { count: g.plainNumber(found.left, 0) })) : null, table(list)].filter(Boolean));
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
