/* What is needed before the data are there: the map, its panes, and groups still to be filled. */
"use strict";
(function (g) {
  var chart = null, whole = false, waiting = [];

  /* The map, once the page is whole; until then null. */
  g.map = function () { return whole ? chart : null; };
  g.layers = {};
  /* Keep a part of the script until the data are unpacked; the parts then run in their order. */
  g.when = function (part) { waiting.push(part); };

  /* Folium's switch of layers, whose words the page translates. */
  L.Control.Layers.addInitHook(function () { g.switcher = this; });

  function prepare(map) {
    if (chart) return;
    chart = map;
    ["ground", "graticule", "sight", "marks", "deposits"].forEach(function (name, i) { chart.createPane(name).style.zIndex = 400 + 10 * i; });
    ["ground", "graticule", "sight", "deposits"].forEach(function (name) { chart.getPane(name).style.pointerEvents = "none"; });
  }
  /* Folium asks for each group by its name. */
  g.layer = function (map, slug) {
    prepare(map);
    return (g.layers[slug] = L.featureGroup());
  };
  g.start = function (map) {
    prepare(map);
    return g.load().then(function () {
      waiting.splice(0).forEach(function (part) { part(); });
      g.furnish(chart);
      whole = true;
      g.furnishPanel();
    });
  };
})(geoRee);
