/* Facts beside the score, never in it: small marks of the flags, who holds a deposit, and what is known of its country. */
"use strict";
(function (g) {
  var el = g.el, t = g.t, SVG = "http://www.w3.org/2000/svg", SEVERE = ["stop", "caution", "note"];
  var SHAPES = { stop: "M6 1h8l5 5v8l-5 5H6l-5-5V6Z", caution: "M10 0.5 20 19H0Z", note: "M10 1a9 9 0 1 1 0 18 9 9 0 0 1 0-18Z" };

  /* A message whose key ends with a word of a vocabulary. */
  function by(stem, word, values) { return t(stem + "_" + word, values); }
  function node(tag, attributes) {
    var made = document.createElementNS(SVG, tag);
    Object.keys(attributes).forEach(function (k) { made.setAttribute(k, attributes[k]); });
    return made;
  }
  /* A mark of a severity: a shape with a letter, so that colour is not needed; null for what is not known. */
  g.flagMark = function (severity) {
    if (!SHAPES[severity]) return null;
    var svg = node("svg", { viewBox: "0 0 20 20", width: 20, height: 20, "class": "flag-mark sev-" + severity, "aria-hidden": "true", focusable: "false" });
    var letter = node("text", { x: 10, y: severity === "caution" ? 17 : 14.5, "text-anchor": "middle" });
    letter.textContent = by("letter", severity);
    svg.appendChild(node("path", { d: SHAPES[severity] }));
    svg.appendChild(letter);
    return svg;
  };
  g.hasFlags = Object.keys(g.flags).length > 0;
  function flagsOf(d, severity) {
    return (g.flags[d.id] || []).filter(function (f) { return f.severity === severity; });
  }
  function counted(d) {
    return SEVERE.map(function (s) { var n = flagsOf(d, s).length; return n ? by("count", s, { n: n }) : ""; }).filter(Boolean).join(", ");
  }
  /* Severities that the table has marks for: notes only where there is nothing worse. */
  function marked(d) {
    var worse = SEVERE.slice(0, 2).filter(function (s) { return flagsOf(d, s).length; });
    return worse.length ? worse : SEVERE.slice(2);
  }
  /* How bad the flags are, for sorting; undefined where none is known. */
  g.flagRank = function (d) {
    if (!g.flags[d.id]) return undefined;
    return SEVERE.reduce(function (sum, s) { return sum * 100 + Math.min(99, flagsOf(d, s).length); }, 0);
  };
  /* Small marks with their numbers, and how much is not known: few flags alone do not speak for a deposit. The tooltip names the flags. */
  g.flagMarks = function (d) {
    var words = counted(d), open = flagsOf(d, "unknown").length, named = SEVERE.slice(0, 2).reduce(function (all, s) {
      return all.concat(flagsOf(d, s).map(g.flagTitle));
    }, []);
    if (!g.flags[d.id]) return null;
    words = (words || t("no_flags").replace(/\.$/, "")) + (named.length ? ": " + Array.from(new Set(named)).join(", ") : "") + (open ? "; " + t("count_unknown", { n: open }) : "");
    return el("span", { "class": "flag-marks", role: "img", "aria-label": words, title: words },
      counted(d) ? marked(d).map(function (s) { return el("span", {}, g.flagMark(s), String(flagsOf(d, s).length)); }) : el("span", { "class": "none" }, "–"),
      open ? el("span", { "class": "not-known" }, "? " + open) : null);
  };
  g.flagPart = function (d) {
    return g.flags[d.id] ? el("section", { "class": "against" }, el("h4", {}, t("flags")), g.flagList(d.id), el("p", { "class": "small" }, t("flags_hint"))) : null;
  };

  function sourced(words, source, more) {
    return el("details", { "class": "sourced" }, el("summary", {}, words ? words + " · " : "", t("source")), source ? g.references(source) : null,
      more ? el("p", { "class": "small" }, g.fact(more)) : null);
  }
  function countries(codes) { return g.list(codes).map(g.country).join(", "); }
  /* A note that speaks of the deals leads to them. */
  function toDeals(c) {
    if (!/see the deals of this deposit/.test(c.note) || !(g.deals[c.deposit_id] || []).length) return null;
    var button = el("button", { type: "button", "class": "as-link" }, t("deals"));
    button.addEventListener("click", function () { button.closest(".dossier").querySelector(".country-facts").scrollIntoView(); });
    return [" ", button];
  }
  /* The holders that sources name, the surest first and of equals the newest. */
  function holders(d) {
    var order = ["found", "partly", "not found"];
    return (g.control[d.id] || []).slice().sort(function (a, b) {
      return order.indexOf(a.holder_status) - order.indexOf(b.holder_status) || (a.as_of < b.as_of ? 1 : -1);
    });
  }
  function among(codes, wanted) { return g.list(codes).filter(function (code) { return wanted.indexOf(code) >= 0; }); }
  /* Whether the holder, its owners and partners are known in part or by one account only. */
  function claimed(c) { return c.holder_status === "partly" || c.source_quality === "weak"; }
  g.claimOf = function (d) {
    var c = holders(d)[0];
    if (!c || !c.holder || !claimed(c)) return "";
    return t(/\bone (account|speaker)\b/.test([c.holder, c.ultimate_owner].join(" ")) ? "claim_one" : "claim_part");
  };
  /* What is known of who is in: an owner or partner of the countries that the first question avoids, one of a partner country,
     another holder, or none. */
  function holding(c) {
    var avoided = c ? among(c.owner_country, g.data.avoided_countries) : [], owner = c ? among(c.owner_country, g.data.partner_countries) : [];
    var partner = c ? among(c.partner_country, g.data.partner_countries) : [];
    function found(key, codes, words) { return { key: key, countries: codes, words: words }; }
    if (!c) return found("investor_unsearched", [], "");
    if (c.holder_status === "not found" || !c.holder) return found("investor_none", [], "");
    if (/^no licence holder\b/.test(c.holder)) return found("investor_ground", [], c.holder);
    if (avoided.length) return found(owner.length ? "investor_both" : "investor_avoided", avoided.concat(owner), c.holder);
    if (owner.length) return found("investor_owner", owner, c.holder);
    if (partner.length) return found("investor_partner", partner, c.partner);
    return c.owner_country ? found("investor_other", g.list(c.owner_country), c.holder) : found("investor_unknown_owner", [], c.holder);
  }
  function flagged(d, name) { return (g.flags[d.id] || []).filter(function (f) { return f.severity !== "unknown" && f.flag === name; }); }
  /* Whether a Western investor could come in: the first rule that holds.
     no       a published fact names sanctions; or a company of an avoided country holds it or has a share, and that was found
     unclear  who holds it was not found, or is known in part or by one account; a Stop flag; a flag on its licence (withdrawn,
              ended, disputed, promised); companies of avoided and of partner countries side by side
     yes      a company of a partner country holds it, has a share, an option or a contract, and that was found
     unclear  anybody else holds it */
  g.investorOf = function (d) {
    var c = holders(d)[0], held = holding(c), stops = flagsOf(d, "stop"), licence = flagged(d, "licence"), verdict = "unclear";
    if (flagged(d, "sanctions").length) verdict = "no";
    else if (c && c.holder && !claimed(c)) {
      if (held.key === "investor_avoided") verdict = "no";
      else if (!stops.length && !licence.length && (held.key === "investor_owner" || held.key === "investor_partner")) verdict = "yes";
    }
    return { verdict: verdict, holding: held, claim: g.claimOf(d), stops: stops, licence: licence, state: flagged(d, "state_share").length > 0 };
  };
  function verdictWords(verdict) { return { yes: t("investor_yes"), no: t("investor_no"), unclear: t("investor_unclear") }[verdict]; }
  /* Of the owners, whose texts stand in the order of their countries, those of these countries; else all of them. */
  function ownersFrom(c, codes) {
    var parts = g.ours(c.ultimate_owner || "").split(/; ?/), all = g.list(c.owner_country);
    if (parts.length !== all.length) return c.ultimate_owner || c.holder;
    return parts.filter(function (_text, i) { return codes.indexOf(all[i]) >= 0; }).join("; ");
  }
  /* Who is in: the company with its share, its country and right, and the date of the newest source that names it. */
  function alreadyIn(c, found) {
    var own = found.key === "investor_owner", date = own ? c.as_of : c.partner_as_of || c.as_of;
    return g.say("investor_in", {
      countries: found.countries.map(g.country).concat(own && c.kind_of_right ? [g.term(c.kind_of_right)] : []).join(", "),
      words: own ? g.fact(ownersFrom(c, found.countries)) : g.fact(found.words), date: g.dates(date)
    });
  }
  /* What the holder's licence allows and until when; empty where no source says it. */
  g.rightOf = function (d) {
    var c = holders(d)[0];
    return c && c.kind_of_right ? g.term(c.kind_of_right) + (c.licence_expiry ? " " + g.licenceEnds(c.licence_expiry) : "") : "";
  };
  /* The answer, then the facts that it rests on; in brief on a card, whose line above names the holder. */
  g.investorAnswer = function (d, brief) {
    var rows = holders(d), c = rows[0], one = g.investorOf(d), found = one.holding, licences = one.licence.length, claim = one.claim ? " (" + one.claim + ")" : "";
    var facts = one.verdict === "yes" ? alreadyIn(c, found)
      : brief && ["investor_partner", "investor_ground"].indexOf(found.key) < 0 ? t(found.key, { countries: found.countries.map(g.country).join(", "), words: "", claim: claim }).replace(/[:;]?\s*$/, "")
        : g.say(found.key, { countries: found.countries.map(g.country).join(", "), words: found.words ? g.fact(found.words) : "", claim: claim });
    return [el("strong", { "class": "verdict" }, verdictWords(one.verdict)), " ", facts,
      c && !brief && one.verdict !== "yes" ? " (" + t("dated", { date: g.dates(c.as_of) }) + ")" : "", ". ",
      one.stops.length ? t("investor_stop", { flags: one.stops.map(g.flagTitle).join(", ") }) + " " : "",
      licences ? t("investor_licence", { n: licences }) + " " : "",
      one.state ? t("investor_state") + " " : "",
      rows.length > 1 ? t("holders_more", { count: rows.length }) : ""];
  };
  function investor(d) {
    var c = holders(d)[0];
    return el("div", { "class": "investor" }, el("p", {}, el("strong", {}, t("investor_question")), " ", g.investorAnswer(d)), c && c.source ? sourced("", c.source) : null);
  }
  /* Records of several sources, or several of one, may be counted as one deposit though they name other holders. */
  function merged(d) {
    var found = (g.conflicts[d.id] || []).filter(function (c) { return c.attribute === "operator"; })[0];
    return found ? el("p", { "class": "note" }, t("holders_of_records", { list: String(found.sources || "").split(" | ").join("; ") })) : null;
  }
  function holder(c) {
    function line(key, content) { return g.row(t(key), content || el("span", { "class": "unknown" }, t("not_found"))); }
    function pair(one, other) { return one && other ? [g.fact(one), " · ", other] : one ? g.fact(one) : other; }
    return [el("p", {}, el("strong", {}, by("holding", c.holder_status.replace(" ", "_"))),
      c.holder ? [": ", c.source_quality === "weak" ? t("by_one_account") + " " : "", g.fact(c.holder)] : null),
    el("table", { "class": "points holders" }, el("tbody", {},
      line("ultimate_owner", c.ultimate_owner && g.fact(c.ultimate_owner)), line("owner_country", countries(c.owner_country)),
      line("share_of_state", c.state_share && g.fact(c.state_share)), line("partner_or_offtake", [pair(c.partner, countries(c.partner_country)), c.partner_as_of ? " · " + t("dated", { date: g.dates(c.partner_as_of) }) : ""].filter(Boolean)),
      line("kind_of_right", c.kind_of_right && g.term(c.kind_of_right)),
      line("licence_number", pair(c.licence_no, c.licence_expiry ? g.licenceEnds(c.licence_expiry) : "")))),
    c.note ? el("p", { "class": "small" }, g.fact(c.note), toDeals(c)) : null,
    c.holder ? el("p", { "class": "small" }, t("owners_not_checked")) : null, sourced(t("dated", { date: g.dates(c.as_of) }), c.source)];
  }
  /* A plain date follows "until"; what is known besides is a sentence of its own. */
  g.licenceEnds = function (expiry) {
    return /^[12]\d{3}(-\d\d){0,2}$/.test(expiry) ? t("licence_until", { date: g.dates(expiry) }) : g.dates(g.ours(expiry));
  };
  g.holderPart = function (d) {
    var rows = holders(d);
    if (!rows.length && ["candidate", "by_product_host"].indexOf(d.role) < 0) return null;
    return el("section", { "class": "who" }, el("h4", {}, t("who_holds")), d.role === "candidate" ? investor(d) : null, merged(d), rows.length ? rows.map(holder) : el("p", {}, t("holder_not_searched")));
  };

  function newest(a, b) { return a.date < b.date ? 1 : a.date > b.date ? -1 : 0; }
  function facts(list) {
    return el("ul", { "class": "facts" }, list.slice().sort(newest).map(function (f) {
      return el("li", {}, el("strong", {}, g.dates(f.date)), " ", g.fact(f.fact), f.parties ? el("small", {}, " (", g.fact(f.parties), ")") : null, sourced("", f.source, f.note));
    }));
  }
  function topics(list) {
    return Array.from(new Set(list.map(function (f) { return f.topic; }))).map(function (name) {
      return [el("h5", {}, by("topic", name)), facts(list.filter(function (f) { return f.topic === name; }))];
    });
  }
  function folded(summary, content) { return el("details", {}, el("summary", {}, summary), content); }
  g.countryPart = function (d) {
    var own = g.deals[d.id] || [], code = d.country, about = g.governance[code] || [], china = code === "CHN" ? [] : g.governance.CHN || [];
    var others = (g.deals[""] || []).filter(function (f) { return f.country === code; });
    if (!own.length && !about.length && !others.length) return null;
    return el("section", { "class": "country-facts" }, own.length ? [el("h4", {}, t("deals")), facts(own)] : null,
      el("h4", {}, t("country_context", { country: g.country(code) })),
      about.length ? folded(t("country_facts", { n: about.length }), topics(about)) : el("p", {}, t("no_country_facts")),
      others.length ? folded(t("country_deals", { n: others.length }), facts(others)) : null,
      china.length ? folded(t("china_rules", { n: china.length }), facts(china)) : null,
      el("p", { "class": "small" }, t("country_hint")));
  };
})(geoRee);
