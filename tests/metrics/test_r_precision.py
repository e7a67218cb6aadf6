"""R-precision against a twin that goes image by image, its protocol and errors."""

import importlib

import numpy as np
import pytest

from tfgan_contra.errors import DataError
from tfgan_contra.metrics import r_precision

# The package's attribute of this name is the function.
module = importlib.import_module("tfgan_contra.metrics.r_precision")


def embeddings(rows, noise, seed=0, size=6):
    """Images that lie around their captions."""
    random = np.random.default_rng(seed)
    captions = random.normal(size=(rows, size))
    return captions + noise * random.normal(size=(rows, size)), captions


def brute_force(images, captions, texts, drawn):
    """One image after the other, one candidate after the other."""
    hits = 0
    for i, image in enumerate(images):
        assert len(set(drawn[i])) == len(drawn[i])
        assert all(texts[j] != texts[i] for j in drawn[i])
        cosines = {
            j: image @ captions[j] / np.linalg.norm(image) / np.linalg.norm(captions[j])
            for j in (i, *drawn[i])
        }
        hits += all(cosines[i] > cosines[j] for j in drawn[i])
    return hits / len(images)


@pytest.mark.parametrize("noise", [0.1, 1.0, 3.0])
def test_equals_brute_force_with_repeated_captions(noise, monkeypatch):
    images, captions = embeddings(60, noise)
    texts = [f"caption {number % 23}" for number in range(60)]
    captions = captions[np.arange(60) % 23]
    draws = []
    original = module._mismatched

    def remember(*arguments):
        draws.append(original(*arguments))
        return draws[-1]

    monkeypatch.setattr(module, "_mismatched", remember)
    result = r_precision(images, captions, caption_keys=texts, candidates=12, seed=4)
    assert result.value == brute_force(images, captions, texts, draws[0])
    assert result == (result.value, 1 / 12, 12, 60)


def test_all_others_are_candidates_where_there_are_no_more():
    images, captions = embeddings(10, 1.0)
    drawn = np.array([[j for j in range(10) if j != i] for i in range(10)])
    expected = brute_force(images, captions, list(range(10)), drawn)
    for seed in (0, 1):
        result = r_precision(images, captions, candidates=10, seed=seed)
        assert result.value == expected


def test_perfect_chance_and_nothing():
    images, captions = embeddings(500, 0.0)
    assert r_precision(7 * images, captions).value == 1.0
    strangers = np.random.default_rng(9).normal(size=images.shape)
    result = r_precision(strangers, captions, candidates=5)
    assert result.chance == 0.2 and result.value == pytest.approx(0.2, abs=0.06)
    same = np.ones_like(captions)
    assert r_precision(images, same).value == 0.0
    assert r_precision(np.zeros_like(images), captions).value == 0.0


def test_the_draw_follows_the_seed_and_is_even():
    keys = np.repeat(np.arange(4), (1, 2, 3, 4))
    first = module._mismatched(keys, 5, np.random.default_rng(0))
    again = module._mismatched(keys, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(first, again)
    random = np.random.default_rng(1)
    counts = np.zeros(10)
    for _ in range(400):
        np.add.at(counts, module._mismatched(keys, 5, random)[0], 1)
    # The first image's own caption never, all nine others equally often.
    assert counts[0] == 0
    assert counts[1:] == pytest.approx(400 * 5 / 9, rel=0.15)


def test_blocks_change_nothing(monkeypatch):
    images, captions = embeddings(50, 1.0)
    whole = r_precision(images, captions, candidates=20)
    monkeypatch.setattr(module, "_BLOCK_ELEMENTS", 7 * 6 * 20)
    assert r_precision(images, captions, candidates=20) == whole


def test_what_cannot_be_scored_is_refused():
    images, captions = embeddings(99, 0.1)
    with pytest.raises(DataError, match="99 mismatched .* of 99 captions 1 are alike"):
        r_precision(images, captions)
    with pytest.raises(DataError, match="of 99 captions 90 are alike"):
        r_precision(images, captions, caption_keys=[0] * 90 + [1] * 9, candidates=11)
    with pytest.raises(DataError, match=r"alike, N 1 .* \(99, 6\) and \(98, 6\)"):
        r_precision(images, captions[1:])
    with pytest.raises(DataError, match="image_embeddings must be finite"):
        r_precision(images * np.nan, captions)
    with pytest.raises(DataError, match="Received: 3 and 10"):
        r_precision(images, captions, caption_keys=[1, 2, 3], candidates=10)
    with pytest.raises(DataError, match="Received: 99 and 1"):
        r_precision(images, captions, candidates=1)
