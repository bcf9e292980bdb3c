"""Move the files of a draft into its folder, all or none; also a program, run by `geo_ree.storage.drafts`.

As a program it is a process of its own, so that ``kill -9`` of the command, a closed terminal or
Ctrl-C in the middle of the moves does not stop them. It imports nothing but the standard library.

A draft is a folder ``.writing-1a2b3c4d`` inside the folder that is written. It has the new files in
``new/`` and second names or copies of the files that they replace in ``old/``. The list ``moves`` is the
commit: while it exists, whoever finds the draft of a dead process completes it; while ``undo`` exists,
takes it back. Each step can be repeated, and replaces a file in one call, so that each file is always
the old or the new one.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

MOVES, UNDO = "moves", "undo"
REFUSED = 3
"""Exit status after a move that failed and was taken back: errno, reason and file are on standard error."""

_END = "\0"


def write_moves(draft: Path, made: list[str], parts: dict[str, bool]) -> None:
    """Store the folders to make and the files to move (and whether each replaces one): the commit."""
    words = [f"d{folder}" for folder in made]
    words += [f"{'r' if replaces else 'c'}{part}" for part, replaces in parts.items()]
    unfinished = draft / f"{MOVES}.part"
    with unfinished.open("wb") as stream:
        stream.write(_END.join(words).encode("utf-8", "surrogateescape"))
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(draft / MOVES)


def complete(draft: Path) -> None:
    """Make the moves that are left; take all of them back and raise an OSError if one fails."""
    if (draft / UNDO).exists():
        _take_back(draft)
        return
    if not (draft / MOVES).exists():
        return
    made, parts = _read(draft / MOVES)
    try:
        for name in made:
            (draft.parent / name).mkdir(exist_ok=True)
        for part in parts:
            if os.path.lexists(draft / "new" / part):  # else a killed process has moved it
                (draft / "new" / part).replace(draft.parent / part)
    except OSError:
        (draft / MOVES).replace(draft / UNDO)
        _take_back(draft)
        raise
    (draft / MOVES).unlink()


def _take_back(draft: Path) -> None:
    made, parts = _read(draft / UNDO)
    for part, replaces in reversed(parts.items()):
        target, old = draft.parent / part, draft / "old" / part
        if os.path.lexists(draft / "new" / part):
            continue
        with suppress(FileNotFoundError):  # taken back by the process that was killed
            if replaces:
                old.replace(target)
            else:
                target.unlink()
    for name in reversed(made):
        with suppress(OSError):  # it holds something of the user's by now, or was never made
            (draft.parent / name).rmdir()
    (draft / UNDO).unlink()


def _read(path: Path) -> tuple[list[str], dict[str, bool]]:
    """Give the folders to make, and the files with whether each replaces one."""
    words = path.read_bytes().decode("utf-8", "surrogateescape").split(_END)
    for word in words:
        check_inside(path.parent.parent, word[1:])
    made = [word[1:] for word in words if word.startswith("d")]
    return made, {word[1:]: word[0] == "r" for word in words if not word.startswith("d")}


def check_inside(folder: Path, part: str) -> None:
    """Raise an OSError if a link is on the way of a relative path, a ValueError if it leads out."""
    names = part.split("/")
    if {"", ".."} & {*names}:
        raise ValueError(f"{part!r} leads out of {folder}")
    path = folder
    for name in names:
        path /= name
        if path.is_symlink():
            raise OSError(errno.EPERM, "a link stands there; remove it", str(path))


def remove_tree(folder: Path) -> None:
    """Remove a folder with all in it; links in it are removed, not followed."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink()
    folder.rmdir()


def main(draft: Path) -> int:
    """Complete the moves of a draft, and remove it."""
    try:
        complete(draft)
    except OSError as error:
        words = (str(error.errno), error.strerror or str(error), str(error.filename or ""))
        sys.stderr.buffer.write(_END.join(words).encode("utf-8", "surrogateescape"))
        return REFUSED
    remove_tree(draft)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
