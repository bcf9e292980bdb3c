/* The layers of the map. Ground (areas, lines), marks (features with a tooltip) and deposits have a canvas each. */
"use strict";
(function (g) {
  var made = g.layers, canvases = {}, areas = {}, areaStyle = {}, wholeCountries = {}, filtered = [], lasting = [];

  function on(pane) {
    canvases[pane] = canvases[pane] || L.canvas({ pane: pane, padding: 0.2, tolerance: 3 });
    return canvases[pane];
  }
  g.rendererOn = on;
  function quiet(style) { return Object.assign({ renderer: on("ground"), interactive: false }, style); }

  var kinds = {
    countries: function (basemap) {
      g.setLand(basemap);
      basemap.shapes.forEach(function (s) { g.names.land(s, g.data.scored_countries.indexOf(s.country) >= 0); });
    },
    relief: function (payload, group) {
      g.setRelief(payload);
      group.on("add remove", function () { g.ground.redraw(); });
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
    names: function (table) { g.rows(table).forEach(g.names.capital); },
    lines: function (payload, group, slug) {
      if (payload.style.fill) { /* areas may overlap: draw each one alone, so that none cuts a hole */
        payload.areas.forEach(function (ring) {
          coloured(slug, L.polygon([g.unpack(ring)], Object.assign(quiet(payload.style), { dashArray: "4 4", fillOpacity: payload.style.fill })).addTo(group));
        });
      } else if (payload.areas.length) group.addLayer(new g.Lakes(payload.areas));
      (payload.names || []).forEach(function (w) { g.names.water(w, slug); });
      [["sure", []], ["unsure", [5, 5]], ["building", [1, 4]], ["closed", [1, 9]]].forEach(function (part) {
        if (payload[part[0]] && payload[part[0]].length) group.addLayer(new g.Strokes(slug, payload[part[0]], payload.style, part[1]));
      });
      if (payload.points) kinds.points(payload.points, group, slug);
    },
    zones: function (payload, group, slug) {
      group.addLayer(new g.Zones(slug, payload.classes));
      (payload.names || []).forEach(function (w) { g.names.water(w, slug); });
      group.on("add remove", function () { if (g.nameSheet) g.nameSheet.redraw(); });
    },
    /* Lines that are not there yet: how far they are, and since when that is known. */
    plans: function (payload, group, slug) {
      g.rows(payload).forEach(function (p) {
        var line = coloured(slug, L.polyline(g.unpack(p.path), Object.assign({ renderer: on("marks") }, payload.style)));
        line.facts = p;
        line.addTo(group);
      });
      group.bindTooltip(function (line) {
        var p = line.facts;
        return g.el("span", {}, [g.place(p.name), g.term(g.words(p.status)), p.state ? g.term(p.state) + " (" + g.dates(p.state_date) + ")" : null,
          p.length_km ? g.plainNumber(p.length_km, 0) + " " + g.t("km") : null,
          p.opening_year ? g.t("opening", { year: p.opening_year }) : null, g.t("not_measured_to")].filter(Boolean).join("; "));
      }, { sticky: true });
    },
    points: function (payload, group, slug) {
      var style = payload.style;
      function recolour() {
        group.eachLayer(function (mark) {
          if (mark.facts) mark.setStyle({ color: g.colour("map-halo"), fillColor: g.colourOf(slug) });
        });
      }
      g.rows(payload).forEach(function (p) {
        var mark = L.circleMarker([p.lat, p.lon], {
          renderer: on("marks"), radius: style.radius, weight: 0.8, fillOpacity: 0.95
        });
        mark.facts = p;
        mark.addTo(group);
      });
      recolour();
      document.addEventListener("scheme", recolour);
      /* One tooltip for the whole layer, made on demand. */
      group.bindTooltip(function (mark) {
        var p = mark.facts;
        return g.el("span", {}, [p.name ? marked(p.name) : g.t("unnamed"), g.country(p.country), p.neighbour ? g.t("to_country", { country: p.neighbour_name ? g.term(p.neighbour_name) : g.country(p.neighbour) }) : null, p.fuel ? g.term(p.fuel) : null,
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
      areaStyle = Object.assign(quiet(payload.style), { dashArray: "6 4", fillOpacity: payload.style.fill });
      wholeCountries = payload.countries;
      payload.areas.forEach(function (area) {
        if (area.kind === "admin_area") return; /* drawn when its deposit is opened */
        g.outline(area).forEach(function (shape) { drawnOf(area.id, coloured("unranked", shape).addTo(group), group); });
        if (areas[area.id][0] !== area) return; /* one label per deposit */
        var d = g.byId[area.id] || {}, label = g.el("button", { type: "button", "class": "unranked", "data-area": area.id, title: g.t("area_label") }, "? " + (d.name || area.id));
        L.DomEvent.disableClickPropagation(label);
        label.addEventListener("click", function () { g.open(area.id); });
        shownWhile(label, areas[area.id]);
        var marker = L.marker(area.label, { icon: L.divIcon({ className: "area-label", html: label, iconSize: null }), keyboard: false, interactive: false });
        drawnOf(area.id, marker.addTo(group), group);
        g.names.area(marker, label, area.label);
      });
    },
    tiles: function (payload, group) { g.tiles(payload, group); }
  };
  /* What a mark is called: a place, an earthquake with its date, or a position that was not chosen. */
  function marked(name) {
    var m = /^(Mw) ([\d.]+), ([\d-]+)$/.exec(name), other = /^(.+): ([a-z ]+), (\d+) km from the chosen position$/.exec(name);
    if (m) return m[1] + " " + g.figure(m[2]) + "; " + g.dates(m[3]);
    return other ? g.t("position_printed", { record: other[1], verdict: g.term(other[2]), km: g.figure(other[3]) }) : g.place(name);
  }
  function inked(slug, shape) { return shape.setStyle({ color: g.colourOf(slug), fillColor: g.colourOf(slug) }); }
  /* A shape that stays, in the colour of its layer in either scheme. */
  function coloured(slug, shape) {
    lasting.push([slug, shape]);
    return inked(slug, shape);
  }
  document.addEventListener("scheme", function () { lasting.forEach(function (one) { inked(one[0], one[1]); }); });
  /* The area is drawn while its "?" has the pointer or the focus. */
  function shownWhile(label, of) {
    var drawn = null;
    function show() { drawn = drawn || L.featureGroup(of.reduce(function (all, a) { return all.concat(g.outline(a)); }, [])).addTo(g.map()); }
    function hide() {
      if (drawn) drawn.remove();
      drawn = null;
    }
    [["mouseenter", show], ["focus", show], ["mouseleave", hide], ["blur", hide], ["click", hide]].forEach(function (one) { label.addEventListener(one[0], one[1]); });
  }
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
      return inked("unranked", L.polygon(rings.map(g.unpack), Object.assign({}, areaStyle, area.kind === "contradicting" ? { fillOpacity: 0 } : {})));
    });
  };
  g.countryOutline = function (code) {
    var found = g.data.layers.countries[1].shapes.filter(function (s) { return s.country === code; })[0];
    if (!found) return [];
    return [inked("unranked", L.polygon(found.rings.map(function (ring) { return [g.unpack(ring)]; }), areaStyle))];
  };
  g.fillLayers = function (chart) {
    g.ground = new g.Ground({ pane: "base" });
    Object.keys(made).forEach(function (slug) {
      var what = g.data.layers[slug];
      kinds[what[0]](what[1], made[slug], slug, chart);
    });
    g.ground.addTo(chart);
    refreshAreas(); /* of filters that the address brought */
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
    if (g.nameSheet) g.nameSheet.redraw();
  };
  g.markBoxes = function () { return g.marks.reduce(function (all, m) { return all.concat(m.boxes()); }, []); };
  /* Where on the map a deposit's mark is, which may be moved from its place. */
  g.markPlace = function (d) {
    var at = g.drawn(d.id);
    return at ? g.map().containerPointToLatLng([at.x, at.y]) : L.latLng(d.latitude, d.longitude);
  };
  /* The deposit drawn at a point of the window, and how a deposit is drawn. */
  g.markAt = function (point) {
    return g.marks.reduce(function (found, m) { return m.at(point) || found; }, null);
  };
  g.drawn = function (id) {
    return g.marks.reduce(function (found, m) { return found || m.drawn(id); }, null);
  };
  /* The colour of a layer: that of its token, or of its style. */
  g.colourOf = function (slug) {
    var what = g.data.layers[slug];
    return g.colour("map-" + slug) || (what && what[1].style ? what[1].style.color : g.colour("ink"));
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
      group.addLayer(layer);
      g.ground.redraw(); /* without land and relief: the imagery is shaded itself */
    });
    group.on("remove", function () {
      group.removeLayer(layer);
      g.ground.redraw();
    });
  };
  /* Show a message for some seconds; screen readers say it. */
  g.notify = function (words) {
    var note = document.getElementById("note");
    note.textContent = words;
    setTimeout(function () { if (note.textContent === words) note.textContent = ""; }, 6000);
  };
})(geoRee);
