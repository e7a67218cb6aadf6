"""SNGAN, SSGAN and InfoMax-GAN with mimicry's weights give the losses of its steps."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from golden_files import part
from networks.sngan_cases import load_case

from tfgan_contra.augmentation.configs import AdaptiveAugmentConfig
from tfgan_contra.errors import CheckpointError, ConfigError, UsageError
from tfgan_contra.importers import import_states
from tfgan_contra.models.configs import UnconditionalGANConfig
from tfgan_contra.models.self_supervised_configs import (
    DualContrastiveGANConfig,
    InfoMaxGANConfig,
    SSGANConfig,
)
from tfgan_contra.networks.sngan_configs import LAYOUTS, SNGANConfig
from tfgan_contra.optimizers import Adam
from tfgan_contra.regularizers.configs import TopKConfig
from tfgan_contra.training.trainer import Trainer
from tfgan_contra.types import Batch

CASES = {
    "sngan32": UnconditionalGANConfig(),
    "ssgan64": SSGANConfig(rotation_batch="quarter_each"),
    "infomaxgan32": InfoMaxGANConfig(projection_dim=12),
}
# mimicry's names of losses, already weighted, and ours with their weights.
LOSSES = {
    "d_adversarial": ("step/D/errD", 1.0),
    "g_adversarial": ("step/G/errG", 1.0),
    "d_rotation": ("step/D/errD_SS", 1.0),
    "g_rotation": ("step/G/errG_SS", 0.2),
    "d_info_nce": ("step/D/errD_IM", 0.2),
    "g_info_nce": ("step/G/errG_IM", 0.2),
}


def imported(name):
    """Returns the variant of a case with its weights, and the case's arrays."""
    arrays = load_case(name)
    layout = LAYOUTS["sngan"][int(arrays["cfg/resolution"])]
    network = SNGANConfig(
        g_width=int(arrays["cfg/ngf"]) // layout.generator[0],
        d_width=int(arrays["cfg/ndf"]) // layout.discriminator[-1],
        latent_dim=int(arrays["cfg/nz"]),
    )
    config = dataclasses.replace(CASES[name], network=network)
    states = {
        "generator": part(arrays, "G/sd/"),
        "discriminator": part(arrays, "D/sd/"),
    }
    return import_states(config, **states), arrays


@pytest.mark.parametrize("name", list(CASES))
def test_a_step_has_mimicry_s_losses(name):
    gan, arrays = imported(name)
    # Rates of nothing: G's losses are then of the same D, as in the file.
    gan.compile(Adam(1e-30), Adam(1e-30))
    latents = iter([arrays["step/z_D"], arrays["step/z_G"]])
    gan.sample_condition = lambda rows, noise: (tf.constant(next(latents)), None)
    step = tf.function(gan.train_step, autograph=False)
    logs = step(Batch(tf.constant(arrays["in/x_nhwc"])))
    checked = 0
    for ours, (theirs, weight) in LOSSES.items():
        if theirs in arrays:
            value = float(logs[ours]) * weight
            np.testing.assert_allclose(
                value, arrays[theirs], rtol=1e-4, atol=1e-5, err_msg=ours
            )
            checked += 1
    assert checked == len([n for n in gan.loss_names() if n not in gan.detail_names()])


@pytest.mark.parametrize("name", list(CASES))
def test_imported_models_draw_and_judge_as_mimicry_s(name):
    gan, arrays = imported(name)
    images = gan.generator_ema(arrays["in/z"], training=False)
    np.testing.assert_allclose(images, arrays["G/out_eval_nhwc"], atol=1e-5)
    outputs = gan.discriminate(arrays["in/x_nhwc"])
    expected = arrays["D/eval/logits"][:, 0]
    np.testing.assert_allclose(outputs["logits"], expected, rtol=1e-4, atol=1e-5)


def test_what_mimicry_has_not_is_refused():
    arrays = load_case("sngan32")
    config = UnconditionalGANConfig(network=SNGANConfig(g_width=2, d_width=4))
    with pytest.raises(UsageError, match="give a generator or a discriminator"):
        import_states(config)
    with pytest.raises(UsageError, match="no projector and no moving average"):
        import_states(config, generator_ema=part(arrays, "G/sd/"))
    with pytest.raises(CheckpointError, match="none of mimicry's"):
        import_states(config, generator={"linear0.weight": np.zeros((2, 2))})


def test_the_mutual_information_bound_is_what_the_loss_leaves():
    gan, arrays = imported("infomaxgan32")
    gan.compile(Adam(1e-30), Adam(1e-30))
    logs = gan.train_step(Batch(tf.constant(arrays["in/x_nhwc"])))
    places = 8 * 8
    # One positive among the places of the three other images.
    candidates = 3 * places + 1 + places * np.exp(-10)
    bound = np.log(candidates) - float(logs["d_info_nce"])
    np.testing.assert_allclose(float(logs["d_mutual_information"]), bound, atol=1e-2)


def test_rotations_alone_leave_the_adversarial_loss_out():
    weights = SSGANConfig(adversarial_weight=0.0).loss_weights()
    assert weights["d_adversarial"] == weights["g_adversarial"] == 0.0
    assert weights["d_rotation"] == 1.0


def test_a_batch_that_four_does_not_divide_is_refused(tmp_path):
    from configs.smoke import unconditional

    config = unconditional.get_config()
    config.method = SSGANConfig(network=SNGANConfig(g_width=2, d_width=2))
    config.train.global_batch_size = 6
    with pytest.raises(
        ConfigError, match="four_way_quarter.* must divide the 6 images"
    ):
        Trainer(config, str(tmp_path))


def test_the_dual_contrast_is_the_only_adversarial_loss_of_its_method():
    with pytest.raises(ConfigError, match="adversarial.*dual_contrastive"):
        DualContrastiveGANConfig(adversarial="hinge").validate("method")
    with pytest.raises(ConfigError, match="adversarial"):
        SSGANConfig(adversarial="dual_contrastive").validate("method")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            SSGANConfig(augmentation=AdaptiveAugmentConfig()),
            "augmentation.pipeline must be 'c'",
        ),
        (
            DualContrastiveGANConfig(regularizers=(TopKConfig(),)),
            "method.regularizers must be without top-k",
        ),
        (
            DualContrastiveGANConfig(augmentation=AdaptiveAugmentConfig()),
            "method.augmentation must be without",
        ),
    ],
)
def test_what_contradicts_a_method_is_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        config.validate("method")


def test_colours_may_change_where_turns_are_told():
    SSGANConfig(augmentation=AdaptiveAugmentConfig(pipeline="c")).validate("method")
