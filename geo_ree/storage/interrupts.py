"""Hold back Ctrl-C while something is done that may not stop half-way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NUMBERS = [getattr(signal, n) for n in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, n)]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back signals that raise an exception, such as Ctrl-C; they raise it when the block ends.

    Python runs their handlers between two steps of the main thread, whatever it does then: also in
    the middle of a `finally`, which would not be taken up again. Signals without a handler in Python
    end the process as before. In other threads there is nothing to hold back.

    Examples
    --------
    >>> done = []
    >>> try:
    ...     with uninterrupted():
    ...         signal.raise_signal(signal.SIGINT)
    ...         done.append("moved")
    ... except KeyboardInterrupt:
    ...     done.append("interrupted")
    >>> done
    ['moved', 'interrupted']
    """
    came: list[tuple[int, FrameType | None]] = []
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {n: signal.getsignal(n) for n in _NUMBERS}
        before = {n: handler for n, handler in before.items() if callable(handler)}
    try:
        for number in before:
            signal.signal(number, lambda *arrived: came.append(arrived))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            number, frame = came[0]
            before[number](number, frame)
