"""The rasters of an export, read back by GDAL."""

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

import geo_ree
from geo_ree.crs import GEOD
from geo_ree.deposits.borders import locate_points
from geo_ree.errors import SchemaError
from geo_ree.pipeline.export import RESOLUTION, box_of, export, gather_tables, raster_targets
from geo_ree.proximity.target_index import numbers
from geo_ree.scoring import score
from geo_ree.settings import REGION

COARSE = "60 km"


@pytest.fixture(scope="module")
def bundle(real):
    return gather_tables(real)


@pytest.fixture(scope="module")
def written(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    export(real, folder, formats=["cog"], resolution=COARSE)
    return folder / "rasters"


def _middles(opened, rows, columns):
    lon, lat = rasterio.transform.xy(opened.transform, rows, columns)
    return gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326)


def step_of(path):
    """The step that its distances are rounded to, metres."""
    with rasterio.open(path) as opened:
        said = re.search(r"rounded to ([\d.]+) m$", opened.tags()["method"])
        step = float(said[1])
        assert step <= abs(opened.transform[4]) * 111_000 / 256
        values = opened.read(1)
    assert (values[np.isfinite(values)] % step == 0).all()
    return step


def test_there_is_a_valid_cog_of_each_distance_that_is_scored_and_of_the_score(written, real):
    model = real.scores.model
    known = {c for c in model.columns if real.table[c].notna().any()}
    assert len(known) >= 6
    files = sorted(written.glob("*.tif"))
    assert {f.stem for f in files} == {*known, "suitability"}
    assert {f.stem for f in written.glob("*.qml")} == {f.stem for f in files}
    for path in files:
        valid, errors, warnings = cog_validate(path, strict=True)
        assert (valid, errors, warnings) == (True, [], [])
        with rasterio.open(path) as opened:
            assert tuple(opened.bounds) == box_of(real.layers.frames["countries"])
            assert opened.crs.to_epsg() == 4326
            assert opened.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_cells_have_the_distances_that_nearest_gives(written, real):
    lands = real.layers.frames["countries"]
    for column, goal in raster_targets(real).items():
        with rasterio.open(written / f"{column}.tif") as opened:
            values = opened.read(1)
            rows, columns = (i[::97] for i in np.nonzero(np.isfinite(values)))
            places = _middles(opened, rows, columns)
        features = real.measures.proximity.rows(goal.name)
        features = features[numbers(features, "lateral_error_km") <= goal.max_lateral_error_km]
        inside = places.to_frame("geometry").sjoin(lands[["country", "geometry"]], how="left")
        country = inside[~inside.index.duplicated()]["country"]
        metres = pd.Series(np.nan, places.index)
        for code, some in places.groupby(country):
            own = features[features["country"] == code] if goal.same_country else features
            if len(own):
                metres[some.index] = geo_ree.nearest(some, own)["distance_m"]
        known = metres.notna().to_numpy()
        assert known.sum() > 20
        # A line of unknown course may be nearer still.
        half = step_of(written / f"{column}.tif") / 2
        assert (values[rows, columns] <= metres * (1 + 1e-6) + half)[known].all()
        rows, columns, metres = rows[known], columns[known], metres[known]
        surely = values[rows, columns] > 0.999 * metres
        assert surely.mean() > 0.7
        rows, columns, metres = rows[surely], columns[surely], metres[surely]
        assert (np.abs(values[rows, columns] - metres) <= metres * 1e-6 + half).all()


def test_cells_have_the_score_of_their_distances(written, real):
    model = real.scores.model
    columns = {}
    for column in model.columns:
        if (written / f"{column}.tif").exists():
            with rasterio.open(written / f"{column}.tif") as opened:
                columns[column] = opened.read(1).astype(float).ravel() / 1000
    table = pd.DataFrame(columns).reindex(columns=list(model.columns))
    expected = score(table, model)["score"].to_numpy()
    with rasterio.open(written / "suitability.tif") as opened:
        found = opened.read(1).ravel()
    assert np.isfinite(expected).sum() > 1000
    np.testing.assert_allclose(found, expected, atol=1 / 64 + 1e-4)


