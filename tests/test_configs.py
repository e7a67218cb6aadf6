"""Every file of configs/, with every argument it takes."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from config_files import load, module, refusal, with_arguments
from golden_files import GOLDEN

from tfgan_contra.config import from_json, leaves, to_json
from tfgan_contra.types import CaptionSpec, DataSpec, TextFeatures, TranslationSpec

ROOT = Path(__file__).resolve().parents[1]
NO_CONFIGS = (
    "recipes.py",
    "sngan_recipes.py",
    "translation_recipes.py",
    "from_json.py",
)
FILES = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "configs").rglob("*.py")
    if path.name not in NO_CONFIGS
)
SMOKE = [file for file in FILES if file.startswith("configs/smoke/")]


NAMES = [name for file in FILES for name in with_arguments(file)]


@pytest.mark.parametrize("name", NAMES)
def test_loads_validates_and_survives_json(name):
    config = load(name)
    config.validate()
    assert from_json(to_json(config)) == config


def test_loading_all_of_them_starts_no_tensorflow():
    imports = "; ".join(f"import {file[:-3].replace('/', '.')}" for file in FILES)
    code = f"import sys; {imports}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("file", FILES)
def test_two_configs_share_no_part_that_a_flag_could_change(file):
    first, second = load(file), load(file)
    unchanged = dict(leaves(second))
    for node in (first.method, first.method.network, first.train, first.optimizer):
        for field in dataclasses.fields(node):
            if isinstance(getattr(node, field.name), int | float):
                setattr(node, field.name, 3)
    assert dict(leaves(second)) == unchanged == dict(leaves(load(file)))


@pytest.mark.parametrize("file", FILES)
def test_the_docstring_has_a_command_that_exists_and_the_expectation(file):
    text = module(file).__doc__
    commands = re.findall(r"--config=(configs/[\w/]+\.py(?::[\w-]+)?)", text)
    assert any(name.startswith(file) for name in commands)
    assert set(commands) <= set(NAMES)
    own = ("configs/smoke/", "configs/quickstart.py")
    assert (
        file.startswith(own)
        or ("Expected" in text and "Paper:" in text)
        or file.startswith("configs/comparison/")
    )
    if len(list(with_arguments(file))) > 1 and not file.startswith(own):
        arguments = [name.partition(":")[2] for name in with_arguments(file)][1:]
        parts = {part for name in arguments for part in name.split("-")} - {"plain"}
        assert all(part in text for part in parts), parts


def test_an_unknown_argument_gets_one_line_with_the_choices():
    text = refusal("configs/contragan/table1_cifar10.py")
    assert text.startswith("configs/contragan/table1_cifar10.py takes :sndcgan-ac, ")
    assert text.endswith("(did you mean 'biggan-2c'?). Received: 'biggan2c'")
    command = ["bin/train.py", "--config=configs/projgan/cifar10.py:sngn"]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert ":projgan, :sngan, :sagan (did you mean 'sngan'?)" in done.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "contragan/table1_cifar10.py:sndcgan-ac",
            {
                "method.type": "tfgan_contra.models.configs.ACGANConfig",
                "method.network.type": "tfgan_contra.networks.configs.DCGANConfig",
                "method.classify_fakes": True,
                "method.d_steps": 1,
                "method.ema_start": 20_000,
                "train.num_steps": 200_000,
            },
        ),
        (
            "contragan/table1_tiny_imagenet.py:biggan-projection",
            {
                "method.type": "tfgan_contra.models.configs.ProjGANConfig",
                "train.global_batch_size": 256,
                "optimizer.d_learning_rate": 4e-4,
            },
        ),
        (
            "biggan/cifar10.py:ada",
            {
                "method.adversarial": "logistic",
                "method.augmentation.target": 0.6,
                "method.augmentation.speed_kimg": pytest.approx(83_333, rel=1e-4),
                "train.num_steps": 312_500,
            },
        ),
        (
            "biggan/imagenet128.py:2048",
            {"method.accumulation": 4, "train.global_batch_size": 2048},
        ),
        (
            "contragan/imagenet128.py:ttur",
            {
                "method.d_steps": 1,
                "method.embedding_dim": 1024,
                "optimizer.g_learning_rate": 1e-4,
                "train.num_steps": 250_000,
            },
        ),
        (
            "reacgan/tiny_imagenet.py:diffaugment",
            {
                "method.embedding_dim": 768,
                "method.temperature": 0.75,
                "method.positive_margin": 1.0,
                "method.contrastive_weight": 0.75,
                "method.network.latent_dim": 100,
                "train.num_steps": 200_000,
            },
        ),
        (
            "unconditional/cifar10.py:wgan_gp",
            {
                "method.adversarial": "wasserstein",
                "method.regularizers[0].weight": 10.0,
                "method.network.d_spectral_norm": False,
                "method.ema_decay": 0.0,
                "method.d_steps": 5,
            },
        ),
        (
            "unconditional/cifar10.py:lsgan",
            {
                "method.adversarial": "least_squares",
                "method.network.type": "tfgan_contra.networks.configs.DCGANConfig",
                "method.d_steps": 2,
            },
        ),
        (
            "projgan/tiny_imagenet.py:sagan",
            {
                "method.network.g_attention_after": [3],
                "method.network.g_spectral_norm": True,
                "train.global_batch_size": 256,
            },
        ),
        (
            "cut/horse2zebra.py",
            {
                "method.type": "tfgan_contra.models.translation_configs.CUTConfig",
                "method.adversarial": "least_squares",
                "method.nce_layers": [0, 4, 8, 12, 16],
                "method.nce_weight": 0.5,
                "method.identity_nce_weight": 0.5,
                "method.num_patches": 256,
                "method.embedding_dim": 256,
                "method.ema_decay": 0.0,
                "method.flip_equivariance": False,
                "data.load_size": 286,
                "data.image_size": 256,
                "data.flip": True,
                "optimizer.g_learning_rate": 2e-4,
                "optimizer.d_learning_rate": 2e-4,
                "optimizer.beta_1": 0.5,
                "optimizer.beta_2": 0.999,
                "optimizer.epsilon": 1e-8,
                "train.num_steps": 0,
                "train.constant_epochs": 200,
                "train.decay_epochs": 200,
                "train.global_batch_size": 1,
            },
        ),
        (
            "cut/cat2dog.py:fastcut",
            {
                "method.type": "tfgan_contra.models.translation_configs.FastCUTConfig",
                "method.nce_weight": 10.0,
                "method.identity_nce_weight": 0.0,
                "method.flip_equivariance": True,
                "method.network.num_blocks": 9,
                "train.constant_epochs": 150,
                "train.decay_epochs": 50,
            },
        ),
        (
            "cut/cityscapes.py",
            {"data.source": "unpaired:cityscapes/trainB,cityscapes/trainA"},
        ),
        (
            "cut/gta2cityscapes.py",
            {
                "data.resize": "width",
                "data.load_size": 1024,
                "data.image_size": 512,
                "train.constant_epochs": 40,
                "train.decay_epochs": 40,
            },
        ),
        (
            "cut/sincut.py",
            {
                "method.adversarial": "logistic",
                "method.nce_layers": [0, 2, 4],
                "method.num_patches": 1,
                "method.negatives": "batch",
                "method.nce_weight": 2.0,
                "method.identity_nce_weight": 2.0,
                "method.identity_weight": 1.0,
                "method.regularizers[0].weight": 1.0,
                "data.image_size": 64,
                "data.crops_per_epoch": 100_000,
                "data.smallest_zoom": pytest.approx(1 / 3),
                "optimizer.g_learning_rate": 2e-3,
                "optimizer.beta_1": 0.0,
                "optimizer.beta_2": 0.99,
                "optimizer.epsilon": 1e-8,
                "train.constant_epochs": 8,
                "train.decay_epochs": 8,
                "train.global_batch_size": 16,
            },
        ),
        (
            "smoke/contragan_icr.py",
            {
                "method.regularizers[0].fake_weight": 10.0,
                "method.regularizers[1].discriminator_weight": 20.0,
                "method.embedding_dim": 16,
            },
        ),
    ],
)
def test_the_papers_numbers(name, expected):
    values = dict(leaves(load(f"configs/{name}")))
    assert {field: values.get(field) for field in expected} == expected


COUNTS = json.loads((GOLDEN / "cut" / "parameter_counts.json").read_text())
CUT_COUNTS = (
    "G_resnet_9blocks_ngf64",
    "D_basic_3layers_ndf64",
    "F_mlp_sample_nc256_layers_0_4_8_12_16",
)
SINCUT_COUNTS = (
    "SinCUT_G_stylegan2_ngf10_64px",
    "SinCUT_D_stylegan2_ndf8_64px",
    "SinCUT_F_mlp_sample_nc256_layers_0_2_4",
)


@pytest.mark.parametrize(
    ("name", "counts"),
    [("cut/horse2zebra.py:fastcut", CUT_COUNTS), ("cut/sincut.py", SINCUT_COUNTS)],
)
def test_as_many_parameters_as_the_authors(name, counts):
    config = load(f"configs/{name}")
    gan = config.method.build(TranslationSpec(config.data.image_size, 3, 3))
    networks = (gan.generator, gan.discriminator, gan.projector)
    ours = [sum(int(np.prod(w.shape)) for w in n.weights) for n in networks]
    assert ours == [COUNTS[name] for name in counts]


def is_translation(file):
    return load(file).method.is_translation


def takes_captions(file):
    return load(file).method.takes_captions


FROM_LABELS = [f for f in SMOKE if not (is_translation(f) or takes_captions(f))]


@pytest.mark.parametrize("file", FROM_LABELS)
def test_smoke_configs_build_and_generate(file):
    gan = load(file).method.build(DataSpec(32, 1, 10))
    assert gan.generate(2).shape == (2, 32, 32, 1)


@pytest.mark.parametrize("file", [f for f in SMOKE if is_translation(f)])
def test_smoke_configs_build_and_translate(file):
    config = load(file)
    gan = config.method.build(TranslationSpec(config.data.image_size, 1, 3))
    images = np.zeros((2, 36, 30, 1), np.float32)
    assert gan.translate(images).shape == (2, 36, 30, 3)


@pytest.mark.parametrize("file", [f for f in SMOKE if takes_captions(f)])
def test_smoke_configs_build_and_draw_captions(file):
    config = load(file)
    size, dim = config.data.image_size, config.method.text_encoder.dim
    gan = config.method.build(CaptionSpec(size, 3, dim, 5))
    words = np.ones((2, 5, dim), np.float32)
    text = TextFeatures(words, np.array([5, 3], np.int32), words[:, 0])
    assert gan.generate(text).shape == (2, size, size, 3)
