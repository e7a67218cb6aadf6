"""Pictures between pictures: along the latents and, where it can be, the classes."""

from typing import Any

import numpy as np

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.subject import Subject, images_of, latents_of


class Interpolation(Analysis):
    """Walks in straight lines between two latents, and between two classes.

    Classes are walked between where the generator looks them up in one shared table of
    embeddings (BigGAN); a generator that reads one-hot labels has nothing in between.

    `jump` is the largest change between neighbouring pictures of a line over the mean
    change (in mean absolute pixel difference): 1 for an even walk, up to the number of
    steps where everything happens at once, as in a generator that has memorised.

    As in the authors' code the lines are linear, not on the sphere.
    """

    def measure(self, subject: Subject) -> Findings:
        """Draws all lines."""
        sampler = subject.sampler()
        rows, steps = self.config.num_rows, self.config.num_steps
        seeds = np.arange(2 * rows) + subject.seed
        latents = latents_of(sampler, seeds)
        starts, ends = latents[:rows], latents[rows:]
        classes = max(subject.run.spec.num_classes, 1)
        labels = np.arange(rows) % classes
        lines = _lines(starts, ends, steps)
        drawn = images_of(
            sampler, lines.reshape(rows * steps, -1), np.repeat(labels, steps)
        )
        tables = {"latents": drawn.reshape(rows, steps, *drawn.shape[1:])}
        names = {"latents": self._names(subject, labels, labels)}
        if classes > 1 and hasattr(sampler.generator, "shared"):
            others = (labels + 1 + np.arange(rows) // classes) % classes
            pairs = (labels, others)
            tables["classes"] = _between_classes(sampler, starts, pairs, steps)
            names["classes"] = self._names(subject, labels, others)
        results: dict[str, Any] = {}
        for kind, table in tables.items():
            changes = _changes(table)
            jumps = changes.max(axis=1) / np.maximum(changes.mean(axis=1), 1e-12)
            results[f"{kind}_jump"] = float(jumps.mean())
            results[f"{kind}_mean_change"] = float(changes.mean())
            results[f"{kind}_lines"] = names[kind]
        protocol = subject.protocol(sampler) | {
            "lines_of_each_kind": rows,
            "pictures_per_line": steps,
            "between_classes": "classes" in tables,
        }
        return Findings(results, protocol, _figure(tables, names))

    def _names(
        self, subject: Subject, starts: np.ndarray, ends: np.ndarray
    ) -> list[str]:
        if not subject.conditional:
            return [f"line {i + 1}" for i in range(len(starts))]
        names = subject.class_names
        return [
            names[a] if a == b else f"{names[a]} to {names[b]}"
            for a, b in zip(starts, ends, strict=True)
        ]


def _lines(starts: np.ndarray, ends: np.ndarray, steps: int) -> np.ndarray:
    """Returns `[rows, steps, D]` from starts to ends, both `[rows, D]`, included."""
    share = np.linspace(0, 1, steps)[:, None]
    return starts[:, None] * (1 - share) + ends[:, None] * share


def _between_classes(
    sampler: Any,
    latents: np.ndarray,
    classes: tuple[np.ndarray, np.ndarray],
    steps: int,
) -> np.ndarray:
    """Returns pictures `[rows, steps, H, W, C]` with mixed class embeddings."""
    embeddings = np.asarray(sampler.generator.shared.embeddings)
    starts, ends = classes
    table = _lines(embeddings[starts], embeddings[ends], steps)
    table = table.reshape(-1, embeddings.shape[1])
    images = images_of(
        sampler,
        np.repeat(latents, steps, axis=0),
        np.arange(len(table)),
        with_class_table(sampler.generator, table),
    )
    return images.reshape(len(starts), steps, *images.shape[1:])


def with_class_table(generator: Any, table: np.ndarray) -> Any:
    """Returns a copy of a generator whose classes are the rows of `table`.

    Args:
        generator: has a `shared` embedding of its classes.
        table: `[K, shared_dim]`, one embedding per class of the copy.
    """
    changes = {"num_classes": len(table), "initializer": "zeros"}
    copy = type(generator).from_config(generator.get_config() | changes)
    for target, source in zip(copy.variables, generator.variables, strict=True):
        mixed = target is copy.shared.embeddings
        target.assign(table if mixed else source)
    return copy


def _changes(table: np.ndarray) -> np.ndarray:
    """Mean absolute difference of neighbours, `[rows, steps - 1]`, in grey levels."""
    moved = np.diff(table.astype(np.float64), axis=1)
    return np.abs(moved).mean(axis=(2, 3, 4))


def _figure(tables: dict[str, np.ndarray], names: dict[str, list[str]]) -> Any:
    rows, steps = tables["latents"].shape[:2]
    height = len(tables) * (0.85 * rows + 0.8) + 0.5
    figure = plots.new_figure(0.85 * steps + 2.5, height, "interpolation")
    titles = {
        "latents": "between two latents, one class per row",
        "classes": "between two classes, one latent per row",
    }
    grids = figure.subplots(len(tables), 1, squeeze=False)[:, 0]
    shares = [f"{share:.2g}" for share in np.linspace(0, 1, steps)]
    for axes, (kind, table) in zip(grids, tables.items(), strict=True):
        plots.picture_table(axes, table, row_names=names[kind], column_names=shares)
        axes.set_title(titles[kind])
    return figure
