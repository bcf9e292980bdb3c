"""Many sources at once: the pool, the account, and the fetch command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from geo_ree.catalog import Source
from geo_ree.cli.app import main
from geo_ree.cli.console import progress
from geo_ree.errors import SettingsError
from geo_ree.fetching import Client
from geo_ree.fetching.probe import probe
from geo_ree.pipeline import fetching
from geo_ree.pipeline.fetching import GRACE_S, Fetched, Outcome, fetch
from geo_ree.settings import Options, Settings
from geo_ree.storage import latest_snapshot

THREE = ("usgs_ree", "usgs_major_deposits", "natural_earth_railroads")


def address(source: Source) -> str:
    parts = urlsplit(source.url)
    return f"/{parts.netloc}{parts.path}"


@pytest.fixture
def served(site, payload: Callable[..., bytes], catalog: Mapping[str, Source]):
    for source_id in THREE:
        site.files[address(catalog[source_id])] = payload(source_id)
    return site


def call(settings: Settings, *args: object) -> Result:
    where = ["--data", str(settings.data_root), "--mirror", str(settings.mirror)]
    return CliRunner().invoke(main, ["fetch", *map(str, args), *where])


def test_each_table_is_accounted_for(served, settings):
    fetched = fetch(THREE, settings=settings)
    assert [o.source_id for o in fetched.outcomes] == list(THREE)
    assert not fetched.failed
    assert fetched.not_tried == {}
    assert repr(fetched) == "<Fetched: 3 of 3 sources available, 0 not tried>"
    for outcome in fetched.outcomes:
        (table,) = outcome.tables
        assert table["rows_read"] == table["kept"] + sum(table["skipped"].values())
        assert table["rows"] >= table["kept"]  # lines are cut at borders
        assert outcome.bytes == latest_snapshot(settings, outcome.source_id).provenance.bytes
        assert outcome.seconds > 0


def test_one_that_fails_leaves_the_others_and_its_own_old_snapshot(served, settings, catalog):
    first = fetch(THREE, settings=settings).outcomes
    old = latest_snapshot(settings, "usgs_ree")
    served.faults[address(catalog["usgs_ree"])] = ["403"] * 9
    again = fetch(THREE, settings=settings).outcomes
    assert [bool(o.error) for o in again] == [True, False, False]
    assert again[0].error.startswith("usgs_ree: http://127.0.0.1")
    assert "HTTP 403" in again[0].error
    assert latest_snapshot(settings, "usgs_ree") == old
    assert [o.unchanged for o in first] == [False, False, False]


def sick(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the reading of one source end with an error that is none of geo_ree's own."""
    honest = fetching.read

    def read(source: Source, path: Path) -> pd.DataFrame:
        if source.id == "usgs_ree":
            raise error
        return honest(source, path)

    monkeypatch.setattr(fetching, "read", read)


@pytest.mark.parametrize(
    "error", [KeyError("made-up"), AttributeError("made\nup"), OSError("made-up"), RecursionError()]
)
def test_an_unexpected_error_ends_only_its_own_source(served, settings, monkeypatch, error):
    sick(monkeypatch, error)
    result = call(settings, *THREE)
    assert result.exit_code == 1
    (line,) = (x for x in result.stdout.splitlines() if x.startswith("failed: "))
    assert line.startswith(f"failed: usgs_ree: unexpected {type(error).__name__}")
    assert "report it with the traceback that geo-ree --debug shows" in line
    assert "Traceback" not in result.output
    assert result.stdout.splitlines()[-1] == "2 of 3 sources are available"
    assert latest_snapshot(settings, "usgs_ree") is None
    assert latest_snapshot(settings, "natural_earth_railroads") is not None


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), MemoryError()])
def test_an_end_of_the_whole_program_is_no_fault_of_a_source(served, settings, monkeypatch, error):
    sick(monkeypatch, error)
    with pytest.raises(type(error)):
        fetch(THREE, settings=settings)


