/* Online imagery: only when a person asks for it, and without a word where there is no network. */
"use strict";
(function (g) {
  var PATIENCE = 4;

  g.tiles = function (payload, group) {
    var layer = L.tileLayer(payload.url, { maxNativeZoom: payload.max_native_zoom, attribution: g.el("span", {}, payload.attribution).innerHTML });
    var failed = 0, came = 0;
    function off(why) {
      setTimeout(function () { g.map().removeLayer(group); });
      g.tell(why);
    }
    layer.on("tileload", function () { came++; });
    layer.on("tileerror", function () {
      failed++;
      if (!came && failed === PATIENCE) off(g.t("The imagery cannot be reached. The map in this page stays."));
    });
    group.on("add", function () {
      failed = came = 0;
      if (navigator.onLine === false) { off(g.t("There is no network. The map in this page needs none.")); return; }
      g.fills.remove();
      group.addLayer(layer);
    });
    group.on("remove", function () {
      group.removeLayer(layer);
      g.map().addLayer(g.fills);
      g.fills.bringToBack();
    });
  };
  /* A line for the reader, read out too, that goes away. */
  g.tell = function (words) {
    var note = document.getElementById("note");
    note.textContent = words;
    setTimeout(function () { if (note.textContent === words) note.textContent = ""; }, 6000);
  };
})(geoRee);
