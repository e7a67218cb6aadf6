"""StudioGAN's parameter names and layouts of three years, turned into today's.

Until January 2022 the conditional norms of `resnet` and `deep_conv` held two tables of
classes, `embed0` (gain) and `embed1` (bias), in June 2020 one, `embed`, of both halves;
today they are linear layers. The heads had other numbers in 2020, and `deep_conv`'s
last convolution other names.

Checked against the repository's history; the arithmetic is the same but for batch
norm's epsilon, 1e-5 in June 2020 (ours, as today's: 1e-4).
"""

import re
from collections.abc import Callable, Iterator

import numpy as np

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers.layers import State
from tfgan_contra.importers.noted_state import NotedState, wrapper_of

TABLES = {"embed0": "gain", "embed1": "bias"}
# A transposed kernel has the same singular vectors with their places exchanged.
TRANSPOSED = {"weight": "weight", "weight_orig": "weight_orig"} | {
    "weight_u": "weight_v",
    "weight_v": "weight_u",
}
LAST_CONVOLUTION = {"conv": "conv1", "conv3": "conv1", "bn": "bn1", "bn4": "bn1"}
HEAD = re.compile(r"linear(\d+)\.(.*)")
# Counted by PyTorch, read by nobody.
COUNTER = "num_batches_tracked"


class TodaysState(NotedState):
    """A network's arrays by today's names, noting which of them were asked for.

    Args:
        state: arrays by the names of any version.

    Raises:
        CheckpointError: if two versions' names for one array are there.
    """

    def __init__(self, state: State) -> None:
        super().__init__({}, {})
        start = len(wrapper_of(state))
        rename = _renaming([name[start:] for name in state])
        for name, array in state.items():
            for today, part in _todays(rename(name[start:]), np.asarray(array)):
                if today in self._arrays:
                    raise CheckpointError(
                        f"The checkpoint holds one array twice, as "
                        f"{self._origin[today]!r} and as {name!r}"
                    )
                self._arrays[today], self._origin[today] = part, name

    def shape(self, name: str) -> tuple[int, ...]:
        """Returns the shape of a kernel, spectrally normalised or not.

        () where there is none. Looking at it does not count as using it.
        """
        for suffix in ("weight", "weight_orig"):
            if f"{name}.{suffix}" in self._arrays:
                return self._arrays[f"{name}.{suffix}"].shape
        return ()

    def unused(self) -> list[str]:
        """Returns the file's names of arrays that nothing asked for."""
        return [name for name in super().unused() if not name.endswith(COUNTER)]


def _renaming(names: list[str]) -> Callable[[str], str]:
    """Returns the function from a version's top-level names to today's."""
    heads = sorted({int(match[1]) for name in names if (match := HEAD.match(name))})
    # A generator's linear0 is no head.
    numbers = {} if 0 in heads else {str(n): i for i, n in enumerate(heads, start=1)}
    plain_convolutions = any(name.startswith("blocks.0.0.conv0.") for name in names)

    def rename(name: str) -> str:
        """Returns today's name."""
        head = HEAD.match(name)
        if head and head[1] in numbers:
            return f"linear{numbers[head[1]]}.{head[2]}"
        layer, dot, rest = name.partition(".")
        if plain_convolutions and dot:
            return f"{LAST_CONVOLUTION.get(layer, layer)}.{rest}"
        return name

    return rename


def _todays(name: str, array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yields today's names and arrays for one of any version."""
    norm, _, rest = name.rpartition(".embed")
    table, _, kind = f"embed{rest}".partition(".")
    if not norm:
        yield name, array
    elif table in TABLES and kind in TRANSPOSED:
        yield f"{norm}.{TABLES[table]}.{TRANSPOSED[kind]}", array.T
    elif table == "embed" and kind == "weight" and array.ndim == 2:
        half = array.shape[1] // 2
        yield f"{norm}.gain.weight", array[:, :half].T
        yield f"{norm}.bias.weight", array[:, half:].T
    else:
        yield name, array
