"""Several files are replaced whole, whoever is killed; nothing of the user's is touched."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from geo_ree import storage
from geo_ree.errors import SchemaError, SettingsError
from geo_ree.storage import drafts, moves
from geo_ree.storage.folder_lock import FolderLock

FILES = ("a.csv", "deep/er/b.csv", "map.html", "run.json")

KILLED = """
import os, signal, sys
from pathlib import Path
from geo_ree.storage import atomic_files, drafts, moves
out, step = Path(sys.argv[1]), int(sys.argv[2])
if sys.argv[3] == "alone":
    sys.executable = ""
real, taken = Path.replace, 0
def replace(self, target):
    global taken
    if taken == step:
        os.kill(os.getpid(), signal.SIGKILL)
    taken += 1
    return real(self, target)
with atomic_files(out) as draft:
    for name in ("a.csv", "deep/er/b.csv", "map.html", "run.json"):
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).write_text("new")
    Path.replace = replace
"""

INTERRUPTED = """
import os, signal, subprocess, sys, time
from pathlib import Path
from geo_ree.storage import atomic_files, moves
out, slow = Path(sys.argv[1]), sys.argv[2]
real = subprocess.Popen
class Popen(real):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        time.sleep(0.5)  # some of the files are moved by now
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
subprocess.Popen, moves.__file__ = Popen, slow
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with atomic_files(out) as draft:
        for name in ("a.csv", "deep/er/b.csv", "map.html", "run.json"):
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_text("new")
except KeyboardInterrupt:
    sys.exit(130)
"""
SLOW_MOVES = """
import pathlib, runpy, sys, time
real = pathlib.Path.replace
def replace(self, target):
    time.sleep(0.3)
    return real(self, target)
