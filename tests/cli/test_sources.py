"""The output of `geo-ree sources`, and the worked example of docs/adding-a-source.md, run."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner
from rich.console import Console

from geo_ree import storage
from geo_ree.catalog import Source, load_catalog
from geo_ree.catalog.source import Table
from geo_ree.catalog.table_rules import Commodities, Precision, Reader
from geo_ree.cli.app import main
from geo_ree.cli.console.printing import say, say_facts, say_rows
from geo_ree.cli.console.source_facts import covers, find_country, summarize_snapshot
from geo_ree.deposits import normalize
from geo_ree.fetching import fetch_snapshot, read
from geo_ree.schema import LAYERS, PRECISION_ERROR_M, RASTER_LAYERS
from geo_ree.settings import Settings

CATALOG = load_catalog()
GUIDE = Path(__file__).parents[2] / "docs" / "adding-a-source.md"
FENCE = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _call(*args, code=0):
    result = CliRunner().invoke(main, [str(a) for a in args])
    assert result.exit_code == code, result.output
    return result.stdout


def _refused(*args):
    result = CliRunner().invoke(main, ["sources", *(str(a) for a in args)])
    assert result.exit_code == 2, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    return lines[0]


class Publisher:
    """Serves files by path on loopback; what it has none of is 404, or the status given."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.statuses: dict[str, int] = {}
        self.url = ""

    def reply(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes, dict[str, str]]:
        body = self.files.get(request.path, b"")
        return self.statuses.get(request.path, 200 if body else 404), body, {}


@pytest.fixture
def publisher(serve: Callable[..., str]) -> Publisher:
    there = Publisher()
    there.url = serve(there.reply)
    return there


def _snapshot(data: Path, source_id: str, day: str, **changes: object) -> Path:
    folder = data / "raw" / source_id / day
    folder.mkdir(parents=True)
    (folder / "x.zip").write_bytes(b"payload")
    proof = {
        "source_id": source_id,
        "url": "https://example.org/x.zip",
        "retrieved": f"{day[:10]}T08:00:00+00:00",
        "licence": "CC0",
        "attribution": "Me",
        "sha256": sha256(b"payload").hexdigest(),
        "bytes": 7,
        "file": "x.zip",
        **changes,
    }
    (folder / "provenance.json").write_text(json.dumps(proof), encoding="utf-8")
    return folder


# -- list ------------------------------------------------------------------------------------


def test_the_list_has_a_whole_line_for_each_source(tmp_path):
    lines = _call("sources", "--data", tmp_path).splitlines()
    assert len(lines) == len(CATALOG) + 1
    assert lines[0].split()[:4] == ["id", "layer", "protocol", "status"]
    for source, line in zip(CATALOG.values(), lines[1:], strict=True):
        assert line.startswith(source.id + " ")
        assert line.endswith(source.title)


def test_the_list_says_what_is_available(tmp_path):
    _snapshot(tmp_path, "usgs_ree", "2026-01-02")
    _snapshot(tmp_path, "usgs_ree", "2026-02-03.2", origin="provided")
    (tmp_path / "raw" / "usgs_ree" / ".2026-09-09.old").mkdir()
    _snapshot(tmp_path, "usgs_major_deposits", "2026-03-04", bytes="seven")
    rows = {
        r["id"]: r["available"] for r in json.loads(_call("sources", "--json", "--data", tmp_path))
    }
    assert rows["usgs_ree"] == "2026-02-03, provided"
    assert rows["usgs_major_deposits"] == "2026-03-04, damaged"
    assert rows["natural_earth_railroads"] == ""
    assert rows["starter_roads"] == "starter"


@pytest.mark.parametrize(
    ("options", "inside", "outside"),
    [
        (("--layer", "licences"), "mongolia_licences", "usgs_ree"),
        (("--status", "none"), "uzbekistan_geology", "kazakhstan_licences"),
        (("--country", "mn"), "mongolia_ree_points", "uzbekistan_geology"),
        (("--country", "Uzbekistan", "--layer", "deposits"), "usgs_ree", "starter_roads"),
    ],
)
def test_the_list_can_be_narrowed(tmp_path, options, inside, outside):
    ids = {r["id"] for r in json.loads(_call("sources", "list", *options, "--json"))}
    assert inside in ids
    assert outside not in ids


