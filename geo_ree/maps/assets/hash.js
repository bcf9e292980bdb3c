/* The settings in the address, written and read back. Anything invalid in it is
   left out; no part of it becomes markup. */
"use strict";
(function (g) {
  var LONGEST = 20000, KNOWN = ["m", "w", "e", "q", "a", "l", "d", "r", "c", "s", "o", "p"], FIELDS = ["state", "stage", "country"], foreign = false;

  function encode(text) { return encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":"); }
  function decode(text) {
    try { return decodeURIComponent(text); } catch (_) { return ""; }
  }
  function run() { return String((g.data.run || {}).run_id || ""); }
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
    if (s.columns) parts.push("c=" + encode(s.columns.join(",")));
    if (s.shortlist.length) parts.push("s=" + encode(g.shortlistText()));
    if (s.sort) parts.push("o=" + encode(s.sort.by) + (s.sort.down ? ":down" : ""));
    if (s.point) parts.push("p=" + s.point.join(","));
    if (s.choice) parts.push("d=" + encode(s.choice));
    if (parts.length && run()) parts.push("r=" + encode(run()));
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
  function listed() { return g.deposits.concat(g.unranked); }
  function filterIn(name, text) {
    if (name === "quality") return text === "2" || text === "3" ? Number(text) : null;
    if (["rail", "grade", "oxide", "error"].indexOf(name) >= 0) return /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : null;
    if (name === "ree") return ["light", "heavy", "unknown"].indexOf(text) >= 0 ? text : null;
    if (name === "role") return ["candidate", "by_product_host"].indexOf(text) >= 0 ? text : null;
    if (name === "text" || name === "mineral") return text.slice(0, 200) || null;
    if (name === "actinides") return ["Th", "U", "unknown"].indexOf(text) >= 0 ? text : null;
    if (name === "ore" || name === "admin1") {
      return listed().some(function (d) { return g.list(d[name === "ore" ? "ore_type" : name]).indexOf(text) >= 0; }) ? text : null;
    }
    if (name === "size") {
      var by = text.split(",").filter(function (v) { return Object.prototype.hasOwnProperty.call(g.sizeWords, v); });
      return by.length ? by : null;
    }
    var column = name === "group" ? "commodity_group" : name;
    var there = text.split(",").filter(function (v) { return listed().some(function (d) { return (d[column] || "unknown") === v; }); });
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
  function columnsIn(text) {
    var there = text.split(",").filter(function (name) { return g.columns.some(function (c) { return c.name === name; }); });
    return there.length ? there : null;
  }
  function sortIn(text) {
    var cut = /^([a-z_]{1,40})(:down)?$/.exec(text);
    return cut && g.columns.some(function (c) { return c.name === cut[1]; }) ? { by: cut[1], down: Boolean(cut[2]) } : null;
  }
  /* Latitude and longitude of a point that was measured, to the page's precision. */
  function pointIn(text) {
    var cut = /^(-?\d{1,2}(?:\.\d{1,3})?),(-?\d{1,3}(?:\.\d{1,3})?)$/.exec(text), at = cut && [Number(cut[1]), Number(cut[2])];
    return at && Math.abs(at[0]) <= 85 && Math.abs(at[1]) <= 180 ? at : null;
  }
  /* The settings in an address; `ignored` names its parts that this page cannot use, `stranger` the other run that it was made for. */
  g.readSetting = function (text) {
    var found = parts(text), out = { filters: {}, language: g.firstLanguage(), choice: null, columns: null, shortlist: [], sort: null, point: null }, ignored = [];
    if (found.r && run() && found.r !== run()) return { stranger: found.r.slice(0, 60) };
    function read(key, make) {
      var made = found[key] ? make(found[key]) : null;
      if (found[key] && made === null) ignored.push(key);
      return made;
    }
    var m = g.models[0];
    read("m", function (name) { m = g.models.filter(function (one) { return one.name === name; })[0] || m; return m && m.name === name ? m : null; });
    if (m) {
      out.model = m.name;
      out.weights = read("w", function (w) { return weightsIn(w, m); }) || g.presetWeights(m);
    }
    g.filterNames.forEach(function (name) {
      var v = read("f." + name, function (given) { return filterIn(name, given); });
      if (v !== null) out.filters[name] = v;
    });
    if (g.hasRoutes) out.question = read("q", function (q) { return g.questions().indexOf(q) >= 0 ? q : null; }) || g.firstQuestion();
    out.access = g.accessIn(found.a);
    out.language = read("l", function (l) { return g.languages.indexOf(l) >= 0 ? l : null; }) || out.language;
    out.choice = read("d", function (id) { return Object.prototype.hasOwnProperty.call(g.byId, id) ? id : null; });
    out.columns = read("c", columnsIn);
    out.shortlist = read("s", g.shortlistIn) || [];
    out.sort = read("o", sortIn);
    out.point = read("p", pointIn);
    read("e", function (name) { return g.gatewaySets().length && g.gatewaySets().indexOf(name) < 0 ? null : name; });
    Object.keys(found).forEach(function (key) {
      if (KNOWN.indexOf(key) < 0 && g.filterNames.indexOf(key.slice(2)) < 0) ignored.push(key);
    });
    out.ignored = ignored;
    return out;
  };
  function note(words) {
    var line = document.getElementById("link-note");
    line.hidden = !words;
    line.textContent = words;
  }
  g.restore = function () {
    if (window.location.hash.length < 2) return;
    var read = g.readSetting(window.location.hash);
    foreign = Boolean(read.stranger);
    if (foreign) { note(g.t("link_of_other_run", { run: read.stranger })); return; }
    note(read.ignored.length ? g.t("link_parts_ignored", { parts: read.ignored.slice(0, 8).map(function (key) { return key.slice(0, 20); }).join(", ") }) : "");
    g.set(read);
  };
  /* Restore gateways and dossier, which need the complete page. */
  function finish() {
    var wanted = (!foreign && parts(window.location.hash).e) || g.gatewaySets()[0];
    if (g.gatewaySets().indexOf(wanted) >= 0 && wanted !== g.gatewaySet()) {
      g.chooseGateways(wanted);
      g.rewordGateways();
    }
    if (!foreign) g.changedByLink();
    if (g.state.choice) g.open(g.state.choice); else g.close();
    g.restoreMeasure();
  }
  function reopen() {
    var id = parts(window.location.hash).d;
    if (id && Object.prototype.hasOwnProperty.call(g.byId, id)) g.open(id);
  }
  function begin(text) {
    g.travel(finish);
    g.startHistory(text);
  }
  g.startHash = function () {
    function dossier() {
      var id = g.state.choice;
      if (id) g.hold("dossier", g.close, id, function () { g.open(id); }, g.placeBefore()); else g.release("dossier");
    }
    g.subscribe(function (changed) {
      if (changed.indexOf("choice") >= 0) dossier();
      g.writeAddress();
    });
    begin(window.location.hash.replace(/^#/, ""));
    if (g.state.choice) dossier();
    g.watchHistory(reopen);
    window.addEventListener("hashchange", function () {
      var text = window.location.hash.replace(/^#/, "");
      if (g.historyEntry() !== null || g.wasWritten(text) || text.indexOf("=") < 0) return;
      g.restore();
      begin(text);
    });
  };
})(geoRee);
