/* The page's own words, one JSON file per language in geo_ree/maps/i18n. Data stay as their sources wrote them. */
"use strict";
(function (g) {
  var texts = g.data.languages;

  var PLACE = /\{(\w+)(?:, (number)|, plural,((?: \w+ \{[^{}]*\})+))?\}/g, rules = {};

  function entry(table, key) { return Object.prototype.hasOwnProperty.call(table, key) ? table[key] : undefined; }
  function current() { return texts[g.state.language]; }
  function text(key) {
    var found = entry(current().page, key);
    if (found !== undefined) return found;
    if (g.untranslated.indexOf(key) < 0) g.untranslated.push(key);
    found = entry(texts.en.page, key);
    return found === undefined ? key : found;
  }
  function word(key) {
    var found = entry(current().terms, key);
    return found === undefined ? entry(texts.en.terms, key) : found;
  }
  g.hasWords = function (key) { return entry(texts.en.page, key) !== undefined; };
  g.languages = Object.keys(texts);
  /* The first language of the browser that the page speaks. */
  g.firstLanguage = function () {
    var wanted = (window.navigator.languages || []).map(function (tag) { return String(tag).toLowerCase(); });
    for (var i = 0; i < wanted.length; i++) {
      for (var tag = wanted[i]; tag; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-")))) {
        var at = g.languages.map(function (code) { return code.toLowerCase(); }).indexOf(tag);
        if (at >= 0) return g.languages[at];
      }
    }
    return "en";
  };
  /* Keys that the language lacks, which are said in English; a test requires that there are none. */
  g.untranslated = [];
  function plural(value, forms) {
    var locale = g.locale(), kind, found = {};
    rules[locale] = rules[locale] || new Intl.PluralRules(locale);
    kind = rules[locale].select(Number(value));
    forms.replace(/ (\w+) \{([^{}]*)\}/g, function (whole, name, form) { found[name] = form; });
    return kind in found ? found[kind] : found.other;
  }
  function number(value) { return typeof value === "number" ? value.toLocaleString(g.locale()) : value; }
  /* A sentence of the page in the reader's language, its places filled: {name}, {count, number} and
     {count, plural, one {deposit} other {deposits}}, as in ICU MessageFormat. */
  g.t = function (key, values) { return g.say(key, values).join(""); };
  /* The same with elements in its places: an array of texts and elements. */
  g.say = function (key, values) {
    var said = text(key), out = [], end = 0;
    said.replace(PLACE, function (whole, name, formatted, forms, at) {
      var value = values && entry(values, name);
      out.push(said.slice(end, at), value === undefined ? whole : forms ? plural(value, forms) : formatted ? number(value) : value);
      end = at + whole.length;
    });
    return out.concat(said.slice(end));
  };
  /* A word of the data: translated if it belongs to a fixed vocabulary. */
  g.term = function (key) {
    var found = word(key);
    return found === undefined ? key : found;
  };
  /* A figure that Python wrote, as the language writes it; years and numbers of documents stay. */
  g.figure = function (written) {
    if (/^(\d{4,}|0\d+)$/.test(written)) return written;
    return g.plainNumber(Number(written.replace(/,/g, "")), (written.split(".")[1] || "").length);
  };
  /* A sentence of the data with its numbers left out, as "{1} joins of dead ends ({2} km)", is a word of a fixed vocabulary
     too; pairs of country codes become names. */
  g.phrase = function (sentence) {
    var found = word(sentence), numbers = [], key;
    if (found !== undefined) return found;
    sentence = sentence.replace(/\b([A-Z]{3})-([A-Z]{3})\b/g, function (whole, one, other) {
      var names = [g.country(one), g.country(other)];
      return names[0] !== one && names[1] !== other ? names.join(" – ") : whole;
    });
    key = sentence.replace(/\d+(?:,\d{3})*(?:\.\d+)?|\b[A-Z]{3}\b/g, function (word) {
      if (!/\d/.test(word) && !entry(g.data.country_names || {}, word)) return word;
      return "{" + numbers.push(/\d/.test(word) ? g.figure(word) : g.country(word)) + "}";
    });
    key = key.replace(/^(place of the border) .*$/, function (whole, start) { numbers.push(whole.slice(start.length + 1)); return start + " {1}"; });
    found = word(key);
    return found === undefined ? sentence : found.replace(/\{(\d+)\}/g, function (whole, at) { return numbers[at - 1]; });
  };
  /* Dates of a field, as 2024-03-15 or 2025-12, as the language writes them, and the few words of ours between them: "undated",
     "after 2019", "2009 to 2013". */
  g.dates = function (text) {
    var said = String(text).replace(/\bundated\b/g, function () { return g.t("undated"); })
      .replace(/\bafter (?=[12]\d{3}\b)/g, function () { return g.t("date_after") + " "; })
      .replace(/(\d) to (?=[12]\d{3}\b)/g, function (whole, digit) { return digit + g.t("date_to"); });
    return said.replace(/\b((?:1[89]|20)\d\d)-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?(?![\d-])/g, function (whole, year, month, day) {
      return day ? g.t("date_of_day", { year: year, month: month, day: day }) : g.t("date_of_month", { year: year, month: month });
    });
  };
  /* Years and spans of years, as "2008-2018;2015" or "2018 Q3". */
  g.years = function (text) {
    return g.list(text).map(function (one) {
      var quarter = /^(\d{4}) Q([1-4])$/.exec(one), business = /^FY(\d{4})$/.exec(one);
      if (quarter) return g.t("quarter_of", { year: quarter[1], quarter: quarter[2] });
      return business ? g.t("business_year", { year: business[1] }) : one.replace(/(\d)-(?=\d)/g, "$1–");
    }).join("; ");
  };
  g.asOf = function (date) { return date === "undated" ? g.t("as_of_no_date") : g.t("as_of_date", { date: g.dates(date) }); };
  /* A sentence of the data with its date and sources behind it: in the language of the page where it is translated, else
     marked as English. */
  g.fact = function (sentence) {
    var m = /^([^]*?)(?: As of: (.+?)\.)?(?: Source: ([^]*))?$/.exec(String(sentence)), said = entry(current().facts, m[1]);
    if (said === undefined) said = g.phrase(m[1]);
    return [said === m[1] ? g.quote(said, true) : said, m[2] ? " " + g.asOf(m[2]) : "", m[3] ? [" " + g.t("source") + ": ", g.el("span", { lang: "en" }, g.linked(m[3]))] : ""];
  };
  /* Words of a source, which stay in their language: in quotation marks where the page speaks another. */
  g.quote = function (words, ours) {
    if (g.state.language === "en" || !/[a-z]{2}/i.test(words)) return g.linked(words);
    return g.el(ours ? "span" : "q", { lang: "en" }, g.linked(words));
  };
  /* A label, title or edition: ours in the language of the page, those of other publishers as they wrote them. */
  g.titled = function (words) { return g.ours(words || "") === words ? g.quote(words, true) : g.ours(words || ""); };
  /* A text that we compiled, in the language of the page where it is translated, else as it is. */
  g.ours = function (text) {
    var said = entry(current().facts, String(text));
    return said === undefined ? g.phrase(String(text)) : said;
  };
  /* The same, marked as words of a source where it is not. */
  g.cited = function (text) {
    var m = /^([^]*?)( As of: [^]*)?$/.exec(String(text)), said = g.ours(m[1]);
    return said === m[1] ? g.quote(text) : m[2] ? g.fact(text) : said;
  };
  /* Minerals of a list, those without a translation marked as English. */
  g.minerals = function (names) {
    return names.map(function (name, i) {
      var said = g.term(name), plain = said !== name || g.state.language === "en" || !/[a-z]{3}/.test(name);
      return [i ? ", " : "", plain ? said : g.el("span", { lang: "en" }, name)];
    });
  };
  /* A place, or a line by its ends as "Lugovoy - Balykchy", also of a project with a name of its own before ":", and a province, as
     the language calls them. */
  g.place = function (name) {
    var plant = /^(.+) power station$/.exec(String(name));
    if (plant && g.term(name) === name) return g.t("power_station", { name: g.term(plant[1]) });
    return String(name).split(/( [/-] |: )/).map(function (part) { return part === " - " && g.state.language !== "en" ? " – " : g.term(part); }).join("");
  };
  g.province = function (name) {
    var said = g.term("admin1: " + name);
    return said.indexOf("admin1: ") ? said : name;
  };
  /* A judgement of quality, as "high (location), low (resource)". */
  g.quality = function (words) {
    var said = g.ours(words);
    return said !== words ? said : /^(low|medium|high)$/.test(words) ? g.t(words) : g.quote(words, true);
  };
  /* A name that lists several, as "A, B and C", is listed in the language of the page. */
  function listed(latin) {
    var m = /^(.+, .+) and ([^,]+)$/.exec(latin);
    return m ? g.t("list_and", { first: m[1].split(", ").map(g.localName).join(", "), last: g.localName(m[2]) }) : latin;
  }
  /* A deposit has the name that sources give it in the language of the page; `latin_name` is that of the tables. */
  g.deposits.concat(g.unranked).forEach(function (d) {
    var latin = d.name, known = g.languages.some(function (code) { return entry(texts[code].names, latin) !== undefined; });
    if (!known && !/, .+ and /.test(latin || "")) return;
    d.latin_name = latin;
    Object.defineProperty(d, "name", { enumerable: true, configurable: true, get: function () { return entry(current().names, latin) || listed(latin); } });
  });
  /* The name that sources give a deposit or an ore field in the language of the page. */
  g.localName = function (latin) { return entry(current().names, latin) || latin; };
  g.localNames = function (d) {
    return d.latin_name ? g.languages.map(function (code) { return entry(texts[code].names, d.latin_name); }).filter(Boolean) : [];
  };
  g.locale = function () { return current().locale; };
  /* Whether the reader points with a finger: some hints have other words then. */
  g.isTouched = function () { return window.matchMedia("(pointer: coarse)").matches; };
  g.translateBody = function () {
    document.querySelectorAll("[data-t]").forEach(function (node) { node.textContent = g.t(g.isTouched() && node.dataset.tTouch || node.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (node) { node.setAttribute("aria-label", g.t(node.dataset.tLabel, { count: "" }).replace(/ *\(\)$/, "")); });
    document.querySelectorAll("#languages button").forEach(function (b) { b.setAttribute("aria-pressed", String(b.lang === g.state.language)); });
  };
  g.startLanguages = function (node) {
    node.replaceChildren.apply(node, g.languages.map(function (code) {
      var button = g.el("button", { type: "button", lang: code }, texts[code].name);
      button.addEventListener("click", function () { g.set({ language: code }); });
      return button;
    }));
  };
})(geoRee);
