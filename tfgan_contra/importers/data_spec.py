"""What images and classes a StudioGAN checkpoint is for, read from its arrays."""

from typing import Any, Optional

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers.layouts import TodaysState
from tfgan_contra.models.configs import ACGANConfig
from tfgan_contra.networks.configs import DCGAN_IMAGE_SIZE, BigResNetConfig
from tfgan_contra.types import DataSpec

# Residual blocks of each network by resolution.
GENERATOR_SIZES = {3: 32, 4: 64, 5: 128, 6: 256}
DISCRIMINATOR_SIZES = {4: 32, 5: 64, 6: 128, 7: 256}
# A block's place among the authors' `blocks`, where attention takes places too.
MOST_PLACES = 16


def read_spec(
    config: Any, generator: Optional[TodaysState], discriminator: Optional[TodaysState]
) -> DataSpec:
    """Returns the images and classes that a checkpoint's networks agree on.

    Args:
        config: the method's config, which tells some heads apart.
        generator: the generator's arrays, if there are any.
        discriminator: the discriminator's.

    Raises:
        CheckpointError: if they are of no architecture we have, or of two data sets.
    """
    found = {}
    if generator is not None:
        found["generator"] = _of_generator(config, generator)
    if discriminator is not None:
        found["discriminator"] = _of_discriminator(config, discriminator)
    for name, (size, channels, _) in found.items():
        if size is None or channels not in (1, 3):
            raise CheckpointError(
                f"The {name} is none of the authors' resnet, big_resnet or deep_conv "
                "for images of 32, 64, 128 or 256 pixels with 1 or 3 channels"
            )
    first, *others = found.values()
    if any(spec != first for spec in others):
        raise CheckpointError(
            "Generator and discriminator do not belong together: "
            + "; ".join(
                f"the {name} is for {size} pixels, {channels} channels and {classes} "
                "classes"
                for name, (size, channels, classes) in found.items()
            )
        )
    return DataSpec(*first)


def _of_generator(config: Any, state: TodaysState) -> tuple:
    """Returns image size and channels (None where unknown) and classes."""
    if state.shape("blocks.0.0.deconv0"):
        classes = _at(state.shape("blocks.0.0.bn0.gain"), 1)
        return DCGAN_IMAGE_SIZE, _at(state.shape("conv4"), 0), classes or 0
    classes = _at(state.shape("shared"), 0)
    # Without classes, `big_resnet` conditions its norms on the latents alone.
    if not classes and not isinstance(config.network, BigResNetConfig):
        classes = _at(state.shape("blocks.0.0.bn1.gain"), 1)
    size = GENERATOR_SIZES.get(_num_blocks(state))
    return size, _at(state.shape("conv2d5"), 0), classes or 0


def _of_discriminator(config: Any, state: TodaysState) -> tuple:
    """Returns image size and channels (None where unknown) and classes."""
    head = "linear2" if isinstance(config, ACGANConfig) else "embedding"
    classes = _at(state.shape(head), 0) or 0
    if state.shape("blocks.0.0.conv0"):
        return DCGAN_IMAGE_SIZE, _at(state.shape("blocks.0.0.conv0"), 1), classes
    size = DISCRIMINATOR_SIZES.get(_num_blocks(state))
    return size, _at(state.shape("blocks.0.0.conv2d1"), 1), classes


def _at(shape: tuple[int, ...], axis: int) -> Optional[int]:
    return shape[axis] if len(shape) > axis else None


def _num_blocks(state: TodaysState) -> int:
    """Counts the residual blocks; 0 for BigGAN-deep's, which have four convolutions."""
    if state.shape("blocks.0.0.conv2d3"):
        return 0
    places = range(MOST_PLACES)
    return sum(bool(state.shape(f"blocks.{i}.0.conv2d1")) for i in places)
