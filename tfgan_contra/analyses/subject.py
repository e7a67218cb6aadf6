"""What is analysed: a trained generator and the real images beside it."""

import dataclasses
from typing import Any, Optional

import numpy as np

from tfgan_contra.analyses.planning import NotApplicable
from tfgan_contra.config import Config
from tfgan_contra.metrics.evaluator import Evaluator
from tfgan_contra.models.sampler import Sampler, to_uint8
from tfgan_contra.row_noise import row_latents
from tfgan_contra.training.runs import LoadedRun
from tfgan_contra.training.sampling import make_sampler


@dataclasses.dataclass(frozen=True)
class Subject:
    """A trained generator and what it is compared with.

    Attributes:
        run: the loaded run.
        config: its config, with the evaluation as it was asked for.
        evaluator: compares with the real images; None where these cannot be had.
        seed: decides labels, latents and every choice.
        why_no_data: the reason where `evaluator` is None.
    """

    run: LoadedRun
    config: Config
    evaluator: Optional[Evaluator] = None
    seed: int = 0
    why_no_data: str = ""

    @property
    def conditional(self) -> bool:
        """Whether the generator takes classes."""
        return self.run.spec.num_classes > 0

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name per class of the generator."""
        spec = self.run.spec
        return spec.class_names or tuple(map(str, range(spec.num_classes)))

    @property
    def data(self) -> Evaluator:
        """The evaluator; raises `NotApplicable` where there are no real images."""
        if self.evaluator is None:
            raise NotApplicable(f"the real images cannot be had: {self.why_no_data}")
        return self.evaluator

    def evaluator_with(self, **changes: Any) -> Evaluator:
        """Returns an evaluator of the same data, extractor and a changed protocol.

        Args:
            **changes: fields of `EvaluationConfig`; None keeps one.
        """
        data = self.data
        given = {name: value for name, value in changes.items() if value is not None}
        if all(getattr(data.config, name) == value for name, value in given.items()):
            return data
        config = dataclasses.replace(data.config, **given)
        return Evaluator(config, data.dataset, extractor=data.extractor)

    def sampler(self, **changes: Any) -> Sampler:
        """Returns a sampler of the evaluation's protocol, with changes."""
        return make_sampler(self.run.gan, self.config, **changes)

    def protocol(self, sampler: Sampler) -> dict[str, Any]:
        """Returns how the images were drawn."""
        return {
            "checkpoint": self.run.checkpoint.name,
            "step": self.run.step,
            "seed": self.seed,
            **sampler.protocol,
        }

    def extractor_protocol(self) -> dict[str, Any]:
        """Returns what the features are of."""
        extractor = self.data.extractor
        return {"extractor": extractor.name, **extractor.describe()}


def latents_of(sampler: Sampler, seeds: np.ndarray) -> np.ndarray:
    """Returns the latents `[N, latent_dim]` that the sampler draws for these seeds."""
    kept = np.full(len(seeds), sampler.protocol["truncation"])
    return row_latents(seeds, sampler.generator.latent_dim, kept).numpy()


def images_of(
    sampler: Sampler,
    latents: np.ndarray,
    labels: np.ndarray,
    generator: Optional[Any] = None,
) -> np.ndarray:
    """Returns uint8 images `[N, H, W, C]` of given latents, in one batch.

    Args:
        sampler: its network and BatchNorm statistics are used.
        latents: `[N, latent_dim]`.
        labels: `[N]`, left out for an unconditional generator.
        generator: instead of the sampler's network.
    """
    network = sampler.generator if generator is None else generator
    latents = np.asarray(latents, np.float32)
    inputs = [latents, np.asarray(labels, np.int32)] if network.num_classes else latents
    batch_statistics = sampler.protocol["statistics"] == "batch"
    images = network(inputs, training=batch_statistics, track_statistics=False)
    return to_uint8(images).numpy()
