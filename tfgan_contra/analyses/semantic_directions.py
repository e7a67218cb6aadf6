"""SeFa: directions in the latents found in the first layer's weights alone."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.planning import NotApplicable
from tfgan_contra.analyses.subject import Subject, images_of, latents_of

# Pictures that every direction is tried on, and random directions to compare with.
_SAMPLES = 8


class SemanticDirections(Analysis):
    """Moves a picture along the directions the first layer amplifies most.

    The first layer is linear in the latents, A z + b; the directions are the singular
    vectors of A (spectral norm folded in) with the largest singular values. In a
    BigGAN, A reads the first chunk of the latents only, and so do the directions.

    Each row of the picture is one direction from the same latents. `changes` are the
    mean absolute differences in grey levels between both ends and the middle, over
    several latents and classes; `random_change` is the same for random directions of
    the latents that the first layer reads: semantic ones should change more.

    Source: Shen & Zhou, CVPR 2021 (arXiv 2007.06600).
    """

    def check(self, subject: Subject) -> None:
        """Also checks for a first layer."""
        super().check(subject)
        if not hasattr(subject.run.gan.generator_ema, "first"):
            raise NotApplicable(
                f"{self.name}: this generator has no linear first layer"
            )

    def measure(self, subject: Subject) -> Findings:
        """Finds the directions, draws the rows and compares with random directions."""
        sampler = subject.sampler()
        values, directions = semantic_directions(sampler.generator)
        count = min(self.config.num_directions, len(values))
        chosen = directions[:count]
        labels = np.arange(_SAMPLES) % max(subject.run.spec.num_classes, 1)
        starts = latents_of(sampler, np.arange(_SAMPLES) + subject.seed)
        random = np.random.default_rng(subject.seed)
        others = random.standard_normal((_SAMPLES, starts.shape[1]))
        read = np.abs(directions).max(axis=0) > 0
        others *= read / np.linalg.norm(others * read, axis=1, keepdims=True)
        reach = self.config.reach
        moves = np.linspace(-reach, reach, self.config.num_steps)
        rows = _moved(sampler, (starts[:1], labels[:1]), chosen, moves)[0]
        ends = np.array([-reach, 0.0, reach])
        changes = _change(_moved(sampler, (starts, labels), chosen, ends))
        random_changes = _change(_moved(sampler, (starts, labels), others, ends))
        results = {
            "mean_change": float(changes.mean()),
            "random_change": float(random_changes.mean()),
            "changes": changes.tolist(),
            "singular_values": values.tolist(),
            "directions": chosen.tolist(),
        }
        protocol = subject.protocol(sampler) | {
            "moves": moves.tolist(),
            "samples": _SAMPLES,
            "random_directions": len(others),
            "latents_read_by_first_layer": int(read.sum()),
        }
        names = [f"direction {i + 1}" for i in range(count)]
        return Findings(results, protocol, _figure(rows, names, moves))


def semantic_directions(generator: Any) -> tuple[np.ndarray, np.ndarray]:
    """Returns singular values `[R]`, falling, and unit directions `[R, latent_dim]`.

    The first layer's map from the latents is read off by what it does to unit vectors,
    so that it does not matter which of them an architecture feeds to it.

    Args:
        generator: has a linear layer `first`; spectral norm folded.
    """
    dim = generator.latent_dim
    probes = tf.concat([tf.zeros((1, dim)), tf.eye(dim)], axis=0)
    inputs = probes
    if hasattr(generator, "conditions"):
        inputs, _ = generator.conditions(probes, tf.zeros(dim + 1, tf.int32))
    outputs = generator.first(inputs).numpy().astype(np.float64)
    matrix = outputs[1:] - outputs[:1]
    # Latents that the layer does not read must not get directions by rounding.
    read = np.abs(matrix).max(axis=1) > 0
    left, values, _ = np.linalg.svd(matrix[read], full_matrices=False)
    directions = np.zeros((len(values), dim))
    directions[:, read] = left.T
    return values, directions


def _moved(
    sampler: Any,
    samples: tuple[np.ndarray, np.ndarray],
    directions: np.ndarray,
    moves: np.ndarray,
) -> np.ndarray:
    """Returns images `[samples, directions, moves, H, W, C]`.

    Args:
        sampler: draws them.
        samples: latents `[N, latent_dim]` and labels `[N]`.
        directions: `[K, latent_dim]`.
        moves: how far along each direction.
    """
    starts, labels = samples
    shifts = moves[:, None] * directions[:, None]
    latents = starts[:, None, None] + shifts
    repeated = np.repeat(labels, len(directions) * len(moves))
    images = images_of(sampler, latents.reshape(len(repeated), -1), repeated)
    return images.reshape(*latents.shape[:3], *images.shape[1:])


def _change(images: np.ndarray) -> np.ndarray:
    """Mean absolute difference of both ends from the middle, per direction."""
    pixels = images.astype(np.float64)
    middle = pixels[:, :, pixels.shape[2] // 2, None]
    return np.abs(pixels[:, :, [0, -1]] - middle).mean(axis=(0, 2, 3, 4, 5))


def _figure(rows: np.ndarray, names: list[str], moves: np.ndarray) -> Any:
    count, steps = rows.shape[:2]
    figure = plots.new_figure(
        0.9 * steps + 2, 0.95 * count + 1.2, "semantic directions of the first layer"
    )
    axes = figure.subplots()
    columns = [f"{move:+.2g}" for move in moves]
    plots.picture_table(axes, rows, row_names=names, column_names=columns)
    axes.set_title("moved by so many standard deviations")
    return figure
