/* The ranked tables: sortable, paged, linked to the map. */
"use strict";
(function (g) {
  var PAGE = 100, el = g.el, tables = [], columns = g.columns;

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
    this.page = 0;
    var node = this.node;
    node.addEventListener("click", this.clicked.bind(this));
    node.addEventListener("keydown", this.typed.bind(this));
    node.addEventListener("mouseover", this.pointed.bind(this));
    node.addEventListener("mousemove", this.pointed.bind(this));
    node.addEventListener("focusin", this.pointed.bind(this));
    node.addEventListener("mouseleave", this.left);
    node.addEventListener("focusout", this.left);
  }
  Ranking.prototype.rowOf = function (e) { return e.target instanceof Element ? e.target.closest("tr[data-id]") : null; };
  Ranking.prototype.clicked = function (e) {
    var head = e.target.closest("button[data-sort]"), tr = this.rowOf(e);
    if (head) this.sort(head.dataset.sort);
    else if (e.target.closest(".rivals-count")) g.showRivals(tr);
    else if (e.target.closest(".star")) g.toggleShortlist(tr.dataset.id);
    else if (tr && !g.selecting(e)) g.open(tr.dataset.id, e.clientY);
  };
  Ranking.prototype.pointed = function (e) {
    var tr = this.rowOf(e);
    if (!tr || (e.type === "focusin" ? !tr.matches(":focus-visible") : !g.pointerMoved(e))) return;
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
  /* All tables are sorted alike: by the same column again turns the order round. */
  function sortBy(name) {
    var by = columns.filter(function (c) { return c.name === name; })[0] || columns[0], now = order();
    var down = now.by === by ? !now.down : Boolean(by.down);
    tables.forEach(function (t) { t.page = 0; });
    g.set({ sort: by === columns[0] && !down ? null : { by: by.name, down: down } });
  }
  /* The column and direction in force. */
  function order() {
    var s = g.state.sort;
    return { by: s ? columns.filter(function (c) { return c.name === s.by; })[0] : columns[0], down: Boolean(s && s.down) };
  }
  Ranking.prototype.sort = function (name) {
    sortBy(name);
    var by = order().by, button = this.node.querySelector("button[data-sort='" + by.name + "']");
    if (button) button.focus();
  };
  /* Sorted rows, unknown values last in both directions. */
  Ranking.prototype.arrange = function () {
    var now = order(), key = now.by.key, sign = now.down ? -1 : 1, collator = new Intl.Collator(g.locale());
    var kept = this.list().filter(g.shown), byRank = now.by === columns[0];
    if (byRank) return now.down ? kept.reverse() : kept;
    return kept.map(function (d, i) { return [key(d), i, d]; }).sort(function (a, b) {
      var x = a[0], y = b[0];
      if (x === undefined || y === undefined) return (x === undefined) - (y === undefined) || a[1] - b[1];
      return sign * (typeof x === "string" ? collator.compare(x, y) : x - y) || a[1] - b[1];
    }).map(function (one) { return one[2]; });
  };
  Ranking.prototype.heads = function () {
    var now = order();
    return el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, g.shownColumns().map(function (c) {
      var on = now.by === c, arrow = on ? (now.down ? " ▾" : " ▴") : "";
      return el("th", { scope: "col", role: "columnheader", "class": c.kind, "data-col": c.name, "aria-sort": on ? (now.down ? "descending" : "ascending") : "none" },
        el("button", { type: "button", "data-sort": c.name, "aria-label": g.t(c.full || c.head), title: g.t(c.full || c.head) }, g.t(c.head), el("span", { "aria-hidden": "true" }, arrow)));
    })));
  };
  Ranking.prototype.draw = function () {
    var rows = this.rows = this.arrange(), count = g.ranked(this.role).length, shown = g.shownColumns();
    var focused = document.activeElement && document.activeElement.dataset.id;
    var pages = Math.max(1, Math.ceil(rows.length / PAGE)), from;
    this.page = Math.min(this.page, pages - 1);
    from = this.page * PAGE;
    var now = order(), cuts = now.by === columns[0] && !now.down && !g.filtering().length ? cutsOf(rows.slice(0, from + PAGE)) : [];
    var body = rows.slice(from, from + PAGE).map(function (d, k) {
      var tr = g.row.apply(null, shown.map(function (c) {
        var cell = c.cell(d, count);
        cell.dataset.col = c.name;
        cell.dataset.label = g.t(c.head);
        cell.setAttribute("role", "gridcell");
        return cell;
      }));
      tr.setAttribute("role", "row");
      tr.className = "row" + (cuts[from + k] ? " split" : "");
      tr.dataset.id = d.id;
      tr.tabIndex = k ? -1 : 0;
      tr.setAttribute("aria-rowindex", from + k + 2);
      return tr;
    });
    var none = el("tr", { role: "row" }, el("td", { "class": "none", role: "gridcell" }, g.t("nothing_shown"), this.node.id === "ranking" ? nearest() : null));
    this.node.setAttribute("aria-rowcount", rows.length + 1);
    this.node.classList.toggle("with-routes", g.hasRoutes && !g.state.columns);
    this.node.classList.toggle("chosen", Boolean(g.state.columns));
    this.node.style.minWidth = g.state.columns ? g.columnsWide() + "px" : "";
    this.node.replaceChildren.apply(this.node, (body.length ? [this.heads()] : []).concat(el("tbody", { role: "rowgroup" }, body.length ? body : none)));
    this.mark(g.state.choice);
    if (focused) {
      var again = this.node.querySelector("tr[data-id='" + CSS.escape(focused) + "']");
      if (again) { this.rove(again); again.focus({ preventScroll: true }); }
    }
    this.turn(pages, from, rows.length);
  };
  /* The names nearest to a search that finds nothing: a click searches for one. */
  function nearest() {
    var list = g.state.filters.text && !g.counts().shown ? g.nearestNames(g.state.filters.text) : [];
    return list.length ? el("p", { "class": "nearest-names" }, g.t("nearest_names"), list.map(function (d) {
      var button = el("button", { type: "button", "class": "as-link" }, d.name || d.id);
      button.addEventListener("click", function () { g.set({ filters: Object.assign({}, g.state.filters, { text: d.name || d.id }) }); });
      return [" ", button];
    })) : null;
  }
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

  /* Candidates, hosts and areas that have no rank, candidates of the first stages first. */
  function unranked() {
    var order = ["candidate", "by_product_host"];
    function place(d) { var at = order.indexOf(d.role); return (at < 0 ? 2 : at) + (g.atFirstStages(d) ? 0 : 0.5); }
    return g.unranked.concat(g.deposits.filter(function (d) { return order.indexOf(d.role) >= 0 && !g.isRanked(d); })).filter(g.isListed)
      .sort(function (a, b) { return place(a) - place(b) || String(a.name).localeCompare(String(b.name)); });
  }
  /* Where a search finds nothing above, open what it finds below. */
  function unfold() {
    if (!g.state.filters.text) return;
    [[1, "later-box"], [3, "unplaced-box"]].forEach(function (one) {
      if (!tables[0].rows.length && tables[one[0]].rows.length) document.getElementById(one[1]).open = true;
    });
  }
  function sortPicker() {
    var select = document.getElementById("sort");
    select.replaceChildren.apply(select, columns.map(function (c) { return el("option", { value: c.name }, g.t(c.full || c.head)); }));
    select.value = order().by.name;
  }
  /* Of a search or filter only what it finds is shown; where it finds nothing, one line says so. */
  function hideEmpty() {
    var some = tables.some(function (t) { return t.rows.length; }), filtered = g.filtering().length > 0;
    ["ranking-part", "later-box", "hosts-part", "unplaced-box"].forEach(function (id, i) {
      if (filtered && !tables[i].rows.length && (some || i)) document.getElementById(id).hidden = true;
      else if (/part$/.test(id)) document.getElementById(id).hidden = false;
    });
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
    drawUnplaced();
  }
  function drawUnplaced() {
    var all = unranked().length, out = all - tables[3].rows.length;
    document.getElementById("unplaced-box").hidden = !all;
    document.getElementById("unplaced-summary").textContent = g.t("not_ranked_here", { count: all }) + (out ? "; " + g.t("hidden_by_filters", { out: out }) : "");
    unfold();
    hideEmpty();
  }
  g.ranking = function () {
    sortPicker();
    drawAll();
  };
  g.startRanking = function () {
    tables = [
      new Ranking("ranking", "candidate", function () { return g.candidatesByStage().first; }),
      new Ranking("later", "candidate", function () { return g.candidatesByStage().later; }),
      new Ranking("hosts", "by_product_host", function () { return g.ranked("by_product_host"); }),
      new Ranking("unplaced", "candidate", unranked)
    ];
    document.getElementById("sort").addEventListener("change", function (e) {
      sortBy(e.target.value);
      e.target.focus();
    });
    g.subscribe(function (changed) {
      if (changed.some(function (c) { return ["weights", "intervals", "filters", "question", "access", "columns", "shortlist", "sort"].indexOf(c) >= 0; })) drawAll();
      if (changed.indexOf("sort") >= 0) document.getElementById("sort").value = order().by.name;
      if (changed.indexOf("choice") >= 0) tables.forEach(function (t) { t.choose(g.state.choice); });
    });
  };
  g.pointRows = function (id) { tables.forEach(function (t) { t.near(id); }); };
  /* The sorted and filtered rows of all tables, for the download. */
  g.tableRows = function () { return tables.reduce(function (all, t) { return all.concat(t.rows); }, []); };
})(geoRee);
