"""Fetches in children that are killed; orders come as JSON lines, what became of them goes back.

An order has ``data``, ``mirror``, ``ids`` and ``day``; ``after_s`` kills the child after so many
seconds, ``at_step`` right before that step on the file system (an audit hook counts them).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from geo_ree.catalog import load_catalog
from geo_ree.fetching import fetch_snapshot
from geo_ree.settings import Settings
from geo_ree.storage import data_lock

STEPS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "open", "shutil.rmtree"}
CATALOG = load_catalog()


def stop_at(step: int, root: str) -> None:
    taken = 0

    def count(event: str, details: tuple[object, ...]) -> None:
        nonlocal taken
        if event not in STEPS or not str(details[0]).startswith(root):
            return
        if event == "open" and not int(details[2]) & (os.O_WRONLY | os.O_RDWR):  # type: ignore
            return
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)
        taken += 1

    sys.addaudithook(count)


def work(order: dict[str, Any]) -> None:
    settings = Settings(data_root=Path(order["data"]), mirror=order["mirror"], read_timeout_s=5)
    if "at_step" in order:
        stop_at(order["at_step"], order["data"])
    today = date.fromisoformat(order["day"])
    with data_lock(settings), ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda name: fetch_snapshot(CATALOG[name], settings, today=today), order["ids"]
            )
        )


def run(order: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work(order)
        except BaseException:  # noqa: BLE001 (the child may not go on as its parent)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if "after_s" in order:
        time.sleep(order["after_s"])
        os.kill(
            child, signal.SIGKILL
        )  # a child that has ended is still ours until it is waited for
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        started = time.monotonic()
        status = run(json.loads(line))
        sys.stdout.write(json.dumps([status, time.monotonic() - started]) + "\n")
        sys.stdout.flush()
