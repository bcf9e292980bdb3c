/* The five questions, answered from the data alone. */
"use strict";
(function (g) {
  var el = g.el, data = g.data;
  function names(rows) { return rows.map(function (d) { return d.name || d.id; }).join(", "); }
  function answer() { return el("p", { "class": "answer" }, Array.prototype.slice.call(arguments)); }

  function apart(top) {
    var groups = [], first = "Ranks 1 to " + top.length;
    top.forEach(function (d) {
      var last = groups[groups.length - 1];
      if (last && last[0].tie_group === d.tie_group) last.push(d); else groups.push([d]);
    });
    if (groups.length === 1) return first + " cannot be told apart: the doubt is larger than the gaps between them.";
    var tied = groups.filter(function (m) { return m.length > 1; });
    if (!tied.length) return first + " can all be told apart.";
    return first + " can be told apart only in part: " + groups.map(function (members) {
      return members.length === 1 ? names(members) + " stands apart" : "the order of " + names(members) + " is not settled";
    }).join("; ") + ".";
  }
  function visit(box) {
    var best = g.ranked("candidate"), chances = best.slice().sort(function (a, b) { return (b.p_top3 || 0) - (a.p_top3 || 0) || a.rank - b.rank; });
    var three = chances.slice(0, 3), least = three.length ? three[three.length - 1].p_top3 || 0 : 0;
    var close = chances.slice(3).filter(function (d) { return d.p_top3 > 0.05 && least - d.p_top3 <= 0.15; });
    box.append(answer("Most often among the first three: ", el("strong", {}, names(three)), ". ", apart(best.slice(0, 5))),
      g.table(["Deposit", ["P(top 3)", "n"], "Speaks for it", "Speaks against it"], three.map(function (d) {
        return g.row(d.name || d.id, g.cell("n", g.percent(d.p_top3)), d.reasons_for || "", d.reasons_against || "");
      })));
    if (close.length) box.append(el("p", {}, "As likely, or nearly: " + close.map(function (d) { return d.name + " (" + g.percent(d.p_top3) + ")"; }).join(", ") + "."));
    box.append(el("p", {}, "This ranks access to infrastructure only: neither grade nor tonnage is in it."));
  }
  function entry(d) {
    var list = g.statements[d.id] || [];
    return el("li", {}, el("strong", {}, d.name || d.id), " ", el("small", {}, [d.country_reported, d.admin_area].filter(Boolean).join(", ")),
      d.status ? el("div", {}, d.status) : null, list.length ? el("ul", {}, list.map(g.tonnage)) : null,
      d.resource_note ? el("div", {}, d.resource_note) : null,
      d.reference || d.notes ? el("details", {}, el("summary", {}, "Source" + (d.source_quality ? " (quality: " + d.source_quality + ")" : "")),
        d.notes ? el("p", {}, g.linked(d.notes)) : null, d.reference ? g.references(d.reference) : null) : null);
  }
  function unplaced(box) {
    var candidates = g.unranked.filter(function (d) { return d.role === "candidate"; });
    var hosts = g.unranked.filter(function (d) { return d.role === "by_product_host"; });
    var areas = g.unranked.filter(function (d) { return d.role !== "candidate" && d.role !== "by_product_host"; });
    box.append(answer(candidates.length ? candidates.length + " known candidates are not ranked, because no source at hand gives a coordinate: " + names(candidates) + "."
      : "None: every known candidate has a coordinate."), el("p", {}, "They are on no map and in no figure; none was given a place that its sources do not give."));
    [["Candidates without a coordinate", candidates], ["By-product hosts without a coordinate", hosts], ["Statements about areas and countries", areas]].forEach(function (part) {
      if (part[1].length) box.append(el("details", {}, el("summary", {}, part[0] + " (" + part[1].length + ")"), el("ul", {}, part[1].map(entry))));
    });
  }
  /* "name (ISO), label of the source" as the measures give it. */
  function place(near) {
    var m = /^(.*) \(([A-Z]{3})\), (.*)$/.exec(near || "");
    return m ? { name: m[1], country: g.country(m[2]), label: m[3] } : { name: near || "", country: "", label: "" };
  }
  function edition(measure, label) {
    var layer = data.measures[measure][1];
    var fits = data.sources.filter(function (s) { return s.layer === layer && label && s.label === label; });
    return fits.map(function (s) { return s.edition; }).filter(Boolean).join("; ");
  }
  function leader(box) {
    var d = g.ranked("candidate")[0];
    if (!d) return;
    box.append(answer("The leader is ", el("strong", {}, d.name || d.id), " (" + g.country(d.country) + "). "),
      g.table(["To", ["Distance", "n"], "What, and where", "Source and edition"], g.measures.map(function (m) {
        var there = place(d["near_" + m]), dated = edition(m, there.label);
        if (d["dist_" + m + "_km"] === undefined) return g.row(data.measures[m][0], g.cell("n", g.unknown()), "no source at hand says", "");
        return g.row(data.measures[m][0], g.cell("n", g.distance(d, m)), there.name + (there.country ? ", " + there.country : ""), there.label + (dated ? ". Edition: " + dated : ""));
      })));
    var vague = g.measures.filter(function (m) { return d["err_" + m + "_km"] > 0.5 * d["dist_" + m + "_km"]; });
    if (vague.length) box.append(el("p", {}, "Barely more than a guess (the error is over half of the distance): " + vague.map(function (m) { return data.measures[m][0] + " " + g.distance(d, m); }).join(", ") + "."));
    box.append(el("p", {}, el("strong", {}, "Could a line be missing? Yes. "), "A line that a source lacks reads as a far one, and nothing here is newer than its edition. Where several sources are at hand the nearest counts and is named."));
    g.deposits.forEach(function (r) {
      if (r.role === "reference" && /producer/.test(r.status || "") && r.dist_railway_km > 50) {
        box.append(el("p", {}, "A case in point: " + r.name + " is a producing mine, yet the lines at hand put its nearest railway " + g.num(r.dist_railway_km, 0) + " km away. Check such a figure against a second source before using it."));
      }
    });
  }
  function exits(box) {
    var kinds = [], at = {}, best = g.ranked("candidate");
    g.scenarios.forEach(function (s) {
      if (kinds.indexOf(s.scenario) < 0) kinds.push(s.scenario);
      (at[s.id] = at[s.id] || {})[s.scenario] = s;
    });
    if (!kinds.length) { box.append(answer("Unknown: no gateways are at hand.")); return; }
    var moved = best.filter(function (d) {
      var ranks = kinds.map(function (k) { return ((at[d.id] || {})[k] || {}).rank; });
      return ranks.some(function (r) { return r !== ranks[0]; });
    });
    function spread(d, field) {
      var got = kinds.map(function (k) { return ((at[d.id] || {})[k] || {})[field]; }).filter(function (v) { return v !== undefined; });
      return got.length ? Math.max.apply(null, got) - Math.min.apply(null, got) : 0;
    }
    function widest(field) { return Math.max.apply(null, [0].concat(best.map(function (d) { return spread(d, field); }))); }
    var gate = data.criteria.filter(function (c) { return c.column === "dist_gateway_km"; })[0];
    box.append(answer(moved.length ? "The rank of " + names(moved) + " depends on the choice of exit, by " + widest("rank") + " places at most; no other does." : "No rank changes.", " Scores change by " + g.num(widest("score"), 1) + " points at most."),
      el("p", {}, (gate ? "The gateway weighs " + g.num(100 * gate.weight, 0) + " % of the score. " : "") + "Politics outweighs it, and the score does not claim to hold politics."),
      g.table(["Deposit"].concat(kinds), best.slice(0, 10).map(function (d) {
        return g.row.apply(null, [d.name || d.id].concat(kinds.map(function (k) {
          var s = (at[d.id] || {})[k];
          if (!s || s.dist_gateway_km === undefined) return g.unknown();
          var there = place(s.near_gateway);
          return g.cell("", "rank " + s.rank + ", score " + g.num(s.score, 1), el("br"), el("small", {}, there.name + ", " + g.num(s.dist_gateway_km, 0) + " km"));
        })));
      })));
  }
  function whose(box) {
    var kinds = { ore: "ore", oxide: "oxide", metal: "metal" }, count = {};
    g.resources.forEach(function (r) { var k = kinds[r.substance] || "unclear"; count[k] = (count[k] || 0) + 1; });
    var tally = ["oxide", "metal", "ore", "unclear"].filter(function (k) { return count[k]; }).map(function (k) { return count[k] + " of " + k + (k === "unclear" ? " substance" : ""); });
    box.append(answer(g.resources.length ? g.resources.length + " published statements: " + tally.join(", ") + ". They contradict each other and are never added up, nor Inferred to Measured and Indicated." : "No statement is at hand."));
    if (!g.resources.length) return;
    box.append(g.table(["Deposit", ["Tonnes", "n"], "Of what", "Category, and whose", ["Year", "n"]], g.resources.map(function (r) {
      var d = g.byId[r.deposit_id] || {};
      return g.row(g.cell("", d.name || r.deposit_id, r.source ? el("details", {}, el("summary", {}, "source"), g.references(r.source)) : null),
        g.cell("n", g.num(r.quantity_t, 0)), g.cell("", kinds[r.substance] || g.el("span", { "class": "unknown" }, "unclear"), r.grade_text ? el("div", { "class": "small" }, r.grade_text) : null),
        g.cell("", r.category && r.category !== "unknown" ? r.category : g.unknown(), el("div", { "class": "small" }, r.system || "whose is unknown", r.edition ? ", " + r.edition : ""), r.contradiction ? el("div", { "class": "small note" }, r.contradiction) : null),
        g.cell("n", r.year === undefined ? "?" : r.year));
    })));
  }
  g.answers = function (node) {
    [["1. Which three to visit, and can ranks 1 to 5 be told apart?", visit], ["2. Which known deposits are not ranked?", unplaced],
      ["3. For the leader: nearest what exactly?", leader], ["4. What changes without the exits through China and Russia?", exits],
      ["5. Whose tonnage is this?", whose]].forEach(function (q) {
      var box = el("div", { "class": "question" }, el("h3", {}, q[0]));
      q[1](box);
      node.append(box);
    });
  };
})(geoRee);
