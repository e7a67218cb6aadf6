"""Mean spectra: upsampling leaves marks at high frequencies that the eye may miss."""

from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.subject import Subject

# Magnitude of the noise that rounding to 256 levels alone leaves at every frequency.
_ROUNDING = 1 / (255 * np.sqrt(12))


class MeanSpectrum:
    """The mean over images of the log magnitude of their Fourier transform.

    Of an image's grey values in [0, 1] less their mean: 20 log10 of the magnitude of
    the orthonormal transform, in decibels, not below what rounding to bytes alone
    leaves (-59 dB). Batches may come in any sizes; every image counts the same.

    Attributes:
        count: images seen.
    """

    def __init__(self) -> None:
        self.count = 0
        self._sum: Any = 0.0

    def update(self, images: np.ndarray) -> None:
        """Adds uint8 images `[N, H, W, C]`."""
        grey = images.astype(np.float64).mean(axis=-1) / 255
        grey -= grey.mean(axis=(1, 2), keepdims=True)
        magnitude = np.abs(np.fft.fft2(grey, norm="ortho"))
        decibels = 20 * np.log10(np.maximum(magnitude, _ROUNDING))
        self._sum = self._sum + decibels.sum(axis=0)
        self.count += len(images)

    @property
    def decibels(self) -> np.ndarray:
        """`[H, W]`, frequency zero in the middle."""
        return np.fft.fftshift(self._sum / self.count)


def azimuthal_mean(decibels: np.ndarray) -> np.ndarray:
    """Returns the mean over all directions for every whole frequency.

    Args:
        decibels: `[S, S]`, frequency zero in the middle.

    Returns:
        `[S // 2]`, frequencies 1 to S / 2 in cycles per image (0 is the mean, which
        was taken out).
    """
    size = len(decibels)
    y, x = np.indices(decibels.shape) - size // 2
    radius = np.rint(np.hypot(y, x)).astype(np.int64).ravel()
    sums = np.bincount(radius, decibels.ravel())
    counts = np.bincount(radius)
    return (sums / counts)[1 : size // 2 + 1]


class FrequencySpectrum(Analysis):
    """Compares the mean spectra of real and generated images.

    `gap` is the mean absolute difference of the two curves in decibels, over all
    frequencies; `gap_high` over the upper half. All images are used: the authors' code
    divides the number of batches twice and so looks at few of them. It also looks at
    what a median filter removes; here at the images themselves.

    Source: Durall et al., CVPR 2020 (arXiv 2003.01826) for the azimuthal mean.
    """

    def measure(self, subject: Subject) -> Findings:
        """Averages both spectra."""
        evaluator = subject.evaluator_with(num_images=self.config.num_images)
        sampler = subject.sampler()
        labels, seeds = evaluator.requests(subject.seed, subject.conditional)
        fake, real = MeanSpectrum(), MeanSpectrum()
        for images in evaluator.fake_images(sampler, labels, seeds):
            fake.update(images)
        source = getattr(evaluator.dataset, evaluator.config.reference_split)
        chosen = evaluator.reference_indices()
        for start in range(0, len(chosen), evaluator.config.batch_size):
            rows = chosen[start : start + evaluator.config.batch_size]
            real.update(source.load(rows))
        curves = azimuthal_mean(real.decibels), azimuthal_mean(fake.decibels)
        differences = np.abs(curves[1] - curves[0])
        results = {
            "gap": float(differences.mean()),
            "gap_high": float(differences[len(differences) // 2 :].mean()),
            "real_decibels": curves[0].tolist(),
            "fake_decibels": curves[1].tolist(),
        }
        protocol = subject.protocol(sampler) | {
            "n_real": real.count,
            "n_fake": fake.count,
            "reference_split": evaluator.config.reference_split,
            "frequencies": "1 to size / 2 cycles per image",
            "floor_decibels": float(20 * np.log10(_ROUNDING)),
        }
        return Findings(results, protocol, _figure(real, fake, curves))


def _figure(
    real: MeanSpectrum, fake: MeanSpectrum, curves: tuple[np.ndarray, np.ndarray]
) -> Any:
    figure = plots.new_figure(14, 4, "mean log-magnitude spectra")
    lines, *pictures = figure.subplots(1, 4, width_ratios=(1.5, 1, 1, 1))
    frequencies = np.arange(1, len(curves[0]) + 1)
    for curve, spectrum, label, colour in (
        (curves[0], real, "real", plots.REAL_COLOUR),
        (curves[1], fake, "generated", plots.FAKE_COLOUR),
    ):
        text = f"{label} ({spectrum.count} images)"
        lines.plot(frequencies, curve, label=text, color=colour)
    lines.set(
        title="mean over directions",
        xlabel="cycles per image",
        ylabel="decibels",
    )
    lines.xaxis.set_major_locator(MaxNLocator(integer=True))
    lines.legend()
    both = np.stack([real.decibels, fake.decibels])
    difference = both[1] - both[0]
    reach = max(float(np.abs(difference).max()), 1e-6)
    low, high = both.min(), both.max()
    edge = len(difference) / 2
    for axes, values, title, limits, colours in (
        (pictures[0], both[0], "real", (low, high), "viridis"),
        (pictures[1], both[1], "generated", (low, high), "viridis"),
        (pictures[2], difference, "generated - real", (-reach, reach), "RdBu_r"),
    ):
        shown = axes.imshow(
            values,
            vmin=limits[0],
            vmax=limits[1],
            cmap=colours,
            # A frequency's pixel is centred on it.
            extent=(-edge - 0.5, edge - 0.5, edge - 0.5, -edge - 0.5),
        )
        axes.set(title=title, xlabel="cycles per image, across")
        figure.colorbar(shown, ax=axes, shrink=0.7, label="decibels")
    pictures[0].set_ylabel("cycles per image, down")
    return figure
