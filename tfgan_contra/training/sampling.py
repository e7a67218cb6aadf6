"""The sampler that a config asks for."""

from collections.abc import Sequence
from typing import Any, Optional

from tfgan_contra.config import Config
from tfgan_contra.models.caption_sampler import CaptionSampler
from tfgan_contra.models.sampler import Sampler
from tfgan_contra.text.base import TextEncoder
from tfgan_contra.training.runs import LoadedRun
from tfgan_contra.training.text_encoders import load_text_encoder


def make_sampler(gan: Any, config: Config, **changes: Any) -> Sampler:
    """Returns the sampler of a config's evaluation protocol, with changes."""
    return Sampler(gan, **(_options(config) | changes))


def make_caption_sampler(
    gan: Any,
    config: Config,
    encoder: TextEncoder,
    typical: Sequence[str],
    **changes: Any,
) -> CaptionSampler:
    """Returns the same for a text-to-image model.

    Args:
        gan: the model.
        config: of the run.
        encoder: of the run.
        typical: captions for standing statistics.
        **changes: of the protocol.
    """
    options = _options(config) | changes
    return CaptionSampler(gan, encoder, typical=typical, **options)


def caption_sampler_of_run(
    run: LoadedRun,
    config: Config,
    encoder: Optional[TextEncoder] = None,
    **changes: Any,
) -> CaptionSampler:
    """Returns the same for a run that was loaded; the data set is not needed.

    Args:
        run: a text-to-image run.
        config: of the run, with the evaluation as it was asked for.
        encoder: of the run; None: it is loaded.
        **changes: of the protocol.

    Raises:
        CheckpointError: if the run folder lacks its text encoder, or for standing
            statistics the captions to collect them over.
    """
    encoder = encoder or load_text_encoder(run.folder.path, config)
    options = _options(config) | changes
    standing = options["statistics"] == "standing"
    typical = run.folder.captions()["typical"] if standing else []
    return CaptionSampler(run.gan, encoder, typical=typical, **options)


def _options(config: Config) -> dict[str, Any]:
    evaluation = config.evaluation
    return {
        "statistics": evaluation.statistics,
        "standing_batches": evaluation.standing_batches,
        "truncation": evaluation.truncation,
        "batch_size": evaluation.batch_size,
    }
