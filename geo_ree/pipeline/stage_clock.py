"""Progress of a run: lines as it goes, and the seconds of its stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Progress = Callable[[str], None]
"""Called with a line of progress."""


@dataclass
class Clock:
    """Seconds spent in each stage, reported as it goes."""

    tell: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, and say when it begins and ends."""
        self.tell(f"{name} …")
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
        self.tell(f"{name}: {self.seconds[name]:.1f} s")