pathlib.Path.replace = replace
runpy.run_path(MOVES, run_name="__main__")
"""


def listing(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def texts(out: Path) -> set[str]:
    return {(out / name).read_text() if (out / name).exists() else "none" for name in FILES}


def fill(folder: Path, text: str) -> None:
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def write(out: Path, text: str) -> None:
    with storage.atomic_files(out) as draft:
        fill(draft, text)


def kill_at(out: Path, step: int, how: str) -> int:
    command = [sys.executable, "-c", KILLED, str(out), str(step), how]
    return subprocess.run(command, check=False).returncode


@pytest.mark.parametrize("existing", [True, False])
@pytest.mark.parametrize("step", range(6))
def test_a_kill_between_two_moves_is_mended_by_the_next_command(tmp_path, step, existing):
    out = tmp_path / "out"
    if existing:
        write(out, "old")
    status = kill_at(out, step, "alone")
    assert status == (-signal.SIGKILL if step < 5 else 0)
    for name in FILES:  # each file is whole at any moment
        assert not (out / name).exists() or (out / name).read_text() in ("old", "new")
    storage.recover(out)
    assert texts(out) == {"new"} if step else {"old" if existing else "none"}
    assert not list(out.glob(".*"))


def test_the_moves_survive_a_killed_command(tmp_path, monkeypatch):
    """The command dies when the moves begin: a process of its own makes them."""
    out = tmp_path / "out"
    write(out, "old")
    code = KILLED.replace(
        "    Path.replace = replace", "    drafts.subprocess.Popen.communicate = die"
    )
    code = code.replace(
        "def replace", "def die(self, *_, **__): os.kill(os.getpid(), signal.SIGKILL)\ndef replace"
    )
    done = subprocess.run([sys.executable, "-c", code, str(out), "0", "both"], check=False)
    assert done.returncode == -signal.SIGKILL
    with drafts.locked(out):  # the other process holds it until all is moved
        assert texts(out) == {"new"}
    assert not list(out.glob(".*"))


def test_the_command_survives_killed_moves(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write(out, "old")
    program = tmp_path / "moves.py"
    program.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    monkeypatch.setattr(moves, "__file__", str(program))
    write(out, "new")
    assert texts(out) == {"new"}
    assert not list(out.glob(".*"))


def test_an_interrupt_while_the_moves_are_started_waits_for_them(tmp_path):
    """It came before the command knew its process: both worked on the draft, and left it."""
    out = tmp_path / "out"
    write(out, "old")
    slow = tmp_path / "slow.py"
    slow.write_text(SLOW_MOVES.replace("MOVES", repr(moves.__file__)))
    command = [sys.executable, "-c", INTERRUPTED, str(out), str(slow)]
    assert subprocess.run(command, check=False).returncode == 130
    assert texts(out) == {"new"}
    assert not list(out.glob(".*"))


@pytest.mark.parametrize("step", range(4))
def test_a_kill_while_moves_are_taken_back_is_mended(tmp_path, monkeypatch, step):
    out = tmp_path / "out"
    write(out, "old")
    draft = out / ".writing-1a2b3c4d"
    fill(draft / "new", "new")
    for name in FILES[:3]:
        (draft / "old" / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(out / name, draft / "old" / name)
        (draft / "new" / name).replace(out / name)
    moves.write_moves(draft, [], dict.fromkeys(FILES, True))
    (draft / moves.MOVES).replace(draft / moves.UNDO)
    for name in FILES[3 - step : 3]:
        (draft / "old" / name).replace(out / name)
    storage.recover(out)
    assert texts(out) == {"old"}
    assert not list(out.glob(".*"))


def test_run_json_is_moved_last(tmp_path, monkeypatch):
    seen: list[str] = []
    real = Path.replace
    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.setattr(Path, "replace", lambda s, t: (seen.append(Path(t).name), real(s, t))[1])
    with storage.atomic_files(tmp_path) as draft:
        for name in ("run.json", "a.csv", "z.csv"):
            (draft / name).write_text("x")
    assert seen == ["moves", "a.csv", "z.csv", "run.json"]


def test_drafts_of_living_processes_and_other_folders_are_left_alone(tmp_path):
    with storage.atomic_files(tmp_path) as draft:
        for name in (".writing-", ".writing-thesis", ".a-writing-1a2b3c4", "writing-1a2b3c4d"):
            (tmp_path / name).mkdir()
        (tmp_path / ".writing-1a2b3c4d").write_text("a file of mine")
        (tmp_path / ".b-writing-1a2b3c4d").mkdir()
        storage.atomic_text(tmp_path / "note.txt", "x")
        assert draft.is_dir()
        assert not (tmp_path / ".b-writing-1a2b3c4d").exists()
    assert listing(tmp_path) == [
        ".a-writing-1a2b3c4",
        ".writing-",
        ".writing-1a2b3c4d",
        ".writing-thesis",
        "note.txt",
        "writing-1a2b3c4d",
    ]


def test_a_planted_draft_moves_nothing_outside(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    out = tmp_path / "out"
    draft = out / ".writing-1a2b3c4d"
    for part in ("../mine.txt", "/mine.txt", "a/../../mine.txt"):
        (draft / "new").mkdir(parents=True)
        moves.write_moves(draft, [], {part: False})
        (draft / "new" / "mine.txt").write_text("planted")
        storage.atomic_text(out / "note.txt", "x")
        assert listing(out) == ["note.txt"]
    assert (tmp_path / "mine.txt").read_text() == "mine"


# what the user has


def test_a_folder_with_the_name_of_an_output_is_refused_before_anything_moves(tmp_path):
    out = tmp_path / "out"
    write(out, "old")
    (out / "map.html").unlink()
    (out / "map.html").mkdir()
    (out / "map.html" / "thesis.txt").write_text("mine")
    before = listing(out)
    with pytest.raises(SettingsError, match=r"a folder has the name of an output.*map\.html"):
        write(out, "new")
    assert listing(out) == before
    assert (out / "map.html" / "thesis.txt").read_text() == "mine"
    assert (out / "a.csv").read_text() == "old"


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "deep").write_text("mine")
    with pytest.raises(SettingsError, match=r"a file stands where a folder is needed"):
        write(tmp_path, "new")
    assert listing(tmp_path) == ["deep"]


@pytest.mark.parametrize("name", ["a.csv", "deep", "deep/er"])
def test_a_planted_link_is_not_written_through(tmp_path, name):
    out, victim = tmp_path / "out", tmp_path / "victim"
    fill(victim, "mine")
    (out / name).parent.mkdir(parents=True)
    (out / name).symlink_to(victim / name, target_is_directory=name != "a.csv")
    before = listing(victim)
    with pytest.raises(SettingsError, match=r"a link stands there"):
        write(out, "new")
    assert listing(victim) == before
    assert texts(victim) == {"mine"}
    assert (out / name).is_symlink()


def test_a_linked_file_is_not_written_through(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "a.txt").symlink_to("mine.txt")
    with pytest.raises(SettingsError, match=r"a link stands there"):
        storage.atomic_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert listing(tmp_path) == ["a.txt", "mine.txt"]


def test_a_link_inside_a_draft_is_not_followed_when_it_is_removed(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("mine")
    draft = tmp_path / "out" / ".writing-1a2b3c4d"
    draft.mkdir(parents=True)
    (draft / "new").symlink_to(tmp_path / "mine")
    storage.recover(tmp_path / "out")
    assert listing(tmp_path) == ["mine", "mine/a.txt", "out"]
    shutil.rmtree(tmp_path / "out")
    draft.mkdir(parents=True)
    (draft / "new").symlink_to(tmp_path / "mine")
    moves.remove_tree(draft)
    assert listing(tmp_path) == ["mine", "mine/a.txt", "out"]


def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "big").mkdir()
    (tmp_path / "out").symlink_to("big")
    write(tmp_path / "out", "new")
    assert texts(tmp_path / "big") == {"new"}


def test_without_second_names_the_old_files_are_copied(tmp_path, monkeypatch):
    write(tmp_path, "old")

    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    write(tmp_path, "new")
    assert texts(tmp_path) == {"new"}


def test_two_commands_into_one_folder_leave_all_of_one(tmp_path):
    barrier = threading.Barrier(2)

    def work(text: str) -> None:
        for _ in range(10):
            with storage.atomic_files(tmp_path) as draft:
                fill(draft, text)
                barrier.wait()
            barrier.wait()
            assert len(texts(tmp_path)) == 1
            barrier.wait()

    threads = [threading.Thread(target=work, args=(text,)) for text in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert listing(tmp_path) == [
        "a.csv",
        "deep",
        "deep/er",
        "deep/er/b.csv",
        "map.html",
        "run.json",
    ]


def test_a_folder_in_use_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(drafts, "_WAIT_S", 0.0)
    with (
        drafts.locked(tmp_path),
        pytest.raises(SettingsError, match=r"is in use by another command of geo_ree; wait"),
    ):
        storage.atomic_text(tmp_path / "a.txt", "x")


def test_a_folder_that_another_command_removes_meanwhile_is_made_again(tmp_path, monkeypatch):
    """It removes its empty temporary folder between our lock and our draft."""
    home, real, calls = tmp_path / "scratch", drafts.sweep_drafts, []

    def sweep(folder: Path) -> None:
        calls.append(folder)
        if len(calls) == 1:
            folder.rmdir()
        real(folder)

    monkeypatch.setattr(drafts, "sweep_drafts", sweep)
    with drafts.open_draft(home) as draft:
        assert draft.is_dir()
    assert len(calls) == 2


# disks


def test_names_are_checked_before_the_work(tmp_path):
    (tmp_path / "scores.csv").mkdir()
    storage.check_writable(tmp_path, ["map.html"])
    with pytest.raises(SettingsError, match=r"a folder has the name of an output"):
        storage.check_writable(tmp_path, ["map.html", "scores.csv"])
    assert listing(tmp_path) == ["scores.csv"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("sqlite3_exec failed: database or disk is full"),
        RuntimeError("write failed: Disk quota exceeded"),
    ],
)
def test_a_full_disk_is_one_line_whatever_a_library_makes_of_it(tmp_path, error):
    with (
        pytest.raises(SettingsError, match=r"out cannot be written: (No space|Disk quota)"),
        storage.atomic_files(tmp_path / "out") as draft,
    ):
        (draft / "a.csv").write_text("half")
        raise error
    assert listing(tmp_path) == []


def test_a_limit_on_the_size_of_files_is_said(tmp_path):
    code = (
        "import resource, sys\nfrom pathlib import Path\n"
        "from geo_ree.errors import SettingsError\nfrom geo_ree.storage import atomic_files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    with atomic_files(Path(sys.argv[1])) as draft:\n"
        "        (draft / 'a.csv').write_bytes(bytes(10_000))\n"
        "except SettingsError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "out cannot be written: File too large" in said
    assert listing(tmp_path) == []


def test_other_errors_pass(tmp_path):
    with pytest.raises(ZeroDivisionError), storage.atomic_files(tmp_path):
        raise ZeroDivisionError


def test_scratch_is_removed_and_so_is_that_of_a_killed_process(tmp_path, monkeypatch):
    monkeypatch.setattr(drafts.tempfile, "gettempdir", lambda: str(tmp_path))
    code = (
        "import os, signal, sys, tempfile\ntempfile.tempdir = sys.argv[1]\n"
        "from geo_ree.storage import scratch_folder\n"
        "with scratch_folder() as folder:\n"
        "    (folder / 'a').write_text('x')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(list(tmp_path.glob("*/*/a"))) == 1
    with storage.scratch_folder() as folder:
        assert listing(folder) == []
        assert len(list(tmp_path.glob("*/.*"))) == 1
    assert listing(tmp_path) == []


def test_a_folder_that_another_command_removes_at_this_moment_is_made_again(tmp_path, monkeypatch):
    real, calls = os.mkdir, []

    def was_there(path, *rest, **more):
        calls.append(path)
        if len(calls) == 1:
            raise FileExistsError(path)  # and gone when pathlib looks whether it is a folder
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "mkdir", was_there)
    assert drafts.make_folder(tmp_path / "a") == [tmp_path / "a"]
    assert (tmp_path / "a").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        drafts.make_folder(tmp_path / "file")


def test_scratch_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(drafts.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(drafts.tempfile, "tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"geo_ree-{os.geteuid()}").symlink_to("theirs")
    with storage.scratch_folder() as folder:
        assert folder.parent == tmp_path
    assert listing(tmp_path) == [f"geo_ree-{os.geteuid()}", "theirs"]


def test_a_full_scratch_is_not_called_damage(tmp_path):
    with (
        pytest.raises(SettingsError, match=r"x: a\.zip cannot be read: No space.*TMPDIR"),
        storage.scratch_folder(),
    ):
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise SchemaError("x: a.zip is damaged or cut short", "fetch it again") from error


def test_damage_stays_damage():
    with pytest.raises(SchemaError, match=r"is damaged"), storage.scratch_folder():
        raise SchemaError("x: a.zip is damaged or cut short")


def test_a_command_that_hangs_does_not_keep_others_from_their_scratch_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(drafts, "_SCRATCH_WAIT_S", 0.05)
    with drafts.scratch_folder() as first:
        home = first.parent
        hanging = FolderLock(home)
        assert hanging.acquire()
        with drafts.scratch_folder() as second:
            (second / "a").write_text("x")
            assert second.parent == tmp_path
        hanging.release()
    assert list(tmp_path.iterdir()) == []


def test_files_are_replaced_inside_a_draft_of_the_same_process(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(drafts, "_WAIT_S", 0.0)  # to wait for oneself would be an error
    with drafts.scratch_folder() as folder:
        threads = [
            threading.Thread(target=storage.atomic_text, args=(folder / f"{n}.txt", str(n)))
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with storage.atomic_files(folder / "deep") as draft:
            (draft / "run.json").write_text("{}")
        assert {p.name for p in folder.iterdir()} == {*(f"{n}.txt" for n in range(8)), "deep"}
    assert list(tmp_path.iterdir()) == []
