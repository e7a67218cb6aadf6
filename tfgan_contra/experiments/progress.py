"""Lines that say how far a long experiment is, now and then."""

import time

# Seconds between two lines.
_PAUSE = 10.0


class Progress:
    """Prints a line of progress if the last one is some time ago."""

    def __init__(self) -> None:
        self._started = self._printed = time.monotonic()

    def __call__(self, text: str, always: bool = False) -> None:
        """Prints `text` and the seconds since the start, or nothing.

        Args:
            text: what was done.
            always: print in any case.
        """
        now = time.monotonic()
        if always or now - self._printed >= _PAUSE:
            self._printed = now
            print(f"[{now - self._started:5.0f} s] {text}", flush=True)
