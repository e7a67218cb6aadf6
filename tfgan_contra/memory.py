"""Keeps a training process's memory near what it really uses."""

import ctypes

# From glibc's malloc.h.
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
BLOCK_BYTES = 1 << 20


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
