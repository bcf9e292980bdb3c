/* The filters, and the search over names in Latin and Cyrillic letters. */
"use strict";
(function (g) {
  var folded = null, asked = { text: "" }, RANKED = ["candidate", "by_product_host"], AREA = "area", everyone = null, places = null;

  /* Folds what differs between the transliterations of Russian, Kazakh, Kyrgyz, Uzbek, Tajik and Mongolian
     names in Western tables, brought to one form. */
  var FOLDS = [
    [/['`"’ʼʹ]/g, ""], [/[^a-z0-9\n\t]+/g, " "], [/([bcdfgklmnprstvz])[jy](?=[aeou])/g, "$1"], [/([aeiou])j/g, "$1i"],
    [/shch|sch/g, "s"], [/dzh|zh|dj/g, "j"], [/kh|x/g, "h"], [/gh/g, "g"], [/q/g, "k"], [/tch|ch/g, "s"],
    [/ts|tz/g, "c"], [/sh/g, "s"], [/ph/g, "f"], [/w/g, "v"], [/eh/g, "e"], [/ye|ie/g, "e"],
    [/y/g, "i"], [/uu|ou|oo/g, "u"], [/ee/g, "e"], [/([a-z])\1+/g, "$1"]
  ];
  g.latin = function (text) {
    var letters = g.scoringData().letters;
    return Array.from(String(text || "").toLowerCase()).map(function (c) { return c in letters ? letters[c] : c; }).join("");
  };
  function fold(text) { return FOLDS.reduce(function (out, pair) { return out.replace(pair[0], pair[1]); }, text); }
  g.fold = function (text) { return fold(g.latin(text)).trim(); };
  /* Whether search and filters act on a row: candidates and by-product hosts with and without a coordinate, and areas that sources name. */
  function isListed(d) { return RANKED.indexOf(d.role) >= 0 || (d.role === AREA && g.unranked.indexOf(d) >= 0); }
  g.isListed = isListed;
  /* The rows that search and filters act on. */
  function rows() { return (everyone = everyone || g.deposits.concat(g.unranked).filter(isListed)); }
  /* Names of these rows, folded at the first search: in one text, which is many times faster. */
  function index() {
    if (folded) return folded;
    places = new Map(rows().map(function (d, i) { return [d, i]; }));
    var plain = rows().map(function (d) {
      return g.latin([d.latin_name || d.name].concat(g.list(d.aliases), g.localNames(d)).join("\t")).replace(/\n/g, " ");
    });
    return (folded = { plain: plain, keys: fold(plain.join("\n")).split("\n") });
  }
  function found(d, text) {
    var names = index(), at = places.get(d);
    if (asked.text !== text) asked = { text: text, plain: g.latin(text).trim(), key: g.fold(text) };
    return names.plain[at].indexOf(asked.plain) >= 0 || (asked.key.length > 1 && names.keys[at].indexOf(asked.key) >= 0);
  }
  /* Letters to change, add or drop to make one word of another; more than `most` counts as one more than that. */
  function apart(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    var row = Array.from({ length: b.length + 1 }, function (_, i) { return i; });
    for (var i = 1; i <= a.length; i++) {
      var corner = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length; j++) {
        var next = Math.min(row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] === b[j - 1] ? 0 : 1));
        corner = row[j];
        row[j] = next;
      }
    }
    return row[b.length];
  }
  /* The rows with the names nearest to a text that none has: at most three, a third of the letters off at most. */
  g.nearestNames = function (text) {
    var key = g.fold(text), most = Math.floor(key.length / 3), names = index().keys;
    if (!most) return [];
    return rows().map(function (d, i) {
      var words = names[i].split("\t").reduce(function (all, name) { return all.concat(name.trim(), name.trim().split(" ")); }, []);
      return [Math.min.apply(null, words.map(function (word) { return apart(key, word, most); })), i, d];
    }).filter(function (one) { return one[0] <= most; }).sort(function (a, b) { return a[0] - b[0] || a[1] - b[1]; }).slice(0, 3).map(function (one) { return one[2]; });
  };
  function oneOf(list, value) { return !list || !list.length || list.indexOf(value || "unknown") >= 0; }
  function named(d, kind) { return kind === "unknown" ? !d.ree_class : String(d.ree_class || "").split("_").indexOf(kind) >= 0; }

  /* Whether a deposit passes each filter. Unknown never passes a limit. */
  var tests = {
    text: function (d, v) { return found(d, v); },
    country: function (d, v) { return oneOf(v, d.country); },
    admin1: function (d, v) { return g.list(d.admin1).indexOf(v) >= 0; },
    state: function (d, v) { return oneOf(v, d.state); },
    stage: function (d, v) { return oneOf(v, d.stage); },
    group: function (d, v) { return d.commodity_group === v; },
    ree: function (d, v) { return named(d, v); },
    role: function (d, v) { return d.role === v; },
    quality: function (d, v) { return d.quality >= v; },
    ore: function (d, v) { return g.list(d.ore_type).indexOf(v) >= 0; },
    mineral: function (d, v) { return g.latin(d.minerals + ";" + g.list(d.minerals).map(g.term).join(";")).indexOf(g.latin(v)) >= 0; },
    actinides: function (d, v) { return v === "unknown" ? !d.actinides : g.list(d.actinides).indexOf(v) >= 0; },
    grade: function (d, v) { return g.gradeOf(d) >= v; },
    oxide: function (d, v) { return d.oxide_t >= v; },
    rail: function (d, v) { return d.dist_railway_km <= v; },
    error: function (d, v) { return d.position_error_m <= 1000 * v; },
    size: function (d, v) { return oneOf(v, g.sizeStatedBy(d)); }
  };
  /* Whether what a filter asks for is unknown of a deposit. */
  var unknowns = {
    country: function (d) { return !d.country; }, admin1: function (d) { return !d.admin1; }, state: function (d) { return !d.state; },
    stage: function (d) { return !d.stage; }, group: function (d) { return !d.commodity_group; }, ree: function (d) { return !d.ree_class; },
    quality: function (d) { return !d.quality; }, ore: function (d) { return !d.ore_type; }, mineral: function (d) { return !d.minerals; },
    actinides: function (d) { return !d.actinides; }, grade: function (d) { return g.gradeOf(d) === undefined; },
    oxide: function (d) { return d.oxide_t === undefined; }, rail: function (d) { return d.dist_railway_km === undefined; },
    error: function (d) { return d.latitude === undefined || d.position_error_m === undefined; },
    size: function (d) { return g.sizeStatedBy(d) === "unknown"; }
  };
  var counted = null;
  function active() {
    return Object.keys(tests).filter(function (k) {
      var v = g.state.filters[k];
      return v !== undefined && v !== null && v !== "" && !(Array.isArray(v) && !v.length);
    });
  }
  /* Whether a deposit passes all filters. References and deposits of other commodities have their own
     switches on the map. */
  g.shown = function (d) {
    if (!isListed(d)) return true;
    return active().every(function (k) { return tests[k](d, g.state.filters[k]); });
  };
  g.filtering = active;
  g.filterNames = Object.keys(tests);
  g.counts = function () {
    if (!counted) {
      counted = { shown: rows().filter(g.shown).length, all: rows().length };
    }
    return counted;
  };
  /* What each filter alone leaves out, and of that what is unknown: [[name, value, out, unknown]]. */
  g.leftOut = function () {
    return active().map(function (name) {
      var v = g.state.filters[name], out = rows().filter(function (d) { return !tests[name](d, v); });
      return [name, v, out.length, unknowns[name] ? out.filter(unknowns[name]).length : 0];
    });
  };
  g.subscribe(function () { counted = null; });

  var el = g.el, controls = {};
  function change(name, value) {
    var filters = Object.assign({}, g.state.filters);
    if (value === "" || value === null || (Array.isArray(value) && !value.length)) delete filters[name];
    else filters[name] = value;
    g.set({ filters: filters });
  }
  function values(name) {
    var seen = {};
    rows().forEach(function (d) { seen[name === "size" ? g.sizeStatedBy(d) : d[name] || "unknown"] = true; });
    return Object.keys(seen);
  }
  /* Words of the listed deposits in a column of lists: one near a border has several oblasts. */
  function listed(column) {
    var seen = {};
    rows().forEach(function (d) { g.list(d[column]).forEach(function (name) { seen[name] = true; }); });
    return Object.keys(seen);
  }
  /* Values with their words, in the order of the reader's language. */
  function inOrder(found, word) {
    return found.map(function (one) { return [one, word(one)]; }).sort(function (a, b) { return a[1].localeCompare(b[1], g.locale()); });
  }
  function wordOf(key) { return g.term(g.words(key)); }
  g.stateWords = {
    producing: "state_producing", past: "state_past", licensed: "state_licensed", explored: "state_explored",
    registered: "state_registered", occurrence: "state_occurrence", unknown: "not_stated"
  };
  g.sizeWords = { code: "chart_code", register: "chart_register", press: "chart_press", unknown: "chart_unknown" };
  g.qualityWords = { 1: "low", 2: "medium", 3: "high" };
  g.reeWords = { light: "light", heavy: "heavy", light_heavy: "light_and_heavy" };

  function boxes(name, legend, order, word) {
    var there = values(name), list = order.filter(function (v) { return there.indexOf(v) >= 0; });
    if (list.length < 2) return null;
    controls[name] = list.map(function (v) {
      var box = el("input", { type: "checkbox", value: v });
      box.addEventListener("change", function () {
        change(name, controls[name].filter(function (b) { return b.checked; }).map(function (b) { return b.value; }));
      });
      return box;
    });
    return el("fieldset", {}, el("legend", {}, legend), controls[name].map(function (box, i) { return el("label", {}, box, " ", word(list[i])); }));
  }
  function choice(name, label, options) {
    var select = el("select", {}, options.map(function (o) { return el("option", { value: o[0] }, o[1]); }));
    select.addEventListener("change", function () { change(name, select.value && (name === "quality" ? Number(select.value) : select.value)); });
    controls[name] = select;
    return el("label", { "class": "field" }, el("span", {}, label), select);
  }
  /* A number that a deposit has to reach, or for the railway to stay within. */
  function limit(name, label, step) {
    var input = el("input", { type: "number", min: 0, step: step, inputmode: "decimal" });
    input.addEventListener("input", function () { change(name, input.value === "" || !(input.value >= 0) ? null : Number(input.value)); });
    controls[name] = input;
    return el("label", { "class": "field" }, el("span", {}, label), input);
  }
  function mineral() {
    var input = el("input", { type: "search", maxlength: 60, autocomplete: "off" });
    input.addEventListener("input", function () { change("mineral", input.value.trim()); });
    controls.mineral = input;
    return el("label", { "class": "field" }, el("span", {}, g.t("mineral_named")), input);
  }
  /* What the rows are: candidates, by-product hosts, which are ranked on their own, and areas. */
  function composed() {
    function of(role) { return rows().filter(function (d) { return d.role === role; }).length; }
    var n = { candidates: of(RANKED[0]), hosts: of(RANKED[1]), areas: of(AREA) };
    return n.hosts || n.areas ? g.t("rows_composed", n) : "";
  }
  /* Show the state in the controls. */
  function reflect() {
    Object.keys(controls).forEach(function (name) {
      var v = g.state.filters[name], control = controls[name];
      if (Array.isArray(control)) control.forEach(function (box) { box.checked = Boolean(v) && v.indexOf(box.value) >= 0; });
      else control.value = v === undefined || v === null ? "" : String(v);
    });
    var count = g.counts(), out = count.all - count.shown;
    var said = g.t("shown_of", { shown: g.plainNumber(count.shown, 0), all: g.plainNumber(count.all, 0) });
    /* Where nothing is left the table says so; a screen reader hears it here. */
    document.getElementById("count").classList.toggle("unseen", !count.shown);
    document.getElementById("count").textContent = !count.shown ? g.t("nothing_shown") : out ? said + "; " + g.t("hidden_by_filters", { out: g.plainNumber(out, 0) }) : said + composed();
    document.getElementById("reset-filters").hidden = !active().length;
    g.sayLeftOut(document.getElementById("left-out"));
    var boxed = active().filter(function (name) { return name !== "text"; }).length; /* the search has a field of its own */
    document.getElementById("filters-summary").textContent = g.t("filters") + (boxed ? " (" + boxed + ")" : "");
  }
  g.filterPanel = function () {
    var codes = values("country").sort(function (a, b) { return g.country(a).localeCompare(g.country(b), g.locale()); });
    var any = ["", g.t("any")], groups = values("commodity_group"), units = listed("admin1"), ores = listed("ore_type");
    controls = { text: document.getElementById("search") };
    var made = [
      boxes("country", g.t("country"), codes, function (c) { return c === "unknown" ? g.t("not_stated") : g.country(c); }),
      boxes("stage", g.t("stage_of_rare_earths"), g.data.stages.concat("unknown"), function (s) { return s === "unknown" ? g.t("not_stated") : g.term(g.words(s)); }),
      boxes("size", g.t("size_stated"), Object.keys(g.sizeWords), function (s) { return g.t(g.sizeWords[s]); }),
      boxes("state", g.t("status_in_source"), Object.keys(g.stateWords), function (s) { return g.t(g.stateWords[s]); }),
      el("div", { "class": "fields" },
        units.length > 1 ? choice("admin1", g.t("admin1"), [any].concat(inOrder(units, g.province))) : null,
        choice("ree", g.t("rare_earths_named"), [any, ["light", g.t("light")], ["heavy", g.t("heavy")], ["unknown", g.t("not_stated")]]),
        choice("role", g.t("by_product"), [any, ["candidate", g.t("main_product")], ["by_product_host", g.t("by_product_only")]]),
        groups.length > 1 ? choice("group", g.t("commodity_group"), [any].concat(inOrder(groups, wordOf))) : null,
        choice("quality", g.t("source_quality"), [any, ["2", g.t("medium_or_high")], ["3", g.t("high")]]),
        ores.length > 1 ? choice("ore", g.t("ore_type"), [any].concat(inOrder(ores, wordOf))) : null,
        choice("actinides", g.t("actinides_named"), [any, ["Th", "Th"], ["U", "U"], ["unknown", g.t("not_stated")]]),
        mineral(), limit("grade", g.t("grade_at_least"), 0.1), limit("oxide", g.t("oxide_at_least"), 1000),
        limit("rail", g.t("railway_within"), 10), limit("error", g.t("position_within"), 1))
    ];
    document.getElementById("filters").replaceChildren.apply(document.getElementById("filters"), made.filter(Boolean).concat(
      el("p", { "class": "hint" }, g.t("filters_hint"))));
    reflect();
  };
  g.startFilters = function () {
    var search = document.getElementById("search"), pending = 0;
    search.addEventListener("input", function () {
      clearTimeout(pending);
      pending = setTimeout(function () { change("text", search.value.slice(0, 200).trim() ? search.value.slice(0, 200) : null); },
        g.deposits.length > 4000 ? 200 : 0);
    });
    document.getElementById("reset-filters").addEventListener("click", function () {
      g.set({ filters: {} });
      search.focus();
    });
    g.subscribe(function (changed) { if (changed.indexOf("filters") >= 0 || changed.indexOf("weights") >= 0) reflect(); });
  };
})(geoRee);
