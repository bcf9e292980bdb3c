"""The planned railways of the package: sourced places, errors that follow from them, real figures."""

from __future__ import annotations

import csv
import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geo_ree.catalog import load_catalog
from geo_ree.crs import distance_m
from geo_ree.errors import SettingsError
from geo_ree.maps.feature_groups import railways_planned
from geo_ree.pipeline.result import Result
from geo_ree.studies.scenarios import planned_lines, scenario

PROJECT = Path(__file__).resolve().parents[3]
STARTER = PROJECT / "geo_ree" / "starter"
SOURCE = "starter_railways_planned"
LEGS = {"Bakhty - Ayagoz": 2, "China - Kyrgyzstan - Uzbekistan": 4, "Balykchy - Kara-Keche": 2}


BUILDING = (
    "Bakhty-Ayagoz",
    "Darbaza-Maktaaral",
    "Almaty bypass",
    "Balykchy-Kochkor-Kara-Keche",
    "China-Kyrgyzstan-Uzbekistan",
)
"""The rows of rail_additions.csv that are being built."""


def features() -> list[dict[str, Any]]:
    document = json.loads((STARTER / "planned_railways.geojson").read_text("utf-8"))
    found: list[dict[str, Any]] = document["features"]
    return found


def rows_of(name: str) -> list[dict[str, str]]:
    with (STARTER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_three_lines_are_there_and_marked() -> None:
    lines = planned_lines()
    assert lines["line"].value_counts().to_dict() == LEGS
    assert lines["approximate"].all() and (lines["lateral_error_km"] > 25.0).all()
    assert lines["status"].isin(("under_construction", "planned")).all()
    years = lines.groupby("line")["opening_year"].first()
    assert years["Bakhty - Ayagoz"] == 2028 and years["China - Kyrgyzstan - Uzbekistan"] == 2030
    assert lines.loc[lines["line"] == "Balykchy - Kara-Keche", "opening_year"].isna().all()
    assert lines["source"].notna().all() and lines["source_url"].str.startswith("http").all()


def test_one_line_by_its_name_however_it_is_written() -> None:
    assert len(planned_lines("BAKHTY–AYAGOZ")) == LEGS["Bakhty - Ayagoz"]
    with pytest.raises(SettingsError, match="no planned railway is called 'Atlantis'; use one of "):
        planned_lines("Atlantis")


def test_every_vertex_is_a_place_with_a_source() -> None:
    towns = {r["native_id"]: r for r in rows_of("settlements")}
    mines = {r["native_id"]: r for r in rows_of("major_deposits")}
    for feature in features():
        vertices = feature["properties"]["vertices"]
        assert feature["geometry"]["coordinates"] == [
            [v["longitude"], v["latitude"]] for v in vertices
        ]
        for vertex in vertices:
            place = (vertex["longitude"], vertex["latitude"])
            named = re.match(r"GeoNames (\d+) \(", vertex["source"])
            if named and named[1] in towns:
                row = towns[named[1]]
                assert place == (float(row["longitude"]), float(row["latitude"]))
            elif named:
                assert named[1] in ("1527902", "1528249", "1514588", "1517721"), vertex["source"]
            elif vertex["name"] == "Makmal":
                row = mines["1507"]
                assert row["name"] == "Makmal"
                assert place == (float(row["longitude"]), float(row["latitude"]))
            else:
                assert "http" in vertex["source"]
                assert vertex["name"] in ("Bakhty", "Torugart", "Kara-Keche")


def test_the_error_follows_from_length_and_chord() -> None:
    for feature in features():
        properties = feature["properties"]
        (a, b), (c, d) = feature["geometry"]["coordinates"]
        chord = distance_m([a], [b], [c], [d])[0] / 1000.0
        length = float(
            re.search(r"length: (?:at most )?([\d.]+) km", properties["lateral_error_basis"])[1]
        )  # type: ignore[index]
        assert length > chord
        ends = max(v["error_km"] for v in properties["vertices"])
        assert ends in (5.0, 20.0)
        expected = np.sqrt(length**2 - chord**2) / 2.0 + ends
        assert properties["lateral_error_km"] == pytest.approx(expected, abs=0.2), properties[
            "name"
        ]


def test_the_table_of_places_and_lengths_gives_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    planned = importlib.import_module("starter_build.planned")
    monkeypatch.setattr(planned, "version", lambda package: "3.0.2")
    cities = {}
    for feature in features():
        for vertex in feature["properties"]["vertices"]:
            named = re.match(r"GeoNames (\d+) \((.*), (..)\)", vertex["source"])
            if named:
                properties = {"geonameid": named[1], "name": named[2], "countrycode": named[3]}
                cities[named[1]] = {**vertex, **properties}
    product = planned.build_planned_railways(cities, tmp_path, BUILDING)
    built = (tmp_path / product.file).read_bytes()
    assert built == (STARTER / product.file).read_bytes()
    entry = json.loads((STARTER / "starter.json").read_text("utf-8"))["files"][product.file]
    assert entry["rows"] == product.rows == sum(LEGS.values())
    assert (entry["took"], entry["derived"]) == (product.took, product.derived)
    assert entry["built_from"] == product.built_from


def test_a_run_does_not_count_what_is_only_planned(base: Result) -> None:
    railways = base.layers.frames["railways"]
    assert not railways["source_id"].str.contains("planned").any()
    near = base.tables["scores"]["near_railway"].dropna()
    assert not near.str.contains(load_catalog()[SOURCE].label, regex=False).any()


@pytest.fixture
def base(starter_run: SimpleNamespace) -> Result:
    return starter_run.result


def test_intervals_before_are_those_of_the_run(base: Result) -> None:
    study = scenario(base, add={"railways": planned_lines("China - Kyrgyzstan - Uzbekistan")})
    scored = base.scores.table.loc[study.table.index]
    ranked = study.table["rank_before"].notna()
    assert ranked.sum() > 20
    for name in ("score_p5", "score_p95", "rank_p5", "rank_p95"):
        np.testing.assert_array_equal(
            study.table.loc[ranked, f"{name}_before"].astype(float),
            scored.loc[ranked, name].astype(float),
        )
    for name, column in (("score", "score"), ("rank", "rank_in_role")):
        assert study.table[f"{name}_before"].equals(scored[column].rename(f"{name}_before"))
    # No ranked deposit is nearer to this line, so that nothing may differ by any digit.
    for name in ("score", "rank", "rank_p5", "rank_p95", "dist_railway_km", "p_within"):
        before = study.table.loc[ranked, f"{name}_before"]
        after = study.table.loc[ranked, f"{name}_after"]
        pd.testing.assert_series_equal(before, after, check_names=False, check_exact=True)
    assert not study.changed["rank_before"].notna().any()


def test_no_planned_line_is_sure_enough_to_move_a_score(base: Result) -> None:
    study = scenario(base, add={"railways": planned_lines()})
    assert (study.table["rank_before"] == study.table["rank_after"]).fillna(True).all()
    espe = study.table.loc["starter_deposits:verkhnee-espe"]
    assert (espe["reached_before"], espe["reached_after"]) == ("no", "perhaps")
    assert espe["p_within_before"] == 0.0 and 0.2 < espe["p_within_after"] < 0.7
    assert study.tonnes["deposits"].tolist() == ["Verkhnee Espe"]
    assert study.tonnes["quantity_t"].isna().all()
    assert set(study.added["countries"]) >= {"KAZ", "KGZ"}


def test_a_surveyed_course_along_the_same_leg_would(base: Result) -> None:
    surveyed = planned_lines("Balykchy - Kara-Keche").head(1).assign(lateral_error_km=0.0)
    study = scenario(base, add={"railways": surveyed})
    ompol = study.table.loc["starter_deposits:kyzyl-ompol"]
    assert ompol["dist_railway_km_before"] > 13 and ompol["dist_railway_km_after"] < 5
    assert ompol["score_after"] > ompol["score_before"]
    assert ompol["rank_after"] <= ompol["rank_before"]


def test_the_line_to_china_ends_at_the_border_for_each_side(base: Result) -> None:
    study = scenario(base, add={"railways": planned_lines("China - Kyrgyzstan - Uzbekistan")})
    crossed = dict(
        zip(study.added["name"].str.split(": ").str[1], study.added["countries"], strict=True)
    )
    assert set(crossed["Kashgar - Torugart"].split(";")) >= {"CHN"}
    assert crossed["Makmal - Jalal-Abad"] == "KGZ"
    assert set(crossed["Jalal-Abad - Andijan"].split(";")) == {"KGZ", "UZB"}
    assert shapely.length(study.added.geometry.to_numpy()).min() > 0


def test_states_have_a_day_and_a_source_and_what_is_not_drawn_a_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    legs = {f["properties"]["name"]: f["properties"] for f in features()}
    for leg in legs.values():
        known = [leg[key] is not None for key in ("state", "state_date", "state_source")]
        assert len(set(known)) == 1
        if all(known):
            assert (
                re.fullmatch(r"20\d\d-\d\d-\d\d", leg["state_date"])
                and "http" in leg["state_source"]
            )
    laid = legs["Balykchy - Kara-Keche: Balykchy - Kochkor"]
    assert (laid["state"], laid["state_date"]) == ("35 of 63 km laid", "2025-11-19")
    assert legs["Balykchy - Kara-Keche: Kochkor - Kara-Keche"]["state"] is None
    monkeypatch.syspath_prepend(str(PROJECT / "tools"))
    planned = importlib.import_module("starter_build.planned")
    facts = planned.tomllib.loads(planned.FACTS.read_text("utf-8"))
    for line in facts["undrawn"]:
        assert line["name"].partition(" (")[0].split(" - ")[0] in load_catalog()[SOURCE].notes
        assert "no source of coordinates" in line["reason"] and "http" in line["state_source"]
    with pytest.raises(ValueError, match="being built are"):
        planned.build_planned_railways({}, tmp_path, [*BUILDING, "A-B"])


def test_they_are_a_layer_of_their_own_that_nothing_is_measured_to(starter_run: Any) -> None:
    layers = starter_run.result.layers.frames
    rows = layers["railways_planned"]
    assert set(rows["line"]) == set(LEGS) and set(rows["source_id"]) == {SOURCE}
    assert set(rows["kind"]) == {"under_construction", "planned"}
    assert not set(rows["id"]) & set(layers["railways"]["id"])
    assert all(t.layer != "railways_planned" for t in starter_run.result.measures.targets.values())
    group = railways_planned(rows)
    names = [row[group.payload["columns"].index("name")] for row in group.payload["rows"]]
    assert set(names) == set(rows["name"])
    terms = json.loads((PROJECT / "geo_ree/maps/i18n/ru.json").read_text("utf-8"))["terms"]
    assert set(rows["state"].dropna()) <= set(terms)
