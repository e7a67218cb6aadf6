"""How many modes of a known mixture a generator has found, and how evenly."""

from typing import Any, NamedTuple

import numpy as np


class Modes(NamedTuple):
    """What the modes of a sample say.

    Attributes:
        covered: modes that at least one image of the sample is in.
        kl: Kullback-Leibler divergence of the sample's modes from the data's, in nats.
    """

    covered: int
    kl: float


def mode_coverage(modes: Any, reference: Any) -> Modes:
    """Counts the modes that a sample covers, and how far their shares are off.

    With p the sample's shares of the modes and q the data's, the divergence is the sum
    of `p log(p / q)` over the modes of the sample. It is 0 where the shares agree and
    `log K` where all images are in one of K equally likely modes. A sample of N images
    drawn from the data itself has about (K - 1) / 2N: quote the same number of real
    images beside it.

    Args:
        modes: `[N]` int from 0 to K - 1, the mode of every image.
        reference: `[K]`, the data's shares or counts of the modes, above 0.

    Raises:
        ValueError: for an empty sample, a mode out of range, or a reference that is
            not above 0.

    Source: Metz et al., "Unrolled Generative Adversarial Networks", ICLR 2017 (arXiv
    1611.02163), where the data are stacks of three MNIST digits and K is 1000.
    """
    modes, reference = np.asarray(modes), np.asarray(reference, np.float64)
    if not (reference > 0).all():
        raise ValueError("reference must be above 0 for every mode")
    in_range = modes.size > 0 and modes.min() >= 0 and modes.max() < reference.size
    if not in_range:
        raise ValueError(
            f"modes must be one or more numbers from 0 to {reference.size - 1}"
        )
    counts = np.bincount(modes, minlength=reference.size)
    there = counts > 0
    shares = counts[there] / modes.size
    wanted = (reference / reference.sum())[there]
    return Modes(int(there.sum()), float((shares * np.log(shares / wanted)).sum()))
