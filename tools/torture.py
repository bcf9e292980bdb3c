"""Kill the commands that write, at random moments, and look at what they leave: make torture.

Each works on a data folder of one deposit, and on outputs of before beside files of the user. After each
signal the outputs must be wholly old or wholly new, the user's files untouched, and nothing else left:
after SIGTERM and SIGINT at once, after SIGKILL when the next command has begun. Exit status 1 if not.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import os
import pkgutil
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from torture_source import CATALOG, SOURCE, mirror, publish

for threads in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{threads}_NUM_THREADS", "1")

LAYERS = f"{SOURCE},starter_gateways,starter_settlements"
MINE = {"notes.txt": "mine", "mine/thesis.txt": "mine", ".mine/draft.txt": "mine"}
DRAWS = ("--draws", "10")
COMMANDS: dict[str, tuple[str, ...]] = {
    "fetch": (SOURCE,),
    "run": DRAWS,
    "score": DRAWS,
    "build": (),
    "audit": (),
    "map": DRAWS,
    "export": (*DRAWS, "--format", "csv,gpkg,xlsx,kml,geojson,parquet"),
    "visit": ("Made-up Ridge", *DRAWS),
    "scenario": ("--remove", "gateways:kind=sea_port", *DRAWS),
    "surface": ("--layer", "gateways", "--resolution", "20 km"),
    "corridors": DRAWS,
    "access": DRAWS,
}
EXTRAS = ("geo_ree.distributed", "geo_ree.serving", "geo_ree.__main__")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_SUBREAPER = 36  # prctl: orphans of our children become ours, and can be waited for


@dataclass
class Folder:
    """Where one command works: its data, outputs, temporary folder, and the mirror."""

    home: Path
    command: str
    mirror: str
    chance: random.Random
    breaches: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def out(self) -> Path:
        """The folder of the outputs."""
        return self.home / "out"

    @property
    def arguments(self) -> list[str]:
        """The command with its options."""
        common = ["--catalog", str(self.home / "catalog.toml"), "--data", str(self.home / "data")]
        if self.command == "fetch":
            return ["fetch", *COMMANDS["fetch"], *common, "--mirror", self.mirror]
        target = self.out / "surface.tif" if self.command == "surface" else self.out
        rest = ["--only", LAYERS, "--out", str(target)]
        return [self.command, *COMMANDS[self.command], *common, *rest]


def start(folder: Folder, arguments: list[str]) -> int:
    """Start a command in a child; give its process id."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # none may fall between here and the command
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return child
    status = 70
    try:
        status = run_command(folder, arguments)
    except KeyboardInterrupt:  # before the command line had begun, or after it had ended
        status = 128 + signal.SIGINT
    except BaseException:  # noqa: BLE001 (the child may not go on as its parent)
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        os._exit(status)


