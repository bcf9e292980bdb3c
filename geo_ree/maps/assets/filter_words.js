/* What the filters leave out, in words. */
"use strict";
(function (g) {
  var el = g.el, t = g.t;
  var NAMES = {
    country: "country", admin1: "admin1", state: "status_in_source", stage: "stage_of_rare_earths", group: "commodity_group",
    ree: "rare_earths_named", role: "by_product", quality: "source_quality", ore: "ore_type", mineral: "mineral_named",
    actinides: "actinides_named", grade: "grade_at_least", oxide: "oxide_at_least", rail: "railway_within", error: "position_within", size: "size_stated",
    text: "search"
  };
  var WORDS = {
    ree: { light: "light", heavy: "heavy", unknown: "not_stated" }, role: { candidate: "main_product", by_product_host: "by_product_only" },
    quality: { 2: "medium_or_high", 3: "high" }, actinides: { unknown: "not_stated" }
  };

  function value(name, v) {
    if (name === "size") return t(g.sizeWords[v]);
    if (v === "unknown" && name !== "text" && name !== "mineral") return t("not_stated");
    if (name === "country") return g.country(v);
    if (name === "state") return t(g.stateWords[v]);
    if (WORDS[name] && WORDS[name][v]) return t(WORDS[name][v]);
    if (["stage", "group", "ore"].indexOf(name) >= 0) return g.term(g.words(v));
    return typeof v === "number" ? g.plainNumber(v, v % 1 ? String(v).split(".")[1].length : 0) : String(v);
  }
  function line(one) {
    var asked = [].concat(one[1]).map(function (v) { return value(one[0], v); }).join(", ");
    return el("li", {}, t("filter_leaves_out", { filter: t(NAMES[one[0]]), value: asked, out: g.plainNumber(one[2], 0) })
      + (one[3] ? " " + t("of_them_unknown", { count: g.plainNumber(one[3], 0) }) : "") + ".");
  }
  /* One line for each filter: what it asks for, how many it alone leaves out, and how many of these because it is unknown. */
  g.sayLeftOut = function (node) {
    var list = g.leftOut();
    if (list.length === 1 && list[0][0] === "text" && !g.counts().shown) list = []; /* the table says it */
    node.hidden = !list.length;
    node.replaceChildren.apply(node, list.map(line));
  };
})(geoRee);
