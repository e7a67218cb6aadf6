"""The sampler that a config asks for."""

from typing import Any

from tfgan_contra.config import Config
from tfgan_contra.models.sampler import Sampler


def make_sampler(gan: Any, config: Config, **changes: Any) -> Sampler:
    """Returns the sampler of a config's evaluation protocol, with changes."""
    evaluation = config.evaluation
    options: dict[str, Any] = {
        "statistics": evaluation.statistics,
        "standing_batches": evaluation.standing_batches,
        "truncation": evaluation.truncation,
        "batch_size": evaluation.batch_size,
    }
    return Sampler(gan, **(options | changes))
