/* What is open over the page (the map of a phone, each dossier, the visit sheet) and the history of the browser: each is an entry,
   so that Back closes the topmost and undoes nothing else. A dossier that another one took the place of comes back. */
"use strict";
(function (g) {
  var open = [], going = false, travelling = false, written = null, timer = 0;

  function address(text) { return window.location.href.replace(/#.*$/, "") + (text ? "#" + text : ""); }
  /* How much was open when the entry of the browser was written; null for an address that a reader typed. */
  function entry() {
    var mark = window.history.state && window.history.state.geoRee;
    return mark === undefined ? null : mark;
  }
  g.historyEntry = entry;
  /* Change the address; this works on a file:// page too. */
  function put(text, mark, push) {
    written = text;
    try {
      window.history[push ? "pushState" : "replaceState"]({ geoRee: mark }, "", address(text));
    } catch (_) {
      window.location.replace("#" + text);
    }
  }
  function write() {
    var text = g.setting(), now = window.location.hash.replace(/^#/, "");
    if (going || text === now && entry() === open.length || text === written && entry() === open.length) return;
    put(text, open.length);
  }
  /* Bring the history to what is open: a new entry for each that was opened, back for each that was closed. */
  function settle() {
    var have = entry() || 0;
    if (going || travelling) return;
    while (have < open.length) put(g.setting(), ++have, true);
    if (have === open.length) return;
    going = true;
    window.history.go(open.length - have);
  }
  /* Something was opened, or it was closed: `close` closes it, `show` brings it back if its like was opened in its place, `left`
     scrolls to where the reader was before. */
  g.hold = function (name, close, id, show, left) {
    var last = open[open.length - 1];
    if (!last || last.name !== name || last.id !== id) open.push({ name: name, close: close, id: id, show: show, left: left });
    settle();
  };
  g.release = function (name) {
    open = open.filter(function (one) { return one.name !== name; });
    settle();
  };
  /* Close what lies above an entry of the history. */
  function closeDownTo(mark) {
    while (open.length > mark) {
      var gone = open.pop(), below = open[open.length - 1];
      if (!below || below.name !== gone.name) gone.close();
      else if (open.length === mark) below.show();
      if (gone.left && open.length === mark) gone.left();
    }
  }
  /* Write the address shortly after a change of the settings. */
  g.writeAddress = function () {
    clearTimeout(timer);
    timer = setTimeout(write, 250);
  };
  /* Start from an address that was opened or typed: below what it opens lies an entry of the page without it. */
  g.startHistory = function (text) {
    put(text.split("&").filter(function (part) { return part.slice(0, 2) !== "d="; }).join("&"), 0);
    open.forEach(function (_, i) { put(text, i + 1, true); });
    if (!open.length) put(text, 0);
  };
  g.isTravelling = function () { return travelling; };
  g.wasWritten = function (text) { return text === written; };
  /* Do something that follows the history, and must not write into it. */
  g.travel = function (act) {
    travelling = true;
    try { act(); } finally { travelling = false; }
  };
  /* Back closes what lies on top and keeps every setting; Forward opens the dossier again. */
  g.watchHistory = function (reopen) {
    window.addEventListener("popstate", function () {
      var mark = entry();
      if (mark === null) return; /* an address that a reader typed: see hashchange */
      if (!going) g.travel(function () {
        closeDownTo(mark);
        if (open.length < mark) reopen();
      });
      going = false;
      written = null;
      if (open.length >= mark) settle();
      write();
    });
  };
})(geoRee);
