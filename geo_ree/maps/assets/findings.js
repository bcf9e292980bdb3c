/* What was found, first: the headline in sentences that Python counted. */
"use strict";
(function (g) {
  var el = g.el;

  g.findings = function () {
    var box = document.getElementById("headline");
    box.replaceChildren.apply(box, g.data.headline.map(function (one) { return el("p", {}, g.t(one[0], one[1])); }));
  };
})(geoRee);