def test_each_names_the_run_and_the_sources_of_its_layer(written, real, bundle):
    sources = bundle.sources
    for path in written.glob("*.tif"):
        with rasterio.open(path) as opened:
            tags = opened.tags()
        assert tags["run_id"] == real.report["run_id"]
        assert tags["disclaimer"] == real.report["disclaimer"]
        layers = [
            g.layer for c, g in raster_targets(real).items() if path.stem in (c, "suitability")
        ]
        named = sources[sources["layer"].isin([*layers, "countries"])]
        assert len(named) >= 2
        assert all(a in tags["attribution"] for a in named["attribution"])
        assert ("Open Database License" in tags["attribution"]) == named["licence"].str.contains(
            "ODbL"
        ).any()
        assert tags["sources"] not in ("", "not stated")


def only(real, name):
    """The run with one target."""
    targets = {name: real.measures.targets[name]}
    return replace(real, measures=replace(real.measures, targets=targets))


def test_attributions_are_kept_letter_by_letter(real, tmp_path):
    hostile = "A & B <i> \"'=cmd|' /C calc'!A0 \u202e я"
    inputs = [{**row, "attribution": hostile} for row in real.report["inputs"]]
    one = replace(only(real, "gateway"), report={**real.report, "inputs": inputs})
    column = "dist_gateway_km"
    export(one, tmp_path, formats=["cog"], resolution="200 km")
    for name in (column, "suitability"):
        with rasterio.open(tmp_path / "rasters" / f"{name}.tif") as opened:
            assert opened.tags()["attribution"].startswith(hostile)


def test_topsis_says_nothing_of_a_place_and_is_left_out(real, tmp_path):
    model = replace(real.scores.model, aggregate="topsis")
    compared = replace(real, scores=replace(real.scores, model=model))
    files = export(compared, tmp_path, formats=["cog"], resolution="200 km")
    assert "suitability" not in {f.stem for f in files}
    assert "dist_railway_km" in {f.stem for f in files}


def test_what_weighs_nothing_makes_no_score(real, tmp_path):
    model = real.scores.model
    weightless = replace(
        model,
        criteria=tuple(
            replace(c, weight=0.0) if c.column == "dist_gateway_km" else c for c in model.criteria
        ),
    )
    one = replace(only(real, "gateway"), scores=replace(real.scores, model=weightless))
    files = export(one, tmp_path, formats=["cog"], resolution="200 km")
    assert [f.name for f in files] == ["dist_gateway_km.qml", "dist_gateway_km.tif"]


def test_a_failure_leaves_the_folder_as_it_was(real, tmp_path, monkeypatch):
    from geo_ree.pipeline import score_rasters

    def broken(*_args, **_more):
        raise RuntimeError("disk")

    (tmp_path / "rasters").mkdir()
    (tmp_path / "rasters" / "suitability.tif").write_text("older", encoding="utf-8")
    monkeypatch.setattr(score_rasters, "suitability", broken)
    with pytest.raises(RuntimeError, match="disk"):
        export(real, tmp_path, formats=["cog"], resolution="200 km")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["suitability.tif"]
    assert (tmp_path / "rasters" / "suitability.tif").read_text(encoding="utf-8") == "older"


@pytest.mark.parametrize("resolution", ["0", "1 mm", "wide", "400 deg"])
def test_an_invalid_resolution_is_refused_at_once(real, tmp_path, resolution):
    with pytest.raises(SchemaError, match="resolution"):
        export(real, tmp_path, formats=["cog"], resolution=resolution)
    assert list(tmp_path.iterdir()) == []


