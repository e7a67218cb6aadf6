"""XMC-GAN's layers and networks with the authors' weights, for several tests.

Each function returns our variables by the authors' names, to assign and to compare.
"""

import numpy as np

from tfgan_contra.networks import TextToImageGenerator

STATISTICS, VECTORS = "batch_stats/", "spectral_norm_stats/"


def linear(layer, name):
    return {f"{name}kernel": layer.kernel, f"{name}bias": layer.bias}


def norm(layer, name=""):
    """Of the scale, which comes first, and of the shift."""
    kind = "Conv" if len(layer.scale.kernel.shape) == 4 else "Dense"
    scale = linear(layer.scale, f"{name}{kind}_0/")
    return scale | linear(layer.shift, f"{name}{kind}_1/")


def norm_state(layer, name=""):
    name = f"{STATISTICS}{name}BatchNorm_0/"
    moving = layer.norm
    return {f"{name}mean": moving.moving_mean, f"{name}var": moving.moving_variance}


def named_norms(block, name):
    spatial = len(block.norm1.scale.kernel.shape) == 4
    kind = "LocalConditionalBatchNorm" if spatial else "ConditionalBatchNorm"
    return {f"{name}{kind}_{i}/": n for i, n in enumerate((block.norm1, block.norm2))}


def generator_block(block, name=""):
    variables = {}
    for i, layer in enumerate((block.conv1, block.conv2, block.shortcut)):
        variables |= linear(layer, f"{name}Conv_{i}/")
    for norm_name, layer in named_norms(block, name).items():
        variables |= norm(layer, norm_name)
    return variables


def generator_block_state(block, name=""):
    state = {}
    for norm_name, layer in named_norms(block, name).items():
        state |= norm_state(layer, norm_name)
    return state


def discriminator_convolutions(block):
    layers = (block.conv1, block.conv2)
    layers += (block.shortcut,) if block.has_shortcut else ()
    return {f"SpectralConv_{i}/": layer for i, layer in enumerate(layers)}


def discriminator_block(block):
    variables = {}
    for name, layer in discriminator_convolutions(block).items():
        variables |= linear(layer, name)
    return variables


def discriminator_block_state(block):
    layers = discriminator_convolutions(block)
    return {f"{VECTORS}{name}u0": layer.sn_u for name, layer in layers.items()}


def generator_blocks(generator):
    names = {}
    for i, block in enumerate(generator.global_blocks):
        names[f"GenBlock_{i}/"] = block
    for i, block in enumerate(generator.spatial_blocks):
        names[f"GenSpatialBlock_{i}/"] = block
    return names


def generator(network):
    variables = {}
    for name, layer in (
        ("Dense_0/", network.sentence_projection),
        ("Dense_1/", network.first),
        ("Conv_0/", network.query_projection),
        ("Conv_1/", network.last_conv),
    ):
        variables |= linear(layer, name)
    for name, block in generator_blocks(network).items():
        variables |= generator_block(block, name)
    return variables | norm(network.last_norm, "LocalConditionalBatchNorm_0/")


def generator_state(network):
    state = {}
    for name, block in generator_blocks(network).items():
        state |= generator_block_state(block, name)
    return state | norm_state(network.last_norm, "LocalConditionalBatchNorm_0/")


def assign(variables, arrays):
    """Gives variables the authors' values: all of both, or it fails."""
    assert set(variables) == set(arrays)
    for name, variable in variables.items():
        variable.assign(arrays[name].reshape(variable.shape))


def filled_generator(arrays, parameters, state):
    """Returns the generator of 128 pixels that a file is about, with its weights."""
    network = TextToImageGenerator(
        image_size=128,
        word_dim=arrays["words"].shape[-1],
        width=2,
        latent_dim=arrays["z"].shape[-1],
        initializer="zeros",
    )
    assign(generator(network), parameters)
    assign(generator_state(network), state)
    return network


def inputs_of(arrays):
    names = ("z", "words", "length", "sentence")
    return [np.asarray(arrays[name]) for name in names]
