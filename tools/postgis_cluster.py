"""A PostgreSQL with PostGIS of its own on loopback, for the tests and the benchmarks.

Debian's packages have the programs (`tools/peers/postgis.sh`). The cluster lives in a temporary folder
and belongs to the user postgres where we are root, for the server refuses to run as root.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

OWNER, PASSWORD = "keeper", "made-up-9f3"
"""Role that owns the cluster, and its password over TCP; the socket asks for none."""

TEMPLATE = "with_postgis"
"""Database with PostGIS that new ones are copies of: quicker than CREATE EXTENSION."""


def programs() -> Path | None:
    """Folder of Debian's PostgreSQL where PostGIS is installed too."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/lib/postgis-3.so"))
    return found[-1].parent.parent / "bin" if found else None


@dataclass(frozen=True)
class Cluster:
    """A server: where it is, and how to talk to it.

    Parameters
    ----------
    folder
        Data, log and socket.
    port
        Of 127.0.0.1.
    bin_
        The programs of PostgreSQL.
    options
        Further settings of the server, ``name=value``.
    """

    folder: Path
    port: int
    bin_: Path
    options: tuple[str, ...] = ()

    def url(self, database: str = "postgres", user: str = OWNER, password: str = PASSWORD) -> str:
        """Address of a database over TCP; without its password where that is blank."""
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@127.0.0.1:{self.port}/{database}"

    @property
    def psql(self) -> list[str]:
        """Command of psql over the socket, as the owner, without a database."""
        at = ["-h", str(self.folder), "-p", str(self.port), "-U", OWNER]
        return [str(self.bin_ / "psql"), *at, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]

    def ask(self, statement: str, given: str | None = None, *, database: str = "postgres") -> str:
        """Run one statement and give what psql prints."""
        command = [*self.psql, "-d", database, "-c", statement]
        done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def new_database(self, *, template: str = TEMPLATE) -> str:
        """Make a database with a name of its own, with PostGIS by default; give its name."""
        name = f"team_{secrets.token_hex(4)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.ask(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [
            *("-p", str(self.port), "-k", str(self.folder)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
            *(word for option in self.options for word in ("-c", option)),
        ]
        log = str(self.folder / "log")
        self._control("start", "-w", "-l", log, "-o", " ".join(settings))

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: ``immediate`` as a crash does, ``fast`` in order."""
        self._control("stop", "-m", mode)

    def _control(self, *words: str) -> None:
        command = [str(self.bin_ / "pg_ctl"), "-D", str(self.folder / "data"), *words]
        _run(command, self.folder)


def _run(command: Sequence[str], folder: Path) -> None:
    """Run a program of the server as the user who may."""
    become = []
    if os.getuid() == 0:
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    with (folder / "output").open("wb") as output:  # no pipe: the server would hold it open
        done = subprocess.run(
            [*become, *command], cwd=folder, check=False, stdout=output, stderr=output
        )
    assert done.returncode == 0, (folder / "output").read_text(errors="replace")


@contextlib.contextmanager
def cluster(*options: str) -> Iterator[Cluster]:
    """Start a cluster with one database that has PostGIS, `TEMPLATE`; it is gone at the end."""
    bin_ = programs()
    assert bin_ is not None, "no PostgreSQL with PostGIS: tools/peers/postgis.sh installs it"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="geo_ree-postgis-"))
    server = Cluster(folder, port, bin_, options)
    try:
        word = folder / "password"
        word.write_text(PASSWORD, encoding="utf-8")
        if os.getuid() == 0:
            for path in (folder, word):
                shutil.chown(path, "postgres", pwd.getpwnam("postgres").pw_gid)
        ways = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={word}"]
        rest = ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        init = [str(bin_ / "initdb"), "-D", str(folder / "data"), "-U", OWNER]
        _run([*init, *ways, *rest], folder)
        server.start()
        server.ask(f"CREATE DATABASE {TEMPLATE}")
        server.ask("CREATE EXTENSION postgis", database=TEMPLATE)
        yield server
    finally:
        with contextlib.suppress(AssertionError):  # a test may have stopped it
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