def run_command(folder: Folder, arguments: list[str]) -> int:
    """Run a command in this process, its words in the log; give its exit status."""
    for number, action in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, signal.SIG_DFL),
    ):
        signal.signal(number, action)  # a job in the background would ignore Ctrl-C
    os.setsid()
    tempfile.tempdir = str(folder.home / "tmp")
    os.environ["TMPDIR"] = tempfile.tempdir
    log = os.open(folder.home / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    from geo_ree.cli import main  # noqa: PLC0415

    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        main(arguments, prog_name="geo-ree")
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    sys.stdout.flush()
    return status


def wait_for(child: int) -> int:
    """Wait for a child and its orphans; give its exit status."""
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return status


def whole_run(folder: Folder) -> float:
    """Run a command to its end; give its seconds."""
    began = time.monotonic()
    status = wait_for(start(folder, folder.arguments))
    if status:
        said = (folder.home / "log").read_text(errors="replace")[-2000:]
        folder.breaches.append(f"{folder.command} ends with {status}: {said}")
    return time.monotonic() - began


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file with its number on the disk, which a new file does not share with the old, and its size."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            place = path.stat()
            found[path.relative_to(folder).as_posix()] = (place.st_ino, place.st_size)
    return found


def litter(folder: Folder) -> list[str]:
    """What no command may leave: drafts, and temporary files."""
    hidden = [p for p in folder.home.rglob(".*") if p.name not in (".lock", ".mine")]
    left = [*hidden, *(folder.home / "tmp").iterdir()]
    return [p.relative_to(folder.home).as_posix() for p in left]


def looks_whole(path: Path) -> bool:
    """Return whether a file ends as its kind does."""
    content = path.read_bytes()
    ends = {".parquet": b"PAR1", ".csv": b"\n", ".json": b"}\n", ".geojson": b"}\n"}
    if path.suffix == ".gpkg":
        return content[:6] == b"SQLite" and len(content) % 4096 == 0
    return content.endswith(ends.get(path.suffix, b"")) and bool(content)


def kill_at_random(folder: Folder, child: int, seconds: float) -> signal.Signals:
    """Kill a command: at any moment, or while it writes, or about when its outputs are replaced."""
    number = folder.chance.choice(SIGNALS)
    moment = folder.chance.choice(("any", "writing", "replacing"))
    before = shown_outputs(folder)
    if moment == "any":
        time.sleep(folder.chance.uniform(0, seconds))
    elif moment == "writing":
        wait_until(child, lambda: any(folder.out.glob(".*writing-*/new/*")))
        time.sleep(folder.chance.uniform(0, max(0.2, seconds / 3)))
    else:
        wait_until(child, lambda: shown_outputs(folder) != before)
        time.sleep(folder.chance.uniform(0, 0.1))
    os.kill(child, number)
    return number


def shown_outputs(folder: Folder) -> dict[str, int]:
    """The visible files directly in the folder of the outputs, with their numbers on the disk."""
    return {e.name: e.inode() for e in os.scandir(folder.out) if not e.name.startswith(".")}


def wait_until(child: int, reached: Callable[[], bool]) -> None:
    """Wait until a command has reached something, or has ended."""
    end = time.monotonic() + 120
    while time.monotonic() < end and not reached():
        time.sleep(0.002)
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break


def trial(folder: Folder, seconds: float, before: dict[str, tuple[int, int]]) -> None:
    """Kill a command once, and check what it promises."""
    child = start(folder, folder.arguments)
    number = kill_at_random(folder, child, seconds)
    status = wait_for(child)
    log = (folder.home / "log").read_text(errors="replace")
    said = f"{folder.command}, {number.name}, status {status}"
    if status not in (0, -number, 128 + number):
        folder.breaches.append(f"{said}: {log[-500:]}")
    if "Traceback" in log:
        folder.breaches.append(f"{said}: a traceback: {log[-1000:]}")
    if number != signal.SIGKILL and status != -number and folder.command != "fetch":
        folder.breaches += [f"{said}: left {name}" for name in litter(folder)]
    check_outputs(folder, said, before)
    next_command(folder)
    folder.breaches += [f"{said}: left after the next command {n}" for n in litter(folder)]


def check_outputs(folder: Folder, said: str, before: dict[str, tuple[int, int]]) -> None:
    """Check that the outputs are all old or all new, whole, and the user's files untouched."""
    shown = {n: v for n, v in state_of(folder.out).items() if n.partition("/")[0] not in MINE}
    outputs = {n: v for n, v in shown.items() if not n.startswith(".")}
    mine = {*MINE, "mine", ".mine"}
    names = {n for n in before if n not in mine}
    fresh = {n for n in names if n in outputs and outputs[n] != before[n]}
    if {n for n in outputs if n not in mine} != names:
        folder.breaches.append(f"{said}: other files: {sorted({*outputs} ^ names)}")
    elif fresh and fresh != names:
        folder.breaches.append(f"{said}: new are only {sorted(fresh)} of {sorted(names)}")
    if names:
        folder.seen["new" if fresh else "old"] += 1
    layers = (folder.home / "data").rglob("*.parquet")
    folder.breaches += [f"{said}: {p} is cut short" for p in layers if not looks_whole(p)]
    folder.breaches += [
        f"{said}: {n} is cut short" for n in names & {*outputs} if not looks_whole(folder.out / n)
    ]
    for name, text in MINE.items():
        if (folder.out / name).read_text() != text:
            folder.breaches.append(f"{said}: the user's {name} was touched")


def next_command(folder: Folder) -> None:
    """Do what every command does first; for a fetch, fetch, and look at the snapshot before and after."""
    from geo_ree import Settings, storage  # noqa: PLC0415

    settings = Settings(data_root=folder.home / "data")
    if folder.command == "fetch":
        published = (folder.home / "one.csv").read_bytes()
        before = storage.latest_snapshot(settings, SOURCE)  # raises if it is not whole
        fresh = before is not None and before.payload.read_bytes() == published
        folder.seen["new" if fresh else "old"] += 1
        whole_run(folder)
        found = storage.latest_snapshot(settings, SOURCE)
        if found is None or found.payload.read_bytes() != published:
            folder.breaches.append("fetch: the next fetch does not bring the new edition")
    for written in (folder.out, settings.processed_root):
        storage.check_writable(written)
    tempfile.tempdir = str(folder.home / "tmp")
    with storage.scratch_folder():
        pass


def torture(folder: Folder, kills: int) -> None:
    """Kill one command many times."""
    for name in ("tmp", "out"):
        (folder.home / name).mkdir(parents=True)
    (folder.home / "catalog.toml").write_text(CATALOG)
    publish(folder.home, 0, 2000 if folder.command == "fetch" else 0)
    whole_run(Folder(folder.home, "fetch", folder.mirror, folder.chance, folder.breaches))
    for name, text in MINE.items():
        (folder.out / name).parent.mkdir(exist_ok=True)
        (folder.out / name).write_text(text)
    whole_run(folder)
    seconds = whole_run(folder)
    for number in range(1, kills + 1):
        if folder.breaches:
            break
        if folder.command == "fetch":
            publish(folder.home, number, 2000)
        trial(folder, seconds, state_of(folder.out))
    shown = ", ".join(f"{n} {word}" for word, n in sorted(folder.seen.items()))
    kills = sum(folder.seen.values())
    print(f"{folder.command:>9}: {seconds:.2f} s, {kills} kills, then: {shown}", flush=True)


def work(home: Path, port: int, commands: list[str], seed: int, kills: int) -> int:
    """Torture some commands, one after the other; give the number of broken promises."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    broken = 0
    for name in commands:
        address = f"http://127.0.0.1:{port}/{name}"
        folder = Folder(home / name, name, address, random.Random(f"{seed} {name}"))
        torture(folder, kills)
        for breach in folder.breaches:
            print(f"BROKEN: {breach}", flush=True)
        broken += len(folder.breaches)
    return broken


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--kills", type=int, default=50, help="of each command")
    words.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    words.add_argument("--only", nargs="+", choices=COMMANDS, default=[*COMMANDS])
    words.add_argument("--jobs", type=int, default=2)
    asked = words.parse_args()
    print(f"torture.py --seed {asked.seed} --kills {asked.kills}", flush=True)
    began, home = time.monotonic(), Path(tempfile.mkdtemp(prefix="torture-"))
    preload()
    (server, port), children = mirror(home), list[int]()
    for job in range(asked.jobs):
        child = os.fork()
        if not child:
            commands = asked.only[job :: asked.jobs]
            os._exit(min(work(home, port, commands, asked.seed, asked.kills), 1))
        children.append(child)
    broken = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    shutil.rmtree(home)
    print(f"{time.monotonic() - began:.0f} s: {'broken' if any(broken) else 'all promises kept'}")
    return int(any(broken))


def preload() -> None:
    """Import what the commands import and load the network, so that each trial need not."""
    import geo_ree  # noqa: PLC0415

    for module in pkgutil.walk_packages(geo_ree.__path__, "geo_ree."):
        if not module.name.startswith(EXTRAS):
            importlib.import_module(module.name)
    importlib.import_module("geo_ree.routing.network").load_network()


if __name__ == "__main__":
    sys.exit(main())
