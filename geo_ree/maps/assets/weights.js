/* The weights as sliders, the presets, and the basis of the resulting intervals. */
"use strict";
(function (g) {
  var el = g.el, sliders = {}, waiting = false;

  function total() {
    return Object.keys(g.state.weights).reduce(function (sum, k) { return sum + g.state.weights[k]; }, 0);
  }
  /* Sliders run from 0 to 100; a preset's weights are shares of 1. */
  function scale() { return total() > 1.5 ? 1 : 100; }
  function collect() {
    var weights = {};
    Object.keys(sliders).forEach(function (name) {
      var s = sliders[name];
      weights[name] = s.moved ? Number(s.input.value) / s.scale : s.exact;
    });
    g.set({ model: g.state.model, weights: weights });
  }
  function moved(s) {
    s.moved = true;
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(function () { waiting = false; collect(); });
  }
  /* Whether no ranked deposit has a figure for a criterion, so that its weight can change nothing. */
  function withoutData(c) {
    var column = g.scoring.column(c.column);
    return c.missing === "unknown" && !g.deposits.some(function (d, i) { return g.isListed(d) && !isNaN(column[i]); });
  }
  function slider(c, factor) {
    var input = el("input", { type: "range", min: 0, max: 100, step: 1, id: "w-" + c.name });
    var share = el("output", { "for": "w-" + c.name }), reason = null;
    var s = { input: input, share: share, scale: factor, moved: false, exact: g.state.weights[c.name] || 0 };
    input.addEventListener("input", function () { moved(s); });
    if (withoutData(c)) {
      input.disabled = true;
      input.setAttribute("aria-describedby", "w-why-" + c.name);
      reason = el("small", { id: "w-why-" + c.name, "class": "why" }, g.t("no_data_for_weight"));
    }
    sliders[c.name] = s;
    return el("div", { "class": "slider" }, el("label", { "for": "w-" + c.name }, g.term(c.label)), input, share, reason);
  }
  function presetButton(m) {
    var button = el("button", { type: "button", "data-model": m.name }, g.term(g.words(m.name)));
    button.title = g.term(m.title || "");
    button.addEventListener("click", function () { g.set({ model: m.name }); });
    return button;
  }
  function reflect() {
    var sum = total(), zero = g.weightsAreZero(), factor = scale();
    Object.keys(sliders).forEach(function (name) {
      var s = sliders[name], w = g.state.weights[name] || 0, shown = Math.round(w * factor), percent = sum > 0 ? 100 * w / sum : 0;
      if (!(s.moved && Number(s.input.value) / s.scale === w)) {
        s.input.value = Math.min(100, shown);
        s.scale = factor;
        s.moved = false;
        s.exact = w;
      }
      s.share.textContent = g.plainNumber(percent, percent % 1 > 0.05 && percent % 1 < 0.95 ? 1 : 0) + " %";
      s.input.setAttribute("aria-valuetext", g.t("share_of_score", { share: g.plainNumber(percent, 0) }));
    });
    document.querySelectorAll("#presets button[data-model]").forEach(function (b) {
      var fits = b.dataset.model === g.state.model && g.presetInForce();
      b.setAttribute("aria-pressed", String(fits));
    });
    document.getElementById("weights-summary").textContent = g.t("weights") + ": " + g.term(g.words(g.state.model))
      + (g.presetInForce() ? "" : ", " + g.t("changed"));
    document.getElementById("reset-weights").hidden = g.published();
    var warning = document.getElementById("weights-warning");
    warning.hidden = !zero;
    warning.textContent = zero ? g.t("weights_zero") : "";
  }
  /* The basis of the rank intervals in words. */
  g.basisOfRanks = function () {
    var first = g.ranked("candidate")[0] || g.ranked("by_product_host")[0];
    var interval = first ? g.intervalOf(first) : { basis: "run" };
    if (interval.basis === "pending") return g.t("intervals_pending");
    if (interval.basis === "run") return "";
    return g.t("intervals_of_page",
      { draws: g.plainNumber(interval.draws, 0) });
  };
  g.weightPanel = function () {
    var box = document.getElementById("weights-box"), m = g.model();
    box.hidden = !m;
    if (!m) return;
    sliders = {};
    var factor = scale();
    document.getElementById("presets").replaceChildren.apply(document.getElementById("presets"), g.models.map(presetButton));
    document.getElementById("sliders").replaceChildren.apply(document.getElementById("sliders"), m.criteria.map(function (c) { return slider(c, factor); }));
    reflect();
  };
  g.startWeights = function () {
    document.getElementById("reset-weights").addEventListener("click", function () {
      if (g.models[0]) g.set({ model: g.models[0].name });
      document.querySelector("#presets button").focus();
    });
    var shown = g.state.model;
    g.subscribe(function (changed) {
      if (changed.indexOf("weights") < 0 || !g.model()) return;
      if (shown !== g.state.model) g.weightPanel(); else reflect();
      shown = g.state.model;
    });
  };
})(geoRee);
