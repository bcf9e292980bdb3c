/* The reader's shortlist with notes: kept in the address, compared side by side, printed as one dossier each. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, MOST = 12, LONGEST = 200, SIDE_BY_SIDE = 4;

  /* [{ id, note, compared }], replaced as a whole when it changes. */
  g.state.shortlist = [];

  function at(id) { return g.state.shortlist.findIndex(function (one) { return one.id === id; }); }
  function changed(id, parts) {
    g.set({ shortlist: g.state.shortlist.map(function (one) { return one.id === id ? Object.assign({}, one, parts) : one; }) });
  }
  function comparedCount() { return g.state.shortlist.filter(function (one) { return one.compared; }).length; }
  g.isShortlisted = function (id) { return at(id) >= 0; };
  g.shortlisted = function () { return g.state.shortlist.map(function (one) { return g.byId[one.id]; }); };
  g.compared = function () { return g.state.shortlist.filter(function (one) { return one.compared; }).map(function (one) { return g.byId[one.id]; }); };
  g.noteOf = function (id) { return at(id) < 0 ? "" : g.state.shortlist[at(id)].note; };
  g.toggleShortlist = function (id) {
    var list = g.state.shortlist;
    if (at(id) >= 0) g.set({ shortlist: list.filter(function (one) { return one.id !== id; }) });
    else if (list.length >= MOST) g.notify(t("shortlist_full", { most: MOST }));
    else g.set({ shortlist: list.concat({ id: id, note: "", compared: comparedCount() < SIDE_BY_SIDE }) });
  };

  function guarded(text) { return text.replace(/[%|~]/g, function (c) { return "%" + c.charCodeAt(0).toString(16).toUpperCase(); }); }
  function unguarded(text) { return text.replace(/%(25|7C|7E)/g, function (_, code) { return String.fromCharCode(parseInt(code, 16)); }); }
  /* The list as one text for the address, and back: unknown deposits are left out, notes are cut, nothing becomes markup. */
  g.shortlistText = function () {
    return g.state.shortlist.map(function (one) { return guarded(one.id) + "~" + (one.compared ? 1 : 0) + "~" + guarded(one.note); }).join("|");
  };
  g.shortlistIn = function (text) {
    var seen = Object.create(null), count = 0, out = [];
    text.split("|").forEach(function (part) {
      var cells = part.split("~"), id = unguarded(cells[0]), compared = cells[1] === "1" && count < SIDE_BY_SIDE;
      if (seen[id] || out.length >= MOST || !Object.prototype.hasOwnProperty.call(g.byId, id)) return;
      seen[id] = true;
      if (compared) count++;
      out.push({ id: id, note: unguarded(cells[2] || "").slice(0, LONGEST), compared: compared });
    });
    return out.length ? out : null;
  };

  /* The star of a row, and the button of the dossier. */
  g.star = function (d) {
    var on = g.isShortlisted(d.id), words = t(on ? "take_from_shortlist" : "put_on_shortlist", { name: d.name || d.id });
    return el("button", { type: "button", "class": "star", tabindex: "-1", "aria-pressed": String(on), "aria-label": words, title: words });
  };
  g.shortlistPart = function (d) {
    var on = g.isShortlisted(d.id), button = el("button", { type: "button", "class": "shortlist-button", "aria-pressed": String(on) }, t(on ? "on_shortlist" : "shortlist_it"));
    button.addEventListener("click", function () { g.toggleShortlist(d.id); });
    return el("div", { "class": "shortlist-part" }, button, on ? noteField(d) : null, on && g.noteOf(d.id) ? el("p", { "class": "note-printed" }, t("your_note") + " " + g.noteOf(d.id)) : null);
  };
  function noteField(d) {
    var area = el("textarea", { rows: 2, maxlength: LONGEST, "data-note": d.id });
    area.value = g.noteOf(d.id);
    area.addEventListener("change", function () { changed(d.id, { note: area.value.slice(0, LONGEST) }); });
    return el("label", { "class": "field" }, el("span", {}, t("note_in_link", { most: LONGEST })), area);
  }
  function item(d, one) {
    var open = el("button", { type: "button", "class": "as-link" }, d.name || d.id), drop = el("button", { type: "button", "class": "drop" }, t("remove"));
    var box = el("input", { type: "checkbox", value: d.id });
    open.addEventListener("click", function () { g.open(d.id); });
    drop.setAttribute("aria-label", t("take_from_shortlist", { name: d.name || d.id }));
    drop.addEventListener("click", function () { g.toggleShortlist(d.id); });
    box.checked = one.compared;
    box.disabled = !one.compared && comparedCount() >= SIDE_BY_SIDE;
    box.addEventListener("change", function () { changed(d.id, { compared: box.checked }); });
    return el("li", { "data-id": d.id }, el("div", { "class": "listed" }, el("strong", {}, open), " ", el("small", {}, g.country(d.country) || d.country_reported || ""),
      el("label", {}, box, " " + t("compare_it")), drop), noteField(d));
  }
  /* Beside the table: how many are on the list, and the way to it. */
  function starred(count) {
    var line = document.getElementById("starred"), open = el("button", { type: "button" }, t("open_shortlist"));
    open.addEventListener("click", function () {
      var node = document.getElementById("s-compare");
      node.scrollIntoView({ block: "start" });
      node.focus({ preventScroll: true });
    });
    line.replaceChildren.apply(line, count ? [el("span", { "aria-hidden": "true" }, "★ "), t("shortlist_count", { count: count }) + " ", open] : []);
  }
  function draw() {
    var node = document.getElementById("s-compare"), list = g.state.shortlist, link = document.getElementById("nav-compare");
    var focus = document.activeElement, kept = node.contains(focus) && (focus.dataset.note || (focus.closest("li") || {}).dataset && focus.closest("li").dataset.id), kind = kept && focus.className + focus.type;
    node.hidden = link.hidden = !list.length;
    link.textContent = t("shortlist") + " (" + list.length + ")";
    starred(list.length);
    if (!list.length) { node.replaceChildren(); return; }
    var print = el("button", { type: "button" }, t("print_dossiers")), visit = el("button", { type: "button" }, t("visit_sheet"));
    print.addEventListener("click", function () {
      g.printsShortlist = true; /* even while another dossier is open */
      window.print();
      g.printsShortlist = false;
    });
    visit.addEventListener("click", function () { g.visitSheet(list.map(function (one) { return one.id; })); });
    node.replaceChildren(el("h2", {}, t("shortlist")), el("p", { "class": "hint" }, t("shortlist_hint", { most: MOST })),
      el("ul", { "class": "shortlist" }, list.map(function (one) { return item(g.byId[one.id], one); })), el("div", { "class": "tools" }, print, visit), g.comparison(g.compared()));
    if (kept) Array.from(node.querySelectorAll("li[data-id='" + CSS.escape(kept) + "'] *")).some(function (one) { return one.className + one.type === kind && (one.focus(), true); });
  }
  g.shortlistPanel = draw;
  g.startShortlist = function () {
    g.subscribe(function (changed) {
      if (changed.some(function (c) { return ["shortlist", "weights", "intervals", "question", "access"].indexOf(c) >= 0; })) draw();
      if (changed.indexOf("shortlist") >= 0) g.reopen();
    });
  };
})(geoRee);
