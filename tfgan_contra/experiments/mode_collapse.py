"""Mode collapse: what InfoNCE sees of it, and what it does against it.

Source: Lee et al., "InfoMax-GAN: Improved Adversarial Image Generation via Information
Maximization and Contrastive Learning", WACV 2021 (arXiv 2007.04589) for the argument;
Metz et al., "Unrolled Generative Adversarial Networks", ICLR 2017 (arXiv 1611.02163)
for the stacked digits.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfgan_contra.data import load
from tfgan_contra.data.pipeline import evaluation_images
from tfgan_contra.errors import UsageError
from tfgan_contra.experiments.base import Experiment, Findings, Parts
from tfgan_contra.experiments.configs import ModeCollapseConfig
from tfgan_contra.experiments.diversity import diversity_curve
from tfgan_contra.experiments.mode_collapse_picture import draw_mode_collapse
from tfgan_contra.experiments.progress import Progress
from tfgan_contra.experiments.spread import spread_of
from tfgan_contra.experiments.stacked_gans import (
    contrast_alone,
    modes_of,
    trained_gan,
)
from tfgan_contra.metrics.caching import cache_directory
from tfgan_contra.metrics.classifier import trained_classifier
from tfgan_contra.metrics.modes import mode_coverage
from tfgan_contra.models.sampler import Sampler
from tfgan_contra.models.self_supervised_configs import InfoMaxGANConfig
from tfgan_contra.training.runs import RunFolder, load_run

# Images of each GAN that the picture shows.
_SAMPLES = 8
_CLASSIFIER_BATCH = 256
# Real images are the row to compare with.
REAL = "real"
# A discriminator that learned nothing but the contrast.
ALONE = "InfoNCE alone"


class ModeCollapse(Experiment):
    """Two halves: the contrast on batches of few classes, and modes covered.

    The contrast (see `diversity_curve`) is measured with the discriminators of the
    runs, on their own training images; with those of the InfoMax-GANs trained here,
    where the classes are the 1,000 modes of stacked digits; and with one that learned
    from InfoNCE alone, for in short GANs the hinge loss leaves it little.

    Modes are told by the library's classifier of single digits, once per colour, on
    `num_generated` images of each GAN; as many held-out real images are counted
    likewise, for even they do not cover everything evenly. See `mode_coverage`.
    """

    config: ModeCollapseConfig

    def check(self, workdirs: dict[str, Path]) -> None:
        """Checks that there is something to do and that the runs are InfoMax-GAN's."""
        if not workdirs and not self.config.methods:
            raise UsageError(
                f"{self.name} has nothing to look at: name GANs to train in "
                "--option=methods=[...], or runs in --workdirs"
            )
        for folder in workdirs.values():
            method = RunFolder(folder).config().method
            if not isinstance(method, InfoMaxGANConfig):
                kind = type(method).__name__.removesuffix("Config")
                raise UsageError(
                    f"{folder} is a {kind} run, without projections of local and "
                    f"global features; {self.name} looks at InfoMaxGAN runs"
                )

    def measure(self, workdirs: dict[str, Path], parts: Parts) -> Findings:
        """Looks at the runs, then trains GANs and counts their modes."""
        contrasts = {
            name: parts(f"run {name}", functools.partial(self._of_run, folder))
            for name, folder in workdirs.items()
        }
        found: dict[str, list[dict[str, Any]]] = {}
        progress = Progress()
        if self.config.methods:
            self.stacks = load(self.config.data())
            found = self._trained(parts, progress)
        if "infomax" in self.config.methods:
            width = max(self.config.d_widths)
            name = f"{ALONE}, D {width}"
            alone = functools.partial(self._of_contrast, width, progress)
            contrasts[name] = parts(name, alone)
        for name, seeds in found.items():
            if "contrast" in seeds[0]:
                contrasts[name] = mean_of_seeds([seed["contrast"] for seed in seeds])
        coverage = {
            name: {key: spread_of([s[key] for s in seeds]) for key in ("covered", "kl")}
            for name, seeds in found.items()
        }
        config = self.config
        protocol = {
            "contrast_images_in_a_batch": config.contrast_batch_size,
            "contrast_batches_of_each_kind": config.contrast_batches,
            "modes": 1000,
            "images_counted": config.num_generated,
        }
        if found:
            protocol |= found[REAL][0]["protocol"]
        samples = {name: seeds[0]["samples"] for name, seeds in found.items()}
        figure = draw_mode_collapse(contrasts, coverage, samples)
        results = {"contrast": contrasts, "coverage": coverage}
        return Findings(results, protocol, figure)

    def _of_run(self, folder: Path) -> dict[str, Any]:
        run = load_run(folder)
        return self._contrast(run.gan, load(run.config.data).train)

    def _contrast(self, gan: Any, source: Any) -> dict[str, Any]:
        return diversity_curve(
            gan,
            source,
            self.config.class_counts,
            batch_size=self.config.contrast_batch_size,
            num_batches=self.config.contrast_batches,
        )

    def _of_contrast(self, width: int, progress: Progress) -> dict[str, Any]:
        gan = contrast_alone(self.config, self.stacks, width, progress)
        return self._contrast(gan, self.stacks.train)

    def _trained(
        self, parts: Parts, progress: Progress
    ) -> dict[str, list[dict[str, Any]]]:
        """Returns what was found of each GAN's seeds, and of real images."""
        config = self.config
        digits = load(config.data("bundled:digits"))
        self.classifier = trained_classifier(
            digits, cache_directory(config.cache_dir), _CLASSIFIER_BATCH
        )
        found = {REAL: [parts(REAL, self._of_real)]}
        for seed in range(config.num_seeds):
            for width in config.d_widths:
                for method in config.methods:
                    name = f"{method}, D {width}"
                    train = functools.partial(
                        self._of_gan, method, width, seed, progress
                    )
                    part = parts(f"{name}, seed {seed}", train)
                    found.setdefault(name, []).append(part)
        return found

    def _of_real(self) -> dict[str, Any]:
        images, _ = evaluation_images(self.stacks.test, self.config.num_generated, 0)
        protocol = {
            "real_images_counted": len(images),
            "classifier_accuracy_on_digits": self.classifier.accuracy,
            "classifier_held_out_digits": self.classifier.held_out_images,
        }
        return self._modes(images) | {"protocol": protocol}

    def _of_gan(
        self, method: str, width: int, seed: int, progress: Progress
    ) -> dict[str, Any]:
        gan = trained_gan(
            self.config,
            self.stacks,
            method,
            d_width=width,
            seed=seed,
            progress=progress,
        )
        images = Sampler(gan)(None, np.arange(self.config.num_generated))
        found = self._modes(images)
        progress(
            f"{method}, D {width}, seed {seed}: {found['covered']} modes, "
            f"KL {found['kl']:.3f}",
            always=True,
        )
        if method == "infomax":
            found["contrast"] = self._contrast(gan, self.stacks.train)
        return found

    def _modes(self, images: np.ndarray) -> dict[str, Any]:
        data = np.bincount(self.stacks.train.labels, minlength=1000)
        covered, kl = mode_coverage(modes_of(images, self.classifier), data)
        samples = images[:_SAMPLES].tolist()
        return {"covered": covered, "kl": kl, "samples": samples}


def mean_of_seeds(curves: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the mean of curves `{kind: {measure: number}}` of the same kinds."""
    return {
        kind: {
            name: float(np.mean([curve[kind][name] for curve in curves]))
            for name in values
        }
        for kind, values in curves[0].items()
    }
