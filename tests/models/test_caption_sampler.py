import numpy as np
import pytest
from models import harness
from models.test_xmc_gan import XMCGAN

from tfgan_contra.layers import batch_norm_layers
from tfgan_contra.models.caption_sampler import CaptionSampler
from tfgan_contra.models.sampler import to_uint8
from tfgan_contra.text.base import TextEncoder, pooled_features

CAPTIONS = ["a red star", "a blue ring on a plate", "cross"]
SEEDS = np.array([5, 6, 7])


class Encoder(TextEncoder):
    """Gives every word a vector of its own; counts what it is asked."""

    def __init__(self):
        spec = harness.CAPTION_SPEC
        super().__init__(spec.word_dim, spec.max_words, "masked_mean")
        self.asked = []

    def embed(self, captions):
        self.asked += captions
        words = np.zeros((len(captions), self.max_words, self.word_dim), np.float32)
        lengths = np.zeros(len(captions), np.int32)
        for row, caption in enumerate(captions):
            own = caption.split()[: self.max_words]
            lengths[row] = len(own)
            for place, word in enumerate(own):
                seed = sum(map(ord, word))
                vector = np.random.default_rng(seed).normal(size=self.word_dim)
                words[row, place] = vector
        features = pooled_features(words, lengths, self.sentence)
        return type(features)(*(part.numpy() for part in features))

    def count(self, caption):
        return len(caption.split())

    def knows(self, word):
        return True


@pytest.fixture(scope="module")
def gan():
    return harness.build(XMCGAN)


@pytest.fixture(scope="module")
def sampler(gan):
    return CaptionSampler(gan, Encoder(), batch_size=2)


def test_a_picture_depends_on_its_own_seed_and_caption(sampler):
    images = sampler(CAPTIONS, SEEDS)
    assert images.shape == (3, 32, 32, 3) and images.dtype == np.uint8
    order = np.array([2, 0, 1])
    again = sampler([CAPTIONS[i] for i in order], SEEDS[order]).astype(int)
    assert np.abs(again - images[order]).max() <= 1
    others = sampler([CAPTIONS[0], CAPTIONS[1]], np.array([6, 5])).astype(int)
    assert np.abs(others - images[:2]).max(axis=(1, 2, 3)).min() > 3
    same_seed = sampler([CAPTIONS[1]], SEEDS[:1]).astype(int)
    assert np.abs(same_seed - images[:1]).max() > 3


def test_generate_gives_the_samplers_pictures(gan, sampler):
    text = Encoder().encode(CAPTIONS)
    images = to_uint8(gan.generate(text, seed=5)).numpy().astype(int)
    assert np.abs(images - sampler(CAPTIONS, SEEDS)).max() <= 1


def test_a_caption_is_encoded_once_per_call(gan):
    encoder = Encoder()
    CaptionSampler(gan, encoder, batch_size=2)(["a", "b", "a", "a"], np.arange(4))
    assert encoder.asked == ["a", "b"]


def test_attention_is_over_a_captions_words(sampler):
    maps = sampler.attention(CAPTIONS, SEEDS)
    assert maps.shape == (3, 8, 8, 5)
    np.testing.assert_allclose(maps.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(maps[2, ..., 0], 1, atol=1e-6)
    assert not maps[0, ..., 3:].any()


def test_standing_statistics_are_of_the_typical_captions(gan, sampler):
    options = {"batch_size": 2, "statistics": "standing", "standing_batches": 2}
    norms = [
        batch_norm_layers(one.generator)[-1]
        for one in (
            CaptionSampler(gan, Encoder(), typical=CAPTIONS, **options),
            CaptionSampler(gan, Encoder(), typical=["a", "b"], **options),
            sampler,
        )
    ]
    means = [np.array(norm.moving_mean) for norm in norms]
    assert np.abs(means[0] - means[1]).max() > 1e-5
    assert np.abs(means[0] - means[2]).max() > 1e-5
    with pytest.raises(ValueError, match="collected over captions. Received: none"):
        CaptionSampler(gan, Encoder(), **options)


def test_the_protocol_names_what_decides_the_pictures(gan, sampler):
    assert sampler.protocol == {
        "weights": "ema",
        "statistics": "moving",
        "truncation": 1.0,
    }
