"""The one place where a command prints a line: texts of data and of servers are made safe here."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

import click

from geo_ree.safe_text import mask_addresses, printable


def echo(text: object = "", *, err: bool = False) -> None:
    """Print a text, without what would steer a terminal and without passwords in addresses."""
    click.echo(printable(mask_addresses(str(text))), err=err)


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Print a record as a line, with the traceback that it may have."""
        echo(self.format(record), err=True)


def show_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print the traceback of an error that ends the process, as `sys.excepthook` does.

    Ctrl-C is no error. Libraries in C that drop it call this, too: it comes again then.
    """
    if issubclass(kind, KeyboardInterrupt):
        return
    echo("".join(traceback.format_exception(kind, error, trace)).rstrip(), err=True)


def show_log(*, debug: bool) -> None:
    """Print warnings on the error stream, and with `debug` everything that geo_ree logs.

    A program that set up logging itself keeps its own.
    """
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(_Lines(logging.WARNING))
    lines = [h for h in root.handlers if isinstance(h, _Lines)]
    if lines and debug:
        logging.getLogger("geo_ree").setLevel(logging.DEBUG)
        for handler in lines:
            handler.setLevel(logging.DEBUG)
