/* "Measure this point": distances from any point of the map, by a click, a long press, the context click, the keyboard or typed
   coordinates. */
"use strict";
(function (g) {
  var el = g.el, chart = null, box = null, on = false, at = null, pin = null, last = [], NEAR_KM = 150, PLANNED_KM = 100;
  var PLANNED = { roads: "planned_roads", power_lines: "planned_power_lines" };

  g.isMeasuring = function () { return on; };
  /* The point that is measured, as [latitude, longitude], or null. */
  g.measuredPoint = function () { return at; };
  /* Switch the choice of a point on or off. */
  g.measuring = function (wanted) {
    on = wanted;
    chart.getContainer().classList.toggle("measuring", on);
    document.getElementById("measure-point").setAttribute("aria-pressed", String(on));
    if (on) {
      show([]);
      box.querySelector("input").focus({ preventScroll: true });
    } else if (!at) box.hidden = true;
  };
  function stop() {
    var had = !box.hidden;
    at = null;
    g.set({ point: null });
    g.measuring(false);
    if (pin) pin.remove();
    pin = null;
    box.hidden = true;
    if (g.opened()) g.drawDistances(g.byId[g.opened()]); else g.clearDistances();
    if (had) document.getElementById("measure-point").focus({ preventScroll: true });
  }
  function label(one) {
    if (one.planned) return g.t(PLANNED[one.planned.kind] || "planned_railways");
    return g.measureName(one.measure);
  }
  /* "being built, about 14 km away". */
  g.plannedWords = function (one) {
    return g.t("planned_away", { status: g.term(g.words(one.planned.status)), distance: g.kilometres(one.km, one.error) });
  };
  /* The lines nearby that are being built or planned, which no distance of a score is measured to. */
  g.plannedNote = function (d) {
    var found = d.latitude === undefined ? [] : g.plannedNear([d.latitude, d.longitude]).filter(function (one) { return one.km < PLANNED_KM; }).slice(0, 3);
    return found.length ? el("ul", { "class": "planned" }, found.map(function (one) {
      return el("li", {}, g.t("planned_line", { line: one.name ? g.place(one.name) : label(one), away: g.plannedWords(one) }));
    })) : null;
  };
  function name(one) {
    var text = one.name ? g.place(one.name) : one.near ? g.t("unnamed_near", { place: g.place(one.near) }) : g.t("unnamed");
    return one.country ? text + ", " + g.country(one.country) : text;
  }
  function row(one, d) {
    if (one.km === undefined) return g.row(label(one), g.cell("n", g.unknown()));
    var more = [name(one), one.unsure ? g.t("course_unknown").toLowerCase() : null,
      one.beside ? g.t("line_maybe_nearer", { distance: g.kilometres(one.beside[0], one.beside[1]) }) : null,
      one.abroad < one.km ? g.t("abroad", { km: g.plainNumber(one.abroad, 0) }) : null].filter(Boolean);
    return g.row(g.cell("", label(one), el("small", {}, more.join("; "))),
    g.cell("n", one.planned ? g.plannedWords(one) : g.distance(d, one.measure)));
  }
  /* What is measured at a point, as the columns of a deposit. */
  function asDeposit(found) {
    var d = { latitude: at[0], longitude: at[1] };
    d.upper_limits = found.filter(function (one) { return one.upper; }).map(function (one) { return one.measure; }).join(";");
    found.forEach(function (one) {
      if (one.planned || one.km === undefined) return;
      d["dist_" + one.measure + "_km"] = one.km;
      d["err_" + one.measure + "_km"] = one.error;
      d["foot_" + one.measure + "_lat"] = one.place[0];
      d["foot_" + one.measure + "_lon"] = one.place[1];
      if (one.beside) {
        d["unsure_" + one.measure + "_km"] = one.beside[0];
        d["err_unsure_" + one.measure + "_km"] = one.beside[1];
      }
    });
    return d;
  }
  g.measuredAsDeposit = function () { return at ? asDeposit(last) : null; };
  /* By which rules the distances were measured. */
  function rules() {
    var held = g.depositAt(at), country = held ? held.deposit.country : g.countryAt(at);
    return [el("p", {}, country ? g.t("measure_in_country", { country: g.country(country) }) : g.t("measure_in_any_country"), " ", g.otherGateways() ? g.t("measure_gateways", { exit: g.term(g.gatewaySet()) }) : ""),
      held ? el("p", { "class": "note" }, g.t("measure_at_deposit", { name: held.deposit.name, error: g.radius(held.deposit.position_error_m) })) : null];
  }
  function show(found) {
    var table = el("table", {}), d = found && at ? asDeposit(found) : null;
    var shut = el("button", { type: "button", "class": "shut", "aria-label": g.t("measure_close") }, "×");
    shut.addEventListener("click", stop);
    function field(key, value) {
      var input = el("input", { type: "text", inputmode: "decimal", name: key, size: "8", autocomplete: "off" });
      input.value = value === null ? "" : String(value);
      return el("label", {}, g.t(key), " ", input);
    }
    var form = el("form", {}, field("latitude_n", at && at[0].toFixed(3)), field("longitude_e", at && at[1].toFixed(3)),
      el("button", { type: "submit" }, g.t("measure")));
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      var given = Array.from(form.querySelectorAll("input"), function (i) { return Number(i.value.replace(",", ".").trim() || NaN); });
      if (given.every(isFinite)) g.measurePoint(given[0], given[1]);
      else g.notify(g.t("measure_bad"));
    });
    if (found) table.append(el("tbody", {}, found.map(function (one) { return row(one, d); })));
    box.replaceChildren(shut, el("b", {}, g.t("measure_point")), form,
      el("div", { role: "status" }, !at ? el("p", {}, g.isTouched() ? g.t("measure_hint_touch") : g.t("measure_hint")) : !found ? el("p", {}, g.t("measure_outside")) : [
        rules(), g.scrolls(el("div", { "class": "wide" }, table), g.t("table_scrolls")),
        el("p", { "class": "small" }, g.t("measure_precision"))]));
    box.hidden = false;
  }
  /* Show the point beside or above the box that says its distances, unless it is free already. */
  function bringOut(found) {
    var p = chart.latLngToContainerPoint(at), size = chart.getSize(), frame = chart.getContainer().getBoundingClientRect(), b = box.getBoundingClientRect();
    document.querySelectorAll(".legend[open], .gateways[open]").forEach(function (key) { key.open = false; });
    var hidden = p.x < b.right - frame.left + 12 && p.y > b.top - frame.top - 12;
    if (!hidden && p.x > 0 && p.y > 0 && p.x < size.x && p.y < size.y) return;
    var beside = b.width < 0.5 * size.x, places = [at].concat(found.filter(function (one) { return one.place && one.km < NEAR_KM; }).map(function (one) { return one.place; }));
    g.frame(function () {
      chart.fitBounds(places, { animate: false, maxZoom: 9, paddingTopLeft: [beside ? b.width + 40 : 40, 50], paddingBottomRight: [beside && size.x > b.width + 360 ? 190 : 40, beside ? 50 : b.height + 50] });
    });
  }
  /* Measure from a point and draw the lines. */
  g.measurePoint = function (lat, lon) {
    at = [Math.round(1000 * lat) / 1000, Math.round(1000 * lon) / 1000];
    var found = g.measureAt(at);
    last = found || [];
    g.set({ point: at });
    g.measuring(on);
    if (pin) pin.remove();
    pin = L.circleMarker(at, { pane: "sight", radius: 6, weight: 2.5, color: g.colour("ink"), fillColor: g.colour("map-halo"), fillOpacity: 1, interactive: false }).addTo(chart);
    show(found);
    if (found) g.drawDistances(asDeposit(found));
    bringOut(found || []);
    return found;
  };
  /* The point of an address. */
  g.restoreMeasure = function () {
    if (g.state.point) g.measurePoint(g.state.point[0], g.state.point[1]);
    else if (at) stop();
  };
  g.rewordMeasure = function () {
    if (!box) return;
    box.setAttribute("aria-label", g.t("measure_point"));
    if (box.hidden) return;
    var found = at ? g.measureAt(at) : [];
    last = found || [];
    show(found);
    if (at && found) g.drawDistances(asDeposit(found));
  };
  g.watchMeasure = function (map) {
    chart = map;
    var control = L.control({ position: "bottomleft" });
    control.onAdd = function () {
      box = el("section", { "class": "measured", "aria-label": g.t("measure_point"), hidden: "" });
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(chart);
    chart.on("click", function (e) { if (on) g.measurePoint(e.latlng.lat, e.latlng.lng); });
    chart.on("contextmenu", function (e) { g.measurePoint(e.latlng.lat, e.latlng.lng); });
    chart.getContainer().addEventListener("keydown", function (e) {
      var middle = chart.getCenter();
      if (on && e.key === "Enter" && e.target === chart.getContainer()) g.measurePoint(middle.lat, middle.lng);
    });
    document.addEventListener("keydown", function (e) {
      if (e.key !== "Escape" || box.hidden) return;
      e.stopImmediatePropagation();
      stop();
    }, true);
  };
})(geoRee);
