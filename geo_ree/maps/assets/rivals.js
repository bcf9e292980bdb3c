/* Which deposits cannot be told apart from one, with the chance of the order: a count, a card, a list. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, MOST = 12, card = null, shown = null, leaving = 0;

  function name(d) { return d.name || d.id; }
  function basis() { return el("p", { "class": "small" }, t(g.published() ? "chances_of_run" : "chances_of_page")); }
  function row(one) {
    return g.row(g.cell("n", g.rankOf(one.d)), name(one.d), g.cell("n", g.percent(one.ahead)));
  }
  /* The count beside an interval. It is a button for those who touch: a row that has the focus, or the pointer, shows the card by itself. */
  g.rivalCount = function (d) {
    var rivals = g.rivalsOf(d), words;
    if (!rivals) return null;
    if (!rivals.length) return el("small", { title: t("apart_from_all") }, " " + t("apart"));
    words = t("not_apart_from", { count: g.plainNumber(rivals.length, 0) });
    return el("button", { type: "button", "class": "rivals-count", tabindex: "-1", "aria-label": words, title: words }, "≈ " + g.plainNumber(rivals.length, 0));
  };
  /* The list in the dossier, each name a link. */
  g.rivalList = function (d) {
    var rivals = g.rivalsOf(d);
    if (!rivals) return null;
    if (!rivals.length) return el("p", {}, t("apart_from_all"));
    return el("details", { "class": "rivals" }, el("summary", {}, t("not_apart_from", { count: g.plainNumber(rivals.length, 0) })),
      el("p", { "class": "small" }, t("chance_to_be_above", { name: name(d) })),
      el("ul", {}, rivals.map(function (one) {
        var open = el("button", { type: "button", "class": "as-link" }, name(one.d));
        open.addEventListener("click", function () { g.open(one.d.id); });
        return el("li", {}, open, " " + g.percent(one.ahead));
      })), basis());
  };
  function place(tr) {
    var at = tr.getBoundingClientRect(), wide = window.matchMedia("(min-width: 861px)").matches;
    card.style.left = wide ? Math.min(at.right + 10, window.innerWidth - card.offsetWidth - 8) + "px" : "8px";
    card.style.top = wide ? Math.max(8, Math.min(at.top, window.innerHeight - card.offsetHeight - 8)) + "px" : "auto";
  }
  function remove() {
    clearTimeout(leaving);
    if (!shown) return;
    card.hidden = true;
    shown.removeAttribute("aria-describedby");
    document.querySelectorAll("tr.alike").forEach(function (tr) { tr.classList.remove("alike"); });
    shown = null;
  }
  function tint(rivals) {
    rivals.forEach(function (one) {
      document.querySelectorAll("tr[data-id='" + CSS.escape(one.d.id) + "']").forEach(function (tr) { tr.classList.add("alike"); });
    });
  }
  /* Show the card of a row and tint the rows that cannot be told apart from it. */
  g.showRivals = function (tr) {
    var d = tr && g.byId[tr.dataset.id], rivals = d && g.rivalsOf(d);
    if (!rivals || !rivals.length) { remove(); return; }
    clearTimeout(leaving);
    if (shown === tr) return;
    remove();
    shown = tr;
    tint(rivals);
    card.replaceChildren(el("p", {}, el("strong", {}, name(d)), ": " + t("not_apart_from", { count: g.plainNumber(rivals.length, 0) }).toLowerCase()),
      el("p", { "class": "small" }, t("chance_to_be_above", { name: name(d) })),
      el("table", {}, el("tbody", {}, rivals.slice(0, MOST).map(row))),
      rivals.length > MOST ? el("p", { "class": "small" }, t("others_in_dossier", { count: g.plainNumber(rivals.length - MOST, 0) })) : "", basis());
    card.hidden = false;
    tr.setAttribute("aria-describedby", card.id);
    place(tr);
  };
  /* The card stays while the pointer is on it. */
  g.leaveRivals = function () {
    clearTimeout(leaving);
    leaving = setTimeout(remove, 200);
  };
  g.hideRivals = remove;
  g.rivalsShown = function () { return shown; };
  g.startRivals = function () {
    card = el("div", { id: "rivals", role: "tooltip", hidden: "" });
    document.body.append(card);
    card.addEventListener("mouseenter", function () { clearTimeout(leaving); });
    card.addEventListener("mouseleave", g.leaveRivals);
    card.addEventListener("click", remove);
    document.addEventListener("scroll", function () { if (shown) place(shown); }, true);
    /* Before the dossier closes by the same key. */
    document.addEventListener("keydown", function (e) {
      if (e.key !== "Escape" || !shown) return;
      remove();
      e.stopPropagation();
    }, true);
    g.subscribe(remove);
  };
})(geoRee);
