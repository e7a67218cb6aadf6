"""Tiny generators of every kind, exported once per session, and their servers."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from tfgan_contra.networks import (  # noqa: E402
    TextToImageGenerator,
    TranslationGenerator,
)
from tfgan_contra.serving.launcher import ServerOptions  # noqa: E402
from tfgan_contra.serving.local_server import LocalServer  # noqa: E402
from tfgan_contra.serving.model_card import ModelCard  # noqa: E402
from tfgan_contra.serving.saved_model import export_generator  # noqa: E402
from tfgan_contra.serving.signatures import serving_module  # noqa: E402
from tfgan_contra.text import (  # noqa: E402
    TextTransformer,
    Tokenizer,
    TrainedTextEncoder,
)
from tfgan_contra.types import CaptionSpec, DataSpec, TranslationSpec  # noqa: E402

CLASS_NAMES = ("zero", "one", "two", "three")


class TinyGenerator(keras.Model):
    """Two dense layers on latents and a class embedding: pictures of 8 x 8.

    The layers lie in a list, as Keras models may have them.
    """

    def __init__(self, num_classes: int, channels: int, latent_dim: int = 5) -> None:
        """Makes the layers; weights come with the first call."""
        super().__init__()
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.channels = channels
        self.embed = keras.layers.Embedding(max(num_classes, 1), 6)
        self.blocks = [
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(64 * channels, activation="tanh"),
        ]

    def build(self, input_shape: Any = None) -> None:
        """Builds the layers."""
        self.embed.build()
        width = self.latent_dim + (6 if self.num_classes else 0)
        for block in self.blocks:
            block.build((None, width))
            width = block.units

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """Latents (and labels) to images."""
        latents, labels = inputs if self.num_classes else (inputs, None)
        hidden = latents
        if labels is not None:
            hidden = tf.concat([latents, self.embed(labels)], axis=1)
        for block in self.blocks:
            hidden = block(hidden)
        return tf.reshape(hidden, [-1, 8, 8, self.channels])


def make_generator(num_classes: int = 4, channels: int = 3) -> TinyGenerator:
    """Returns a built generator with fixed weights."""
    generator = TinyGenerator(num_classes, channels)
    generator.build()
    for seed, variable in enumerate(generator.trainable_variables):
        variable.assign(keras.random.normal(variable.shape, stddev=0.7, seed=seed))
    return generator


@pytest.fixture(scope="session")
def tiny_generator() -> Callable[..., TinyGenerator]:
    """How to make a generator: `tiny_generator(num_classes, channels)`."""
    return make_generator


@pytest.fixture(scope="session")
def conditional_spec() -> DataSpec:
    """What the class-conditional generator makes."""
    return DataSpec(image_size=8, channels=3, num_classes=4, class_names=CLASS_NAMES)


@pytest.fixture(scope="session")
def model_dir(
    tmp_path_factory: pytest.TempPathFactory, conditional_spec: DataSpec
) -> str:
    """Folder of the class-conditional model with version 1; read only."""
    base = str(tmp_path_factory.mktemp("models") / "tiny")
    card = ModelCard(
        name="tiny",
        config={"type": "Tiny", "seed": 7},
        metrics={"conditional_accuracy": 0.975},
        protocol={"extractor": "classifier", "num_images": 100},
        step=1234,
    )
    export_generator(make_generator(), conditional_spec, base, card=card)
    return base


@pytest.fixture(scope="session")
def version_dir(model_dir: str) -> str:
    """Version 1 of the class-conditional model; read only."""
    return os.path.join(model_dir, "1")


@pytest.fixture(scope="session")
def unconditional_dir(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of the unconditional, one-channel model with version 1; read only."""
    base = str(tmp_path_factory.mktemp("models") / "plain")
    export_generator(make_generator(0, 1), DataSpec(8, 1, 0), base)
    return base


@pytest.fixture(scope="session")
def server(model_dir: str) -> Iterator[LocalServer]:
    """A server of the class-conditional model on free ports."""
    options = ServerOptions(
        rest_port=0, grpc_port=0, max_request_bytes=1 << 18, max_batch_size=20
    )
    with LocalServer(model_dir, "tiny", options, log=lambda text: None) as running:
        yield running


def make_translator(channels: int = 3, out_channels: int = 3) -> TranslationGenerator:
    """Returns a translator with fixed weights whose pictures have contrast."""
    translator = TranslationGenerator(
        channels=channels, out_channels=out_channels, width=4, num_blocks=1
    )
    for seed, variable in enumerate(translator.trainable_variables):
        variable.assign(keras.random.normal(variable.shape, stddev=0.1, seed=seed))
    return translator


