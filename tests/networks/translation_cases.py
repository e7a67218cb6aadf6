"""The CUT authors' networks with their weights, for several tests."""

from golden_files import load_golden, part

from tfgan_contra.importers.cut import assign_discriminator, assign_generator
from tfgan_contra.networks import PatchDiscriminator, SinCUTGenerator

GENERATOR = "cut/generator_resnet_6blocks_ngf4.npz"
DISCRIMINATOR = "cut/discriminator_basic_ndf8.npz"
SINCUT_GENERATOR = "cut/sincut_generator_ngf2.npz"


def sizes(arrays, name="input"):
    """The sizes that a file has inputs of, such as `64x64`."""
    return [k.split("_")[1] for k in arrays if k.startswith(f"{name}_")]


def filled_discriminator():
    """A discriminator with the authors' weights, and the file's arrays."""
    arrays = load_golden(DISCRIMINATOR)
    discriminator = PatchDiscriminator(width=8)
    assign_discriminator(discriminator, part(arrays, "state/"))
    return discriminator, arrays


def filled_sincut_generator():
    """SinCUT's generator with the authors' weights, and the file's arrays."""
    arrays = load_golden(SINCUT_GENERATOR)
    generator = SinCUTGenerator(width=2)
    assign_generator(generator, part(arrays, "state/"))
    return generator, arrays
