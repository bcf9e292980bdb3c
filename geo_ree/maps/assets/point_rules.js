/* What any point is measured to, by the rules of the run: its country, its targets, its choice of gateways, its errors. */
"use strict";
(function (g) {
  /* How far a feature may be drawn from its own place: lines are simplified by 0.01 degree, and all is rounded to 0.001 degree. */
  var LINE_KM = 1.2, POINT_KM = 0.1, KM_DEGREE = 110, UNUSED = ["building", "planned", "disused", "closed"];
  var ANY = { same_country: true, upper_limit: true, certain_km: null };

  g.countryAt = function (from) {
    var found = g.data.layers.countries[1].shapes.filter(function (s) { return s.rings.some(function (ring) { return g.holds(g.unpack(ring), from); }); })[0];
    return found ? found.country : null;
  };
  /* The points of a table that `counts` accepts, each with its distance. */
  function spotsOf(table, from, counts) {
    return g.rows(table).filter(function (one) { return UNUSED.indexOf(one.kind) < 0 && counts(one); }).map(function (one) {
      return { km: g.geodesicLength(from, [one.lat, one.lon]) / 1000, place: [one.lat, one.lon], name: one.name, country: one.country,
        error: (one.position_error_m || 0) / 1000 + (one.lateral_error_km || 0), slack: POINT_KM };
    });
  }
  function nearer(a, b) { return a && a.km <= b.km ? a : b; }
  function near(place) {
    var towns = g.data.layers.settlements, found = towns ? spotsOf(towns[1], place, Boolean).reduce(nearer, null) : null;
    return found && found.name;
  }
  /* Each group of lines or areas that counts: [paths, country, error in km]. */
  function groupsOf(payload) {
    return ["sure", "unsure", "areas"].reduce(function (all, part) {
      var at = 0;
      return all.concat((payload.groups[part] || []).map(function (group) {
        at += group[0];
        return { paths: payload[part].slice(at - group[0], at), country: group[1], error: group[2], area: part === "areas" };
      }).filter(function (group) { return group.error !== null; }));
    }, []);
  }
  function nearestOf(group, from) {
    var lines = group.paths.map(g.unpack), inside = group.area && lines.some(function (ring) { return g.holds(ring, from); });
    var found = inside ? { m: 0, place: from, bend: 0 } : g.nearestOnLines(from, lines);
    return found && { km: found.m / 1000, place: found.place, error: group.error, slack: LINE_KM + found.bend };
  }
  /* The nearest of `list`, with the largest error of those that may be the nearest in truth. */
  function pick(list, slack) {
    var best = list.reduce(nearer, null);
    if (!best) return null;
    var reach = Math.max.apply(null, list.map(function (one) { return one.slack; })) + slack;
    var close = list.filter(function (one) { return one.km <= best.km + 2 * reach; });
    return Object.assign({}, best, { error: Math.max.apply(null, close.map(function (one) { return one.error; })) + reach });
  }
  /* The ranked deposit within whose position error a point lies, as the run knows it no better. */
  g.depositAt = function (from) {
    var best = null;
    g.deposits.forEach(function (d) {
      if (!g.isRanked(d) || d.position_error_m === undefined || Math.abs(d.latitude - from[0]) * KM_DEGREE > d.position_error_m / 1000 + POINT_KM) return;
      var off = g.geodesicLength(from, [d.latitude, d.longitude]) / 1000;
      if (off <= d.position_error_m / 1000 + POINT_KM && (!best || off < best.off)) best = { deposit: d, off: off, error: d.position_error_m / 1000 };
    });
    return best;
  };
  /* Whether a point of the layer is what the run measures to, of the gateways under the choice in force. */
  function countsIn(payload, measure) {
    var chosen = measure === "gateway" && payload.choices ? String(payload.choices.indexOf(g.gatewaySet())) : "-1";
    return function (one) {
      return chosen === "-1" || one.choices === undefined ? one.counts !== false : one.choices.split(";").indexOf(chosen) >= 0;
    };
  }
  /* Distance (km) to the edge of the region that the page has. */
  function toEdge(from) {
    var r = g.data.region, sides = [[r[1], from[1]], [r[3], from[1]], [from[0], r[0]], [from[0], r[2]]];
    return Math.min.apply(null, sides.map(function (place) { return g.geodesicLength(from, place) / 1000; }));
  }
  /* The nearest in another country, as beside the distances of a dossier. */
  function abroad(groups, spots, country, from) {
    var others = groups.filter(function (group) { return group.country && group.country !== country; });
    var line = g.nearestOnLines(from, [].concat.apply([], others.map(function (group) { return group.paths; })).map(g.unpack));
    var spot = spots.filter(function (one) { return one.country && one.country !== country; }).reduce(nearer, null);
    var km = Math.min(line ? line.m / 1000 : Infinity, spot ? spot.km : Infinity);
    return isFinite(km) ? km : undefined;
  }
  /* One measure at a point: the rule of geo_ree.proximity.TargetIndex, and how far the page may be off. */
  function measured(measure, payload, from, country, at) {
    var rule = g.data.targets[measure] || ANY, own = rule.same_country ? country : null, off = at ? at.off : 0, spread = at ? at.error + off : 0;
    var groups = payload.groups ? groupsOf(payload) : [], table = payload.groups ? payload.points : payload, out = { measure: measure, upper: rule.upper_limit };
    var spots = table ? spotsOf(table, from, countsIn(table, measure)) : [];
    function here(one) { return !own || one.country === own; }
    function certain(one) { return rule.certain_km === null || one.error <= rule.certain_km; }
    var list = groups.filter(here).map(function (group) { return nearestOf(group, from); }).filter(Boolean).concat(spots.filter(here));
    var found = pick(list.filter(certain), off), unsure = pick(list.filter(function (one) { return !certain(one); }), off);
    /* A line of unknown course counts where it is nearer even at its farthest; where it may be nearer, it stands beside. */
    if (unsure && (!found || unsure.km + unsure.error < found.km)) Object.assign(out, unsure, { unsure: true });
    else if (found) Object.assign(out, found, unsure && unsure.km - unsure.error < found.km ? { beside: [unsure.km, unsure.error + spread] } : {});
    if (out.km === undefined) return out;
    out.error += spread;
    out.near = out.name ? null : near(out.place);
    if (own) out.abroad = abroad(groups, spots, country, from);
    /* Beyond the edge of the region the page has nothing: something nearer may be there. */
    if (own && g.data.whole_countries.indexOf(country) < 0 && out.km > toEdge(from)) out.upper = true;
    return out;
  }
  /* The nearest feature of each layer that scores are measured to, and of the planned railways: measure, km, error in km, place,
     name, and what is to be said of it; without km where it is unknown. Null outside the region, where the page has no data. */
  g.measureAt = function (from) {
    var r = g.data.region, layers = g.data.layers, out = [], at = g.depositAt(from), country = at ? at.deposit.country : g.countryAt(from);
    if (!(from[0] >= r[1] && from[0] <= r[3] && from[1] >= r[0] && from[1] <= r[2])) return null;
    g.measures.forEach(function (measure) {
      var what = layers[g.data.measures[measure][1]];
      if (what) out.push(measured(measure, what[1], from, country, at));
    });
    out = out.concat(g.plannedNear(from).slice(0, 1));
    return out.sort(function (a, b) { return (a.km === undefined ? Infinity : a.km) - (b.km === undefined ? Infinity : b.km); });
  };
  /* Lines that are being built or planned, the nearest first, none twice. */
  g.plannedNear = function (from) {
    var what = g.data.layers.railways_planned, rows = what ? g.rows(what[1]) : [], out = [];
    rows.forEach(function (p) {
      var found = g.nearestOnLines(from, [g.unpack(p.path)]);
      if (found) out.push({ planned: p, km: found.m / 1000, error: LINE_KM + (p.lateral_error_km || 0), place: found.place, name: p.name });
    });
    ["railways", "roads", "power_lines"].forEach(function (slug) {
      var payload = g.data.layers[slug] && g.data.layers[slug][1], found = payload && payload.building && g.nearestOnLines(from, payload.building.map(g.unpack));
      if (found) out.push({ planned: { kind: slug, status: "building" }, km: found.m / 1000, error: LINE_KM, place: found.place, name: null });
    });
    return out.sort(function (a, b) { return a.km - b.km; });
  };
})(geoRee);
