/* Lines from a deposit to the nearest features, each with its length and range. */
"use strict";
(function (g) {
  var A = 6378137, E2 = 0.0066943799901413165, EVERY_KM = 25, RINGS = 14, LED_PX = 16, SMALL_PX = 480, MOST_SMALL = 4;
  var group = null, labels = null, lines = [];

  function toSpace(lon, lat) {
    var x = lon * Math.PI / 180, y = lat * Math.PI / 180, n = A / Math.sqrt(1 - E2 * Math.sin(y) * Math.sin(y));
    return [n * Math.cos(y) * Math.cos(x), n * Math.cos(y) * Math.sin(x), n * (1 - E2) * Math.sin(y)];
  }
  /* Points along the great ellipse: within 300 m of the geodesic over 2,000 km. */
  g.geodesic = function (from, to, km) {
    var a = toSpace(from[1], from[0]), b = toSpace(to[1], to[0]), count = Math.max(1, Math.ceil((km || 0) / EVERY_KM)), out = [];
    for (var i = 0; i <= count; i++) {
      var t = i / count, p = a.map(function (v, k) { return v + t * (b[k] - v); });
      out.push([Math.atan2(p[2], (1 - E2) * Math.hypot(p[0], p[1])) * 180 / Math.PI, Math.atan2(p[1], p[0]) * 180 / Math.PI]);
    }
    out[0] = from; out[count] = to;
    return out;
  };
  g.feet = function (d) {
    return g.measures.map(function (m) {
      var lon = d["foot_" + m + "_lon"], lat = d["foot_" + m + "_lat"], km = d["dist_" + m + "_km"];
      return lon === undefined || km === undefined ? null : { measure: m, place: [lat, lon], km: km, error: d["err_" + m + "_km"], of: d };
    }).filter(Boolean).sort(function (a, b) { return a.km - b.km; });
  };
  function words(foot) {
    return g.measureName(foot.measure) + " " + g.distance(foot.of, foot.measure);
  }
  g.drawDistances = function (d) {
    g.clearDistances();
    var chart = g.map(), from = [d.latitude, d.longitude];
    group = L.featureGroup().addTo(chart);
    lines = g.feet(d).map(function (foot) {
      var colour = g.colourOf(g.data.measures[foot.measure][1]), path = g.geodesic(from, foot.place, foot.km);
      var style = { pane: "sight", interactive: false, color: colour };
      L.polyline(path, Object.assign({}, style, { color: "#fff", weight: 5, opacity: 0.8 })).addTo(group);
      /* Dashed if the error exceeds half of the length. */
      L.polyline(path, Object.assign({}, style, { weight: 2.2, dashArray: foot.error > 0.5 * foot.km ? "3 5" : null })).addTo(group);
      L.circleMarker(foot.place, Object.assign({}, style, { radius: 3.5, weight: 1.5, color: "#fff", fillColor: colour, fillOpacity: 1 })).addTo(group);
      var node = g.el("div", { "class": "measure", style: "border-color:" + colour }, words(foot));
      var lead = g.el("i", { "class": "measure-lead", style: "background:" + colour, hidden: "" });
      labels.append(lead, node);
      return { path: path, node: node, lead: lead, foot: foot };
    });
    place();
    renamed();
  };
  /* The measured lines that are drawn, as lists of places. */
  g.distanceLines = function () { return lines.map(function (line) { return line.path; }); };
  g.distancesShown = function () { return Boolean(group); };
  g.clearDistances = function () {
    var had = lines.length;
    if (group) group.remove();
    group = null;
    lines = [];
    if (labels) labels.replaceChildren();
    if (had) renamed();
  };
  /* The farthest visible point of a line. */
  function anchor(path, size) {
    var chart = g.map(), last = null;
    for (var i = 0; i < path.length; i++) {
      var p = chart.latLngToContainerPoint(path[i]);
      if (p.x < 12 || p.y < 24 || p.x > size.x - 12 || p.y > size.y - 30) {
        if (last) return { point: last, more: true };
        continue;
      }
      last = p;
    }
    return last ? { point: last, more: false } : null;
  }
  function free(box, taken, size) {
    return box[0] > 2 && box[1] > 2 && box[2] < size.x - 2 && box[3] < size.y - 2 && !taken.some(function (t) {
      return box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3];
    });
  }
  /* Boxes of the controls over the map, in its pixels. */
  function controls() {
    var container = document.querySelector(".folium-map"), frame = container.getBoundingClientRect();
    return Array.from(container.querySelectorAll(".leaflet-control, #note")).concat(document.getElementById("fold") || []).map(function (node) {
      var r = node.getBoundingClientRect();
      return [r.left - frame.left - 2, r.top - frame.top - 2, r.right - frame.left + 2, r.bottom - frame.top + 2];
    }).filter(function (box) { return box[2] - box[0] > 4; });
  }
  g.controlBoxes = controls;
  /* Where a label of a size may stand, the nearest places to the end of its line first. */
  function spots(p, w, h, size) {
    var out = [];
    for (var ring = 0; ring < RINGS; ring++) {
      var off = 7 + 10 * ring;
      [[off, -h / 2], [-off - w, -h / 2], [-w / 2, -off - h], [-w / 2, off], [off, off / 2], [-off - w, off / 2], [off, -h - off / 2], [-off - w, -h - off / 2]].forEach(function (o) {
        /* One above or below its point may slide along the edge of the map. */
        var left = o[0] === -w / 2 ? Math.max(3, Math.min(size.x - w - 3, p.x + o[0])) : p.x + o[0];
        var x = Math.round(left), y = Math.round(p.y + o[1]);
        out.push([x, y, x + w, y + h]);
      });
    }
    return out;
  }
  /* A line from a label that stands off to the end of its own line. */
  function lead(line, box, p) {
    var x = Math.max(box[0], Math.min(box[2], p.x)), y = Math.max(box[1], Math.min(box[3], p.y)), far = Math.hypot(p.x - x, p.y - y);
    line.lead.hidden = far < LED_PX;
    line.lead.style.width = far + "px";
    line.lead.style.transform = "translate(" + x + "px," + y + "px) rotate(" + Math.atan2(p.y - y, p.x - x) + "rad)";
  }
  /* The marks on the map, in its pixels. */
  function marks(chart) {
    var corner = chart.containerPointToLayerPoint([0, 0]);
    return g.markBoxes().map(function (b) { return [b[0] - corner.x, b[1] - corner.y, b[2] - corner.x, b[3] - corner.y]; });
  }
  /* Place the labels off the place itself and its marks, each near the end of its line, where it overlaps no other; on a small map
     those of the nearest features alone. What has no place is left out: the dossier says it. */
  function place() {
    if (!lines.length) return;
    var chart = g.map(), size = chart.getSize(), middle = chart.latLngToContainerPoint(lines[0].path[0]), small = Math.min(size.x, size.y) < SMALL_PX;
    var clear = small ? 30 : 44, most = small ? MOST_SMALL : lines.length, shown = 0;
    var taken = [[middle.x - clear, middle.y - clear, middle.x + clear, middle.y + clear]].concat(controls(), marks(chart));
    var ends = lines.map(function (line) { return anchor(line.path, size); });
    labels.hidden = false;
    ends.forEach(function (end) { if (end) taken.push([end.point.x - 4, end.point.y - 4, end.point.x + 4, end.point.y + 4]); });
    lines.forEach(function (line, i) {
      var end = ends[i], found = null;
      line.node.classList.toggle("more", Boolean(end && end.more)); /* before it is measured: it makes the label longer */
      if (end && shown < most && !(end.more && shown >= MOST_SMALL)) found = spots(end.point, line.node.offsetWidth + 1, line.node.offsetHeight + 1, size).filter(function (box) { return free(box, taken, size); })[0];
      line.node.style.visibility = found ? "visible" : "hidden";
      line.lead.hidden = true;
      if (!found) return;
      shown += 1;
      taken.push(found);
      line.node.style.transform = "translate(" + found[0] + "px," + found[1] + "px)";
      lead(line, found, end.point);
    });
  }
  /* The names on the map keep clear of the labels, and of the marks in their new places. */
  function renamed() { if (g.nameSheet) g.nameSheet.redraw(); }
  /* Boxes of the labels at the lines, in the map's pixels. */
  g.measureBoxes = function () {
    if (!lines.length || labels.hidden) return [];
    var frame = g.map().getContainer().getBoundingClientRect();
    return lines.filter(function (line) { return line.node.style.visibility === "visible"; }).map(function (line) {
      var r = line.node.getBoundingClientRect();
      return [r.left - frame.left, r.top - frame.top, r.right - frame.left, r.bottom - frame.top];
    });
  };
  g.watchDistances = function (chart) {
    labels = g.el("div", { "class": "measures", "aria-hidden": "true" });
    chart.getContainer().appendChild(labels);
    chart.on("move zoomend resize", place);
    chart.on("moveend", function () { if (lines.length) renamed(); });
    chart.on("zoomanim", function () { labels.hidden = true; });
  };
})(geoRee);
