/* The reader's weights as a preset file: saved as TOML that geo-ree run --preset takes, and read again. */
"use strict";
(function (g) {
  var t = g.t, SCHEMA = "1.0", MOST_BYTES = 100000;
  var ESCAPES = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", "\"": "\"", "\\": "\\" };

  /* A basic string of TOML: control characters, which it forbids, are escaped. */
  function quoted(text) {
    return '"' + String(text).replace(/["\\]/g, "\\$&").replace(/\p{Cc}/gu, function (c) {
      return "\\u" + ("000" + c.charCodeAt(0).toString(16)).slice(-4);
    }) + '"';
  }
  /* The shortest decimal that reads back as the same float; a float of TOML has a point or an exponent. */
  function float(value) { return /[.e]/.test(String(value)) ? String(value) : value + ".0"; }
  function written(value) {
    if (Array.isArray(value)) return "[" + value.map(written).join(", ") + "]";
    return typeof value === "number" ? float(value) : quoted(value);
  }
  function inline(table) { return "{ " + Object.keys(table).map(function (k) { return k + " = " + written(table[k]); }).join(", ") + " }"; }
  function key(name) { return /^[\w-]+$/.test(name) ? name : quoted(name); }
  function reason(m, c) {
    var weight = g.state.weights[c.name] || 0;
    return weight === c.weight ? "as in the preset " + m.name : "set by hand in a page of geo_ree; " + c.weight + " in the preset " + m.name;
  }
  function criterion(m, c) {
    var lines = ["[criteria." + key(c.name) + "]", "label = " + quoted(c.label), "column = " + quoted(c.column)];
    if (c.measured_to) lines.push("measured_to = " + quoted(c.measured_to));
    lines.push("weight = " + float(g.state.weights[c.name] || 0), "reason = " + quoted(reason(m, c)), "source = " + quoted("judgement"), "decay = " + inline(c.decay));
    if (c.missing !== "unknown") lines.push("missing = " + float(c.missing));
    return lines.join("\n");
  }
  function veto(v) {
    return ["[[vetoes]]", "column = " + quoted(v.column), "op = " + quoted(v.op), "limit = " + float(v.limit), "reason = " + quoted(v.reason)].join("\n");
  }
  /* Why the model cannot be written as a file, or "". */
  function hindrance(m) {
    return m.criteria.some(function (c) { return c.unit; }) ? t("preset_with_raster") : g.weightsAreZero() ? t("weights_zero") : "";
  }
  /* The preset of the weights in force. */
  g.presetText = function () {
    var m = g.model(), name = g.presetInForce() ? m.name : m.name.replace(/_own$/, "") + "_own";
    var head = ["# Weights from a page of geo_ree. Use: geo-ree run --preset FILE", "schema_version = " + quoted(SCHEMA), "name = " + quoted(name),
      "title = " + quoted(m.title || name), "aggregate = " + quoted(m.aggregate), "least_known = " + float(m.least_known)];
    return [head.join("\n")].concat(m.criteria.map(function (c) { return criterion(m, c); }), m.vetoes.map(veto)).join("\n\n") + "\n";
  };

  /* A reader of the TOML that presets use: tables, arrays of tables, strings and numbers on one line, inline tables and arrays. */
  function Reader(text) { this.text = text; this.at = 0; }
  Reader.prototype.fail = function () { throw new SyntaxError(String(this.text.slice(0, this.at).split("\n").length)); };
  Reader.prototype.take = function (pattern) {
    var sticky = new RegExp(pattern.source, "y"), m;
    sticky.lastIndex = this.at;
    m = sticky.exec(this.text);
    if (m) this.at = sticky.lastIndex;
    return m;
  };
  Reader.prototype.need = function (pattern) { return this.take(pattern) || this.fail(); };
  Reader.prototype.blank = function () { this.take(/(?:[ \t\r\n]|#[^\n]*)*/); };
  Reader.prototype.string = function () {
    var m = this.take(/'([^'\n]*)'/), self = this;
    if (m) return m[1];
    m = this.need(/"((?:[^"\\\n]|\\.)*)"/);
    return m[1].replace(/\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/g, function (_, code) {
      if (code.length > 1) return String.fromCodePoint(Math.min(0x10ffff, parseInt(code.slice(1), 16)));
      return code in ESCAPES ? ESCAPES[code] : self.fail();
    });
  };
  Reader.prototype.key = function () {
    var m = this.take(/[ \t]*([\w-]+)[ \t]*/), name;
    if (m) return m[1];
    this.take(/[ \t]*/);
    name = this.string();
    this.take(/[ \t]*/);
    return name;
  };
  Reader.prototype.keys = function () {
    var out = [this.key()];
    while (this.take(/\./)) out.push(this.key());
    return out;
  };
  Reader.prototype.many = function (end, one) {
    for (this.blank(); !this.take(end); this.blank()) {
      one.call(this);
      this.blank();
      if (!this.take(/,/)) { this.need(end); return; }
    }
  };
  Reader.prototype.value = function () {
    var m = this.take(/[+-]?\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?/), out;
    if (m) return Number(m[0].replace(/_/g, ""));
    if ((m = this.take(/true|false/))) return m[0] === "true";
    if (this.take(/\[/)) { out = []; this.many(/\]/, function () { out.push(this.value()); }); return out; }
    if (this.take(/\{/)) { out = Object.create(null); this.many(/\}/, function () { this.pair(out); }); return out; }
    return this.string();
  };
  function into(table, names, self) {
    return names.reduce(function (inner, name) {
      var next = inner[name] = inner[name] || Object.create(null);
      if (Array.isArray(next)) next = next[next.length - 1];
      return typeof next === "object" ? next : self.fail();
    }, table);
  }
  Reader.prototype.pair = function (table) {
    var names = this.keys(), last = names.pop(), inner;
    this.need(/=[ \t]*/);
    inner = into(table, names, this);
    if (last in inner) this.fail();
    inner[last] = this.value();
  };
  Reader.prototype.document = function () {
    var out = Object.create(null), table = out, names, last, outer;
    for (this.blank(); this.at < this.text.length; this.blank()) {
      if (this.take(/\[\[/)) {
        names = this.keys();
        last = names.pop();
        this.need(/\]\]/);
        outer = into(out, names, this);
        outer[last] = outer[last] || [];
        if (!Array.isArray(outer[last])) this.fail();
        outer[last].push(table = Object.create(null));
      } else if (this.take(/\[/)) {
        table = into(out, this.keys(), this);
        this.need(/\]/);
      } else this.pair(table);
      this.need(/[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/);
    }
    return out;
  };
  g.readToml = function (text) { return new Reader(text).document(); };

  function same(a, b) {
    var names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every(function (k) { return String(a[k]) === String(b[k]); });
  }
  /* The weight of a criterion in a file: a number, or one for each set of weights. */
  function weightIn(c, m) {
    var w = c.weight;
    if (w && typeof w === "object") w = w[m.variant] === undefined ? w.default : w[m.variant];
    return typeof w === "number" && w >= 0 && isFinite(w) ? w : null;
  }
  /* What in the file this model does not have: a criterion with another column or decay, another aggregate; "" if nothing. */
  function difference(file, m) {
    if ((file.aggregate || "weighted_sum") !== m.aggregate) return "aggregate";
    return Object.keys(file.criteria).filter(function (name) {
      var one = m.criteria.filter(function (c) { return c.name === name; })[0], c = file.criteria[name];
      return !one || !c || one.column !== c.column || !c.decay || !same(one.decay, c.decay) || weightIn(c, m) === null;
    })[0] || "";
  }
  /* Take the weights of a preset file. Returns "" or one line that says why not; nothing of the file is run or becomes markup. */
  g.takePreset = function (text, file) {
    var read, fits, m, weights = {};
    if (text.length > MOST_BYTES) return t("preset_too_long", { file: file });
    try { read = g.readToml(text); } catch (error) { return t("preset_unreadable", { file: file, line: error.message }); }
    if (read.schema_version !== SCHEMA || !read.criteria || typeof read.criteria !== "object" || Array.isArray(read.criteria)) return t("preset_is_none", { file: file, version: SCHEMA });
    fits = g.models.filter(function (one) { return !difference(read, one); });
    m = fits.filter(function (one) { return one.name === read.name; })[0] || fits.filter(function (one) { return one === g.model(); })[0] || fits[0];
    if (!m) return t("preset_differs", { file: file, name: difference(read, g.model()) });
    Object.keys(read.criteria).forEach(function (name) { weights[name] = weightIn(read.criteria[name], m); });
    if (!Object.keys(weights).some(function (name) { return weights[name] > 0; })) return t("preset_all_zero", { file: file });
    g.set({ model: m.name, weights: weights });
    return "";
  };
  function say(words) {
    var line = document.getElementById("preset-note");
    line.hidden = !words;
    line.textContent = words;
  }
  function save() {
    var m = g.model(), why = hindrance(m);
    say(why);
    if (why) return;
    var address = URL.createObjectURL(new Blob([g.presetText()], { type: "application/toml;charset=utf-8" }));
    g.el("a", { href: address, download: (g.presetInForce() ? m.name : m.name.replace(/_own$/, "") + "_own").replace(/[^\w-]/g, "_") + ".toml" }).click();
    setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
  }
  g.startPresetFile = function () {
    var input = document.getElementById("load-weights");
    document.getElementById("save-weights").addEventListener("click", save);
    input.addEventListener("change", function () {
      var file = input.files[0];
      if (file && file.size > MOST_BYTES) say(t("preset_too_long", { file: file.name }));
      else if (file) file.text().then(function (text) { say(g.takePreset(text, file.name) || t("preset_taken", { file: file.name })); });
      input.value = "";
    });
  };
})(geoRee);
