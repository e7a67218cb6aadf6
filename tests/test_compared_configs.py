"""The numbers of the methods without labels, and what compared configs share."""

import dataclasses

import pytest
from config_files import load, with_arguments

from tfgan_contra.config import leaves, to_json
from tfgan_contra.models.configs import ImageMethodConfig


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "sngan/datasets.py:lsun_bedroom128",
            {
                "method.type": "tfgan_contra.models.configs.UnconditionalGANConfig",
                "method.adversarial": "hinge",
                "method.d_steps": 2,
                "method.ema_decay": 0.0,
                "method.network.upsampling": "bilinear",
                "data.flip": False,
                "optimizer.g_learning_rate": 2e-4,
                "optimizer.beta_1": 0.0,
                "optimizer.beta_2": 0.9,
                "optimizer.epsilon": 1e-8,
                "optimizer.decay_start": 0.0,
                "train.num_steps": 100_000,
                "train.global_batch_size": 64,
                "evaluation.num_images": 50_000,
                "evaluation.reference_split": "train",
            },
        ),
        (
            "sngan/cifar10.py:conditional",
            {
                "method.type": "tfgan_contra.models.configs.ProjGANConfig",
                "method.network.pooling": "sum",
                "method.d_steps": 5,
                "method.ema_decay": 0.0,
            },
        ),
        (
            "ssgan/datasets.py:imagenet128",
            {
                "method.rotation_batch": "quarter_each",
                "method.d_steps": 5,
                "optimizer.decay_start": 1.0,
                "train.num_steps": 450_000,
            },
        ),
        (
            "ssgan/cifar10.py:paper",
            {
                "method.rotation_batch": "four_way_quarter",
                "method.adversarial": "hinge",
                "method.adversarial_weight": 1.0,
                "method.d_rotation_weight": 1.0,
                "method.g_rotation_weight": 0.2,
                "method.d_steps": 2,
                "method.network.upsampling": "zero_insertion",
                "method.network.pooling": "mean",
                "method.network.self_modulated": False,
                "optimizer.decay_start": 1.0,
                "evaluation.num_images": 10_000,
                "evaluation.reference_split": "test",
            },
        ),
        (
            "ssgan/cifar10.py:reproduction",
            {
                "method.rotation_batch": "quarter_each",
                "method.d_steps": 2,
                "method.network.upsampling": "bilinear",
                "optimizer.decay_start": 1.0,
                "evaluation.num_images": 10_000,
            },
        ),
        (
            "ssgan/table1_128.py:imagenet-self_modulated",
            {
                "method.network.layout": "resnet5",
                "method.network.self_modulated": True,
                "train.num_steps": 1_000_000,
            },
        ),
        (
            "infomax_gan/datasets.py:celeba128",
            {
                "method.projection_dim": 1024,
                "method.negatives": "other_images",
                "method.d_info_weight": 0.2,
                "method.g_info_weight": 0.2,
                "method.d_steps": 2,
                "optimizer.decay_start": 1.0,
            },
        ),
        (
            "dual_contrastive_gan/cifar10.py:big_resnet-swapped",
            {
                "method.form": "swapped",
                "method.network.type": "tfgan_contra.networks.configs.BigResNetConfig",
                "method.network.d_attention_after": [],
                "method.regularizers[0].weight": 1.0,
            },
        ),
        (
            "dual_contrastive_gan/datasets.py:celeba128-attention",
            {
                "method.form": "minimax",
                "method.network.g_attention_after": [3],
                "method.reference_attention_after": 4,
            },
        ),
        (
            "dual_contrastive_gan/datasets.py:celeba128-logistic",
            {
                "method.type": "tfgan_contra.models.configs.UnconditionalGANConfig",
                "method.adversarial": "logistic",
                "method.regularizers[0].weight": 1.0,
                "method.ema_decay": pytest.approx(0.99557, abs=1e-5),
            },
        ),
        ("smoke/infomax_gan.py", {"method.projection_dim": 16}),
    ],
)
def test_the_papers_numbers(name, expected):
    values = dict(leaves(load(f"configs/{name}")))
    assert {field: values.get(field) for field in expected} == expected


SHARED = [field.name for field in dataclasses.fields(ImageMethodConfig)]


@pytest.mark.parametrize(
    ("names", "own"),
    [
        (list(with_arguments("configs/comparison/digits.py"))[1:], set()),
        (
            list(with_arguments("configs/comparison/digits_unconditional.py"))[1:],
            {"adversarial", "regularizers"},
        ),
        (
            [
                f"configs/comparison/digits_unconditional.py:{method}"
                for method in ("unconditional", "ssgan", "infomax_gan", "conditional")
            ],
            set(),
        ),
        (
            [
                f"configs/comparison/digits_unconditional.py:{method}"
                for method in ("dual_contrastive", "logistic_r1")
            ],
            {"adversarial"},
        ),
        (
            [
                f"configs/ssgan/cifar10.py:{row}"
                for row in ("paper", "rotation_only", "conditional", "unconditional")
            ],
            set(),
        ),
        (
            [
                f"configs/dual_contrastive_gan/cifar10.py:sngan-{loss}"
                for loss in ("minimax", "swapped", "logistic")
            ],
            {"adversarial"},
        ),
    ],
)
def test_the_methods_compared_differ_in_nothing_but_the_method(names, own):
    configs = [load(name) for name in names]
    methods = {to_json(config.method) for config in configs}
    assert len(methods) == len(names) > 1
    for field in set(SHARED) - own:
        assert len({repr(getattr(c.method, field)) for c in configs}) == 1, field
    for config in configs:
        config.method = configs[0].method
    assert len({to_json(config) for config in configs}) == 1
