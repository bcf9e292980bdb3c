/* The start of the page: the map and its panes; then the data, unpacked once; then the other scripts in their order. */
"use strict";
(function (g) {
  var data = g.data;

  /* Base85, with "," ":" "." in the place of "<" ">" "&": five letters are four bytes. */
  var LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%.()*+-;,=:?@^_`{|}~";
  function bytes(text) {
    var value = new Uint8Array(128), lacking = (5 - text.length % 5) % 5;
    for (var n = 0; n < LETTERS.length; n++) value[LETTERS.charCodeAt(n)] = n;
    text += "~~~~".slice(0, lacking);
    var out = new Uint8Array(text.length / 5 * 4);
    for (var from = 0, to = 0; from < text.length; to += 4) {
      var word = 0;
      for (var end = from + 5; from < end; from++) word = 85 * word + value[text.charCodeAt(from)];
      out[to] = word >>> 24;
      out[to + 1] = word >>> 16;
      out[to + 2] = word >>> 8;
      out[to + 3] = word;
    }
    return out.subarray(0, out.length - lacking);
  }
  function isNumberOrNull(v) { return v === null || typeof v === "number"; }
  function reader(column) {
    if (column.words) {
      var words = column.words, at = Int32Array.from(column.at);
      return function (i) { return at[i] < 0 ? undefined : words[at[i]]; };
    }
    if (column.every(isNumberOrNull)) {
      var numbers = new Float64Array(column.length);
      for (var n = 0; n < numbers.length; n++) numbers[n] = column[n] === null ? NaN : column[n];
      return function (i) { var v = numbers[i]; return v === v ? v : undefined; };
    }
    return function (i) { return column[i] === null ? undefined : column[i]; };
  }
  /* Rows that hold only their index: fifty thousand of them take little memory. A value may be set on
     a row, and deleted again, without touching the column. */
  function packedRows(table) {
    function Row(at) { this._at = at; }
    var names = Object.keys(table.packed);
    names.forEach(function (name) {
      var read = reader(table.packed[name]);
      Object.defineProperty(Row.prototype, name, {
        enumerable: true,
        get: function () { return read(this._at); },
        set: function (value) {
          Object.defineProperty(this, name, { value: value, enumerable: true, configurable: true, writable: true });
        }
      });
    });
    Row.prototype.toJSON = function () {
      var row = this, one = {};
      names.forEach(function (name) { if (row[name] !== undefined) one[name] = row[name]; });
      return one;
    };
    return Array.from({ length: table.length }, function (_, i) { return new Row(i); });
  }
  /* Unknown values are undefined. */
  g.rows = function (table) {
    if (!table) return [];
    if (table.packed) return packedRows(table);
    return table.rows.map(function (row) {
      var one = {};
      table.columns.forEach(function (name, i) { if (row[i] !== null) one[name] = row[i]; });
      return one;
    });
  };
  /* An id may be any text, "__proto__" too. */
  g.grouped = function (rows, key) {
    var out = Object.create(null);
    rows.forEach(function (r) { (out[r[key]] = out[r[key]] || []).push(r); });
    return out;
  };
  function take(values) {
    Object.assign(data, values);
    g.deposits = g.rows(data.deposits);
    g.unranked = g.rows(data.unranked);
    g.resources = g.rows(data.resources);
    g.gateways = g.rows(data.gateways);
    g.byId = Object.create(null);
    g.unranked.concat(g.deposits).forEach(function (d) { g.byId[d.id] = d; });
    g.audit = g.grouped(g.rows(data.audit), "id");
    g.conflicts = g.grouped(g.rows(data.conflicts), "deposit");
    g.statements = g.grouped(g.resources, "deposit_id");
    g.flags = g.grouped(g.rows(data.flags), "deposit_id");
    g.control = g.grouped(g.rows(data.control), "deposit_id");
    g.deals = g.grouped(g.rows(data.deals).map(function (f) { return Object.assign(f, { deposit_id: f.deposit_id || "" }); }), "deposit_id");
    g.governance = g.grouped(g.rows(data.governance), "country");
    g.measures = Object.keys(data.measures);
    data.deposits = null; /* the rows hold the columns */
  }
  /* Returns a promise. In a browser that is too old it shows a message instead. */
  g.load = function () {
    if (typeof DecompressionStream === "undefined") {
      var words = "This page needs a browser of 2023 or later (Chrome 80, Firefox 113, Safari 16.4): this one cannot unpack its data.";
      document.documentElement.classList.remove("scripted");
      document.getElementById("paper").prepend(g.el("p", { "class": "too-old", role: "alert" }, words));
      return new Promise(function () {});
    }
    var packed = new Blob([bytes(document.getElementById("geo-ree-data").textContent.trim())]);
    return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).json().then(take);
  };

  var chart = null, ready = false, waiting = [];

  /* The map once the page is complete, null before. */
  g.map = function () { return ready ? chart : null; };
  g.layers = {};
  /* Whether a layer is switched on, also while the page is being completed. */
  g.isOn = function (slug) { return Boolean(g.layers[slug] && chart.hasLayer(g.layers[slug])); };
  /* Run a part of the script after the data are unpacked, in the order of the calls. */
  g.when = function (part) { waiting.push(part); };

  /* Folium's layer switch, whose labels the page translates. */
  L.Control.Layers.addInitHook(function () { g.switcher = this; });

  function prepare(map) {
    if (chart) return;
    chart = map;
    chart.createPane("base").style.zIndex = 395;
    chart.createPane("names").style.zIndex = 435;
    ["ground", "graticule", "sight", "marks", "deposits"].forEach(function (name, i) { chart.createPane(name).style.zIndex = 400 + 10 * i; });
    chart.createPane("routes").style.zIndex = 425;
    ["base", "ground", "graticule", "sight", "routes", "names", "deposits"].forEach(function (name) { chart.getPane(name).style.pointerEvents = "none"; });
  }
  /* Folium's script creates each group by its name. */
  g.layer = function (map, slug) {
    prepare(map);
    return (g.layers[slug] = L.featureGroup());
  };
  g.start = function (map) {
    prepare(map);
    return g.load().then(function () {
      waiting.splice(0).forEach(function (part) { part(); });
      g.furnish(chart);
      ready = true;
      g.furnishPanel();
    });
  };
})(geoRee);
