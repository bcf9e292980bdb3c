/* Where the names and numbers of the chart's points stand: on no mark, no interval and no other words, and inside the plot. A line
   from a name to its mark runs aslant, so that nobody takes it for an interval, which is upright. */
"use strict";
(function (g) {
  var R = 6, HIGH = 16, BESIDE = 11, GAP = 14, SHIFT = 4, NEAREST = 16, FARTHEST = 200, STEP = 8, SLOPES = [0, 0.35, -0.35, 0.7, -0.7, 1.1, -1.1], pen = null;

  function known(v) { return v !== undefined && v !== null; }
  function widthOf(words) {
    pen = pen || document.createElement("canvas").getContext("2d");
    pen.font = "600 12px " + getComputedStyle(document.body).fontFamily;
    return Math.ceil(pen.measureText(words).width) + 3;
  }
  g.chartWidth = widthOf;
  function overlap(a, b) { return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]; }
  function away(area, p) { return Math.hypot(Math.max(area[0] - p.px, 0, p.px - area[2]), Math.max(area[1] - p.py, 0, p.py - area[3])); }
  /* Places beside a mark: [left edge, middle]. */
  function beside(p, width) {
    return [[BESIDE, 0], [-BESIDE - width, 0], [8, -14], [8, 14], [-8 - width, -14], [-8 - width, 14]].map(function (off) { return [p.px + off[0], p.py + off[1]]; });
  }
  /* Places at the ends of its own interval, over or below it, the most even first. */
  function atEnds(p, width, s) {
    var out = [], ends = known(p.y[1]) ? [[s.y(p.y[2]) - 2 - HIGH / 2, -1], [s.y(p.y[1]) + 2 + HIGH / 2, 1]] : [];
    if (!p.y[3]) ends = ends.map(function (end) { return [end[1] < 0 ? Math.min(end[0], p.py - R - 2 - HIGH / 2) : Math.max(end[0], p.py + R + 2 + HIGH / 2), end[1]]; });
    for (var off = 0; off <= width / 2 - 6; off += SHIFT) [off, -off].forEach(function (shift) {
      ends.forEach(function (end) { out.push([p.px - width / 2 + shift, end[0], end[1]]); });
    });
    return out;
  }
  /* Places farther off with the end of the line that leads there, the nearest first. */
  function aslant(p, width) {
    var out = [];
    for (var far = NEAREST; far <= FARTHEST; far += STEP) SLOPES.forEach(function (slope) {
      [1, -1].forEach(function (side) {
        var x = p.px + side * far, y = p.py + slope * far;
        out.push({ left: side > 0 ? x + 2 : x - 2 - width, middle: y, end: [x, y], far: far * Math.hypot(1, slope) });
      });
    });
    return out.sort(function (a, b) { return a.far - b.far; });
  }
  function areaAt(left, middle, width) { return [left, middle - HIGH / 2, left + width, middle + HIGH / 2]; }
  /* Points of a line each few pixels, from the rim of its mark on. */
  function along(p, end) {
    var far = Math.hypot(end[0] - p.px, end[1] - p.py), out = [];
    for (var at = R + 2; at <= far; at += 3) out.push([p.px + (end[0] - p.px) * at / far, p.py + (end[1] - p.py) * at / far]);
    return out;
  }
  function within(area, q) { return q[0] > area[0] && q[0] < area[2] && q[1] > area[1] && q[1] < area[3]; }

  function Sheet(list, s) {
    this.plot = s.plot;
    this.scale = s;
    this.sized = list.filter(function (p) { return p.t; });
    this.taken = [];
    this.lines = [];
    list.forEach(function (p) {
      if (!p.y[3]) this.taken.push({ of: p, area: [p.px - R - 1, p.py - R - 1, p.px + R + 1, p.py + R + 1] });
      if (known(p.y[1])) this.taken.push({ of: p, area: [p.px - 3, s.y(p.y[2]), p.px + 3, s.y(p.y[1])] });
    }, this);
  }
  Sheet.prototype.free = function (area) {
    var plot = this.plot;
    return area[0] >= plot[0] && area[1] >= plot[1] && area[2] <= plot[2] && area[3] <= plot[3] &&
      !this.taken.some(function (one) { return overlap(area, one.area); }) && !this.lines.some(function (q) { return within(area, q); });
  };
  /* Whether another mark is as near to a name as its own. */
  Sheet.prototype.unclear = function (area, p) {
    var own = away(area, p);
    return this.sized.some(function (o) { return o !== p && away(area, o) < own + R; });
  };
  /* Whether another interval or mark ends close to a name that stands at the end of one. */
  Sheet.prototype.crowded = function (area, p, side) {
    var wider = side < 0 ? [area[0], area[3], area[2], area[3] + GAP] : [area[0], area[1] - GAP, area[2], area[1]];
    return this.taken.some(function (o) { return o.of !== p && !o.words && overlap(wider, o.area); }) || this.sized.some(function (o) { return o !== p && !o.y[3] && away(area, o) < R + GAP / 2; });
  };
  Sheet.prototype.take = function (p, words, left, middle, end) {
    var width = widthOf(words);
    this.taken.push({ of: p, words: true, area: areaAt(left, middle, width) });
    if (end) this.lines = this.lines.concat(along(p, end));
    return { p: p, words: words, x: left, y: middle + 4, end: end, kind: "number" };
  };
  Sheet.prototype.near = function (p, words) {
    var width = widthOf(words), sheet = this, lowest = this.plot[3] - HIGH / 2, at = beside(p, width).map(function (one) { return [one[0], Math.min(one[1], lowest)]; }).filter(function (one) {
      var area = areaAt(one[0], one[1], width);
      return sheet.free(area) && !sheet.unclear(area, p);
    })[0] || atEnds(p, width, this.scale).filter(function (one) {
      var area = areaAt(one[0], one[1], width);
      return sheet.free(area) && !sheet.crowded(area, p, one[2]);
    })[0];
    return at ? this.take(p, words, at[0], at[1], null) : null;
  };
  Sheet.prototype.led = function (p, words) {
    var width = widthOf(words), sheet = this, at = aslant(p, width).filter(function (one) {
      return sheet.free(areaAt(one.left, one.middle, width)) && along(p, one.end).every(function (q) {
        return !sheet.taken.some(function (o) { return o.of !== p && within([o.area[0] - 1, o.area[1] - 1, o.area[2] + 1, o.area[3] + 1], q); });
      });
    })[0];
    return at ? this.take(p, words, at.left, at.middle, at.end) : null;
  };
  /* The names of the points of known size, and what another figure beside one is: { p, words, kind, x, y, end of the line to it or
     null }; beside their marks where there is place. On a narrow chart the number of the rank stands for a name that has none. */
  g.chartNames = function (list, s) {
    var sheet = new Sheet(list, s), waiting = [], out = [];
    function named(p) { return p.r ? p.d.name || p.d.id : p.other; }
    function keep(p, found) { return found && out.push(Object.assign(found, { kind: p.r ? "name" : "other" })); }
    sheet.sized.forEach(function (p) { if (!keep(p, sheet.near(p, named(p)))) waiting.push(p); });
    waiting.forEach(function (p) {
      var rank = p.r && known(g.rankOf(p.d)) ? g.plainNumber(g.rankOf(p.d), 0) : null, found;
      if (keep(p, sheet.led(p, named(p))) || rank === null) return;
      found = sheet.near(p, rank);
      if (found) out.push(found);
    });
    return out;
  };
  /* Columns of the strip of unknown size, from the left, so that no interval stands on another; the number of a point has its place above it. */
  g.chartColumns = function (list, s) {
    var ends = [];
    list.forEach(function (p) {
      var top = s(known(p.y[2]) ? p.y[2] : p.y[0]) - HIGH - R, foot = s(known(p.y[1]) ? p.y[1] : p.y[0]) + R, column = ends.findIndex(function (spans) {
        return spans.every(function (span) { return foot < span[0] || top > span[1]; });
      });
      if (column < 0) column = ends.push([]) - 1;
      ends[column].push([top, foot]);
      p.column = column;
    });
    return ends.length;
  };
})(geoRee);
