/* The ranked tables: sortable, paged, linked to the map. */
"use strict";
(function (g) {
  var PAGE = 100, el = g.el, tables = [], WIDE = "wide-only";

  function shownStatement(d) {
    var list = g.statements[d.id] || [];
    return list.filter(function (r) { return r.shown; })[0] || list[0] || null;
  }
  function oxide(d) {
    var r = shownStatement(d);
    return r && r.substance === "oxide" && r.quantity_t !== undefined ? r : null;
  }
  function stated(r) { return r && r.category && r.category !== "unknown" ? r.category : g.t("category_unknown"); }
  function oxideCell(d) {
    var r = oxide(d), other = shownStatement(d);
    if (r) return g.cell("n " + WIDE, g.plainNumber(r.quantity_t, 0) + " " + g.t("t"), el("small", {}, g.term(stated(r))));
    if (!other) return g.cell("n " + WIDE, g.unknown());
    return g.cell("n " + WIDE, g.unknown(), el("small", {}, g.t("stated_as", { what: g.term(other.substance || "unclear") })));
  }
  /* Columns: name, key of the head, class, sort key, whether the first click sorts downwards, cell. */
  var columns = [
    { name: "rank", head: "rank_sign", full: "rank_head", kind: "n k", key: g.rankOf, cell: function (d) { return g.cell("n", g.rankOf(d)); } },
    { name: "deposit", head: "name", kind: "name", key: function (d) { return d.name || d.id; }, cell: nameCell },
    { name: "score", head: "score", kind: "n s", down: true, key: g.scoreOf, cell: function (d) { return g.cell("n", g.num(g.scoreOf(d), 1)); } },
    { name: "interval", head: "rank_interval", kind: "r",
      key: function (d) { var i = g.intervalOf(d); return i.rank_p5 === undefined ? undefined : i.rank_p5 + i.rank_p95 / 1e6; },
      cell: intervalCell },
    { name: "flags", head: "flags_head", full: "flags_head_full", kind: "f", down: true, only: g.hasFlags, key: g.flagRank,
      cell: function (d) { return g.cell("f", g.flagMarks(d)); } },
    { name: "route", head: "route_km", full: "route_km_full", kind: "n u " + WIDE, only: g.hasRoutes,
      key: function (d) { var r = g.cheapestRoute(d); return r ? g.routeKm(r) : undefined; }, cell: routeCell },
    { name: "access", head: "access_usd", full: "access_usd_full", kind: "n v " + WIDE, only: g.hasAccess,
      key: function (d) { return g.accessOf(d).p50; }, cell: accessCell },
    { name: "country", head: "country", kind: "c spare " + WIDE, key: function (d) { return g.country(d.country) || undefined; },
      cell: function (d) { return g.cell("spare " + WIDE, g.country(d.country) || g.unknown()); } },
    { name: "group", head: "commodity_group", kind: "g " + WIDE,
      key: function (d) { return (d.commodity_group || "") + (d.ree_class || "z") + (d.commodities || ""); },
      cell: function (d) {
        return g.cell(WIDE, d.commodity_group ? g.term(g.words(d.commodity_group)) : g.unknown(), el("small", {},
          [d.ree_class ? g.t(g.reeWords[d.ree_class]) : "", g.list(d.commodities).map(g.term).join(", ")].filter(Boolean).join(" · ")));
      } },
    { name: "stage", head: "stage", full: "stage_and_status", kind: "t " + WIDE,
      key: function (d) { var at = g.data.stages.indexOf(d.stage); return at < 0 ? undefined : at + (g.rankInStageOf(d) || 0) / 1e6; },
      cell: stageCell },
    { name: "oxide", head: "contained_oxide", kind: "n o " + WIDE, down: true,
      key: function (d) { var r = oxide(d); return r ? r.quantity_t : undefined; }, cell: oxideCell },
    { name: "quality", head: "source", full: "source_quality", kind: "q spare " + WIDE, down: true, key: function (d) { return d.quality; },
      cell: function (d) {
        var level = d.quality ? g.t(g.qualityWords[d.quality]) : null, plain = d.quality && d.source_quality === g.qualityWords[d.quality];
        return g.cell("spare " + WIDE, level || g.unknown(), d.source_quality && !plain
          ? el("small", { "class": "clamp", title: d.source_quality }, g.quality(d.source_quality)) : null);
      } }
  ].filter(function (c) { return c.only !== false; });
  function nameCell(d) {
    var dot = el("span", { "class": "dot" });
    dot.style.background = g.scoreColour(g.scoreOf(d) || 0);
    return g.cell("name", dot, d.name || d.id, g.isOwn(d) ? el("small", { "class": "own" }, " " + g.t("own_site")) : null, el("small", { "class": "narrow-only country" }, " " + g.country(d.country)), beneath(d));
  }
  /* Unknown with its reason. */
  function lacking(words, reason) { return el("span", { "class": "unknown", title: reason }, words); }
  function routeCell(d) {
    var r = g.cheapestRoute(d);
    if (!r) return g.cell("n " + WIDE, lacking(g.routeIsKnown(d) ? g.t("no_route_short") : g.t("unknown"), g.noRoute(d)));
    return g.cell("n " + WIDE, g.plainNumber(g.routeKm(r), 0), el("small", {}, "→ " + g.term(r.port || "")));
  }
  function accessCell(d) {
    var a = g.accessOf(d);
    if (a.p50 === undefined) return g.cell("n " + WIDE, lacking(g.t("unknown"), a.reason));
    return g.cell("n " + WIDE, g.plainNumber(a.p50, 0), el("small", {}, g.t("low_high", { low: g.plainNumber(a.p10, 0), high: g.plainNumber(a.p90, 0) })));
  }
  /* Route and access below the name, where their columns have no place. */
  function beneath(d) {
    var r = g.cheapestRoute(d), cost = g.accessOf(d).p50, parts = [];
    if (!r && g.routeIsKnown(d)) parts.push(g.t("no_route_short"));
    if (r) parts.push(g.t("route_short", { km: g.plainNumber(g.routeKm(r), 0) }));
    if (cost !== undefined) parts.push(g.t("access_short", { usd: g.plainNumber(cost, 0) }));
    return parts.length ? el("small", { "class": "narrow-only" }, " " + parts.join(" · ")) : null;
  }
  function stageCell(d) {
    var stage = d.stage ? [g.term(g.words(d.stage)), g.rankInStage(d) ? el("small", {}, g.rankInStage(d)) : null] : g.unknown();
    return g.cell(WIDE, stage, d.status ? el("small", { "class": "clamp", title: d.status }, g.quote(d.status)) : null);
  }
  function intervalCell(d, count) {
    var i = g.intervalOf(d), rank = g.rankOf(d);
    if (i.basis === "pending") return g.cell("", el("div", { "class": "range pending", role: "img", "aria-label": g.t("being_calculated") }));
    if (i.rank_p5 === undefined) return g.cell("", g.unknown());
    var bar = el("i"), tick = el("b");
    bar.style.left = 100 * (i.rank_p5 - 1) / count + "%";
    bar.style.width = 100 * (i.rank_p95 - i.rank_p5 + 1) / count + "%";
    tick.style.left = 100 * (rank - 0.5) / count + "%";
    return g.cell("", el("span", { "class": "span" }, i.rank_p5 + "–" + i.rank_p95, " ", g.rivalCount(d)),
      el("div", { "class": "range", role: "img", "aria-label": g.t("rank_range", { low: i.rank_p5, high: i.rank_p95 }) }, bar, tick));
  }

  /* Before which rows of a table there is a cut: all above it can be told apart from all below. */
  function cutsOf(rows) {
    var farthest = 0, known = true, places = new Map(rows.map(function (d, k) { return [d, k + 1]; }));
    return rows.map(function (d, k) {
      var rivals = g.rivalsOf(d), cut = known && Boolean(rivals) && k > 0 && farthest <= k;
      known = known && Boolean(rivals);
      (rivals || []).forEach(function (one) { farthest = Math.max(farthest, places.get(one.d) || 0); });
      return cut;
    });
  }

  /* The rank within the stage with its interval, in words; "" where there is none. */
  g.rankInStage = function (d) {
    var rank = g.rankInStageOf(d), i = g.intervalOf(d);
    if (rank === undefined || i.rank_in_stage_p5 === undefined) return "";
    var rivals = g.ranked(d.role).filter(function (other) { return other.stage === d.stage; });
    return g.t("rank_in_stage", { rank: rank, all: rivals.length, low: i.rank_in_stage_p5, high: i.rank_in_stage_p95 });
  };

  /* A table of the deposits that `list` gives, which are of one role. */
  function Ranking(name, role, list) {
    this.node = document.getElementById(name);
    this.pager = document.getElementById(name + "-pages");
    this.role = role;
    this.list = list;
    this.by = columns[0];
    this.down = false;
    this.page = 0;
    var node = this.node;
    node.addEventListener("click", this.clicked.bind(this));
    node.addEventListener("keydown", this.typed.bind(this));
    node.addEventListener("mouseover", this.pointed.bind(this));
    node.addEventListener("focusin", this.pointed.bind(this));
    node.addEventListener("mouseleave", this.left);
    node.addEventListener("focusout", this.left);
  }
  Ranking.prototype.rowOf = function (e) { return e.target instanceof Element ? e.target.closest("tr[data-id]") : null; };
  Ranking.prototype.clicked = function (e) {
    var head = e.target.closest("button[data-sort]"), tr = this.rowOf(e);
    if (head) this.sort(head.dataset.sort);
    else if (e.target.closest(".rivals-count")) g.showRivals(tr);
    else if (tr && !g.selecting(e)) g.open(tr.dataset.id);
  };
  Ranking.prototype.pointed = function (e) {
    var tr = this.rowOf(e);
    if (!tr) return;
    g.point(tr.dataset.id, "table");
    g.showRivals(tr);
  };
  Ranking.prototype.left = function () {
    g.point(null);
    g.leaveRivals();
  };
  Ranking.prototype.typed = function (e) {
    var tr = this.rowOf(e), next = null;
    if (!tr || e.target !== tr) return;
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); g.open(tr.dataset.id); return; }
    if (e.key === "ArrowDown") next = tr.nextElementSibling;
    else if (e.key === "ArrowUp") next = tr.previousElementSibling;
    else if (e.key === "Home") next = tr.parentNode.firstElementChild;
    else if (e.key === "End") next = tr.parentNode.lastElementChild;
    else return;
    e.preventDefault();
    if (next) { this.rove(next); next.focus(); }
  };
  /* One row is in the tab order; the arrow keys move it. */
  Ranking.prototype.rove = function (tr) {
    this.node.querySelectorAll("tr[tabindex='0']").forEach(function (other) { other.tabIndex = -1; });
    if (tr) tr.tabIndex = 0;
  };
  Ranking.prototype.sort = function (name) {
    var by = columns.filter(function (c) { return c.name === name; })[0] || columns[0];
    this.down = this.by === by ? !this.down : Boolean(by.down);
    this.by = by;
    this.page = 0;
    this.draw();
    var button = this.node.querySelector("button[data-sort='" + by.name + "']");
    if (button) button.focus();
  };
  /* Sorted rows, unknown values last in both directions. */
  Ranking.prototype.arrange = function () {
    var key = this.by.key, sign = this.down ? -1 : 1, collator = new Intl.Collator(g.locale());
    var kept = this.list().filter(g.shown), byRank = this.by === columns[0];
    if (byRank) return this.down ? kept.reverse() : kept;
    return kept.map(function (d, i) { return [key(d), i, d]; }).sort(function (a, b) {
      var x = a[0], y = b[0];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || a[1] - b[1];
      return sign * (typeof x === "string" ? collator.compare(x, y) : x - y) || a[1] - b[1];
    }).map(function (one) { return one[2]; });
  };
  Ranking.prototype.heads = function () {
    var self = this;
    return el("thead", {}, el("tr", {}, columns.map(function (c) {
      var on = self.by === c, arrow = on ? (self.down ? " ▾" : " ▴") : "";
      return el("th", { scope: "col", "class": c.kind, "aria-sort": on ? (self.down ? "descending" : "ascending") : "none" },
        el("button", { type: "button", "data-sort": c.name, "aria-label": g.t(c.full || c.head) }, g.t(c.head), el("span", { "aria-hidden": "true" }, arrow)));
    })));
  };
  Ranking.prototype.draw = function () {
    var rows = this.rows = this.arrange(), count = g.ranked(this.role).length;
    var focused = document.activeElement && document.activeElement.dataset.id;
    var pages = Math.max(1, Math.ceil(rows.length / PAGE)), from;
    this.page = Math.min(this.page, pages - 1);
    from = this.page * PAGE;
    var cuts = this.by === columns[0] && !this.down && !g.filtering().length ? cutsOf(rows.slice(0, from + PAGE)) : [];
    var body = rows.slice(from, from + PAGE).map(function (d, k) {
      var tr = g.row.apply(null, columns.map(function (c) { return c.cell(d, count); }));
      tr.className = "row" + (cuts[from + k] ? " split" : "");
      tr.dataset.id = d.id;
      tr.tabIndex = k ? -1 : 0;
      tr.setAttribute("aria-rowindex", from + k + 2);
      return tr;
    });
    if (!body.length) body = [el("tr", {}, el("td", { colspan: columns.length, "class": "none" }, g.t("nothing_shown")))];
    this.node.setAttribute("aria-rowcount", rows.length + 1);
    this.node.classList.toggle("with-routes", g.hasRoutes);
    this.node.replaceChildren(this.heads(), el("tbody", {}, body));
    this.mark(g.state.choice);
    if (focused) {
      var again = this.node.querySelector("tr[data-id='" + CSS.escape(focused) + "']");
      if (again) { this.rove(again); again.focus({ preventScroll: true }); }
    }
    this.turn(pages, from, rows.length);
  };
  Ranking.prototype.turn = function (pages, from, count) {
    var self = this;
    this.pager.hidden = pages < 2;
    if (pages < 2) { this.pager.replaceChildren(); return; }
    function step(word, to, name) {
      var button = el("button", { type: "button", "data-turn": name }, word);
      button.disabled = to < 0 || to >= pages;
      button.addEventListener("click", function () {
        self.page = to;
        self.draw();
        (self.pager.querySelector("[data-turn='" + name + "']:enabled") || self.pager.querySelector(":enabled")).focus();
      });
      return button;
    }
    this.pager.replaceChildren(step(g.t("previous"), this.page - 1, "previous"),
      el("span", {}, g.t("page_range", { from: g.plainNumber(from + 1, 0),
        to: g.plainNumber(Math.min(count, from + PAGE), 0), all: g.plainNumber(count, 0) })),
      step(g.t("next"), this.page + 1, "next"));
  };
  /* Mark the chosen row. */
  Ranking.prototype.mark = function (id) {
    this.node.querySelectorAll("tr[data-id]").forEach(function (tr) {
      var on = tr.dataset.id === id;
      tr.classList.toggle("on", on);
      tr.setAttribute("aria-selected", String(on));
    });
  };
  Ranking.prototype.choose = function (id) {
    var at = this.rows.findIndex(function (d) { return d.id === id; });
    if (at >= 0 && Math.floor(at / PAGE) !== this.page) {
      this.page = Math.floor(at / PAGE);
      this.draw();
    } else this.mark(id);
    if (at >= 0 && this.node.closest("details")) this.node.closest("details").open = true;
    var tr = this.node.querySelector("tr.on");
    if (tr) {
      this.rove(tr);
      if (window.matchMedia("(min-width: 861px)").matches) tr.scrollIntoView({ block: "nearest" });
    }
  };
  Ranking.prototype.near = function (id) {
    this.node.querySelectorAll("tr[data-id]").forEach(function (tr) { tr.classList.toggle("near", tr.dataset.id === id); });
  };

  function sortPicker() {
    var select = document.getElementById("sort");
    select.replaceChildren.apply(select, columns.map(function (c) { return el("option", { value: c.name }, g.t(c.full || c.head)); }));
    select.value = tables[0].by.name;
  }
  function drawAll() {
    tables.forEach(function (t) { t.draw(); });
    var hosts = g.ranked("by_product_host"), basis = document.getElementById("basis");
    document.getElementById("no-hosts").hidden = hosts.length > 0;
    document.getElementById("hosts-box").hidden = !hosts.length;
    basis.textContent = g.basisOfRanks();
    basis.hidden = !basis.textContent;
    var parts = g.candidatesByStage(), out = parts.later.length - tables[1].rows.length;
    document.getElementById("first-stages").hidden = !parts.split;
    document.getElementById("later-box").hidden = !parts.later.length;
    document.getElementById("later-summary").textContent = g.t("later_stages", { count: parts.later.length })
      + (out ? "; " + g.t("hidden_by_filters", { out: out }) : "");
  }
  g.ranking = function () {
    sortPicker();
    drawAll();
  };
  g.startRanking = function () {
    tables = [
      new Ranking("ranking", "candidate", function () { return g.candidatesByStage().first; }),
      new Ranking("later", "candidate", function () { return g.candidatesByStage().later; }),
      new Ranking("hosts", "by_product_host", function () { return g.ranked("by_product_host"); })
    ];
    document.getElementById("sort").addEventListener("change", function (e) {
      tables.forEach(function (t) { t.sort(e.target.value); });
      e.target.focus();
    });
    g.subscribe(function (changed) {
      if (changed.some(function (c) { return ["weights", "intervals", "filters", "question", "access"].indexOf(c) >= 0; })) drawAll();
      if (changed.indexOf("choice") >= 0) tables.forEach(function (t) { t.choose(g.state.choice); });
    });
  };
  g.pointRows = function (id) { tables.forEach(function (t) { t.near(id); }); };
  /* The sorted and filtered rows of all tables, for the download. */
  g.tableRows = function () { return tables.reduce(function (all, t) { return all.concat(t.rows); }, []); };
  g.shownOxide = oxide;
})(geoRee);
