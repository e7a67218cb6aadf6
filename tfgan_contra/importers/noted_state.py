"""A network's arrays, noting which of them were asked for."""

from collections.abc import Iterator, Mapping

import numpy as np

from tfgan_contra.errors import CheckpointError

# What PyTorch's DataParallel puts before every name.
WRAPPER = "module."


class NotedState(Mapping):
    """Arrays by name; those that nothing asks for have no place in our network.

    Args:
        arrays: by the names they are asked for.
        origin: their names in the file.
    """

    def __init__(self, arrays: dict[str, np.ndarray], origin: dict[str, str]) -> None:
        self._arrays, self._origin = arrays, origin
        self._used: set[str] = set()

    def __getitem__(self, name: str) -> np.ndarray:
        """Returns an array and notes that it is used."""
        self._used.add(name)
        return self._arrays[name]

    def __contains__(self, name: object) -> bool:
        """Returns whether there is such an array."""
        return name in self._arrays

    def __iter__(self) -> Iterator[str]:
        """Yields the names."""
        return iter(self._arrays)

    def __len__(self) -> int:
        """Returns the number of arrays."""
        return len(self._arrays)

    def unused(self) -> list[str]:
        """Returns the file's names of arrays that nothing asked for."""
        return [self._origin[name] for name in self._arrays if name not in self._used]


def unwrapped(state: Mapping[str, np.ndarray]) -> NotedState:
    """Returns a state under the names behind a wrapper's, where there is one."""
    start = len(wrapper_of(state))
    return NotedState(
        {name[start:]: array for name, array in state.items()},
        {name[start:]: name for name in state},
    )


def refuse_leftovers(role: str, state: NotedState, *ignored: str) -> None:
    """Checks that every array of a network has found its place.

    Args:
        role: what to call the network.
        state: its arrays.
        *ignored: endings of the names that nothing needs to ask for.

    Raises:
        CheckpointError: if one is left over.
    """
    unused = [name for name in state.unused() if not name.endswith(ignored)]
    if unused:
        raise CheckpointError(
            f"The {role} is of another architecture than the config: nothing takes its "
            f"{unused[0]!r} ({len(unused)} arrays are left over)"
        )


def wrapper_of(state: Mapping[str, np.ndarray]) -> str:
    """Returns `module.` if all names begin with it, else nothing."""
    wrapped = bool(state) and all(name.startswith(WRAPPER) for name in state)
    return WRAPPER if wrapped else ""


def check_constant(
    name: str, state: Mapping[str, np.ndarray], expected: np.ndarray
) -> None:
    """Checks a constant that is part of our code but may be stored in a file.

    Args:
        name: of the array.
        state: all arrays; the constant need not be there.
        expected: ours, of a shape that broadcasts to the stored one's.

    Raises:
        CheckpointError: if the file's is another.
    """
    if name not in state:
        return
    stored = np.asarray(state[name])
    same_shape = stored.shape[-2:] == expected.shape
    if not same_shape or not np.allclose(stored, expected, rtol=0, atol=1e-5):
        raise CheckpointError(
            f"The checkpoint is of another architecture: its filter {name!r} of shape "
            f"{stored.shape} is not the {expected.shape[0]}x{expected.shape[1]} blur "
            "that this network uses"
        )
