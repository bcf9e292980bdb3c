/* Heights at a deposit and on the way to its railway, as far as a raster tells them. */
"use strict";
(function (g) {
  var el = g.el, t = g.t;
  var ROWS = [
    ["elevation", "m", "Height above the sea"], ["slope", "deg", "Slope"], ["ruggedness", "m", "Ruggedness"],
    ["climb_railway", "m", "Climb to the railway"], ["above_railway", "m", "Above the railway"],
    ["pass_railway", "m", "Highest place on the way, above the deposit"]
  ];

  function known(value) { return value !== undefined && value !== null; }
  function value(d, name, unit) {
    var found = d[name + "_" + unit], error = d["err_" + name + "_" + unit];
    if (!known(found)) return g.unknown();
    return [g.plainNumber(found, unit === "deg" ? 1 : 0) + (unit === "deg" ? "°" : " " + t("m")) + " ", g.stamp("computed"),
      known(error) ? [" ± " + g.plainNumber(error, unit === "deg" ? 1 : 0) + " ", g.stamp("assumed")] : null];
  }
  /* None where the run had no raster of heights at all. */
  g.terrain = function (d) {
    if (!known(d.near_elevation) && !known(d.elevation_m)) return null;
    var coarse = known(d.terrain_cell_m) && !known(d.slope_deg);
    return [el("h4", {}, t("Terrain")), el("table", { "class": "points terrain" }, el("tbody", {}, ROWS.map(function (r) {
      return g.row(t(r[2]), g.cell("n", value(d, r[0], r[1])));
    }))), el("p", { "class": "small" }, d.near_elevation || "", known(d.terrain_cell_m) ? "; " + t("cells of {km} km", { km: g.plainNumber(d.terrain_cell_m / 1000, 1) }) : "",
      coarse ? ". " + t("Slope, ruggedness and climb take a finer raster.") : "")];
  };
})(geoRee);