def test_a_check_goes_on_after_an_unexpected_error(served, settings, catalog, monkeypatch):
    honest = Client.download

    def download(client: Client, url: str, target: Path, **options: object) -> object:
        if client.source_id == "usgs_ree":
            raise KeyError("made-up")
        return honest(client, url, target, **options)

    monkeypatch.setattr(Client, "download", download)
    states = [probe(catalog[i], settings) for i in THREE]
    assert [s.word for s in states] == ["failed", "reachable", "reachable"]
    assert states[0].detail.startswith("unexpected KeyError: 'made-up'; this is a fault of")


def test_a_payload_that_cannot_be_normalized_does_not_replace_a_good_one(
    served, settings, catalog, payload
):
    fetch("usgs_major_deposits", settings=settings)
    old = latest_snapshot(settings, "usgs_major_deposits")
    head = b"gid,dep_name,country,state,latitude,longitude,commodity,dep_type,citation\n"
    swapped = {"ofr20051294/deposit.csv": head + b"9101,Swapped,Kazakhstan,,70.0,50.5,REE,,\n"}
    served.files[address(catalog["usgs_major_deposits"])] = payload("usgs_major_deposits", swapped)
    (bad,) = fetch("usgs_major_deposits", settings=settings).outcomes
    assert "row 2" in bad.error
    assert "swapped" in bad.error
    assert latest_snapshot(settings, "usgs_major_deposits") == old


def test_four_are_under_way_at_once_and_no_more(served, settings, tmp_path):
    entries = "".join(f'[[source]]\nid = "copy_{n}"\nlike = "usgs_ree"\n' for n in range(4))
    extra = tmp_path / "my.toml"
    extra.write_text(entries, encoding="utf-8")
    ids = ("usgs_ree", *(f"copy_{n}" for n in range(4)))
    lock, first_four = threading.Lock(), threading.Barrier(4, timeout=20)
    under_way: set[str] = set()
    most: list[int] = []

    def started(source_id: str, url: str) -> None:
        with lock:
            under_way.add(source_id)
            most.append(len(under_way))
            number = len(most)
        if number <= 4:
            first_four.wait()  # breaks unless four get here together

    def finished(outcome: Outcome) -> None:
        with lock:
            under_way.remove(outcome.source_id)

    options = Options(catalog=str(extra))
    fetched = fetch(ids, settings=settings, options=options, on_start=started, on_finish=finished)
    assert [o.error for o in fetched.outcomes] == [""] * 5
    assert under_way == set()
    assert max(most) == 4


def test_the_bytes_received_are_reported(served, settings):
    heard: list[tuple[str, int]] = []
    (outcome,) = fetch(
        "usgs_ree",
        settings=settings,
        on_bytes=lambda source_id, received, expected: heard.append((source_id, received)),
    ).outcomes
    assert heard[-1] == ("usgs_ree", outcome.bytes)


def test_a_provided_file_goes_the_same_way(served, settings, payload, tmp_path):
    provided = tmp_path / "from a colleague.zip"
    provided.write_bytes(payload("usgs_ree"))
    offline = replace(settings, offline=True)
    (outcome,) = fetch(["usgs_ree"], settings=offline, file=provided).outcomes
    assert not outcome.error
    proof = latest_snapshot(settings, "usgs_ree").provenance
    assert (proof.origin, proof.file) == ("provided", "from a colleague.zip")
    assert outcome.tables[0]["rows_read"] == 3
    assert served.asked == []
    assert provided.exists()


@pytest.mark.parametrize("ids", [(), THREE[:2]])
def test_a_file_is_of_one_source(settings, ids, tmp_path):
    with pytest.raises(
        SettingsError, match=f"--file provides one source, {len(ids) or 'none'} are named"
    ):
        fetch(ids, settings=settings, file=tmp_path / "x.zip")


