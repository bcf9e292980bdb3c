/* The route of the opened deposit on the map: coloured by mode, dashed where assumed, with marks at borders and gauge changes. */
"use strict";
(function (g) {
  var WIDTH = { truck: 2.6, rail: 3.4, ferry: 3, sea: 2.4 }, DASH = "7 6", INK = "#1f2630";
  var group = null, drawn = null;

  g.routeColour = function (mode) { return g.colour("map-route-" + mode) || g.data.routes.colours[mode]; };
  function line(path, style) {
    return L.polyline(path, Object.assign({ renderer: g.rendererOn("routes"), interactive: false, lineCap: "butt" }, style));
  }
  function spot(at, style, words) {
    var mark = L.circleMarker(at, Object.assign({ renderer: g.rendererOn("marks"), color: INK, weight: 2, fill: true, fillColor: "#fff", fillOpacity: 1 }, style));
    return mark.bindTooltip(words, { direction: "top", className: "name" });
  }
  /* Which route is on the map. */
  g.drawnRoute = function () { return drawn; };
  g.clearRoute = function () {
    var was = drawn;
    if (group) group.remove();
    group = drawn = null;
    if (was && g.nameSheet) g.nameSheet.redraw();
    if (was) g.rewordLegend(g.map());
  };
  g.drawRoute = function (route) {
    g.clearRoute();
    if (!route) return;
    var chart = g.map(), shape = g.routeShape(route);
    drawn = route;
    group = L.featureGroup().addTo(chart);
    shape.lines.forEach(function (one) { line(one.path, { color: g.colour("map-halo"), weight: WIDTH[one.mode] + 2.6, opacity: 0.85 }).addTo(group); });
    shape.lines.forEach(function (one) {
      line(one.path, { color: g.routeColour(one.mode), weight: WIDTH[one.mode], opacity: 1, dashArray: one.dashed ? DASH : null }).addTo(group);
    });
    shape.gauges.forEach(function (at) { spot(at, { radius: 7.5, weight: 2.4 }, g.t("gauge_change")).addTo(group); });
    shape.crossings.forEach(function (at) { spot(at, { radius: 3.6 }, g.t("border_crossing")).addTo(group); });
    if (g.nameSheet) g.nameSheet.redraw();
    g.rewordLegend(chart);
  };
  document.addEventListener("scheme", function () { if (drawn) g.drawRoute(drawn); });
  g.showRoute = function (route) {
    g.clearDistances(); /* their labels would hide the route */
    g.drawRoute(route);
    if (group && group.getLayers().length) {
      var bounds = group.getBounds();
      g.frame(function () { g.map().fitBounds(bounds, { animate: false, paddingTopLeft: [48, 40], paddingBottomRight: [40, 56], maxZoom: 9 }); });
    }
  };
})(geoRee);
