"""Every file of configs/, with every argument it takes."""

import dataclasses
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tfgan_contra.config import from_json, leaves, to_json
from tfgan_contra.errors import UsageError
from tfgan_contra.types import DataSpec

ROOT = Path(__file__).resolve().parents[1]
NO_CONFIGS = ("recipes.py", "from_json.py")
FILES = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "configs").rglob("*.py")
    if path.name not in NO_CONFIGS
)
SMOKE = [file for file in FILES if file.startswith("configs/smoke/")]


def module(file):
    return importlib.import_module(file.removesuffix(".py").replace("/", "."))


def load(name):
    """Returns what `--config=<name>` gives."""
    file, _, argument = name.partition(":")
    get_config = module(file).get_config
    return get_config(argument) if argument else get_config()


def refusal(file):
    """Returns what a file says of an argument that it does not know."""
    with pytest.raises(UsageError) as caught:
        module(file).get_config("biggan2c")
    return str(caught.value)


def with_arguments(file):
    """Yields the file's name alone and with each argument that its refusal lists."""
    yield file
    if inspect.signature(module(file).get_config).parameters:
        yield from (
            f"{file}:{name}" for name in re.findall(r":([\w-]+)", refusal(file))
        )


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
        or (file == "configs/comparison/digits.py")
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


def test_the_methods_compared_differ_in_nothing_but_the_method():
    file = "configs/comparison/digits.py"
    configs = [load(name) for name in list(with_arguments(file))[1:]]
    assert len(configs) == 5
    methods = {to_json(config.method) for config in configs}
    assert len(methods) == 5
    for config in configs:
        config.method = configs[0].method
    assert len({to_json(config) for config in configs}) == 1


@pytest.mark.parametrize("file", SMOKE)
def test_smoke_configs_build_and_generate(file):
    gan = load(file).method.build(DataSpec(32, 1, 10))
    assert gan.generate(2).shape == (2, 32, 32, 1)
