"""One optimisation step of CUT made of its parts alone, against the authors' numbers.

Order: fake = G([A; B]) once, D's gradients and step, then the losses of G and F with
the updated D and the old fake.
"""

import numpy as np
import pytest
import tensorflow as tf
from golden_files import GOLDEN, load_golden, part, relative_error

from tfgan_contra.importers.cut import (
    assign_discriminator,
    assign_generator,
    assign_projector,
    read_architecture,
)
from tfgan_contra.layers import PatchSampler
from tfgan_contra.losses import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    patch_nce_loss,
)
from tfgan_contra.networks import PatchDiscriminator, TranslationGenerator

CASES = sorted(path.name for path in (GOLDEN / "cut").glob("cut_step_*.npz"))
ASSIGN = {"G": assign_generator, "D": assign_discriminator, "F": assign_projector}


class Step:
    """The networks before the first step, and what is stored about it."""

    def __init__(self, name):
        self.golden = load_golden(f"cut/{name}")
        self.taps = tuple(int(i) for i in self.golden["nce_layer_indices"])
        state = part(self.golden, "initial_G/")
        self.generator = TranslationGenerator(**read_architecture(state))
        self.discriminator = PatchDiscriminator(width=4)
        self.sampler = PatchSampler(
            self.generator.feature_channels(self.taps),
            num_patches=int(self.golden["num_patches"]),
            embedding_dim=int(self.golden["netF_nc"]),
        )
        self.networks = {
            "G": self.generator,
            "D": self.discriminator,
            "F": self.sampler,
        }
        for role, network in self.networks.items():
            ASSIGN[role](network, part(self.golden, f"initial_{role}/"))

    def expected(self, role):
        """The authors' gradients by the paths of our variables."""
        network = self.networks[role]
        copy = type(network).from_config(network.get_config())
        ASSIGN[role](copy, part(self.golden, f"step0_grad_{role}/"))
        return {v.path: np.asarray(v) for v in copy.trainable_variables}

    def loss(self, name):
        return self.golden[f"step0_loss_{name}"]

    def logits(self, images):
        return self.discriminator(images, training=True)["logits"]

    def translate(self):
        """The fake and, with identity, the translated target; and their features."""
        real_a, real_b = self.golden["real_A_nhwc"], self.golden["real_B_nhwc"]
        identity = bool(self.golden["nce_idt"])
        inputs = tf.concat([real_a, real_b], axis=0) if identity else real_a
        images, features = self.generator(inputs, training=True, taps=self.taps)
        parts = tf.split(images, 2 if identity else 1)
        # The keys come from the main pass: the encoder need not run again for them.
        keys = [tf.split(f, len(parts)) for f in features]
        return parts, [tuple(f[i] for f in keys) for i in range(len(parts))]

    def nce(self, images, key_features, name):
        """The weighted mean over the layers."""
        ids = tuple(
            self.golden[f"step0_patch_ids_{name}_layer{tap:02}"] for tap in self.taps
        )
        queries, _ = self.sampler(
            self.generator(images, training=True, taps=self.taps, encode_only=True),
            patch_ids=ids,
        )
        keys, _ = self.sampler(key_features, patch_ids=ids)
        temperature = float(self.golden["nce_T"])
        losses = [
            patch_nce_loss(q, k, temperature=temperature)
            for q, k in zip(queries, keys, strict=True)
        ]
        return float(self.golden["lambda_NCE"]) * tf.add_n(losses) / len(losses)

    def generator_losses(self, images, key_features):
        """All named terms and the total, with the updated discriminator."""
        # The authors' least squares have no factor of one half in the generator's loss.
        terms = {"G_GAN": 2 * least_squares_generator_loss(self.logits(images[0]))}
        names = ("NCE", "NCE_Y")[: len(images)]
        for name, image, features in zip(names, images, key_features, strict=True):
            terms[name] = self.nce(image, features, name)
        contrast = tf.add_n([terms[name] for name in names]) / len(names)
        return terms | {"G": terms["G_GAN"] + contrast}


def feeds_a_norm_only(path):
    """Biases whose true gradient is 0: what is stored of them is rounding."""
    layer = path.split("/")[-2]
    no_norm = ("conv0", "conv4", "conv8", "conv14", "conv27", "conv30")
    return path.endswith("bias") and not layer.startswith(
        ("hidden", "output", *no_norm)
    )


def check(gradients, network, expected):
    variables = network.trainable_variables
    for variable, ours in zip(variables, gradients, strict=True):
        if not feeds_a_norm_only(variable.path):
            error = relative_error(ours, expected[variable.path])
            assert error < 1e-4, (variable.path, error)


@pytest.mark.parametrize("name", CASES)
def test_losses_and_gradients_of_one_step(name):
    step = Step(name)

    @tf.function
    def gradients_of_discriminator(fake):
        with tf.GradientTape() as tape:
            real_logits = step.logits(step.golden["real_B_nhwc"])
            loss = least_squares_discriminator_loss(real_logits, step.logits(fake))
        return loss, tape.gradient(loss, step.discriminator.trainable_variables)

    @tf.function
    def gradients_of_generator():
        with tf.GradientTape() as tape:
            terms = step.generator_losses(*step.translate())
        variables = (
            step.generator.trainable_variables,
            step.sampler.trainable_variables,
        )
        return terms, tape.gradient(terms["G"], variables)

    images, _ = step.translate()
    assert relative_error(images[0], step.golden["step0_fake_B_nhwc"]) < 1e-4
    d_loss, of_d = gradients_of_discriminator(images[0])
    expected = 0.5 * (step.loss("D_real") + step.loss("D_fake"))
    np.testing.assert_allclose(d_loss, expected, rtol=1e-5)
    check(of_d, step.discriminator, step.expected("D"))

    assign_discriminator(step.discriminator, part(step.golden, "after_step0_D/"))
    terms, (of_g, of_f) = gradients_of_generator()
    for term, ours in terms.items():
        np.testing.assert_allclose(ours, step.loss(term), rtol=1e-5, err_msg=term)
    check(of_g, step.generator, step.expected("G"))
    check(of_f, step.sampler, step.expected("F"))
