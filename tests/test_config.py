import json

import pytest

from tfgan_contra import config as tree
from tfgan_contra.augmentation.configs import DiffAugmentConfig
from tfgan_contra.errors import ConfigError
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.regularizers.configs import ConsistencyConfig


def example():
    return tree.Config(
        method=ContraGANConfig(
            temperature=0.5,
            regularizers=(ConsistencyConfig(3.0),),
            augmentation=DiffAugmentConfig(("color",)),
        )
    )


def test_json_and_back():
    config = example()
    assert tree.from_json(tree.to_json(config)) == config


def test_differences_name_the_fields():
    other = example()
    other.method.temperature = 0.7
    other.method.regularizers = (ConsistencyConfig(4.0),)
    assert tree.differences(example(), other) == [
        "method.regularizers[0].weight: 3.0 -> 4.0",
        "method.temperature: 0.5 -> 0.7",
    ]


def change(field, value):
    config = example()
    node, *rest = field.split(".")
    target = getattr(config, node)
    for name in rest[:-1]:
        target = getattr(target, name)
    setattr(target, rest[-1], value)
    return config


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("method.temperature_jumps", 100_000, "below temperature_steps=100000"),
        ("train.num_steps", 0, "config.train.num_steps must be 1 or more. Received: 0"),
        ("data.source", "cifar10", "config.data.source must be bundled:digits, tfds:"),
        ("data.image_size", 40, "config.data.image_size must be 32, 48, 64, 128 or"),
        ("data.crop", "centre", "did you mean 'center'.*Received: 'centre'"),
        ("method.temperature", 0.0, "config.method.temperature must be above 0"),
        (
            "method.regularizers",
            (ConsistencyConfig(), ConsistencyConfig(1.0)),
            "regularizers must be one of each kind. Received: 'ConsistencyConfig, ",
        ),
        ("method.positives", "sameclass", "did you mean 'same_class'"),
        ("method.network.g_width", 0, "config.method.network.g_width must be 1 or"),
        ("method.network.latent_dim", 81, "latent_dim must be a multiple of 4"),
        ("method.network.g_attention_after", (9,), "must be a block from 1 to 3"),
        ("method.network.d_width", 2, "d_attention_after must be a block from 1 to 4"),
        ("evaluation.truncation", 2.0, r"truncation must be in .0, 1. or None"),
        ("optimizer.beta_1", 1.0, "config.optimizer.beta_1 must be in"),
        ("evaluation.nearest_k", 0, "config.evaluation.nearest_k must be 1 or more"),
    ],
)
def test_values_out_of_range_are_named(field, value, message):
    with pytest.raises(ConfigError, match=message):
        change(field, value).validate()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda v: v.pop("type"), "config must be an object with a 'type'"),
        (lambda v: v.update(type="os.system"), "config.type names no known class"),
        (lambda v: v.update(type="tfgan_contra.x.Y"), "names no known class"),
        (lambda v: v["train"].update(num_step=3), "did you mean 'num_steps'"),
        (lambda v: v["train"].update(num_steps="3"), "num_steps must be int. Received"),
        (lambda v: v["train"].update(num_steps=True), "num_steps must be int"),
    ],
)
def test_bad_json_is_named(edit, message):
    values = json.loads(tree.to_json(example()))
    edit(values)
    with pytest.raises(ConfigError, match=message):
        tree.from_json(json.dumps(values))


def test_text_that_is_not_json():
    with pytest.raises(ConfigError, match="a.json is not JSON"):
        tree.from_json("{", "a.json")


def test_a_config_without_a_method_is_refused():
    with pytest.raises(ConfigError, match="config.method must be a method's config"):
        tree.Config().validate()