def test_off_a_terminal_the_account_is_plain_and_whole(served, settings):
    result = call(settings, *THREE)
    assert result.exit_code == 0, result.output
    head, *rows, last = result.stdout.splitlines()
    assert head.split("\t")[:4] == ["source", "rows read", "kept", "skipped"]
    assert [row.split("\t")[0] for row in rows] == list(THREE)
    assert all(len(row.split("\t")) == len(head.split("\t")) for row in rows)
    assert last == "3 of 3 sources are available"
    assert "usgs_ree: downloading https://mrdata.usgs.gov/ree/ree-csv.zip" in result.stderr


def test_off_a_terminal_no_text_is_cut(monkeypatch, capsys):
    odd = {f"{'a long made-up word ' * 5}{i}": 1 for i in range(9)}
    table = {
        "id": "x",
        "table": "",
        "rows_read": 9,
        "kept": 9,
        "skipped": {},
        "noted": {},
        "unrecognised": {"kind": odd},
        "licence": "CC0",
    }
    outcome = Outcome(source_id="x", tables=(table,))
    assert (
        progress.show_fetched(Fetched(outcomes=(outcome,), not_tried={"y": "none: it is\nsecret"}))
        == 0
    )
    _, row, not_tried, last = capsys.readouterr().out.splitlines()
    assert all(text in row for text in odd)
    assert not_tried == "not tried: y (none: it is secret)"
    assert last == "1 of 1 sources are available"
    monkeypatch.setattr(
        progress,
        "make_console",
        lambda **_: Console(force_terminal=True, width=300, highlight=False),
    )
    progress.show_fetched(Fetched(outcomes=(outcome,)))
    assert "and 6 more" in capsys.readouterr().out


def test_a_file_is_taken_and_a_source_without_an_address_not_asked(settings, tmp_path):
    (tmp_path / "x.csv").write_text("name,latitude,longitude,commodities\nMade-up Ridge,45,70,Ce\n")
    result = call(settings, "uzbekistan_geology", "--file", tmp_path / "x.csv")
    assert result.exit_code == 0, result.output
    assert f"uzbekistan_geology: reading {tmp_path / 'x.csv'}" in result.stderr
    result = call(settings, "uzbekistan_geology")
    assert result.exit_code == 1
    assert "uzbekistan_geology: no address" in result.stderr


def test_some_failed_is_exit_status_1_and_reported_in_one_line(served, settings, catalog):
    served.faults[address(catalog["usgs_ree"])] = ["404"] * 9
    result = call(settings, *THREE)
    assert result.exit_code == 1
    (line,) = [x for x in result.stdout.splitlines() if x.startswith("failed: ")]
    assert "usgs_ree" in line
    assert "HTTP 404" in line
    assert "2 of 3 sources are available" in result.stdout


def test_the_account_as_json(served, settings, catalog):
    served.faults[address(catalog["usgs_ree"])] = ["404"] * 9
    result = call(settings, *THREE, "--json")
    assert result.exit_code == 1
    heard = json.loads(result.stdout)
    assert [o["source_id"] for o in heard["fetched"]] == list(THREE[1:])
    assert heard["fetched"][0]["tables"][0]["rows_read"] == 3
    assert heard["failed"][0]["source_id"] == "usgs_ree"


