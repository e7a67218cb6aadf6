"""How often InfoNCE's positive is the best of all, against loops in NumPy."""

import numpy as np
import pytest

from tfgan_contra.losses import info_nce_accuracy


def twin(local, anchors, negatives):
    images, height, width, _ = local.shape
    local = local.reshape(images, height * width, -1)
    won = []
    for n in range(images):
        for i in range(height * width):
            positive = anchors[n] @ local[n, i]
            rivals = [
                anchors[n] @ local[b, p]
                for b in range(images)
                for p in range(height * width)
                if (b != n if negatives == "other_images" else (b, p) != (n, i))
            ]
            won.append(all(positive > rival for rival in rivals))
    return np.mean(won)


@pytest.mark.parametrize("negatives", ["other_images", "all"])
@pytest.mark.parametrize("shape", [(6, 3, 2, 5), (4, 2, 2, 3)])
def test_equals_the_twin(shape, negatives):
    random = np.random.default_rng(sum(shape))
    local = random.normal(size=shape).astype(np.float32)
    # Anchors that know their image, so that some are found.
    anchors = local.mean(axis=(1, 2)) + 0.1
    value = float(info_nce_accuracy(local, anchors, negatives=negatives))
    assert value == pytest.approx(twin(local, anchors, negatives), abs=1e-6)
    assert 0 < value < 1


def test_copies_find_nothing_and_strangers_everything():
    image = np.random.default_rng(0).normal(size=(1, 2, 2, 8)).astype(np.float32)
    copies = np.repeat(image, 4, axis=0)
    assert float(info_nce_accuracy(copies, copies.mean(axis=(1, 2)))) == 0
    strangers = np.tile(np.eye(4, dtype=np.float32)[:, None, None], (1, 2, 2, 1))
    own = np.eye(4, dtype=np.float32)
    assert float(info_nce_accuracy(strangers, own)) == 1
    # All locations of an image are alike: none is better than the others.
    assert float(info_nce_accuracy(strangers, own, negatives="all")) == 0


def test_one_image_has_nothing_to_beat():
    local = np.ones((1, 2, 2, 3), np.float32)
    assert float(info_nce_accuracy(local, np.ones((1, 3), np.float32))) == 1


def test_wrong_arguments():
    local = np.ones((2, 2, 2, 3), np.float32)
    with pytest.raises(ValueError, match="must be one of other_images, all"):
        info_nce_accuracy(local, local[:, 0, 0], negatives="none")
    with pytest.raises(ValueError, match="global_features"):
        info_nce_accuracy(local, np.ones((2, 4), np.float32))