def test_a_list_of_nothing_says_so(tmp_path):
    assert _call("sources", "--layer", "elevation", "--status", "none") == "none\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--layer", "dreams"), "no layer is called 'dreams'; use one of deposits, "),
        (("--country", "Atlantis"), "none of the seven countries is called 'Atlantis'"),
        (("frob",), "geo-ree sources has no command 'frob'; use: geo-ree sources [list]"),
        (("show",), "has no command 'show'"),
        (("show", "usgs_ree", "--layer", "roads"), "has no command 'show usgs_ree"),
        (
            ("show", "uzbekstan"),
            "no source is called 'uzbekstan', nor any of the seven countries; "
            "did you mean uzbekistan",
        ),
        (("show", "usgs_rea"), "did you mean usgs_ree"),
        (("show", "xyzzy"), "nor any of the seven countries; geo-ree sources lists them"),
        (("check", "usgs_rea"), "no source is called 'usgs_rea'; did you mean usgs_ree"),
    ],
)
def test_an_unknown_name_or_command_is_one_line(args, said):
    assert said in _refused(*args)


# -- show ------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", CATALOG.values(), ids=CATALOG)
def test_every_source_shows_what_is_known_of_it(tmp_path, source):
    shown = _call("sources", "show", source.id, "--data", tmp_path)
    for text in (
        source.title,
        source.licence,
        source.attribution,
        source.edition,
        source.url,
        source.landing_page,
        source.why,
        source.instead,
        source.reader.member,
        *source.columns.values(),
        *(str(t.layer) for t in source.table),
    ):
        assert " ".join(text.split()) in shown
    assert ("(seen in print)" in shown) == (source.evidence == "confirmed")


def test_a_source_shows_its_newest_snapshot_with_its_provenance(tmp_path):
    folder = _snapshot(tmp_path, "usgs_ree", "2026-01-02", mirror="http://127.0.0.1:1")
    shown = _call("sources", "show", "usgs_ree", "--data", tmp_path)
    for part in (
        str(folder / "x.zip"),
        "fetched 2026-01-02T08:00:00+00:00",
        "7 bytes",
        "https://example.org/x.zip through http://127.0.0.1:1",
        sha256(b"payload").hexdigest(),
    ):
        assert part in shown
    (folder / "x.zip").write_bytes(b"another")
    assert "damaged: " in _call("sources", "show", "usgs_ree", "--data", tmp_path)


@pytest.mark.parametrize(
    ("source_id", "said"),
    [
        ("usgs_ree", "nothing; geo-ree fetch usgs_ree\n"),
        ("uzbekistan_gold_plots", "nothing; geo-ree fetch uzbekistan_gold_plots --file PATH"),
        ("starter_roads", "in the package (roads.parquet)"),
    ],
)
def test_a_source_shows_how_to_have_it(tmp_path, source_id, said):
    assert said in _call("sources", "show", source_id, "--data", tmp_path)


def test_a_source_can_be_shown_to_a_machine(tmp_path):
    _snapshot(tmp_path, "usgs_ree", "2026-01-02")
    shown = json.loads(_call("sources", "show", "usgs_ree", "--json", "--data", tmp_path))
    assert shown["columns"]["name"] == "depname"
    assert shown["precision"]["class"] == "hundredth_degree"
    assert shown["layers"] == ["deposits"]
    assert shown["snapshot"] == {
        "day": "2026-01-02",
        "origin": "fetched",
        "bytes": 7,
        "damaged": False,
    }


@pytest.mark.parametrize("name", ["uzbekistan", "Uzbekistan", "UZB", "uz"])
def test_uzbekistan_reads_like_an_honest_answer(tmp_path, name):
    shown = _call("sources", "show", name, "--data", tmp_path)
    for part in (
        "Uzbekistan (UZB)",
        "No survey, ministry or cadastre of Uzbekistan publishes its minerals in a form that a "
        "program can fetch.",
        "Nothing is published: geological data are usually treated as a state secret",
        "What you can do: ask the Ministry of Mining Industry and Geology",
        "then geo-ree fetch uzbekistan_geology --file PATH.",
        "405 plots",
        "These sources of the world or the region cover minerals of Uzbekistan:",
        "geo-ree sources --country uzb",
    ):
        assert part in shown
    rows = {x.split()[0]: x for x in shown.partition("These sources of")[2].splitlines() if x}
    assert re.search(r"deposits +18 +comes with the package", rows["starter_major_deposits"])
    assert "geo-ree fetch usgs_ree" in rows["usgs_ree"]
    assert not any("mongolia" in source_id for source_id in rows)


