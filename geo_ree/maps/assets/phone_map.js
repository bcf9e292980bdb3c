/* On a narrow screen the findings come first, and the map lies behind them: one tap brings it over the whole screen, the same
   button or Back brings the page again, at the place where it was left. */
"use strict";
(function (g) {
  var narrow = window.matchMedia("(max-width: 860px)"), button = null, left = 0;

  function isOpen() { return document.body.classList.contains("mapping"); }
  function word() { button.textContent = g.t(isOpen() ? "show_findings" : "show_map"); }
  function show() {
    left = window.scrollY;
    document.body.classList.add("mapping");
    document.getElementById("panel").inert = true;
    g.map().invalidateSize({ animate: false, pan: false });
    g.wholeRegion();
    g.hold("phone-map", hide);
    word();
  }
  function hide() {
    if (!isOpen()) return;
    document.body.classList.remove("mapping");
    document.getElementById("panel").inert = false;
    window.scrollTo(0, left);
    g.release("phone-map");
    word();
  }
  g.startPhoneMap = function () {
    button = document.getElementById("map-switch");
    button.addEventListener("click", function () { if (isOpen()) hide(); else show(); });
    narrow.addEventListener("change", hide);
    word();
    g.subscribe(function (changed) { if (changed.indexOf("language") >= 0) word(); });
  };
})(geoRee);
