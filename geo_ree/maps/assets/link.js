/* The tables and the map point at the same deposit; a choice in one is a choice in the other. */
"use strict";
(function (g) {
  var ring = null, chart = null;

  /* Point at a deposit, or at none: a ring on the map, a wash in the table. */
  g.point = function (id, from) {
    var d = id === null ? null : g.byId[id];
    if (from !== "table") g.pointRows(id);
    if (!ring) return;
    if (!d || d.latitude === undefined) { ring.remove(); return; }
    ring.setLatLng([d.latitude, d.longitude]).addTo(chart);
  };
  function listen(group) {
    if (!group) return;
    group.on("mouseover", function (e) {
      var mark = e.layer || e.target, d = mark && mark.deposit;
      if (d) g.point(d.id, "map");
    });
    group.on("mouseout", function () { g.point(null, "map"); });
  }
  g.startLink = function () {
    var open = g.open;
    chart = g.map();
    chart.createPane("pointer").style.zIndex = 440;
    chart.getPane("pointer").style.pointerEvents = "none";
    ring = L.circleMarker([0, 0], { renderer: L.svg({ pane: "pointer" }), pane: "pointer", radius: 20, color: "#b0432f",
      weight: 2.5, fill: false, interactive: false });
    listen(g.layers.deposits);
    g.open = function (id) {
      var done = open(id);
      if (done) g.set({ choice: id });
      return done;
    };
  };
})(geoRee);
