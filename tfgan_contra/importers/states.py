"""Checkpoints of any method: whose they are follows from the method."""

from typing import Any, Optional

from tfgan_contra.importers import cut, mimicry, studiogan
from tfgan_contra.importers.layers import State
from tfgan_contra.networks.sngan_configs import SNGANConfig


def import_states(
    method_config: Any, *, image_size: Optional[int] = None, **states: Optional[State]
) -> Any:
    """Returns a model with the authors' weights; see either importer.

    Args:
        method_config: the config of a translator, whose weights are the CUT authors',
            of a method on SNGAN's networks, whose are mimicry's, or of another method,
            whose are StudioGAN's.
        image_size: of the training images, where the arrays do not say it; None: the
            authors'.
        **states: `generator`, `discriminator`, `generator_ema`, `projector`: parameter
            names with NumPy arrays, or None.

    Raises:
        CheckpointError: if the arrays are of another architecture.
        UsageError: if there is nothing to import, or what the method has not.
    """
    if method_config.is_translation:
        return cut.import_states(method_config, image_size=image_size, **states)
    if isinstance(method_config.network, SNGANConfig):
        return mimicry.import_states(method_config, image_size=image_size, **states)
    return studiogan.import_states(method_config, **states)
