/* Facts beside the score: the flags of a deposit in the reader's language, the worst first. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, LEVELS = ["stop", "caution", "note"];
  var NAME = "flag_", SAYS = "flagsay_", LEVEL = "severity_"; /* keys by the name of the flag */

  g.flagName = function (flag) { return g.hasWords(NAME + flag) ? t(NAME + flag) : g.words(flag); };
  function level(f) { return LEVELS.indexOf(f.severity) < 0 ? f.severity : t(LEVEL + f.severity); }
  function figure(f, written) {
    var number = Number(written);
    if (written === null || written === undefined) return "";
    if (written !== "" && isFinite(number)) return g.plainNumber(number, Math.abs(number) >= 10 || number % 1 === 0 ? 0 : Math.abs(number) < 1 ? 2 : 1);
    return g.list(written).map(function (word) { return g.term(g.words(word)); }).join(", ");
  }
  /* What a flag says, as text or elements: a sentence of the page where it was computed, else the fact of its source. */
  function unit(f) { return f.unit ? (g.hasWords(f.unit) ? t(f.unit) : g.term(f.unit)) : ""; }
  /* Where the limit of a rule lies within the error of the value, the flag may hold or not. */
  function may(f) {
    if (f.error === null || f.error === undefined) return "";
    return " " + (f.limit === null || f.limit === undefined ? t("flag_may_lie", { error: figure(f, f.error) }) : t("flag_may", { limit: figure(f, f.limit), error: figure(f, f.error), unit: unit(f) }));
  }
  /* An owner or partner that is known by one account or in part: Python begins the fact with it. */
  function claim(f) {
    var m = /^(By one account|As far as is known): /.exec(f.fact || "");
    return m ? t(m[1] === "By one account" ? "claim_one" : "claim_part") : "";
  }
  g.flagTitle = function (f) { return g.flagName(f.flag) + (claim(f) ? " (" + claim(f) + ")" : ""); };
  g.flagSays = function (f) {
    if (f.severity === "unknown") return f.flag === "not_measured" ? t("flagsay_not_measured") : t("flagsay_unknown");
    return g.hasWords(SAYS + f.flag) ? (t(SAYS + f.flag, { value: figure(f, f.value), unit: unit(f) }) + may(f)).replace(/ °/g, "°") : g.fact(f.fact);
  };
  g.flagWords = function (f) { return [g.flagTitle(f) + ". ", g.flagSays(f)]; };
  function item(f) {
    return el("li", { "class": "flag-" + (LEVELS.indexOf(f.severity) < 0 ? "unknown" : f.severity) },
      g.flagMark(f.severity), " ", el("strong", {}, level(f) + ": " + g.flagTitle(f)), ". ",
      g.hasWords(SAYS + f.flag) || !f.date ? "" : g.dates(f.date) + ": ", g.flagSays(f),
      el("details", {}, el("summary", {}, t("source")), g.references(f.source), f.licence ? el("small", g.ours(f.licence) === f.licence ? { lang: "en" } : {}, g.ours(f.licence)) : null));
  }
  /* The flags of a deposit as a list; what is not known is folded into one line. */
  g.flagList = function (id) {
    var found = g.flags[id] || [], known = found.filter(function (f) { return f.severity !== "unknown"; });
    var unknown = found.filter(function (f) { return f.severity === "unknown"; });
    return [known.length ? el("ul", { "class": "flags" }, known.map(item)) : el("p", {}, t("no_flags")),
      unknown.length ? el("details", { "class": "flags-unknown" }, el("summary", {}, t("flags_unknown_count", { count: unknown.length })),
        el("ul", {}, unknown.map(function (f) { return el("li", {}, g.flagWords(f)); }))) : null];
  };
  /* Facts of the two worst severities, for the sheet of a visit; null where there are none. */
  g.worstFlags = function (id) {
    var found = (g.flags[id] || []).filter(function (f) { return f.severity === "stop" || f.severity === "caution"; });
    return found.length ? found.map(function (f) { return el("div", {}, g.flagWords(f)); }) : null;
  };
})(geoRee);
