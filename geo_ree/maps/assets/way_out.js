/* Where the routes of the map end: the port, and the ends of a ferry, by their names; what of them the first view can hold. */
"use strict";
(function (g) {
  var NEAR = 0.6, STEP_PX = 5; /* degrees; pixels */

  function places() { return g.data.layers.gateways ? g.rows(g.data.layers.gateways[1]) : []; }
  function far(a, b) { return Math.hypot(a[0] - b[0], (a[1] - b[1]) * Math.cos(a[0] * Math.PI / 180)); }
  /* The gateway at a place, or null. */
  function gatewayAt(at) {
    var best = places().map(function (p) { return [far([p.lat, p.lon], at), p]; }).sort(function (a, b) { return a[0] - b[0]; })[0];
    return best && best[0] < NEAR ? best[1] : null;
  }
  function ends(line) { return [line.path[0], line.path[line.path.length - 1]]; }
  /* The end of a route: its port by name, or the place that is farthest from the deposit. */
  function portOf(route, shape) {
    var d = g.byId[route.deposit_id], home = [d.latitude, d.longitude], known = places().filter(function (p) { return p.name === route.port; })[0], all = [];
    if (known) return [known.lat, known.lon];
    shape.lines.forEach(function (line) { all = all.concat(ends(line)); });
    return all.sort(function (a, b) { return far(b, home) - far(a, home); })[0] || null;
  }
  function named(at, name) { return { name: name, at: g.onSquare(at[0], at[1]), place: at }; }
  /* The port of a route and the ends of its ferries, each name once. */
  function endsOf(route) {
    var shape = g.routeShape(route), port = portOf(route, shape), out = port && route.port ? [named(port, route.port)] : [];
    shape.lines.filter(function (line) { return line.mode === "ferry" || line.mode === "sea"; }).forEach(function (line) {
      ends(line).forEach(function (at) {
        var gateway = gatewayAt(at);
        if (gateway && !out.some(function (one) { return one.name === gateway.name; })) out.push(named(at, gateway.name));
      });
    });
    return out;
  }
  /* What of the ways out the map names: the ends of the route that is drawn, or the ports of the cheapest routes of the best candidates. */
  g.waysOut = function () {
    var drawn = g.drawnRoute(), out = [];
    if (drawn) return endsOf(drawn).map(function (one, i) { return Object.assign(one, { port: !i, route: drawn }); });
    if (!g.hasRoutes || g.opened() !== null) return out;
    g.ranked("candidate").forEach(function (d) {
      var route = g.cheapestRoute(d), at = route && route.port && !out.some(function (one) { return one.name === route.port; }) ? portOf(route, g.routeShape(route)) : null;
      if (at) out.push(Object.assign(named(at, route.port), { port: true, route: route }));
    });
    return out;
  };
  /* Places along a route on the square. */
  g.alongRoute = function (route) {
    return g.routeShape(route).lines.reduce(function (all, line) { return all.concat(line.path.map(function (p) { return g.onSquare(p[0], p[1]); })); }, []);
  };
  /* Points of lines each few pixels, for words that keep off them: `lines` of [x, y]. */
  g.dotted = function (lines) {
    var out = [];
    lines.forEach(function (line) {
      line.forEach(function (p, i) {
        var from = line[i - 1] || p, count = Math.max(1, Math.min(2000, Math.ceil(Math.hypot(p[0] - from[0], p[1] - from[1]) / STEP_PX)));
        for (var k = 1; k <= count; k++) out.push([from[0] + (p[0] - from[0]) * k / count, from[1] + (p[1] - from[1]) * k / count]);
      });
    });
    return out;
  };
})(geoRee);