def test_the_box_is_that_of_the_scored_countries_in_whole_degrees(real):
    countries = real.layers.frames["countries"]
    assert box_of(countries) == (46.0, 29.0, 120.0, 56.0)
    assert box_of(countries[countries["country"] == "CHN"]) == REGION
    assert RESOLUTION == "5 km"


@pytest.fixture(scope="module")
def fine(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fine")
    export(real, folder, formats=["cog"])
    return folder / "rasters"


@pytest.fixture(scope="module")
def compared(real, fine):
    """Every deposit and the cell that it lies in: how far apart they are, both countries."""
    table = real.table
    with rasterio.open(fine / "suitability.tif") as opened:
        columns, rows = ~opened.transform * (table["longitude"], table["latitude"])
        rows, columns = (np.floor(i).to_numpy(int) for i in (rows, columns))
        inside = (np.clip(rows, 0, opened.height - 1) == rows) & (
            np.clip(columns, 0, opened.width - 1) == columns
        )
        middles = _middles(opened, rows, columns)
    lands = real.layers.frames["countries"]
    at = locate_points(middles.to_numpy(), lands.geometry.to_numpy())
    gaps = GEOD.inv(table.geometry.x, table.geometry.y, middles.x, middles.y)[2] / 1_000
    out = table[["id", "name", "country", "precision_class"]].assign(
        row=rows, column=columns, gap_km=gaps, land=lands["country"].to_numpy()[at]
    )
    out.loc[at < 0, "land"] = None
    return out[inside]


def test_every_deposit_has_the_distances_of_its_cell(real, fine, compared):
    """A distance changes by no more than the way to the middle of the cell, in one country."""
    own = compared[compared["land"] == compared["country"]]
    assert len(own) > 0.98 * len(compared), "the others lie within a cell of a border or a coast"
    assert set(real.table.loc[real.table["role"] == "candidate", "id"]) & set(own["id"])
    assert own["gap_km"].max() < 5
    table = real.table.loc[own.index]
    for column, goal in raster_targets(real).items():
        with rasterio.open(fine / f"{column}.tif") as opened:
            cells = opened.read(1)[own["row"], own["column"]] / 1_000
        known = ~own["precision_class"].isin(goal.unknown_for_precision).to_numpy()
        listed = table[column].to_numpy(np.float64)
        # Where a line of unknown course begins to count, or the edge of the region is nearer than
        # the feature, a step of one cell may change which of two features is meant.
        half_km = step_of(fine / f"{column}.tif") / 2_000
        apart = np.abs(cells - listed) > own["gap_km"] + 0.002 + half_km
        odd = known & (apart | (np.isnan(cells) != np.isnan(listed))).to_numpy()
        assert not (odd & table["rank_in_role"].notna().to_numpy()).any(), own[odd]
        assert odd.sum() <= 0.01 * len(own), own[odd]


def test_every_candidate_has_the_score_of_its_cell(real, fine, compared):
    """The score lies between those of all distances a little longer and a little shorter."""
    model = real.scores.model
    own = compared[compared["land"] == compared["country"]]
    table = real.table.loc[own.index]
    used = [c.column for c in model.criteria if c.weight > 0]
    settled = table[used].notna().all(axis=1) | ~own["precision_class"].eq("named_place")
    own, table = own[settled], table[settled]
    columns = [c for c in used if c.startswith("dist_")]
    best, worst = (
        score(
            table.assign(**{c: (table[c] + s * own["gap_km"]).clip(lower=0) for c in columns}),
            model,
        )
        for s in (-1, 1)
    )
    with rasterio.open(fine / "suitability.tif") as opened:
        cells = opened.read(1)[own["row"], own["column"]]
    ranked = table["rank_in_role"].notna().to_numpy()
    inside = (cells >= worst["score"] - 0.01) & (cells <= best["score"] + 0.01)
    assert inside[ranked].all(), table[ranked & ~inside]
    assert inside.mean() > 0.99
