"""The model card of a real export."""

import os


def read(path):
    with open(os.path.join(path, "assets.extra/model_card.md")) as file:
        return file.read()


def test_card_lists_signatures_with_shapes_and_ranges(version_dir):
    card = read(version_dir)
    for row in (
        "| `serving_default` | in | `labels` | int64 | [N] | 0 to 3 |",
        "| `serving_default` | out | `images` | uint8 | [N, 8, 8, 3] | 0 to 255 |",
        "| `latents` | in | `latents` | float32 | [N, 5] | standard normal |",
        "| `latents` | out | `images` | float32 | [N, 8, 8, 3] | -1 to 1 |",
        "| `png` | out | `image_bytes` | string | [N] | a PNG file |",
    ):
        assert row in card
    assert "- classes: 0 zero, 1 one, 2 two, 3 three" in card


def test_card_holds_training_and_scores_with_protocol(version_dir):
    card = read(version_dir)
    assert "| conditional_accuracy | 0.975 |" in card
    assert '"extractor": "classifier"' in card
    assert '"seed": 7' in card
    assert "training step 1234, moving BatchNorm statistics" in card


def test_card_of_a_generator_without_classes_says_so(unconditional_dir):
    card = read(os.path.join(unconditional_dir, "1"))
    assert card.startswith("# plain\n")
    assert "`labels`" not in card
    assert "classes" not in card
    assert "Not measured." in card
