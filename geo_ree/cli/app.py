"""The command line: the group of all commands, and how errors end them."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

import click

from geo_ree._version import __version__
from geo_ree.cli.diff_command import diff
from geo_ree.cli.export_commands import export, map_, visit
from geo_ree.cli.flag_command import list_flags
from geo_ree.cli.raster_commands import write_suitability, write_surface
from geo_ree.cli.route_commands import access, find_routes
from geo_ree.cli.run_commands import audit, build, run, score
from geo_ree.cli.scenario_commands import scenario
from geo_ree.cli.serve_command import serve
from geo_ree.cli.source_commands import doctor, fetch, sources
from geo_ree.cli.stored_commands import explain, list_runs
from geo_ree.cli.terminal import echo, show_crash, show_log
from geo_ree.cli.validate_commands import validate
from geo_ree.errors import GeoReeError
from geo_ree.settings import restrict_gdal

_AGAIN_S = 0.01
"""Seconds after which a signal comes again that fell into a finalizer."""


class _Group(click.Group):
    """Turns errors of geo_ree and of the disk into one line and exit status 2, unless --debug.

    An interrupt (Ctrl-C) ends with status 130, SIGTERM with 143, a closed terminal with 129.
    """

    seen: list[int]

    def main(self, *args: Any, **extra: Any) -> Any:
        self.seen = []
        try:
            with _interruptible(self.seen):
                return super().main(*args, **extra)
        except KeyboardInterrupt:  # it came as the handlers were set or taken back
            _end_interrupted(self.seen)
        except SystemExit:
            if self.seen:  # it came before the command began, or as it ended: click says 1
                _leave(128 + self.seen[0])
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GeoReeError as error:
            if ctx.params.get("debug"):
                raise
            echo(f"geo-ree: {' '.join(str(error).split())}", err=True)
            ctx.exit(2)
        except OSError as error:
            if ctx.params.get("debug") or error.errno is None or error.errno == errno.EPIPE:
                raise
            about = f" ({error.filename})" if error.filename else ""
            echo(f"geo-ree: {error.strerror}{about}; --debug shows where", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            _end_interrupted(self.seen)


def _end_interrupted(seen: list[int]) -> NoReturn:
    with suppress(OSError):  # the terminal may be closed
        echo("geo-ree: interrupted", err=True)
    _leave(128 + (seen[0] if seen else signal.SIGINT))


@contextmanager
def _interruptible(seen: list[int]) -> Iterator[None]:
    """Let signals that end the process raise KeyboardInterrupt; those that came are in `seen`.

    What is being written is then removed. A second signal does not disturb that. A signal that
    the process was started to ignore (nohup, a job in the background) stays ignored. One that falls
    into a finalizer, where Python drops what is raised, comes again.
    """
    ended = threading.Event()
    report = sys.unraisablehook

    def drop(lost: Any) -> None:
        if lost.exc_type is not KeyboardInterrupt or not seen:
            report(lost)
            return
        number = seen[0]
        seen.clear()
        threading.Thread(target=_raise_again, args=(number, ended), daemon=True).start()

    def interrupt(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) == 1:
            raise KeyboardInterrupt

    usual = {signal.SIG_DFL, signal.default_int_handler}
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
        before = {n: signal.getsignal(n) for n in numbers if n is not None}
    changed = {number: old for number, old in before.items() if old in usual}
    sys.unraisablehook = drop
    try:
        for number in changed:
            signal.signal(number, interrupt)
        yield
    finally:
        ended.set()
        sys.unraisablehook = report
        for number, old in changed.items():
            signal.signal(number, old)


def _raise_again(number: int, ended: threading.Event) -> None:
    """Send the main thread a signal that was lost, unless the work has ended."""
    if ended.wait(_AGAIN_S):
        return
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)  # one of this thread would not end a wait of that one
    else:
        signal.raise_signal(number)


def _leave(status: int) -> NoReturn:
    """End the process, even where a thread still waits for a silent server.

    Nothing is lost: a fetch may be killed at any moment.
    """
    from geo_ree.storage.drafts import discard_drafts

    discard_drafts()
    if threading.active_count() == 1:
        sys.exit(status)
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


@click.group(
    cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error, and log more.")
def main(debug: bool) -> None:
    """Rare-earth deposits of Central Asia, scored by access to infrastructure, with uncertainty.

    A screening of public data, not investment advice.
    """
    sys.excepthook = show_crash
    show_log(debug=debug)
    restrict_gdal()  # before any command loads it


for command in (
    run,
    score,
    explain,
    list_runs,
    build,
    audit,
    fetch,
    sources,
    map_,
    export,
    serve,
    visit,
    scenario,
    find_routes,
    list_flags,
    access,
    diff,
    validate,
    write_surface,
    write_suitability,
    doctor,
):
    main.add_command(command)
