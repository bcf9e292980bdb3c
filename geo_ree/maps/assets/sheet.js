/* On a narrow screen the dossier is a sheet over the lower part of the page, with the map above it. Its handle is a button:
   drag it, press it, or use the arrow keys; Escape closes. */
"use strict";
(function (g) {
  var SIZES = ["low", "half", "full"], DRAG = 8, narrow = window.matchMedia("(max-width: 860px)");
  var open = g.open, close = g.close, makeBox = g.dossierBox, reword = g.rewordDossier, box = null, handle = null, left = null;

  function size() { return box.dataset.size || "half"; }
  function words() {
    handle.setAttribute("aria-label", g.t(size() === "full" ? "sheet_smaller" : "sheet_larger"));
    handle.setAttribute("aria-expanded", String(size() === "full"));
  }
  /* The map keeps what the sheet leaves; the deposit stays in it. */
  function fit() {
    var d = g.byId[g.opened()];
    if (!narrow.matches || !g.map()) return;
    g.map().invalidateSize({ animate: false, pan: false });
    if (d && d.latitude !== undefined) g.map().panInside([d.latitude, d.longitude], { animate: false, padding: [64, 64] });
  }
  function set(name) {
    box.style.height = "";
    box.dataset.size = name;
    document.body.dataset.sheet = name;
    words();
    fit();
  }
  function step(by) { set(SIZES[Math.max(0, Math.min(SIZES.length - 1, SIZES.indexOf(size()) + by))]); }
  /* The size that is nearest to where the finger let go; below the lowest the dossier closes. */
  function drop(height) {
    var whole = window.innerHeight, low = 0.16 * whole;
    if (height < 0.5 * low) { set("half"); g.close(); return; }
    set(height < 0.32 * whole ? "low" : height < 0.72 * whole ? "half" : "full");
  }
  function drag(e) {
    var from = e.clientY, height = box.getBoundingClientRect().height, moved = false;
    if (!narrow.matches) return;
    handle.setPointerCapture(e.pointerId);
    function move(now) {
      moved = moved || Math.abs(now.clientY - from) > DRAG;
      if (moved) box.style.height = Math.max(0, Math.min(window.innerHeight, height + from - now.clientY)) + "px";
    }
    function stop(now) {
      ["pointermove", "pointerup", "pointercancel"].forEach(function (name, i) { handle.removeEventListener(name, i ? stop : move); });
      if (moved) drop(height + from - now.clientY);
      handle.dataset.dragged = moved ? "yes" : "";
    }
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", stop);
    handle.addEventListener("pointercancel", stop);
  }
  g.dossierBox = function (chart) {
    makeBox(chart);
    box = document.getElementById("dossier");
    handle = g.el("button", { type: "button", "class": "handle", "aria-controls": "dossier" }, g.el("span", { "aria-hidden": "true" }));
    handle.addEventListener("pointerdown", drag);
    handle.addEventListener("click", function () {
      if (handle.dataset.dragged) handle.dataset.dragged = ""; else set(size() === "full" ? "half" : "full");
    });
    handle.addEventListener("keydown", function (e) {
      if (e.key !== "ArrowUp" && e.key !== "ArrowDown") return;
      e.preventDefault();
      step(e.key === "ArrowUp" ? 1 : -1);
    });
    box.prepend(g.el("div", { "class": "sheet-head" }, handle, box.querySelector(".shut")));
    words();
    narrow.addEventListener("change", function () { if (g.opened() !== null) set("half"); });
  };
  g.rewordDossier = function () {
    reword();
    words();
  };
  g.open = function (id) {
    var first = g.opened() === null, at = window.scrollY, done;
    if (first && box) set("half");
    done = open(id);
    if (done && first) left = at;
    if (done) fit();
    return done;
  };
  /* While a point is measured the map has most of the screen. */
  ["measuring", "measurePoint"].forEach(function (name) {
    var act = g[name];
    g[name] = function (first, second) {
      if (narrow.matches && box && !box.hidden && first !== false) set("low");
      return act(first, second);
    };
  });
  /* At once, and again after the row and the history had their say. */
  function goBack(y) {
    var again = function () { if (g.opened() === null) window.scrollTo(0, y); };
    again();
    window.requestAnimationFrame(again);
    window.addEventListener("popstate", function () { window.setTimeout(again); }, { once: true });
    window.setTimeout(again, 100);
  }
  /* The reader goes on where the dossier was opened. */
  g.close = function () {
    var was = g.opened() !== null;
    close();
    if (was && narrow.matches && left !== null) goBack(left);
    if (was) left = null;
  };
})(geoRee);
