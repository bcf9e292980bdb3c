/* The layers of the map. Ground (areas, lines), marks (features with a tooltip) and deposits have a canvas each. */
"use strict";
(function (g) {
  var made = g.layers, canvases = {}, areas = {}, areaStyle = {}, wholeCountries = {}, lands = [], filtered = [];

  function on(pane) {
    canvases[pane] = canvases[pane] || L.canvas({ pane: pane, padding: 0.2, tolerance: 3 });
    return canvases[pane];
  }
  g.rendererOn = on;
  function quiet(style) { return Object.assign({ renderer: on("ground"), interactive: false }, style); }
  function unpackAll(texts) { return (texts || []).map(g.unpack); }

  function name(text, at, kind) {
    return L.tooltip({ permanent: true, direction: "center", className: "place " + kind, interactive: false, opacity: 1 })
      .setLatLng(at).setContent(g.el("span", {}, text));
  }
  function nameLands() { lands.forEach(function (one) { one[0].setContent(g.el("span", {}, g.term(one[1]))); }); }
  /* Sea and land around the region, for routes that leave it. */
  function beyond(land, group) {
    var b = land.box;
    L.rectangle([[b[1], b[0]], [b[3], b[2]]], quiet({ stroke: false, fillColor: "#e3ebf1", fillOpacity: 1 })).addTo(group);
    L.polygon(land.rings.map(function (ring) { return [g.unpack(ring)]; }), quiet({ stroke: false, fillColor: "#f3f2ef", fillOpacity: 1 })).addTo(group);
  }
  var kinds = {
    countries: function (basemap, group) {
      var r = g.data.region;
      var fills = g.fills = L.featureGroup().addTo(group); /* a group of their own, so that imagery can replace them */
      if (basemap.beyond) beyond(basemap.beyond, fills);
      L.rectangle([[r[1], r[0]], [r[3], r[2]]], quiet({ stroke: false, fillColor: "#d6e4ee", fillOpacity: 1 })).addTo(fills);
      basemap.shapes.forEach(function (s) {
        var scored = g.data.scored_countries.indexOf(s.country) >= 0;
        L.polygon(s.rings.map(function (ring) { return [g.unpack(ring)]; }), quiet({
          stroke: false, fillColor: scored ? "#fcfbf8" : "#eeece7", fillOpacity: 1
        })).addTo(fills);
        if (scored) lands.push([name("", s.label, "land").addTo(group), s.name]);
      });
      nameLands();
      g.subscribe(function (changed) { if (changed.indexOf("language") >= 0) nameLands(); });
      L.polyline(unpackAll(basemap.borders), quiet({ color: "#a3abb5", weight: 0.9, opacity: 1 })).addTo(group);
    },
    relief: function (payload, group, slug, chart) {
      /* White where the ground is level: multiplied with the land below, it leaves colours as they are. */
      chart.createPane("relief").style.zIndex = 402;
      payload.pictures.forEach(function (one) {
        L.imageOverlay(one.image, one.bounds, { pane: "relief", className: "relief", interactive: false, alt: g.t("relief_alt") }).addTo(group);
      });
    },
    image: function (picture, group, slug, chart) {
      var control = L.control({ position: "topright" });
      control.onAdd = function () {
        return g.el("div", { "class": "legend raster-note" }, g.el("b", {}, g.term(picture.title)), g.el("p", {}, g.term(picture.note)));
      };
      /* A pane of its own above the ground: the layer switch renumbers pictures within theirs. */
      chart.createPane("raster").style.zIndex = 410;
      L.imageOverlay(picture.image, picture.bounds, { pane: "raster", className: "raster", opacity: 0.75, interactive: false, alt: picture.title }).addTo(group);
      group.on("add", function () { control.addTo(chart); }).on("remove", function () { control.remove(); });
      g.subscribe(function (changed) {
        if (changed.indexOf("language") >= 0 && chart.hasLayer(group)) control.remove().addTo(chart);
      });
    },
    names: function (table, group) {
      g.rows(table).forEach(function (p) { name(p.name || "", [p.lat, p.lon], "town").addTo(group); });
    },
    lines: function (payload, group, slug) {
      var style = quiet(payload.style);
      if (payload.style.fill) { /* areas may overlap: draw each one alone, so that none cuts a hole */
        payload.areas.forEach(function (ring) {
          L.polygon([g.unpack(ring)], Object.assign({}, style, { dashArray: "4 4", fillColor: payload.style.color, fillOpacity: payload.style.fill })).addTo(group);
        });
      } else if (payload.areas.length) {
        L.polygon(payload.areas.map(function (ring) { return [g.unpack(ring)]; }), Object.assign({}, style, {
          stroke: false, fillColor: payload.style.color, fillOpacity: 0.55
        })).addTo(group);
      }
      [["sure", []], ["unsure", [5, 5]], ["building", [1, 4]], ["closed", [1, 9]]].forEach(function (part) {
        if (payload[part[0]] && payload[part[0]].length) group.addLayer(new g.Strokes(slug, payload[part[0]], payload.style, part[1]));
      });
      if (payload.points) kinds.points(payload.points, group);
    },
    /* Lines that are not there yet: how far they are, and since when that is known. */
    plans: function (payload, group) {
      g.rows(payload).forEach(function (p) {
        var line = L.polyline(g.unpack(p.path), Object.assign({ renderer: on("marks") }, payload.style));
        line.facts = p;
        line.addTo(group);
      });
      group.bindTooltip(function (line) {
        var p = line.facts;
        return g.el("span", {}, [p.name, g.term(g.words(p.status)), p.state ? g.term(p.state) + " (" + p.state_date + ")" : null,
          p.length_km ? g.plainNumber(p.length_km, 0) + " " + g.t("km") : null,
          p.opening_year ? g.t("opening", { year: p.opening_year }) : null, g.t("not_measured_to")].filter(Boolean).join("; "));
      }, { sticky: true });
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
      /* One tooltip for the whole layer, made on demand. */
      group.bindTooltip(function (mark) {
        var p = mark.facts;
        return g.el("span", {}, [p.name || g.t("unnamed"), g.country(p.country), p.neighbour ? g.t("to_country", { country: p.neighbour_name ? g.term(p.neighbour_name) : g.country(p.neighbour) }) : null, p.fuel,
          p.kind !== "operating" && p.position_error_m ? "± " + g.radius(p.position_error_m) : null,
          p.capacity_mw ? g.plainNumber(p.capacity_mw, 0) + " " + g.t("mw") : null,
          p.population ? g.t("people", { count: g.plainNumber(p.population, 0) }) : null].filter(Boolean).join(", "));
      });
    },
    deposits: function (payload, group) {
      var rows = g.deposits.filter(function (d) { return payload.roles.indexOf(d.role) >= 0; });
      var marks = new g.Marks(rows, { pane: "deposits" });
      g.marks.push(marks);
      group.addLayer(marks);
    },
    unranked: function (payload, group) {
      areas = g.grouped(payload.areas, "id");
      areaStyle = quiet(payload.style);
      wholeCountries = payload.countries;
      payload.areas.forEach(function (area) {
        if (area.kind === "admin_area") return; /* drawn when its deposit is opened */
        g.outline(area).forEach(function (shape) { drawnOf(area.id, shape.addTo(group), group); });
        if (areas[area.id][0] !== area) return; /* one label per deposit */
        var d = g.byId[area.id] || {}, label = g.el("button", { type: "button", "class": "unranked", title: g.t("area_label") }, "? " + (d.name || area.id));
        L.DomEvent.disableClickPropagation(label);
        label.addEventListener("click", function () { g.open(area.id); });
        drawnOf(area.id, L.marker(area.label, { icon: L.divIcon({ className: "area-label", html: label, iconSize: null }), keyboard: false, interactive: false }).addTo(group), group);
      });
    },
    tiles: function (payload, group) { g.tiles(payload, group); }
  };
  /* What is drawn of deposits without a coordinate, kept so that filters act on it. */
  function drawnOf(id, shape, group) { filtered.push({ id: id, shape: shape, group: group }); }
  function refreshAreas() {
    filtered.forEach(function (one) {
      var d = g.byId[one.id];
      if (!d || g.shown(d)) one.group.addLayer(one.shape); else one.group.removeLayer(one.shape);
    });
  }
  /* Where an unranked deposit may lie: areas from its sources, or a whole country. */
  g.areasOf = function (id) { return areas[id] || []; };
  g.wholeCountryOf = function (id) { return Object.prototype.hasOwnProperty.call(wholeCountries, id) ? wholeCountries[id] : null; };
  /* The polygons of an area with their holes. */
  g.outline = function (area) {
    return area.polygons.map(function (rings) {
      return L.polygon(rings.map(g.unpack), Object.assign({}, areaStyle, {
        dashArray: "6 4", fillColor: areaStyle.color, fillOpacity: area.kind === "contradicting" ? 0 : areaStyle.fill
      }));
    });
  };
  g.countryOutline = function (code) {
    var found = g.data.layers.countries[1].shapes.filter(function (s) { return s.country === code; })[0];
    if (!found) return [];
    return [L.polygon(found.rings.map(function (ring) { return [g.unpack(ring)]; }), Object.assign({}, areaStyle, {
      dashArray: "6 4", fillColor: areaStyle.color, fillOpacity: areaStyle.fill
    }))];
  };
  g.fillLayers = function (chart) {
    var strokes = g.startStrokes();
    Object.keys(made).forEach(function (slug) {
      var what = g.data.layers[slug];
      kinds[what[0]](what[1], made[slug], slug, chart);
    });
    strokes.addTo(chart);
  };
  /* Leaflet draws in the order of switching on; restore the order of the map. */
  g.arrange = function (chart) {
    ["countries", "suitability", "water", "roads", "railways_planned", "railways", "power_lines", "settlements", "power_plants", "gateways", "earthquakes", "tailings", "airports", "audit", "unranked"]
      .forEach(function (slug) { if (made[slug] && chart.hasLayer(made[slug])) made[slug].bringToFront(); });
  };
  g.canvases = function () { return Object.values(canvases); };
  g.marks = [];
  g.refreshMarks = function () {
    g.marks.forEach(function (m) { m.refresh(); });
    refreshAreas();
  };
  /* The deposit drawn at a point of the window, and how a deposit is drawn. */
  g.markAt = function (point) {
    return g.marks.reduce(function (found, m) { return m.at(point) || found; }, null);
  };
  g.drawn = function (id) {
    return g.marks.reduce(function (found, m) { return found || m.drawn(id); }, null);
  };
  g.colourOf = function (slug) {
    var what = g.data.layers[slug];
    return what ? what[1].style.color : "#1f2630";
  };

  var PATIENCE = 4;

  g.tiles = function (payload, group) {
    var layer = L.tileLayer(payload.url, { maxNativeZoom: payload.max_native_zoom, attribution: g.el("span", {}, payload.attribution).innerHTML });
    var failed = 0, came = 0;
    function off(why) {
      setTimeout(function () { g.map().removeLayer(group); });
      g.notify(why);
    }
    layer.on("tileload", function () { came++; });
    layer.on("tileerror", function () {
      failed++;
      if (!came && failed === PATIENCE) off(g.t("imagery_unreachable"));
    });
    group.on("add", function () {
      failed = came = 0;
      if (navigator.onLine === false) { off(g.t("no_network")); return; }
      g.fills.remove();
      if (g.layers.relief) g.map().getPane("relief").hidden = true; /* the imagery is shaded itself */
      group.addLayer(layer);
    });
    group.on("remove", function () {
      group.removeLayer(layer);
      g.map().addLayer(g.fills);
      if (g.layers.relief) g.map().getPane("relief").hidden = false;
      g.fills.bringToBack();
    });
  };
  /* Show a message for some seconds; screen readers say it. */
  g.notify = function (words) {
    var note = document.getElementById("note");
    note.textContent = words;
    setTimeout(function () { if (note.textContent === words) note.textContent = ""; }, 6000);
  };
})(geoRee);
