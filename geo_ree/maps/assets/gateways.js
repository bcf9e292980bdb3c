/* The choice of gateways: rank, score and gateway of each candidate under it. */
"use strict";
(function (g) {
  var FIELDS = ["near_gateway", "dist_gateway_km", "score", "rank_in_role", "foot_gateway_lon", "foot_gateway_lat"];
  var chosen = null, names = [], byName = null, box = null;

  g.gatewaySet = function () { return chosen; };
  g.gatewaySets = function () { return names; };
  /* Whether other gateways are chosen than those of the run. */
  g.otherGateways = function () { return chosen !== names[0]; };
  /* Whether they lead to other distances: two choices may mean the same. */
  g.gatewaysDiffer = function () {
    var run = new Map();
    if (!chosen || chosen === names[0]) return false;
    byName[names[0]].forEach(function (s) { run.set(s.id, s.dist_gateway_km); });
    return byName[chosen].some(function (s) { return run.get(s.id) !== s.dist_gateway_km; });
  };
  /* Override the rows with the values under that choice; the columns stay unchanged. */
  g.chooseGateways = function (name) {
    if (names.indexOf(name) < 0) return false;
    chosen = name;
    byName[name].forEach(function (s) {
      var d = g.byId[s.id];
      if (!d) return;
      FIELDS.forEach(function (field) {
        if (name === names[0]) delete d[field]; else d[field] = s[field];
      });
    });
    g.scoring.forget();
    g.set({ weights: g.state.weights });
    return true;
  };
  function fill() {
    box.replaceChildren(g.el("summary", {}, g.t("change_gateway")), g.el("fieldset", {},
      g.el("legend", { "class": "unseen" }, g.t("gateways_counted")), names.map(function (name) {
        var radio = g.el("input", { type: "radio", name: "geo-ree-gateways", value: name });
        radio.checked = name === chosen;
        radio.addEventListener("change", function () { g.chooseGateways(name); });
        return g.el("label", {}, radio, " " + g.term(name));
      }), g.el("p", { "class": "small" }, g.t("gateway_hint"), g.hasRoutes ? " " + g.t("gateway_hint_routes", { questions: g.questions().map(g.questionWords).join("; ") }) : "")));
  }
  g.rewordGateways = function () { if (box) fill(); };
  g.gatewayControl = function (chart) {
    byName = g.grouped(g.gateways, "scenario");
    names = Object.keys(byName);
    chosen = names[0];
    if (names.length < 2) return;
    var control = L.control({ position: "topright" });
    control.onAdd = function () {
      box = g.el("details", { "class": "gateways leaflet-bar" });
      fill();
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(chart);
  };
})(geoRee);
