"""A fetch that is killed anywhere leaves the old snapshot or the new one, and the next completes."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import geo_ree
from geo_ree.settings import Settings
from geo_ree.storage import latest_snapshot

IDS = ["usgs_ree", "usgs_major_deposits", "natural_earth_railroads"]
KILLS = 10  # 50 are in make torture; a kill before every step is tested below
FIRST_DAY = "2026-02-02"

Run = Callable[..., tuple[int, float]]

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 is no Windows thing"),
    pytest.mark.slow,
]


@pytest.fixture
def run(settings: Settings, site) -> Iterator[Run]:
    """Runs a fetch in a child of its own; gives its exit status and its seconds."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(Path(__file__).with_name("killed_fetch.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(geo_ree.__file__).parents[1]),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def one(**order: Any) -> tuple[int, float]:
        whole = {"data": str(settings.data_root), "mirror": site.url, "ids": IDS, "day": FIRST_DAY}
        process.stdin.write(json.dumps({**whole, **order}) + "\n")
        process.stdin.flush()
        status, seconds = json.loads(process.stdout.readline())
        return status, seconds

    yield one
    process.communicate()


@pytest.fixture
def editions(catalog, payload) -> list[dict[str, bytes]]:
    """Two editions of each source: id -> payload."""
    noise = random.Random(7)
    return [
        {name: payload(name, {"readme.txt": noise.randbytes(150_000)}) for name in IDS}
        for _ in range(2)
    ]


@pytest.fixture
def publish(catalog, site) -> Callable[[Mapping[str, bytes]], None]:
    def put(edition: Mapping[str, bytes]) -> None:
        for name, body in edition.items():
            site.files[f"/{catalog[name].url.removeprefix('https://')}"] = body

    return put


def available(settings: Settings) -> dict[str, str]:
    """Hashes of the newest snapshots, each checked against its record."""
    found = {name: latest_snapshot(settings, name) for name in IDS}
    return {name: sha256(s.payload.read_bytes()).hexdigest() for name, s in found.items() if s}


def hashes(edition: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(body).hexdigest() for name, body in edition.items()}


def assert_tidy(settings: Settings, ids: list[str]) -> None:
    assert sorted(p.name for p in settings.raw_root.iterdir()) == sorted(ids)
    for name in ids:
        folders = sorted(p.name for p in (settings.raw_root / name).iterdir())
        days = [folder[:10] for folder in folders]
        assert days == sorted(set(days))
        assert not any(folder.startswith(".") for folder in folders)


def test_kills_at_random_moments(run, settings, site, editions, publish):
    site.piece, site.pace_s = 1 << 14, 0.004
    publish(editions[1])
    assert run()[0] == 0
    publish(editions[0])
    status, whole_s = run()  # the first one may have warmed things up
    assert status == 0
    publish(editions[1])
    assert run()[0] == 0
    chance = random.Random(20260201)
    killed = kept = changed = 0
    for kill in range(KILLS):
        old, new = editions[(kill + 1) % 2], editions[kill % 2]
        publish(new)
        day = f"2026-02-{3 + kill // 2:02d}"  # every second time the day's snapshot is replaced
        status, _ = run(after_s=chance.uniform(0, whole_s), day=day)
        assert status in (0, -signal.SIGKILL)
        killed += status != 0
        for name, found in available(settings).items():
            assert found in (hashes(old)[name], hashes(new)[name])
            kept += found == hashes(old)[name]
            changed += found == hashes(new)[name]
        assert kept + changed == len(IDS) * (kill + 1)  # each source is available, every time
        assert run(day=day)[0] == 0
        assert available(settings) == hashes(new)
        assert_tidy(settings, IDS)
    assert killed > KILLS / 5  # on a busy machine some children end before their time
    assert kept > KILLS / 10
    assert changed > KILLS / 10


@pytest.mark.parametrize("before", ["nothing", "another day", "the same day"])
def test_a_kill_before_every_step_on_the_file_system(
    run, settings, tmp_path, editions, publish, before
):
    ids = ["usgs_ree"]
    old, new = ({"usgs_ree": e["usgs_ree"]} for e in editions)
    if before == "nothing":
        settings.data_root.mkdir()
    else:
        publish(old)
        day = "2026-02-01" if before == "another day" else FIRST_DAY
        assert run(ids=ids, day=day)[0] == 0
    publish(new)
    shutil.copytree(settings.data_root, tmp_path / "before")
    step, outcomes = 0, []
    while True:
        status, _ = run(ids=ids, at_step=step)
        found = available(settings)
        assert found in ([{}] if before == "nothing" else [hashes(old)]) + [hashes(new)]
        if status == 0:
            break
        assert status == -signal.SIGKILL
        outcomes.append(found == hashes(new))
        assert run(ids=ids)[0] == 0
        assert available(settings) == hashes(new)
        assert_tidy(settings, ids)
        shutil.rmtree(settings.data_root)
        shutil.copytree(tmp_path / "before", settings.data_root)
        step += 1
    assert found == hashes(new)
    assert step > 10
    assert outcomes == sorted(outcomes)  # the old one up to one step, the new one from it on
    assert set(outcomes) == {False, True}
