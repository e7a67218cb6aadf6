"""How much memory there is, and keeping a process near what it really uses."""

import contextlib
import ctypes
import os
from pathlib import Path

# From glibc's malloc.h.
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
BLOCK_BYTES = 1 << 20

# The files in which a container's limit, use and cached pages stand; two generations.
CGROUPS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)
# Where nothing can be asked.
ASSUMED_BYTES = 2 << 30


def return_freed_memory() -> None:
    """Makes the C library give every freed block of a megabyte back at once.

    A training step frees and takes activations of many sizes; by default glibc keeps
    them in heaps, one for each thread or so, that fragment. It must run before
    TensorFlow starts its threads. Where there is no glibc nothing happens.
    """
    try:
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(M_MMAP_THRESHOLD, BLOCK_BYTES)
        library.mallopt(M_ARENA_MAX, 1)
    except (OSError, AttributeError):
        return


def available_bytes(
    meminfo: str = "/proc/meminfo", cgroups: str = "/sys/fs/cgroup"
) -> int:
    """Returns how much memory may still be taken before the machine swaps or kills.

    That is the least of what the kernel calls available and what is left to the
    container. Elsewhere than on Linux it is half of the machine's memory.

    Args:
        meminfo: where the kernel says it.
        cgroups: the folder where the container's limits stand.
    """
    found = [_left_to_container(Path(cgroups), *files) for files in CGROUPS]
    with contextlib.suppress(OSError):
        found.append(1024 * _field(Path(meminfo), "MemAvailable:"))
    known = [left for left in found if left is not None]
    return max(min(known, default=_half_of_the_machine()), 0)


def _left_to_container(
    folder: Path, limit: str, used: str, details: str, cached: str
) -> int | None:
    try:
        most = int((folder / limit).read_text())
        in_use = int((folder / used).read_text())
        # Pages of files that were read count as used, but are given up when needed.
        return most - in_use + _field(folder / details, cached)
    except (OSError, ValueError):
        return None  # no container, or no limit ("max")


def _field(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        words = line.split()
        if words and words[0] == name:
            return int(words[1])
    raise OSError(f"{path} has no {name}")


def _half_of_the_machine() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return ASSUMED_BYTES
