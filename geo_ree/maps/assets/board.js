/* Paper: the sheet that Python wrote, brought to the state of the page, and a dossier for each deposit behind it. */
"use strict";
(function (g) {
  var el = g.el, TOP = 5, DASH = "–", ready = false;

  function board() { return document.getElementById("board"); }
  function known(value) { return value !== undefined && value !== null; }
  function span(low, high) {
    return known(low) && known(high) ? g.plainNumber(low, 0) + DASH + g.plainNumber(high, 0) : null;
  }
  function spread(mid, low, high, digits) {
    return g.cell("n", known(mid) ? [g.plainNumber(mid, digits || 0), span(low, high) ? el("small", {}, span(low, high)) : null] : g.t("unknown"));
  }
  /* Money is rounded as people say it, here as in its marks. */
  function money(access) {
    return g.cell("n", known(access.p50) ? [g.about(access.p50), el("small", {}, g.about(access.p10) + DASH + g.about(access.p90))] : g.t("unknown"));
  }
  function row(d) {
    var i = g.intervalOf(d), access = g.accessOf(d), oxide = g.oxideStatement(d);
    return g.row(g.cell("n", g.plainNumber(g.rankOf(d), 0)), g.cell("", d.name || d.id, el("small", {}, g.country(d.country)), stopped(d)),
      d.stage ? g.term(g.words(d.stage)) : g.t("unknown"), spread(g.scoreOf(d), i.score_p5, i.score_p95, 1),
      g.cell("n", span(i.rank_p5, i.rank_p95) || g.t("unknown")), marked(money(access), g.accessMarks(d)),
      g.cell("n", oxide ? [g.plainNumber(oxide.oxide_t, 0) + " " + g.t("t"), el("small", {}, g.nameOfStatement(oxide, true))] : g.t("unknown")));
  }
  function marked(cell, marks) {
    cell.append.apply(cell, marks);
    return cell;
  }
  /* What forbids mining is said beside the name, on paper too. */
  function stopped(d) {
    var f = g.worstFlag(d);
    return f && f.severity === "stop" ? el("small", { "class": "flagged" }, g.severity(f.severity) + ": " + g.flagName(f.flag)) : null;
  }
  function light(hex) {
    var n = parseInt(hex.slice(1), 16);
    return 0.299 * (n >> 16) + 0.587 * ((n >> 8) & 255) + 0.114 * (n & 255) > 140;
  }
  /* The numbers and colours of the marks, under the weights in force; names in the language of the page. */
  function redraw(map) {
    map.querySelectorAll("[data-row]").forEach(function (mark) {
      var d = g.deposits[Number(mark.dataset.row)], rank = g.rankOf(d), score = g.scoreOf(d);
      mark.querySelector("text").textContent = known(rank) ? rank : "";
      if (!known(score)) return;
      mark.querySelector("circle").setAttribute("fill", g.scoreColour(score));
      mark.querySelector("text").setAttribute("class", light(g.scoreColour(score)) ? "dark" : "pale");
    });
    map.querySelectorAll("[data-country]").forEach(function (name) { name.textContent = g.country(name.dataset.country); });
  }
  /* The names behind the numbers of the map, in the order of the ranks in force. */
  function renumber(list) {
    var rows = Array.from(list.children, function (item) { return g.deposits[Number(item.dataset.mark)]; });
    rows.sort(function (a, b) { return (g.rankOf(a) || 1e6) - (g.rankOf(b) || 1e6); });
    fill(list, rows.map(function (d) { return el("li", { "data-mark": g.rowOf(d) }, el("b", {}, known(g.rankOf(d)) ? g.plainNumber(g.rankOf(d), 0) : DASH), " " + (d.name || d.id)); }));
  }
  function best() {
    var parts = g.candidatesByStage();
    return parts.first.concat(parts.later).slice(0, TOP);
  }
  function write() {
    var sheet = board(), body = sheet.querySelector("tbody");
    g.translateBody();
    document.querySelectorAll(".board-date").forEach(function (node) { node.textContent = document.getElementById("dated").textContent; });
    sheet.querySelector(".board-disclaimer").textContent = document.getElementById("disclaimer").textContent;
    sheet.querySelector("h1").textContent = document.querySelector("#paper-foot span").textContent = document.getElementById("title").textContent;
    fill(sheet.querySelector(".board-headline"), headline());
    fill(sheet.querySelector(".board-cards"), cards());
    fill(sheet.querySelector(".board-facts"), facts());
    fill(body, best().map(row));
    title(sheet.querySelector(".board-best"));
    redraw(sheet.querySelector("svg"));
    renumber(sheet.querySelector(".map-names"));
  }
  /* Which candidates the table shows, and among how many they are ranked. */
  function title(node) {
    if (node) node.textContent = g.t(g.candidatesByStage().split ? "board_best" : "board_best_all", { n: best().length, all: g.ranked("candidate").length });
  }
  function fill(node, children) { if (node) node.replaceChildren.apply(node, children); }
  /* The sentences and cards of the page, as they are now. */
  function headline() {
    var changed = document.querySelector("#changed-note:not([hidden]) span");
    return Array.from(document.querySelectorAll("#headline p"), function (p) { return p.cloneNode(true); }).concat(changed ? el("p", {}, changed.textContent) : []);
  }
  function text(node) { return node ? node.textContent : ""; }
  function cards() {
    return Array.from(document.querySelectorAll("#cards .card"), function (card) {
      var name = card.querySelector("h3");
      return el("div", {}, el("small", {}, text(card.querySelector(".asked"))), name ? [el("b", {}, text(name)), " " + text(card.querySelector(".sub"))] : null,
        el("small", { "class": "flagged" }, text(card.querySelector(".worst"))),
        el("small", {}, text(card.querySelector(":scope > .small") || (name ? null : card.querySelector("p:last-child")))));
    });
  }
  /* What a card says in its first line on a fact; what stands below that in small print is for the screen. */
  function first(card, head) {
    var at = Array.from(card.querySelectorAll("dt"), text).indexOf(head), dd = card.querySelectorAll("dd")[at].cloneNode(true);
    dd.querySelectorAll("small").forEach(function (node) { node.remove(); });
    return dd.textContent;
  }
  function way(d) {
    var r = g.cheapestRoute(d);
    if (r) return g.t("card_route", { km: g.about(g.routeKm(r)), port: g.term(r.port || "") });
    return known(d.latitude) && g.routeIsKnown(d) ? g.t("no_route_short") : g.t("unknown");
  }
  /* Beside the figure, what it is if the source that places a line at the deposit is wrong. */
  function cost(d) {
    var a = known(d.latitude) && g.cheapestRoute(d) ? g.accessOf(d) : {};
    return !g.accessIsOfRoutes() ? g.t("access_not_for_question") : known(a.p50) ? g.costWords(d) : g.t("unknown");
  }
  /* What needs the width of the sheet: statements that differ, and whether it pays beside mining and milling. */
  function more(d) {
    var left = known(g.accessOf(d).p50) && g.accessIsOfRoutes() ? g.valueLeftShort(d) : [];
    return g.sizeBeside(d).concat(left).map(function (words) { return words.replace(/\.$/, ""); }).join("; ");
  }
  /* What the card of a size says of another deposit stands below its own. */
  function size(d, card) {
    var beside = card.dataset.card === "card_partner" ? null : card.querySelector(".answer-line small:not(.size-beside)");
    return [g.sizeStated(d), beside ? el("small", {}, text(beside)) : null];
  }
  /* Control, size, route, cost and score of the cards, a line each, below them. */
  function facts() {
    var all = Array.from(document.querySelectorAll("#cards .card"));
    var lines = [["card_control", function (d, card) { return first(card, g.t("card_control")); }], ["", size], ["card_way", way], ["card_usd", cost], ["score", function (d, card) { return first(card, g.t("score")); }]];
    var rows = [].concat.apply([], lines.map(function (line) {
      return all.map(function (card) {
        var d = g.byId[card.dataset.deposit];
        return el("p", {}, d && line[0] ? el("span", {}, g.t(line[0]) + ": ") : null, d ? line[1](d, card) : null);
      });
    }));
    return rows.concat(all.map(function (card) { return g.byId[card.dataset.deposit]; }).filter(function (d, i, list) { return d && list.indexOf(d) === i && more(d); }).map(function (d) {
      return el("p", { "class": "wide" }, el("b", {}, (d.name || d.id) + ": "), more(d) + ".");
    }));
  }
  function decoded(address) { try { return decodeURI(address); } catch (_e) { return address; } }
  /* On paper nothing can be opened: what a closed box would hide is shown, or left out. */
  function dossier(d) {
    var sheet = g.dossier(d);
    sheet.querySelectorAll(".site-access").forEach(function (box, i) { if (i) box.remove(); }); /* said twice on the screen */
    /* What the sources at the end say already, once; of a link the address, which nobody can open on paper. */
    sheet.querySelectorAll("details[data-below]").forEach(function (box) { box.replaceWith(el("p", { "class": "small" }, g.t("sources_at_end"))); });
    sheet.querySelectorAll("a[href]").forEach(function (link) { if (/ ↗$/.test(link.textContent)) link.textContent = decoded(link.href.replace(/^https?:\/\/(www\.)?|\/$/g, "")); });
    sheet.querySelectorAll(".statements details, details.shared, .routes tbody tr:first-child details").forEach(function (box) { box.open = true; });
    sheet.querySelectorAll("details:not([open]), .shut").forEach(function (box) { box.remove(); });
    /* Of a choice, what was chosen; without its control, which would change that of the page, too. */
    sheet.querySelectorAll("input").forEach(function (input) {
      var label = input.closest("label");
      if (input.type === "radio" && !input.checked && label) label.remove(); else input.remove();
    });
    /* What a route passes has the width of the table. */
    sheet.querySelectorAll(".routes tbody details").forEach(function (box) {
      var tr = box.closest("tr");
      tr.after(el("tr", { "class": "passed" }, el("td", { colspan: tr.cells.length }, box)));
    });
    return parted(sheet, d);
  }
  /* The map, the name and the rank across the sheet; the rest below them in columns. A heading stays with the first entry of its list. */
  function parted(sheet, d) {
    var head = el("div", { "class": "paper-head" }, el("div", { "class": "paper-map", "data-map": d.id })), body = el("div", { "class": "paper-columns" });
    while (sheet.firstChild && !headed(sheet.firstChild)) head.append(sheet.firstChild);
    body.append.apply(body, Array.from(sheet.childNodes));
    body.querySelectorAll("h4").forEach(function (heading) {
      var kept = el("div", { "class": "kept" }), list;
      heading.before(kept);
      kept.append(heading);
      while (kept.nextSibling && kept.nextSibling.nodeName === "SMALL") kept.append(kept.nextSibling);
      list = kept.nextElementSibling;
      if (!list || !list.matches("ul, p")) return;
      if (list.matches("p")) { kept.append(list); return; }
      var start = list.cloneNode(false);
      start.append(list.firstElementChild);
      kept.append(start);
      if (!list.firstElementChild) list.remove();
    });
    sheet.append(head, body);
    return sheet;
  }
  function headed(node) { return node.nodeName === "H4" || node.nodeType === Node.ELEMENT_NODE && Boolean(node.querySelector("h4")); }
  /* The end of the paper: the answers of the page without their tables, and all limits that it names. */
  function rest() {
    var answers = Array.from(document.getElementById("questions").children, function (part) { return part.cloneNode(true); });
    var limits = Array.from(document.querySelectorAll("#first-limits li, #limits li"), function (item) { return item.cloneNode(true); });
    var cautions = Array.from(document.querySelectorAll("#warnings li"), function (item) { return item.cloneNode(true); });
    /* Two parts, each whole and less than a sheet: the first fills a sheet on which the last dossier left a few lines. */
    var parts = [[el("h2", {}, g.t("questions")), answers], [el("h2", {}, g.t("limits_title")), el("ul", {}, limits), cautions.length ? [el("h3", {}, g.t("warnings")), el("ul", {}, cautions)] : null]];
    return parts.map(function (part) {
      var sheet = el("section", { "class": "paper-rest" }, part);
      sheet.querySelectorAll("details, input, select").forEach(function (box) { box.remove(); });
      return sheet;
    });
  }
  /* The deposits of the cards that are not among the best, each once. */
  function ofCards() {
    var ids = Array.from(document.querySelectorAll("#cards .card[data-deposit]"), function (card) { return card.dataset.deposit; }), listed = best();
    return Array.from(new Set(ids)).map(function (id) { return g.byId[id]; }).filter(function (d) { return d && listed.indexOf(d) < 0; });
  }
  /* Which dossiers follow: the open one, else those of the shortlist, or of the best deposits and of the cards. */
  function chosen() {
    var open = g.opened() === null || g.printsShortlist ? null : g.byId[g.opened()], list = g.shortlisted();
    return open ? [open] : list.length ? list : best().concat(ofCards());
  }
  function prepare() {
    if (ready) return;
    ready = true;
    write();
    fill(document.getElementById("dossiers"), chosen().map(dossier).concat(rest()));
    document.querySelectorAll("#dossiers [data-map]").forEach(function (box) { g.smallMap(box, box.dataset.map); });
  }
  function clear() {
    ready = false;
    document.getElementById("dossiers").replaceChildren();
  }
  g.startPaper = function () {
    window.addEventListener("beforeprint", prepare);
    window.addEventListener("afterprint", clear);
    window.matchMedia("print").addEventListener("change", function (e) { (e.matches ? prepare : clear)(); });
  };
})(geoRee);
