"""mimicry's networks with their weights and heads, for several tests."""

import tensorflow as tf
from golden_files import load_golden, part

from tfgan_contra.importers.mimicry import assign_discriminator, assign_generator
from tfgan_contra.layers import SNConv2D, SNDense
from tfgan_contra.networks import SNGANDiscriminator, SNGANGenerator
from tfgan_contra.networks.sngan_configs import LAYOUTS

CASES = ("sngan32", "ssgan64", "infomaxgan32")


def load_case(name):
    """Returns the arrays of one of mimicry's models."""
    return load_golden(f"ssgan_infomax_dual/models_{name}.npz")


def new_networks(arrays):
    """Returns a generator and a discriminator of a file's architecture."""
    size = int(arrays["cfg/resolution"])
    layout = LAYOUTS["sngan"][size]
    generator = SNGANGenerator(
        image_size=size,
        width=int(arrays["cfg/ngf"]) // layout.generator[0],
        latent_dim=int(arrays["cfg/nz"]),
        initializer="zeros",
    )
    discriminator = SNGANDiscriminator(
        image_size=size,
        width=int(arrays["cfg/ndf"]) // layout.discriminator[-1],
        initializer="zeros",
    )
    return generator, discriminator


def new_heads(discriminator, state):
    """Returns layers for all heads that a state of mimicry's has."""
    features, local = discriminator.feature_dim, discriminator.local_dim
    heads = {"logit_head": built(SNDense(1), features)}
    if "l_y.bias" in state:
        heads["rotation_head"] = built(SNDense(4), features)
    if "local_nrkhs_a.bias" in state:
        size = len(state["local_nrkhs_b.bias"])
        heads["local_projection"] = tuple(
            built(SNConv2D(filters, 1), None, None, local)
            for filters in (local, size, size)
        )
        heads["global_projection"] = tuple(
            built(SNDense(units), features) for units in (features, size, size)
        )
    return heads


def built(layer, *shape):
    """Returns a layer that is built for a batch of inputs."""
    layer.build((None, *shape))
    return layer


def filled(arrays, generator_state=None, discriminator_state=None):
    """Returns generator, discriminator and heads with a file's weights.

    Other states take the place of parts of those in the file.
    """
    generator, discriminator = new_networks(arrays)
    assign_generator(generator, part(arrays, "G/sd/") | (generator_state or {}))
    state = part(arrays, "D/sd/") | (discriminator_state or {})
    heads = new_heads(discriminator, state)
    assign_discriminator(discriminator, state, **heads)
    return generator, discriminator, heads


def head_outputs(heads, features, training=False):
    """Returns what the heads give, by the authors' names."""
    local, single = features["local_features"], features["global_features"]
    outputs = {"logits": heads["logit_head"](single, training=training)}
    if "rotation_head" in heads:
        outputs["rotation_logits"] = heads["rotation_head"](single, training=training)
    for kind, inputs in (("local", local), ("global", single)):
        layers = heads.get(f"{kind}_projection")
        name = {"local": "local_projected_nhwc", "global": "global_projected"}[kind]
        if layers:
            hidden, output, shortcut = layers
            wide = tf.nn.relu(hidden(inputs, training=training))
            wide = output(wide, training=training)
            outputs[name] = wide + shortcut(inputs, training=training)
    return outputs


def variables(networks):
    """Yields all variables of networks, layers and tuples of layers, by name."""
    for number, layer in enumerate(tf.nest.flatten(networks)):
        for variable in layer.variables:
            yield f"{number}/{variable.path}", variable