def test_a_country_with_sources_to_fetch_lists_them(tmp_path):
    shown = _call("sources", "show", "mongolia", "--data", tmp_path)
    assert (
        "A program can fetch 4 of 4 sources about minerals of Mongolia: mongolia_ree_deposits, "
        "mongolia_ree_points, mongolia_ree_occurrences, mongolia_licences."
    ) in shown
    assert "It is unverified" in shown
    assert "ask before redistributing" in shown
    _snapshot(tmp_path, "mongolia_licences", "2026-01-02", origin="provided")
    _snapshot(tmp_path, "usgs_ree", "2026-01-03")
    shown = _call("sources", "show", "mongolia", "--data", tmp_path)
    assert "Available: 2026-01-02, provided." in shown
    assert re.search(r"usgs_ree +deposits +available since 2026-01-03", shown)


@pytest.mark.parametrize("code", ["KAZ", "UZB", "KGZ", "TJK", "TKM", "MNG", "AFG"])
def test_every_country_has_an_answer_for_people_and_for_machines(tmp_path, code):
    shown = _call("sources", "show", code, "--data", tmp_path)
    plain = json.loads(_call("sources", "show", code, "--json", "--data", tmp_path))
    assert plain["country"] == code
    assert plain["national"]
    for source in plain["national"]:
        assert f"\n{source['id']}: {source['title']}\n" in shown
        assert source["country"] == plain["name"]
    counted = {s["id"]: s["starter_records"] for s in plain["covered_by"]}
    assert counted["starter_deposits"] >= 1
    assert counted["starter_major_deposits"] >= 9
    assert counted["starter_roads"] is None


def test_a_series_over_many_countries_is_no_national_source(tmp_path):
    own = tmp_path / "my.toml"
    entry = GUIDE_TOML.split("[[source]]")[2]
    series = [
        "[[source]]"
        + entry.replace("nowhere_railways", f"rails_{n}")
        .replace("Kazakhstan", name)
        .replace("Geological Survey of Nowhere", "World Rails")
        .replace("KAZ", code)
        for n, (name, code) in enumerate([("Kazakhstan", "KAZ"), ("Mongolia", "MNG")])
    ]
    own.write_text("\n".join(series), encoding="utf-8")
    shown = json.loads(_call("sources", "show", "kz", "--json", "--catalog", own))
    assert "rails_0" not in [s["id"] for s in shown["national"]]
    assert "rails_0" in [s["id"] for s in shown["covered_by"]]
    assert "rails_1" not in [s["id"] for s in shown["covered_by"]]


def test_what_covers_a_country_goes_by_coverage_before_words():
    source = CATALOG["starter_power_plants"]
    assert covers(source, "UZB")
    assert not covers(source.model_copy(update={"coverage": ("KAZ",)}), "UZB")
    assert [find_country(n) for n in ("KAZAKHSTAN", "tm", "", "Russia")] == [
        "KAZ",
        "TKM",
        None,
        None,
    ]


def test_a_source_without_a_snapshot_has_no_summary(tmp_path):
    settings = Settings(data_root=tmp_path)
    (tmp_path / "raw" / "usgs_ree" / "notes").mkdir(parents=True)
    assert summarize_snapshot(CATALOG["usgs_ree"], settings) is None


# -- check -----------------------------------------------------------------------------------


ASKED = (
    "usgs_ree",
    "usgs_major_deposits",
    "natural_earth_railroads",
    "afghanistan_licences",
    "uzbekistan_geology",
    "starter_roads",
)


def test_check_reports_the_state_of_each_and_fails_with_one_that_should_be_there(
    tmp_path, publisher
):
    _snapshot(tmp_path, "usgs_ree", "2026-01-02")
    publisher.files["/mrdata.usgs.gov/ree/ree-csv.zip"] = b"PK\x03\x04" + bytes(5000)
    moved = "/naciscdn.org/naturalearth/10m/cultural/ne_10m_railroads.zip"
    publisher.statuses["/mrdata.usgs.gov/major-deposits/ofr20051294-csv.zip"] = 403
    args = ("sources", "check", *ASKED, "--mirror", publisher.url, "--data", tmp_path)
    shown = json.loads(_call(*args, "--json", code=1))
    states = {s["id"]: s["state"] for s in shown["sources"]}
    assert states == {
        "usgs_ree": "reachable",
        "usgs_major_deposits": "refused (403)",
        "natural_earth_railroads": "not on the mirror (404)",
        "afghanistan_licences": "not on the mirror (404)",
        "uzbekistan_geology": "none",
        "starter_roads": "starter",
    }
    assert shown["failed"] == [
        "usgs_major_deposits",
        "natural_earth_railroads",
    ]  # ok, and not there
    assert shown["sources"][0]["snapshot"]["day"] == "2026-01-02"
    lines = _call(*args, code=1).splitlines()
    assert len(lines) == len(ASKED) + 2
    assert re.match(r"usgs_ree +ok +reachable +2026-01-02$", lines[1])
    assert moved in lines[3]
    assert lines[-1] == "2 not on the mirror (404), 1 reachable, 1 refused (403), 1 none, 1 starter"


