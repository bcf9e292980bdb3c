/* The settings in the address, written and read back. Anything invalid in it is
   left out; no part of it becomes markup. */
"use strict";
(function (g) {
  var LONGEST = 4000, FIELDS = ["state", "stage", "country"], written = null, timer = 0;

  function encode(text) { return encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":"); }
  function decode(text) {
    try { return decodeURIComponent(text); } catch (_) { return ""; }
  }
  /* The settings that differ from the initial ones, as text. */
  g.setting = function () {
    var s = g.state, parts = [], first = g.models[0], m = g.model();
    if (m && first && s.model !== first.name) parts.push("m=" + encode(s.model));
    if (!g.presetInForce()) {
      parts.push("w=" + encode(m.criteria.map(function (c) { return c.name + ":" + (s.weights[c.name] || 0); }).join(",")));
    }
    g.filtering().forEach(function (k) { parts.push("f." + k + "=" + encode([].concat(s.filters[k]).join(","))); });
    if (g.gatewaySet() && g.otherGateways()) parts.push("e=" + encode(g.gatewaySet()));
    if (g.hasRoutes && s.question !== g.firstQuestion()) parts.push("q=" + encode(s.question));
    if (g.accessSetting()) parts.push("a=" + encode(g.accessSetting()));
    if (s.language !== g.firstLanguage()) parts.push("l=" + s.language);
    if (s.choice) parts.push("d=" + encode(s.choice));
    return parts.join("&");
  };
  function weightsIn(text, m) {
    var out = {}, good = 0;
    text.split(",").forEach(function (pair) {
      var cut = pair.lastIndexOf(":"), name = pair.slice(0, cut), w = pair.slice(cut + 1);
      var known = m.criteria.some(function (c) { return c.name === name; });
      if (known && /^\d+(\.\d+)?(e-?\d{1,2})?$/.test(w) && Number(w) <= 1e6) { out[name] = Number(w); good++; }
    });
    if (!good) return null;
    m.criteria.forEach(function (c) { if (!(c.name in out)) out[c.name] = 0; });
    return out;
  }
  function filterIn(name, text) {
    if (name === "quality") return text === "2" || text === "3" ? Number(text) : null;
    if (["rail", "grade", "oxide"].indexOf(name) >= 0) return /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : null;
    if (name === "ree") return ["light", "heavy", "unknown"].indexOf(text) >= 0 ? text : null;
    if (name === "role") return ["candidate", "by_product_host"].indexOf(text) >= 0 ? text : null;
    if (name === "text" || name === "mineral") return text.slice(0, 200) || null;
    if (name === "actinides") return ["Th", "U", "unknown"].indexOf(text) >= 0 ? text : null;
    if (name === "ore" || name === "admin1") {
      return g.deposits.some(function (d) { return g.list(d[name === "ore" ? "ore_type" : name]).indexOf(text) >= 0; }) ? text : null;
    }
    var column = name === "group" ? "commodity_group" : name;
    var there = text.split(",").filter(function (v) { return g.deposits.some(function (d) { return (d[column] || "unknown") === v; }); });
    return !there.length ? null : (FIELDS.indexOf(name) >= 0 ? there : there[0]);
  }
  function parts(text) {
    var found = Object.create(null);
    String(text).replace(/^#/, "").slice(0, LONGEST).split("&").forEach(function (part) {
      var cut = part.indexOf("=");
      if (cut > 0) found[part.slice(0, cut)] = decode(part.slice(cut + 1));
    });
    return found;
  }
  g.readSetting = function (text) {
    var found = parts(text), out = { filters: {}, language: g.firstLanguage(), choice: null };
    var m = g.models.filter(function (one) { return one.name === found.m; })[0] || g.models[0];
    if (m) {
      out.model = m.name;
      out.weights = (found.w && weightsIn(found.w, m)) || g.presetWeights(m);
    }
    g.filterNames.forEach(function (name) {
      var v = found["f." + name] ? filterIn(name, found["f." + name]) : null;
      if (v !== null) out.filters[name] = v;
    });
    if (g.hasRoutes) out.question = g.questions().indexOf(found.q) >= 0 ? found.q : g.firstQuestion();
    out.access = g.accessIn(found.a);
    if (g.languages.indexOf(found.l) >= 0) out.language = found.l;
    if (found.d && Object.prototype.hasOwnProperty.call(g.byId, found.d)) out.choice = found.d;
    return out;
  };
  /* Replace the address without an entry in the history; this works on a file:// page too. */
  function write() {
    var text = g.setting(), now = window.location.hash.replace(/^#/, "");
    if (text === now || text === written) return;
    written = text;
    try {
      window.history.replaceState(null, "", window.location.href.replace(/#.*$/, "") + (text ? "#" + text : ""));
    } catch (_) {
      window.location.replace("#" + text);
    }
  }
  g.restore = function () {
    if (window.location.hash.length > 1) g.set(g.readSetting(window.location.hash));
  };
  /* Restore gateways and dossier, which need the complete page. */
  function finish() {
    var wanted = parts(window.location.hash).e || g.gatewaySets()[0];
    if (g.gatewaySets().indexOf(wanted) >= 0 && wanted !== g.gatewaySet()) {
      g.chooseGateways(wanted);
      g.rewordGateways();
    }
    if (g.state.choice) g.open(g.state.choice);
  }
  g.startHash = function () {
    finish();
    g.subscribe(function () {
      clearTimeout(timer);
      timer = setTimeout(write, 250);
    });
    window.addEventListener("hashchange", function () {
      var text = window.location.hash.replace(/^#/, "");
      if (text === written || text.indexOf("=") < 0) return;
      written = null;
      g.restore();
      finish();
    });
  };
})(geoRee);
