"""Ctrl-C at any moment leaves the old or the new files, all of them, and no draft."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import geo_ree.storage
from geo_ree.storage import atomic_files, atomic_text, drafts, scratch_folder
from geo_ree.storage.interrupts import uninterrupted

STORAGE = str(Path(geo_ree.storage.__file__).parent)
NAMES = ("a.csv", "b.csv", "run.json")


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class InterruptAtNewLine:
    """Raises SIGINT before the first line of the storage modules that is not in `tried`, and adds it."""

    def __init__(self, tried: set[tuple[str, int]]) -> None:
        self.tried, self.came = tried, False

    def __enter__(self) -> InterruptAtNewLine:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.settrace(None)

    def _trace(self, frame, event, _value):
        code = frame.f_code
        if not code.co_filename.startswith(STORAGE) or code.co_name == "__del__":
            return None
        line = (code.co_filename, frame.f_lineno)
        if event == "line" and not self.came and line not in self.tried:
            self.tried.add(line)
            self.came = True
            signal.raise_signal(signal.SIGINT)
        return self._trace


def _write(out: Path, text: str) -> None:
    with atomic_files(out) as draft:
        for name in NAMES:
            (draft / name).write_text(text)


def test_at_any_line_of_writing_several_files_all_are_old_or_all_new(tmp_path):
    out, seen, tried = tmp_path / "out", set(), set()
    _write(out, "0")
    for number in itertools.count(1):
        old = (out / NAMES[0]).read_text()
        with InterruptAtNewLine(tried) as signalled, suppress(KeyboardInterrupt):
            _write(out, str(number))
        drafts.discard_drafts()  # what a command does when it ends
        assert sorted(p.name for p in out.iterdir()) == [*NAMES], f"litter: {number}"
        texts = {(out / name).read_text() for name in NAMES}
        assert texts in ({old}, {str(number)}), f"mixed: {number}"
        if not signalled.came:
            break
        seen.add(texts == {old})
    assert seen == {True, False} and len(tried) > 80


def test_at_any_line_of_writing_one_file_nothing_is_left(tmp_path):
    tried, home = set(), tmp_path / "deep"
    for _ in itertools.count():
        with InterruptAtNewLine(tried) as signalled, suppress(KeyboardInterrupt):
            atomic_text(home / "note.txt", "new")
        drafts.discard_drafts()
        assert [p.name for p in home.rglob("*")] in ([], ["note.txt"]), max(tried)
        (home / "note.txt").unlink(missing_ok=True)
        if not signalled.came:
            break
    assert len(tried) > 50


def test_at_any_line_the_temporary_folder_is_left_empty(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tried = set()
    for _ in itertools.count():
        with (
            InterruptAtNewLine(tried) as signalled,
            suppress(KeyboardInterrupt),
            scratch_folder() as home,
        ):
            (home / "draft").write_text("x")
        drafts.discard_drafts()
        assert list(tmp_path.iterdir()) == []
        if not signalled.came:
            break
    assert len(tried) > 40


def test_a_signal_is_held_back_and_raised_once_at_the_end():
    steps = []
    with pytest.raises(KeyboardInterrupt):
        with uninterrupted():
            with uninterrupted():
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
                steps.append("inner")
            steps.append("outer")
        steps.append("after")
    assert steps == ["inner", "outer"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_without_a_handler_in_python_keeps_its_meaning():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with uninterrupted():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_other_threads_have_nothing_to_hold_back():
    entered = []

    def work() -> None:
        with uninterrupted():
            entered.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [signal.default_int_handler]
