"""Reads what a run wrote for TensorBoard; starts no TensorFlow."""

import statistics
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util import tensor_util

ACCURACIES = ("train", "held_out", "fake")
ACCURACY_PREFIX = "d_accuracy/"
NORM_PREFIX = "spectral_norm/"
# A record is its length (8 bytes), a checksum (4), the event and a checksum (4).
HEADER = struct.Struct("<QI")
FOOTER_BYTES = 4

Series = dict[int, float]


class Curves(NamedTuple):
    """A run over its steps.

    Attributes:
        accuracies: D's accuracy by step on `train`, `held_out` and `fake` images.
        largest_norm: the largest spectral norm of any normalised layer, by step.
        median_norm: the median over those layers, by step.
        seconds_per_step: median over the logged rows of wall-clock time per step, with
            what is logged every row; None for fewer than two rows.
    """

    accuracies: dict[str, Series]
    largest_norm: Series
    median_norm: Series
    seconds_per_step: Optional[float]


def read_curves(folder: Path) -> Curves:
    """Returns the curves of a run's `tensorboard` folder, empty where it has none."""
    scalars: dict[str, Series] = {}
    times: Series = {}
    # Their names begin with the time, so a resumed run's rows replace older ones.
    for path in sorted(folder.glob("events.out.tfevents.*")):
        for event in _events(path):
            for value in event.summary.value:
                if not value.tag.startswith((ACCURACY_PREFIX, NORM_PREFIX)):
                    continue
                number = float(tensor_util.make_ndarray(value.tensor))
                scalars.setdefault(value.tag, {})[event.step] = number
                times[event.step] = event.wall_time
    norms = [s for tag, s in scalars.items() if tag.startswith(NORM_PREFIX)]
    by_step: dict[int, list[float]] = {}
    for series in norms:
        for step, norm in series.items():
            by_step.setdefault(step, []).append(norm)
    return Curves(
        {n: _sorted(scalars.get(f"{ACCURACY_PREFIX}{n}", {})) for n in ACCURACIES},
        _sorted({step: max(values) for step, values in by_step.items()}),
        _sorted({step: statistics.median(v) for step, v in by_step.items()}),
        seconds_per_step(times),
    )


def seconds_per_step(times: Series) -> Optional[float]:
    """Returns the median time per step between rows.

    The median leaves out evaluations and interruptions, which fall between few rows.

    Args:
        times: wall-clock time by step.
    """
    steps = sorted(times)
    gaps = [
        (times[b] - times[a]) / (b - a) for a, b in zip(steps, steps[1:], strict=False)
    ]
    return statistics.median(gaps) if gaps else None


def _sorted(series: Series) -> Series:
    return dict(sorted(series.items()))


def _events(path: Path) -> Iterator[Event]:
    """Yields the events up to the first torn record.

    TensorBoard's own reader needs TensorFlow, or checks sums in Python, which takes
    seconds per picture.
    """
    with open(path, "rb") as file:
        while len(header := file.read(HEADER.size)) == HEADER.size:
            length, _ = HEADER.unpack(header)
            record = file.read(length)
            if len(record) < length or len(file.read(FOOTER_BYTES)) < FOOTER_BYTES:
                return
            yield Event.FromString(record)
