"""The command line of scenarios: what it prints, writes, and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from geo_ree.cli.app import main

pytestmark = pytest.mark.slow  # each command reads the starter data and runs

LINE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "name": "Made-up spur",
                "kind": "rail",
                "status": "planned",
                "opening_year": 2029,
                "lateral_error_km": 0,
                "source": "made up for this test",
            },
            "geometry": {"type": "LineString", "coordinates": [[75.9, 42.7], [76.2, 42.9]]},
        }
    ],
}


def call(tmp_path: Path, *args: Any) -> Result:
    words = [
        "scenario",
        *map(str, args),
        "--data",
        str(tmp_path.parent / "scenario-data"),  # layers and distances are kept for the next test
        "--out",
        str(tmp_path / "out"),
        "--draws",
        "50",
    ]
    return CliRunner().invoke(main, words)


def test_a_file_gives_a_table_sentences_and_three_files(tmp_path: Path) -> None:
    path = tmp_path / "spur.geojson"
    path.write_text(json.dumps(LINE), encoding="utf-8")
    done = call(tmp_path, path, "--year", 2030)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split("\t")[:3] == ["deposit", "country", "km to rail"]
    kutessay = next(x for x in lines if x.startswith("Kutessay II\tKGZ\t34 to "))
    assert "perhaps" in kutessay and "to yes 100%" in kutessay
    assert any(x.startswith("Added: Made-up spur (planned, opens 2029): ") for x in lines)
    assert any("42,980 t of REO (Measured + Indicated" in x for x in lines)
    assert any("3,560 t of REO (Inferred" in x for x in lines)
    assert lines[-1].endswith("scenario.json")
    table = pd.read_csv(tmp_path / "out" / "scenario.csv")
    assert "p_rank_improves" in table
    document = json.loads((tmp_path / "out" / "scenario.json").read_text("utf-8"))
    assert document["year"] == 2030 and document["draws"] == 50
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["scenario.csv", "scenario.json", "scenario_routes.csv"]


def test_a_planned_line_by_name_with_a_removal(tmp_path: Path) -> None:
    done = call(tmp_path, "--planned", "Balykchy - Kara-Keche", "--remove", "gateways:Aktau")
    assert done.exit_code == 0, done.output
    assert "Added: Balykchy - Kara-Keche" in done.stdout
    assert "Removed: 1 feature of gateways (Aktau)." in done.stdout
    assert "approximate" in done.stdout


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        ((), ("name a GeoJSON file",)),
        (("x.geojson", "--planned", "all"), ("not both",)),
        (("--remove", "Aktau"), ("'Aktau' is not LAYER:WHAT",)),
        (("--reopen", "railways"), ("'railways' is not LAYER:WHAT",)),
        (
            ("--planned", "all", "--reopen", "railways:kind=disused"),
            ("the layer railways is both added to and reopened",),
        ),
        (("--reopen", "railways:kind=disused"), ("all known features of the layer railways",)),
        (("--planned", "Atlantis"), ("no planned railway is called 'Atlantis'", "Bakhty - Ayagoz")),
        (("gone.geojson",), ("gone.geojson cannot be read",)),
        (("--remove", "trams:x"), ("cannot change the layer 'trams'",)),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(
    tmp_path: Path, args: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    done = call(tmp_path, *args)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    for part in parts:
        assert part in done.output
    assert not (tmp_path / "out").exists()


def test_it_is_in_the_list_of_commands() -> None:
    assert "scenario" in CliRunner().invoke(main, ["--help"]).output


def test_a_scenario_that_removes_alone_has_a_table_of_routes_without_rows(tmp_path: Path) -> None:
    done = call(tmp_path, "--remove", "gateways:kind=sea_port")
    assert done.exit_code == 0, done.output
    assert pd.read_csv(tmp_path / "out" / "scenario_routes.csv").empty
