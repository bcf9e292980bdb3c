"""Work on parts that the tests give to workers, which import this module."""

import os
import signal
import time
from pathlib import Path

from geo_ree.errors import SchemaError


def write(part, path):
    path.write_text(f"{part}")


def write_unless_bad(part, path):
    path.write_text("half")
    if part == "bad":
        raise SchemaError("b.parquet row 7: latitude is nan", "correct it")
    if part == "worse":
        raise ZeroDivisionError
    path.write_text(part)


def write_and_count(part, path):
    """Leave a mark beside: which part was begun, by which process."""
    text, marks = part
    with (Path(marks) / text).open("a") as stream:
        stream.write(f"{os.getpid()}\n")
    path.write_text(text)


def write_once_allowed(part, path):
    """Begin, and wait for permission when this is the first attempt."""
    text, marks = part
    mark = Path(marks) / text
    first = not mark.exists()
    mark.write_text(str(os.getpid()))
    while first and not (Path(marks) / "go").exists():
        time.sleep(0.02)
    path.write_text(text)


def die(part, path):
    if part == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    path.write_text(part)


def write_slowly(part, path):
    """Leave time for a bar to be drawn."""
    time.sleep(0.3)
    path.write_text(f"{part}")
