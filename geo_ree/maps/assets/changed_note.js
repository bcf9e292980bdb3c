/* Under the headline: whether the page stands at the defaults of its run, and if not, what was changed, by whom, and the way back. */
"use strict";
(function (g) {
  var linked = null;

  /* What is not as in the run: weights, gateways, the sliders of the cost of access. */
  function changes() {
    return [g.models.length && (g.model() !== g.models[0] || !g.presetInForce()) ? "changed_weights" : "",
      g.gatewaysDiffer() ? "changed_gateways" : "", g.accessMoved() ? "changed_costs" : ""].filter(Boolean);
  }
  function state() { return JSON.stringify([g.state.model, g.state.weights, g.gatewaySet(), g.accessSetting()]); }
  function setBack() {
    if (g.gatewaySet() && g.otherGateways()) {
      g.chooseGateways(g.gatewaySets()[0]);
      g.rewordGateways();
    }
    g.set({ model: g.models.length ? g.models[0].name : g.state.model, access: {} });
    g.routePanel();
    document.getElementById("s-findings").focus();
  }
  function draw() {
    var line = document.getElementById("changed-note"), list = changes(), button;
    line.hidden = !list.length;
    if (!list.length) { line.replaceChildren(); return; }
    button = g.el("button", { type: "button", id: "set-back" }, g.t("set_back"));
    button.addEventListener("click", setBack);
    var said = g.t(linked === state() ? "changed_by_link" : "changed_here", { what: list.map(function (key) { return g.t(key); }).join(", ") });
    line.replaceChildren(g.el("span", {}, said.charAt(0).toLocaleUpperCase(g.locale()) + said.slice(1) + " " + g.t("changed_follows")), " ", button);
  }
  /* The state that a link brought is remembered, to tell it from what the reader moves. */
  g.changedByLink = function () {
    linked = state();
    draw();
  };
  g.startChangedNote = function () {
    g.subscribe(function (changed) {
      if (["weights", "access", "language"].some(function (c) { return changed.indexOf(c) >= 0; })) draw();
    });
    draw();
  };
})(geoRee);