def test_check_is_well_when_only_an_unverified_source_is_not_there(tmp_path, publisher):
    _call("sources", "check", "afghanistan_licences", "--mirror", publisher.url)


def test_check_of_everything_offline_opens_nothing_and_is_well(tmp_path, monkeypatch):
    def never(*args: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", never)
    shown = json.loads(_call("sources", "check", "--offline", "--json", "--data", tmp_path))
    states = {s["id"]: s["state"] for s in shown["sources"]}
    assert set(states) == set(CATALOG)
    assert shown["failed"] == []
    for source in CATALOG.values():
        expected = (
            "offline"
            if source.fetchable
            else ("starter" if source.protocol == "starter" else source.status)
        )
        assert states[source.id] == expected


def test_check_can_be_narrowed(tmp_path):
    shown = json.loads(
        _call(
            "sources",
            "check",
            "--offline",
            "--country",
            "tm",
            "--layer",
            "deposits",
            "--status",
            "none",
            "--json",
        )
    )
    assert [s["id"] for s in shown["sources"]] == ["turkmenistan_geology"]


def test_a_wrong_mirror_is_one_line(tmp_path):
    assert "is not a web address" in _refused("check", "usgs_ree", "--mirror", "nonsense")


# -- printing --------------------------------------------------------------------------------


def test_on_a_terminal_text_is_wrapped_and_rows_are_drawn():
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=30, highlight=False, color_system=None)
    say("a paragraph that is [bold]longer than the terminal is wide", indent=2, console=console)
    say_rows([{"id": "[x]", "how": "y", "title": "short"}], brief=("id", "title"), console=console)
    say_facts({"id": "a_name_longer_than_the_terminal_is", "layer": "x"}, console=console)
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 30
    assert "[bold]longer" in text  # never markup
    assert "[x]" in text
    assert "┃ id  ┃ title ┃" in text
    assert re.search(r"   id  a_name_longer_than_the_\n +terminal_is *\n", text)


def test_elsewhere_nothing_is_cut_or_understood_as_markup(capsys):
    say_rows([{"id": "a", "title": "x" * 300 + " [red]"}, {"id": "long id", "title": ""}])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["id       title", "a        " + "x" * 300 + " [red]", "long id"]


# -- the worked example ----------------------------------------------------------------------


def _blocks(language: str, name: str = "") -> list[str]:
    found = FENCE.findall(GUIDE.read_text(encoding="utf-8"))
    return [text for lang, label, text in found if (lang, label) == (language, name)]


GUIDE_TOML = _blocks("toml")[0]


@pytest.fixture
def guide(tmp_path: Path, publisher: Publisher) -> tuple[dict[str, Source], Settings]:
    """The entries of the worked example, and its publisher on loopback."""
    path = tmp_path / "my.toml"
    path.write_text(GUIDE_TOML, encoding="utf-8")
    sites, plants = _blocks("csv")
    host = "/data.nowhere.example"
    packed = _packed({"minerals/site.csv": sites.encode(), "minerals/plant.csv": plants.encode()})
    publisher.files[f"{host}/minerals/minerals-csv.zip"] = packed
    publisher.files[f"{host}/minerals/2023/minerals-csv.zip"] = packed
    publisher.files[f"{host}/transport/railways.zip"] = _railways(tmp_path / "shape")
    settings = Settings(data_root=tmp_path / "data", mirror=publisher.url)
    return dict(load_catalog(path)), settings


def _packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _railways(folder: Path) -> bytes:
    folder.mkdir()
    gpd.GeoDataFrame(
        {"NAME": ["Made-up Line", "Dreamt Line"], "STATE": ["open", "planned"]},
        geometry=[
            shapely.LineString([(68.0, 48.0), (69.0, 48.5)]),
            shapely.LineString([(69.0, 48.5), (70.0, 48.6)]),
        ],
        crs=4326,
    ).to_file(folder / "railways.shp")
    return _packed({p.name: p.read_bytes() for p in folder.iterdir()})


