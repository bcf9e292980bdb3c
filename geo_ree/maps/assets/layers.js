/* The layers of the map. Ground (areas, lines) and marks (what can be clicked) have a canvas each. */
"use strict";
(function (g) {
  var made = {}, canvases = {};

  function on(pane) {
    canvases[pane] = canvases[pane] || L.canvas({ pane: pane, padding: 0.2, tolerance: 3 });
    return canvases[pane];
  }
  function quiet(style) { return Object.assign({ renderer: on("ground"), interactive: false }, style); }
  function unpackAll(texts) { return (texts || []).map(g.unpack); }

  function name(text, at, kind) {
    return L.tooltip({ permanent: true, direction: "center", className: "place " + kind, interactive: false, opacity: 1 })
      .setLatLng(at).setContent(g.el("span", {}, text));
  }
  var kinds = {
    countries: function (basemap, group) {
      var r = g.data.region;
      L.rectangle([[r[1], r[0]], [r[3], r[2]]], quiet({ stroke: false, fillColor: "#d6e4ee", fillOpacity: 1 })).addTo(group);
      basemap.shapes.forEach(function (s) {
        var scored = g.data.scored_countries.indexOf(s.country) >= 0;
        L.polygon(s.rings.map(function (ring) { return [g.unpack(ring)]; }), quiet({
          stroke: false, fillColor: scored ? "#fcfbf8" : "#eeece7", fillOpacity: 1
        })).addTo(group);
        if (scored) name(s.name, s.label, "land").addTo(group);
      });
      L.polyline(unpackAll(basemap.borders), quiet({ color: "#a3abb5", weight: 0.9, opacity: 1 })).addTo(group);
    },
    image: function (picture, group) {
      var control = L.control({ position: "topright" });
      control.onAdd = function () {
        return g.el("div", { "class": "legend raster-note" }, g.el("b", {}, picture.title), g.el("p", {}, picture.note));
      };
      /* A pane of its own over the ground: the layer switch numbers pictures anew within theirs. */
      g.map().createPane("raster").style.zIndex = 410;
      L.imageOverlay(picture.image, picture.bounds, { pane: "raster", className: "raster", opacity: 0.75, interactive: false, alt: picture.title }).addTo(group);
      group.on("add", function () { control.addTo(group._map); }).on("remove", function () { control.remove(); });
    },
    names: function (table, group) {
      g.rows(table).forEach(function (p) { name(p.name || "", [p.lat, p.lon], "town").addTo(group); });
    },
    lines: function (payload, group) {
      var style = quiet(payload.style);
      if (payload.style.fill) { /* areas that may overlap: each by itself, so that none cuts a hole */
        payload.areas.forEach(function (ring) {
          L.polygon([g.unpack(ring)], Object.assign({}, style, { dashArray: "4 4", fillColor: payload.style.color, fillOpacity: payload.style.fill })).addTo(group);
        });
      } else if (payload.areas.length) {
        L.polygon(payload.areas.map(function (ring) { return [g.unpack(ring)]; }), Object.assign({}, style, {
          stroke: false, fillColor: payload.style.color, fillOpacity: 0.55
        })).addTo(group);
      }
      [["sure", null], ["unsure", "5 5"], ["building", "1 4"]].forEach(function (part) {
        if (payload[part[0]].length) L.polyline(unpackAll(payload[part[0]]), Object.assign({}, style, { dashArray: part[1] })).addTo(group);
      });
      if (payload.points) kinds.points(payload.points, group);
    },
    points: function (payload, group) {
      var style = payload.style;
      g.rows(payload).forEach(function (p) {
        var mark = L.circleMarker([p.lat, p.lon], {
          renderer: on("marks"), radius: style.radius, color: "#fff", weight: 0.6, fillColor: style.color, fillOpacity: 0.9
        });
        mark.facts = p;
        mark.addTo(group);
      });
      /* One tooltip for the whole layer, made when it is asked for. */
      group.bindTooltip(function (mark) {
        var p = mark.facts;
        return g.el("span", {}, [p.name || "unnamed", g.country(p.country), p.neighbour ? "to " + g.country(p.neighbour) : null, p.fuel,
          p.capacity_mw ? g.num(p.capacity_mw, 0) + " MW" : null,
          p.population ? g.num(p.population, 0) + " people" : null].filter(Boolean).join(", "));
      });
    },
    deposits: function (ids, group) {
      ids.map(function (id) { return g.byId[id]; }).sort(function (a, b) {
        return (b.radius_px || 0) - (a.radius_px || 0) || (b.rank || 999) - (a.rank || 999);
      }).forEach(function (d) {
        var at = [d.latitude, d.longitude];
        if (d.position_error_m && d.role !== "context" && d.role !== "not_ree") {
          L.circle(at, quiet({ radius: d.position_error_m, color: "#b0432f", weight: 1, dashArray: "2 3", fill: false })).addTo(group);
        }
        var mark = new g.Symbol(at, Object.assign({ renderer: on("marks") }, g.look(d)));
        mark.deposit = d;
        g.markers[d.id] = mark.addTo(group);
      });
      group.on("click", function (e) { g.open(e.layer.deposit.id); });
      group.bindTooltip(function (mark) {
        var d = mark.deposit;
        return g.el("span", {}, d.name || d.id, d.rank === undefined ? "" : " · rank " + d.rank);
      });
    }
  };
  g.layer = function (chart, slug) {
    g.prepare(chart);
    var group = L.featureGroup(), what = g.data.layers[slug];
    kinds[what[0]](what[1], group);
    made[slug] = group;
    return group;
  };
  /* Leaflet draws in the order of switching on; the map keeps its own order. */
  g.arrange = function (chart) {
    ["countries", "suitability", "water", "roads", "railways", "power_lines", "settlements", "power_plants", "gateways", "audit", "context", "deposits"]
      .forEach(function (slug) { if (made[slug] && chart.hasLayer(made[slug])) made[slug].bringToFront(); });
  };
  g.layers = made;
})(geoRee);
