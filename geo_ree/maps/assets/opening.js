/* Opening and closing the dossier beside the map, and one selection for tables and map. */
"use strict";
(function (g) {
  var el = g.el, box = null, opened = null, outline = null, before = null, back = null, walk = null, IN_VIEW_KM = 300;

  function show(d) {
    box.querySelector(".content").replaceChildren(g.dossier(d));
    box.hidden = false;
    document.body.classList.add("reading");
    g.map().invalidateSize({ animate: false, pan: false });
  }
  function look(d) {
    var points = [[d.latitude, d.longitude]];
    g.feet(d).forEach(function (foot, i) { if (i < 2 || foot.km <= IN_VIEW_KM) points.push(foot.place); });
    /* Without an animation, which would undo what a reader does meanwhile. */
    g.frame(function () { g.map().fitBounds(points, { animate: false, paddingTopLeft: [70, 60], paddingBottomRight: [70, 70], maxZoom: 10 }); });
    g.drawDistances(d);
  }
  function lookAround(d) {
    var shapes = g.areasOf(d.id).reduce(function (all, a) { return all.concat(g.outline(a)); }, []);
    if (!shapes.length) shapes = g.countryOutline(g.wholeCountryOf(d.id));
    if (!shapes.length) return;
    outline = L.featureGroup(shapes).addTo(g.map());
    var bounds = outline.getBounds();
    g.frame(function () { g.map().fitBounds(bounds, { animate: false, padding: [30, 30], maxZoom: 8 }); });
  }
  function forget() {
    if (outline) outline.remove();
    outline = null;
    g.clearDistances();
    g.clearRoute();
  }
  g.open = function (id) {
    var d = g.byId[id];
    if (!d) return false;
    forget();
    if (opened === null) {
      before = document.activeElement;
      back = g.viewNow();
    }
    opened = id;
    if (walk) placeWalk();
    document.querySelectorAll(".legend[open], .gateways[open]").forEach(function (key) { key.open = false; });
    g.drawRoute(g.cheapestRoute(d));
    show(d);
    box.scrollTop = 0;
    if (d.latitude === undefined) lookAround(d); else look(d);
    box.querySelector("h3").focus({ preventScroll: true });
    return true;
  };
  g.opened = function () { return opened; };
  g.close = function () {
    if (opened === null) return;
    forget();
    opened = null;
    box.hidden = true;
    document.body.classList.remove("reading");
    g.map().invalidateSize({ animate: false, pan: false });
    back();
    if (before && document.contains(before)) before.focus({ preventScroll: true });
    g.set({ choice: null });
  };
  /* Rewrite the open dossier after its figures changed. */
  g.reopen = function () {
    if (opened === null) return;
    var d = g.byId[opened], top = box.scrollTop, focus = document.activeElement, radio = box.contains(focus) && focus.type === "radio";
    if (!g.drawnRoute() || g.routesOf(d).indexOf(g.drawnRoute()) < 0) g.drawRoute(g.cheapestRoute(d));
    show(d);
    box.scrollTop = top;
    if (radio) (box.querySelector("input[name='" + focus.name + "']:checked") || box).focus({ preventScroll: true });
    if (d.latitude !== undefined && g.distancesShown()) g.drawDistances(d);
  };
  /* To the deposit before or after, in the order of the tables as they are sorted and filtered. */
  function step(by, word) {
    var button = el("button", { type: "button", "data-step": by });
    button.addEventListener("click", function () {
      var rows = g.tableRows(), at = rows.findIndex(function (d) { return d.id === opened; }), next = rows[at + by];
      if (!next) return;
      g.open(next.id);
      (button.disabled ? walk.querySelector("button:enabled") || box : button).focus({ preventScroll: true });
    });
    button.dataset.word = word;
    return button;
  }
  function placeWalk() {
    var rows = g.tableRows(), at = rows.findIndex(function (d) { return d.id === opened; });
    walk.hidden = at < 0 || rows.length < 2;
    walk.querySelector("span").textContent = at < 0 ? "" : g.t("place_of", { place: g.plainNumber(at + 1, 0), all: g.plainNumber(rows.length, 0) });
    walk.querySelectorAll("button").forEach(function (button) {
      button.textContent = g.t(button.dataset.word);
      button.disabled = !rows[at + Number(button.dataset.step)];
    });
  }
  g.dossierBox = function (chart) {
    var shut = el("button", { type: "button", "class": "shut", "aria-label": g.t("close_dossier") }, "×");
    shut.addEventListener("click", function () { g.close(); });
    box = el("aside", { id: "dossier", "aria-label": g.t("dossier"), hidden: "" }, shut, el("div", { "class": "content" }));
    walk = el("nav", { "class": "walk", "aria-label": g.t("walk") }, step(-1, "previous"), el("span", {}), step(1, "next"));
    box.prepend(walk);
    chart.getContainer().after(box);
    g.subscribe(function (changed) { if (opened !== null && changed.some(function (c) { return c === "filters" || c === "weights" || c === "language"; })) placeWalk(); });
    document.addEventListener("keydown", function (e) { if (e.key === "Escape") g.close(); });
  };
  g.rewordDossier = function () {
    box.setAttribute("aria-label", g.t("dossier"));
    box.querySelector(".shut").setAttribute("aria-label", g.t("close_dossier"));
    walk.setAttribute("aria-label", g.t("walk"));
  };

  var ring = null, selection = null, chart = null, seenAt = null, pointed = null, leftAt = null;

  function place(mark, d) {
    if (!d || d.latitude === undefined) mark.remove(); else mark.setLatLng(g.markPlace(d)).addTo(chart);
  }
  /* Highlight a deposit, or none: a ring on the map, a tint in the table. The chosen one has a ring of its own. */
  g.point = function (id, from) {
    if (from !== "table") g.pointRows(id);
    pointed = id;
    placeHover();
  };
  function placeHover() { if (ring) place(ring, pointed === null || pointed === g.state.choice ? null : g.byId[pointed]); }
  /* Whether the pointer itself moved: a layout that changes under a pointer at rest sends events, too. */
  g.pointerMoved = function (e) {
    var at = e.clientX + " " + e.clientY, moved = at !== seenAt;
    seenAt = at;
    return moved;
  };
  /* Do something that changes the layout, and scroll so that the row of a deposit stays where it was in the window: under
     the pointer, if that is on it. */
  g.keepingRow = function (id, act, y) {
    function find() { return id === null ? null : document.querySelector("#panel tr[data-id='" + CSS.escape(id) + "']"); }
    var row = find(), was = row && row.getBoundingClientRect(), panel = document.getElementById("panel"), now, share;
    if (was && (was.bottom < 0 || was.top > window.innerHeight || !was.height)) was = null;
    var done = act();
    now = was && find() && find().getBoundingClientRect();
    if (!now || !now.height) return done;
    share = y >= was.top && y <= was.bottom ? (y - was.top) / was.height : 0;
    (panel.scrollHeight > panel.clientHeight + 1 ? panel : document.scrollingElement).scrollTop += now.top + share * now.height - (was.top + share * was.height);
    return done;
  };
  /* A function that scrolls page and dossier to where they are now. */
  function placeNow() {
    var boxes = [document.getElementById("panel"), document.scrollingElement, box], tops = boxes.map(function (one) { return one.scrollTop; });
    return function () { boxes.forEach(function (one, i) { one.scrollTop = tops[i]; }); };
  }
  /* The same for where they were before the dossier was opened. */
  g.placeBefore = function () { return leftAt; };
  function listen(group) {
    if (!group) return;
    group.on("mouseover", function (e) {
      var mark = e.layer || e.target, d = mark && mark.deposit;
      if (d) g.point(d.id, "map");
    });
    group.on("mouseout", function () { g.point(null, "map"); });
  }
  function circle(options) {
    return L.circleMarker([0, 0], Object.assign({ renderer: L.svg({ pane: "pointer" }), pane: "pointer", radius: 20, weight: 2.5, fill: false, interactive: false }, options));
  }
  g.startLink = function () {
    var open = g.open, close = g.close;
    chart = g.map();
    chart.createPane("pointer").style.zIndex = 440;
    chart.getPane("pointer").style.pointerEvents = "none";
    ring = circle({ className: "hover-ring", dashArray: "4 3" });
    selection = circle({ className: "selection-ring" });
    function colour() { [ring, selection].forEach(function (mark) { mark.setStyle({ color: g.colour("map-chosen") }); }); }
    colour();
    document.addEventListener("scheme", colour);
    listen(g.layers.deposits);
    g.open = function (id, y) {
      leftAt = placeNow();
      return g.keepingRow(id, function () {
        var done = open(id);
        if (done) {
          g.set({ choice: id });
          ring.remove();
        }
        return done;
      }, y);
    };
    g.close = function () { g.keepingRow(opened, close); };
    g.subscribe(function (changed) { if (changed.indexOf("choice") >= 0) place(selection, g.state.choice ? g.byId[g.state.choice] : null); });
    if (g.state.choice) place(selection, g.byId[g.state.choice]);
    /* At another scale the mark may be moved from its place by another distance. */
    chart.on("moveend", function () { placeHover(); if (g.state.choice) place(selection, g.byId[g.state.choice]); });
  };
})(geoRee);