@pytest.fixture(scope="session")
def translator() -> Callable[..., TranslationGenerator]:
    """How to make a translator: `translator(channels, out_channels)`."""
    return make_translator


@pytest.fixture(scope="session")
def translator_dir(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of the translation model with version 1; read only."""
    base = str(tmp_path_factory.mktemp("models") / "cut")
    spec = TranslationSpec(32, 3, 3, ("horse", "zebra"))
    card = ModelCard(name="cut", step=9)
    export_generator(make_translator(), spec, base, card=card)
    return base


@pytest.fixture(scope="session")
def translator_server(translator_dir: str) -> Iterator[LocalServer]:
    """A server of the translation model on free ports."""
    options = ServerOptions(rest_port=0, grpc_port=0)
    with LocalServer(translator_dir, "cut", options, log=lambda text: None) as running:
        yield running


class CaptionModel(NamedTuple):
    """A text-to-image generator with its text encoder and the sizes of both."""

    generator: TextToImageGenerator
    encoder: TrainedTextEncoder
    spec: CaptionSpec


@pytest.fixture(scope="session")
def caption_model() -> CaptionModel:
    """Fixed weights by which captions and seeds both show; not to be changed."""
    words = ("a", "red", "blue", "circle", "square", "above", "its", "écu")
    tokenizer = Tokenizer(words, 6)
    transformer = TextTransformer(
        num_ids=tokenizer.num_ids, max_words=6, num_layers=1, dim=8, num_heads=2
    )
    generator = TextToImageGenerator(image_size=32, word_dim=8, width=2, latent_dim=6)
    for seed, variable in enumerate(generator.trainable_variables):
        variable.assign(keras.random.normal(variable.shape, stddev=0.3, seed=seed))
    encoder = TrainedTextEncoder(tokenizer, transformer)
    return CaptionModel(generator, encoder, CaptionSpec(32, 3, word_dim=8, max_words=6))


@pytest.fixture(scope="session")
def caption_dir(
    tmp_path_factory: pytest.TempPathFactory, caption_model: CaptionModel
) -> str:
    """Folder of the text-to-image model with version 1; read only."""
    base = str(tmp_path_factory.mktemp("models") / "xmcgan")
    generator, encoder, spec = caption_model
    export_generator(
        generator,
        spec,
        base,
        card=ModelCard(name="xmcgan", step=5),
        text_encoder=encoder,
    )
    return base


@pytest.fixture(scope="session")
def feature_dir(
    tmp_path_factory: pytest.TempPathFactory, caption_model: CaptionModel
) -> str:
    """Folder of the same generator without its text encoder; read only."""
    base = str(tmp_path_factory.mktemp("models") / "features")
    export_generator(caption_model.generator, caption_model.spec, base)
    return base


class Served:
    """A model's signatures with what the check knows of them."""

    def __init__(self, signatures: Any, known: Any, path: str = "") -> None:
        """Takes functions by name, the facts and, of an export, its folder."""
        self.signatures, self.known, self.path = signatures, known, path

    @property
    def names(self) -> dict[str, list[str]]:
        """Input names by signature."""
        found = {}
        for name, function in self.signatures.items():
            specs = getattr(function, "input_signature", None)
            specs = specs or function.structured_input_signature[1].values()
            found[name] = [spec.name for spec in specs]
        return found

    def run(self, signature: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Calls a signature."""
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        outputs = self.signatures[signature](**tensors)
        return {name: value.numpy() for name, value in outputs.items()}

    def read(self, name: str) -> str:
        """Returns a text in `assets.extra`."""
        with open(os.path.join(self.path, "assets.extra", name)) as file:
            return file.read()

    @property
    def reference(self) -> dict[str, Any]:
        """The reference pictures."""
        with np.load(os.path.join(self.path, "assets.extra/reference.npz")) as archive:
            return dict(archive)


@pytest.fixture(scope="session")
def caption_server(caption_dir: str) -> Iterator[LocalServer]:
    """A server of the text-to-image model on free ports."""
    options = ServerOptions(rest_port=0, grpc_port=0, max_batch_size=64)
    with LocalServer(caption_dir, "xmcgan", options, log=lambda text: None) as running:
        yield running


@pytest.fixture(scope="session")
def of_captions(caption_dir: str, caption_server: LocalServer) -> Served:
    """The export that reads captions, as its server has loaded it."""
    path = os.path.join(caption_dir, "1")
    with open(os.path.join(path, "assets.extra/model.json")) as file:
        known = json.load(file)
    return Served(caption_server.store.get("xmcgan")._model.signatures, known, path)


@pytest.fixture(scope="session")
def of_features(caption_model: CaptionModel) -> Served:
    """The signatures that take features, before an export."""
    module = serving_module(caption_model.generator, caption_model.spec)
    return Served(module.signatures(), module.facts())