def test_all_tries_what_a_program_may_fetch_and_lists_the_rest(served, settings, tmp_path):
    extra = tmp_path / "my.toml"
    extra.write_text(
        '[[source]]\nid = "sold"\nlike = "usgs_ree"\nstatus = "manual"\n'
        'why = "it is sold"\ninstead = "buy it"\n',
        encoding="utf-8",
    )
    result = call(settings, "--all", "--catalog", extra, "--json")
    heard = json.loads(result.stdout)
    assert {o["source_id"] for o in heard["fetched"]} == set(THREE)
    assert {"source_id": "sold", "why": "manual: it is sold"} in heard["not_tried"]
    assert not {o["source_id"] for o in heard["failed"]} & {"sold", "starter_deposits"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "name the sources to fetch"),
        (("usgs_ree", "--all"), "name the sources to fetch"),
        (("nowhere",), "no source is called 'nowhere'"),
        (("usgs_ree", "--bbox", "1,2,3"), "is not WEST,SOUTH,EAST,NORTH"),
        (("usgs_ree", "--bbox", "77,42,75,43"), "west must be less than east"),
        (("--all", "--file", "x.zip"), "provides one source"),
        (("usgs_ree", "--file", "no-such.zip"), "no-such.zip is not a file"),
        (("usgs_ree", "--mirror", "ftp://m"), "the mirror 'ftp://m' is not a web address"),
    ],
)
def test_a_wrong_command_is_exit_status_2(settings, args, said):
    where = ["--data", str(settings.data_root), "--mirror", str(settings.mirror)]
    result = CliRunner().invoke(main, ["fetch", *where, *args])
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_offline_asks_nobody(served, settings):
    result = call(settings, "usgs_ree", "--offline")
    assert result.exit_code == 1
    assert "offline" in result.stdout
    assert served.asked == []


def test_on_a_terminal_there_is_a_bar_for_each_download(monkeypatch, capsys):
    monkeypatch.setattr(
        progress,
        "make_console",
        lambda **_: Console(force_terminal=True, width=120, highlight=False),
    )
    with progress.show_progress() as callbacks:
        callbacks["on_start"]("usgs_ree", "https://example.org")
        callbacks["on_bytes"]("usgs_ree", 500_000, 1_000_000)
        callbacks["on_finish"](Outcome(source_id="usgs_ree", bytes=1_000_000, seconds=2.0))
    failed = Outcome(source_id="x", error="x: it broke; mend it")
    assert progress.show_fetched(Fetched(outcomes=(failed,))) == 1
    shown = capsys.readouterr().out
    assert "usgs_ree: 0 rows, 1,000,000 bytes, 2.0 s" in shown
    assert "failed: x: it broke; mend it" in shown


needs_signals = pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="Windows has no SIGINT for one process"
)


def interrupted(site, settings, *command: str) -> tuple[subprocess.Popen[str], str, str]:
    """Run geo-ree and press Ctrl-C when the site has been asked."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "geo_ree",
            *command,
            "--data",
            str(settings.data_root),
            "--mirror",
            str(settings.mirror),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(progress.__file__).parents[1])},
    )
    until = time.monotonic() + 60
    while not site.asked and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - start < GRACE_S + 10
    return process, out, err


@needs_signals
@pytest.mark.parametrize("silent", [False, True])
def test_interrupting_ends_soon_without_a_traceback(site, settings, catalog, silent):
    """Ctrl-C while servers drip, or say nothing more at all."""
    path = address(catalog["usgs_ree"])
    site.files[path] = b"PK\3\4" + bytes(200_000)
    site.piece, site.pace_s = 100, 0.05
    if silent:
        site.faults[path] = ["slow"]
    process, out, err = interrupted(site, settings, "fetch", "usgs_ree")
    assert process.returncode == 130
    assert err.splitlines()[-1] == "geo-ree: interrupted"
    assert "Traceback" not in out + err
    left = [p.name for p in settings.data_root.rglob("*") if p.is_file()]
    assert set(left) <= {".lock", ".ree-csv.zip.part", ".ree-csv.zip.part.json"}
    assert latest_snapshot(settings, "usgs_ree") is None


@needs_signals
def test_a_check_that_is_interrupted_waits_for_nobody(site, settings, catalog):
    for source in catalog.values():
        site.faults[address(source)] = ["slow"] * 9
    process, out, err = interrupted(site, settings, "sources", "check", *THREE)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    assert err.splitlines()[-1] == "geo-ree: interrupted"
