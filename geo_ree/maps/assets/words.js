/* The page's own words, one JSON file per language in geo_ree/maps/i18n. Data stay as their sources wrote them. */
"use strict";
(function (g) {
  var texts = g.data.languages;

  function entry(table, key) { return Object.prototype.hasOwnProperty.call(table, key) ? table[key] : undefined; }
  function current() { return texts[g.state.language]; }
  function text(key) {
    var found = entry(current().page, key);
    if (found !== undefined) return found;
    if (g.untranslated.indexOf(key) < 0) g.untranslated.push(key);
    return key;
  }
  g.languages = Object.keys(texts);
  /* Keys that the language lacks; a test requires that there are none. */
  g.untranslated = [];
  /* A sentence of the page in the reader's language, its {places} filled. */
  g.t = function (key, values) {
    return text(key).replace(/\{(\w+)\}/g, function (whole, name) { return values && name in values ? values[name] : whole; });
  };
  /* The same with elements in its places: an array of texts and elements. */
  g.say = function (key, values) {
    return text(key).split(/(\{\w+\})/).map(function (part) {
      var m = /^\{(\w+)\}$/.exec(part);
      return m && m[1] in values ? values[m[1]] : part;
    });
  };
  /* A word of the data: translated if it belongs to a fixed vocabulary. */
  g.term = function (word) {
    var found = entry(current().terms, word);
    return found === undefined ? word : found;
  };
  /* A sentence of the data with its numbers left out, as "{1} joins of dead ends ({2} km)", is a word of a fixed vocabulary
     too; pairs of country codes become names. */
  g.phrase = function (sentence) {
    var found = entry(current().terms, sentence), numbers = [], key;
    if (found !== undefined) return found;
    sentence = sentence.replace(/\b([A-Z]{3})-([A-Z]{3})\b/g, function (whole, one, other) {
      var names = [g.country(one), g.country(other)];
      return names[0] !== one && names[1] !== other ? names.join(" – ") : whole;
    });
    key = sentence.replace(/\d[\d,]*(?:\.\d+)?/g, function (number) { return "{" + numbers.push(number) + "}"; });
    key = key.replace(/^(place of the border) .*$/, function (whole, start) { numbers.push(whole.slice(start.length + 1)); return start + " {1}"; });
    found = entry(current().terms, key);
    return found === undefined ? sentence : found.replace(/\{(\d+)\}/g, function (whole, at) { return numbers[at - 1]; });
  };
  g.locale = function () { return current().locale; };
  g.translateBody = function () {
    var sub = document.querySelector(".sub[data-t]"), own = (g.deposits || []).filter(g.isOwn).length;
    if (sub && own) sub.dataset.t = own === g.deposits.length ? "own_subtitle" : "own_subtitle_among";
    document.querySelectorAll("[data-t]").forEach(function (node) { node.textContent = g.t(node.dataset.t); });
    document.querySelectorAll("[data-t-label]").forEach(function (node) { node.setAttribute("aria-label", g.t(node.dataset.tLabel)); });
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
