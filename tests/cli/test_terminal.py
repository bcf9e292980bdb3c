"""Texts of data, of servers and of catalogues cannot steer the terminal, and show no password."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from geo_ree.cli import terminal
from geo_ree.cli.app import main
from geo_ree.cli.console import printing
from geo_ree.cli.console.printing import make_console, say, say_facts, say_json, say_rows
from geo_ree.cli.terminal import echo, show_crash, show_log
from geo_ree.safe_text import mask_addresses, printable

HOSTILE = "\x1b]52;c;AAAA\x07\x1b[31m\x9b2J\x9d0;t\x9c\x7f\r\x08\u202eABC\u2066\u2028\udc9b"
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
ENTRY = """
[[source]]
id = "evil"
label = "Host\\u001b]0;title\\u0007ile\\u009b"
title = "Made-up \\u202etowns"
publisher = "Nobody"
country = "Nowhere"
layer = "settlements"
protocol = "archive"
url = "https://me:made-up-word@example.org/x.csv?api_key=made-up-key"
licence = "CC\\u001b[31m0"
attribution = "Nobody"
edition = "2026"
reader = { headers = { X-Api-Key = "made-up-head" }, query = { token = "made-up-token" } }
"""


@pytest.fixture
def catalog(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(ENTRY, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "command",
    [
        ["sources"],
        ["sources", "--json"],
        ["sources", "show", "evil"],
        ["sources", "show", "evil", "--json"],
        ["sources", "check", "evil", "--offline"],
        ["fetch", "evil", "--offline"],
        ["fetch", "evil", "--offline", "--json"],
        ["fetch", "evil", "--mirror", "http://127.0.0.1:9\x1b/"],
        ["fetch", "evil", "--file", "no-such-\x1bfile"],
        ["fetch", "no\x1b[31msuch\x9b"],
    ],
)
def test_no_command_prints_what_steers_a_terminal_or_a_secret(catalog, tmp_path, command):
    given = ["--catalog", catalog, "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(main, [*command, *given])
    assert result.output
    assert not STEERING.search(result.output)
    assert "made-up-" not in result.output
    if "--json" in command:
        json.loads(result.stdout)


def test_what_would_steer_is_seen_and_all_else_stays():
    kept = "a\tb\nКаратау اورال é 中 \u200c\u200f…"
    assert printable(kept) == kept
    seen = printable(HOSTILE)
    assert not STEERING.search(seen)
    assert seen.startswith("\\u001b]52;c;AAAA\\u0007")
    assert json.loads(f'"{seen}"') == HOSTILE  # so JSON stays JSON


@pytest.mark.parametrize("width", [20, 300])
def test_a_terminal_is_drawn_on_but_not_steered(width):
    out = io.StringIO()
    console = make_console(file=out, force_terminal=True, width=width, color_system="standard")
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(Text(HOSTILE, style="bold"))
    console.print(table)
    console.print(f"[bold]it[/bold]{HOSTILE}")
    console.out(HOSTILE)
    say(HOSTILE, console=console)
    say_facts({HOSTILE: HOSTILE}, console=console)
    say_rows([{"a": HOSTILE}], console=console)
    with Progress(console=console) as bars:
        bars.console.print(HOSTILE)
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())  # styles and moves of rich itself
    assert not STEERING.search(drawn.replace("\r", ""))
    ours = out.getvalue()
    assert "\x1b[1m" in ours
    assert "\x1b]" not in ours
    assert "\x1b[31m" not in ours
    assert "\x9b" not in ours


def test_lines_json_and_log_are_clean(capsys, monkeypatch):
    root = logging.Logger("root")
    monkeypatch.setattr(terminal.logging, "getLogger", lambda name="": root)
    show_log(debug=True)
    echo(HOSTILE)
    say(HOSTILE)
    say_json({"a": HOSTILE})
    root.warning("%s", HOSTILE)
    try:
        raise KeyError(f"{HOSTILE} https://me:made-up-word@example.org/?token=made-up-token")
    except KeyError as error:
        root.debug("x", exc_info=True)
        show_crash(type(error), error, error.__traceback__)
    out, err = capsys.readouterr()
    assert err.count("Traceback") == 2
    assert not STEERING.search(out + err)
    assert "made-up-" not in err


def test_an_interrupt_is_no_error_to_print(capsys):
    show_crash(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr() == ("", "")


def test_a_log_that_somebody_else_set_up_stays(monkeypatch):
    root = logging.Logger("root")
    theirs = logging.NullHandler()
    root.addHandler(theirs)
    monkeypatch.setattr(terminal.logging, "getLogger", lambda name="": root)
    show_log(debug=True)
    assert root.handlers == [theirs]


def test_nothing_prints_past_the_one_place():
    """Only `terminal` and `printing` may name what writes to a terminal."""
    folder = Path(printing.__file__).parents[1]
    for path in folder.rglob("*.py"):
        if path.name in ("terminal.py", "printing.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("click.echo", "click.secho", "print", "Console"), path.name
                assert not called.endswith(("stdout.write", "stderr.write")), path.name


def test_the_end_of_a_command_by_an_error_is_printed_here(monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    CliRunner().invoke(main, ["doctor", "--help"])
    CliRunner().invoke(main, ["sources", "show", "usgs_ree"])
    assert sys.excepthook is show_crash


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:made-up@a.org/b", "https://me:***@a.org/b"),
        ("https://made-up@a.org/b", "https://***@a.org/b"),
        ("http://u:p/q@a.org", "http://u:p/q@a.org"),
        ("(https://a.org/?token=made-up), then", "(https://a.org/?token=***), then"),
        ("a?access_token=made-up&f=json", "a?access_token=***&f=json"),
        ("a?f=1&X-Amz-Signature=made-up#x", "a?f=1&X-Amz-Signature=***#x"),
        ("a?AWSAccessKeyId=made-up", "a?AWSAccessKeyId=***"),
        ("a#access_token=made-up", "a#access_token=***"),
        ("a?monkey=banana&keys=2&author=me", "a?monkey=banana&keys=2&author=me"),
        ("a point at 3@4; key=value", "a point at 3@4; key=value"),
    ],
)
def test_secrets_are_known_in_any_address(text, shown):
    assert mask_addresses(text) == shown


def test_a_console_elsewhere_gives_whole_lines(capsys):
    assert isinstance(make_console(), Console)
    say("x" * 300)
    assert capsys.readouterr().out == "x" * 300 + "\n"