@pytest.fixture
def borders() -> gpd.GeoDataFrame:
    base = CATALOG["starter_countries"]
    return normalize(read(base, storage.starter_path(base.reader.member)), base).frame


def _normalized(source: Source, settings: Settings, borders: gpd.GeoDataFrame):
    payload = fetch_snapshot(source, settings).payload
    return {p.part: normalize(read(p, payload), p, borders).frame for p in source.parts()}


@pytest.mark.parametrize("source_id", ["nowhere_minerals", "nowhere_minerals_2023"])
def test_the_tables_of_the_guide_arrive_and_mean_what_it_says(guide, borders, source_id):
    known, settings = guide
    layers = _normalized(known[source_id], settings, borders)
    sites = layers["sites"].set_index("name")
    assert sorted(sites.index) == [
        "Imaginary Valley",
        "Invented Creek",
        "Made-up Ridge",
        "Nowhere Hill",
    ]
    assert sites.loc["Made-up Ridge", "id"] == f"{source_id}:1"
    assert sites["kind"].to_dict() == {
        "Made-up Ridge": "occurrence",
        "Invented Creek": "mine",
        "Nowhere Hill": "occurrence",
        "Imaginary Valley": "unknown",
    }
    assert sites.loc["Imaginary Valley", "status"] == "see remarks"
    assert sites["role"].to_dict()["Nowhere Hill"] == "context"
    assert sites["role"].to_dict()["Made-up Ridge"] == "candidate"
    assert sites["commodity_group"].to_dict()["Nowhere Hill"] == "nonferrous"
    assert sites.loc["Invented Creek", "geometry"] is None
    assert sites.loc["Made-up Ridge", "country"] == "KAZ"
    assert sites.loc["Made-up Ridge", "precision_class"] == "hundredth_degree"
    plants = layers["plants"]
    assert plants["kind"].tolist() == ["plant"]
    assert plants["deposit_type"].tolist() == ["mixed carbonate"]


def test_the_railways_of_the_guide_arrive(guide, borders):
    known, settings = guide
    lines = _normalized(known["nowhere_railways"], settings, borders)[""]
    assert dict(zip(lines["name"], lines["kind"], strict=True)) == {
        "Made-up Line": "rail",
        "Dreamt Line": "building",
    }
    assert set(lines["country"]) == {"KAZ"}


def test_an_entry_that_is_like_another_differs_in_what_it_says(guide):
    known, _ = guide
    one, other = known["nowhere_minerals"], known["nowhere_minerals_2023"]
    assert (other.edition, other.licence) == ("2023", one.licence)
    assert other.table == one.table


def test_the_commands_of_the_guide_show_and_check_its_entry(guide, tmp_path):
    _, settings = guide
    at = ("--catalog", tmp_path / "my.toml", "--data", tmp_path / "data")
    shown = _call("sources", "show", "nowhere_minerals", *at)
    for part in ("table sites  layer deposits", "minerals/plant.csv", "CC BY 4.0", "role: 2 words"):
        assert part in shown
    checked = _call("sources", "check", "nowhere_minerals", *at, "--mirror", settings.mirror)
    assert "reachable" in checked
    said = _call("sources", "show", "kazakhstan", *at)
    assert "A program cannot fetch it: the records are on paper." in said


def test_mistakes_are_reported_as_the_guide_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.toml").write_text(_blocks("toml", "wrong")[0], encoding="utf-8")
    assert _refused("--catalog", "my.toml") == _blocks("text")[0].strip()


def test_the_columns_of_the_provided_file_are_canonical():
    header = _blocks("csv", "provided")[0].splitlines()[0].split(",")
    known = {*LAYERS["deposits"].column_names(), "native_id", "latitude", "longitude"}
    assert set(header) <= known


def test_the_guide_knows_every_option_layer_class_and_protocol():
    text = GUIDE.read_text(encoding="utf-8")
    options = {
        field.alias or name
        for model in (Source, Reader, Table, Commodities, Precision)
        for name, field in model.model_fields.items()
        if not field.exclude
    }
    protocols = Source.model_fields["protocol"].annotation.__args__
    for word in (*options, *LAYERS, *RASTER_LAYERS, *PRECISION_ERROR_M, *protocols):
        assert f"`{word}`" in text, f"the guide does not know {word}"
