"""What a translation run shows while it trains, and that a resume loses none of it."""

import json

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import (
    TENSORS,
    EventAccumulator,
)

from tfgan_contra.config import Config, TrainConfig
from tfgan_contra.data.configs import SingleImageDataConfig, TranslationDataConfig
from tfgan_contra.data.pictures import MemoryPictures
from tfgan_contra.data.unpaired import Domains, UnpairedDataset
from tfgan_contra.losses.adversarial import ADVERSARIAL_LOSSES
from tfgan_contra.models.translation_configs import CUTConfig
from tfgan_contra.networks.translation_configs import TranslationNetworkConfig
from tfgan_contra.optimizers import Adam
from tfgan_contra.training.callbacks import Run, discriminator_accuracy
from tfgan_contra.training.curve_rows import append_row, curves, read_rows
from tfgan_contra.training.results_files import grid_cells
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.translation_monitoring import (
    MOST_EXAMPLES,
    MOST_SIDE,
    ExampleGrid,
    TranslationRows,
    WriteResultsPage,
    example_pairs,
)
from tfgan_contra.types import TranslationSpec

TRAIN = TrainConfig(num_steps=4, log_every=2, sample_every=2, eval_every=2)
METHOD = CUTConfig(
    network=TranslationNetworkConfig(g_width=4, d_width=4, num_blocks=1),
    nce_layers=(0, 4),
    num_patches=8,
    embedding_dim=8,
)


def pictures(count, channels, seed, shape=(40, 48)):
    random = np.random.default_rng(seed)
    arrays = random.integers(0, 256, (count, *shape, channels), np.uint8)
    return MemoryPictures(list(arrays), [f"{seed}-{i}.png" for i in range(count)])


@pytest.fixture(scope="module")
def dataset():
    """Gray to colour."""
    train, test = (
        Domains(pictures(count, 1, seed), pictures(count, 3, seed + 1))
        for count, seed in ((12, 0), (10, 2))
    )
    return UnpairedDataset(TranslationSpec(32, 1, 3, ("gray", "<colour>")), train, test)


@pytest.fixture(scope="module")
def gan(dataset):
    gan = METHOD.build(dataset.spec)
    gan.compile(Adam(2e-4), Adam(1e-4), Adam(3e-4))
    return gan


@pytest.fixture
def run(gan, tmp_path):
    data = TranslationDataConfig(source="unpaired:a,b", image_size=32, load_size=36)
    run = Run(gan, Config(METHOD, data, train=TRAIN), RunFolder(tmp_path))
    run.losses = {"g_nce": 1.0, "g_nce_layer_4": 2.0}
    run.window, run.window_steps, run.step = dict(run.losses), 1, 2
    return run


class Inverts:
    """A translator that shows what it was given, and counts its updates."""

    def __init__(self):
        self.updates = 0

    def update(self):
        self.updates += 1

    def __call__(self, images):
        assert images.dtype == np.uint8 and images.shape[-1] == 1
        return 255 - images.repeat(3, axis=-1)


def scalars(folder):
    events = EventAccumulator(str(folder.tensorboard), size_guidance={TENSORS: 0})
    events.Reload()
    return events.Tags()["tensors"]


def test_rows_hold_losses_accuracies_and_learning_rates(run, dataset):
    translator = Inverts()
    rows = TranslationRows(run, dataset, translator)
    rows.after_step()
    run.step = 3
    rows.after_step()  # Not due.
    (row,) = read_rows(run.folder.path / "curves.jsonl")
    assert row["step"] == 2 and row["losses/g_nce_layer_4"] == 2.0
    rates = {name: row[f"learning_rate/{name}"] for name in "gdf"}
    assert rates == pytest.approx({"g": 2e-4, "d": 1e-4, "f": 3e-4})
    accuracies = [row[f"d_accuracy/{name}"] for name in ("train", "held_out", "fake")]
    assert all(0 <= value <= 1 for value in accuracies)
    assert translator.updates == 1
    assert {"config", *row} - {"step"} <= set(scalars(run.folder))


class ThreePatches:
    """A discriminator of three patches per picture: dark, middling and bright."""

    def __init__(self, adversarial):
        self.adversarial = ADVERSARIAL_LOSSES[adversarial]

    def discriminate(self, images, labels=None, training=False):
        means = images.mean(axis=(1, 2, 3))
        return {"logits": np.stack([means - 0.3, means, means + 0.3], -1)[:, None]}


@pytest.mark.parametrize(
    ("adversarial", "expected"), [("least_squares", 1 / 3), ("logistic", 5 / 6)]
)
def test_accuracy_is_a_share_of_patches(adversarial, expected):
    images = np.stack([np.full((4, 4, 3), v, np.float32) for v in (0.25, 0.4)])
    judge = ThreePatches(adversarial)
    real = discriminator_accuracy(judge, images, None, True)
    assert real == pytest.approx(expected)
    fake = discriminator_accuracy(judge, images, None, False)
    assert fake == pytest.approx(1 - expected)


def test_the_wasserstein_loss_has_no_accuracies(run, dataset, monkeypatch):
    monkeypatch.setattr(run.gan, "adversarial", ADVERSARIAL_LOSSES["wasserstein"])
    assert TranslationRows(run, dataset, Inverts()).accuracies() == {}


def test_a_grid_shows_input_translation_identity_and_target(run, dataset):
    pairs = example_pairs(run, dataset)
    ExampleGrid(run, pairs, Inverts()).after_step()
    with Image.open(run.folder.samples / "step-00000002.png") as image:
        grid = np.asarray(image)
    rows = grid_cells(grid, len(pairs), 4)
    assert len(rows) == MOST_EXAMPLES
    for pair, (given, made, identity, target) in zip(pairs, rows, strict=True):
        assert given.shape == (32, 32, 3)
        np.testing.assert_array_equal(given, pair.input.repeat(3, axis=-1))
        np.testing.assert_array_equal(made, 255 - given)
        np.testing.assert_array_equal(target, pair.target)
        # The target in the input's channels, inverted.
        luminance = target @ np.array([0.299, 0.587, 0.114])
        np.testing.assert_allclose(identity[..., 0], 255 - luminance, atol=1)
    assert "samples" in scalars(run.folder)


def test_nothing_is_drawn_when_it_is_not_due(run, dataset):
    run.step = 3
    translator = Inverts()
    ExampleGrid(run, example_pairs(run, dataset), translator).after_step()
    WriteResultsPage(run, []).after_step()
    assert translator.updates == 0 and not run.folder.samples.exists()
    assert not (run.folder.path / "results.html").exists()


def test_examples_are_the_same_after_a_resume(run, dataset):
    first, again = example_pairs(run, dataset), example_pairs(run, dataset)
    assert [pair.name for pair in first] == [pair.name for pair in again]
    assert "2-" in first[0].name and " | 3-" in first[0].name
    np.testing.assert_array_equal(first[0].target, again[0].target)
    run.config.seed = 1
    assert [p.name for p in example_pairs(run, dataset)] != [p.name for p in first]


def test_a_single_picture_is_shown_whole(gan, tmp_path):
    domains = Domains(pictures(1, 1, 0, (50, 90)), pictures(1, 3, 1, (2000, 1000)))
    dataset = UnpairedDataset(TranslationSpec(32, 1, 3), domains, domains)
    data = SingleImageDataConfig(source="single:a,b", image_size=32)
    run = Run(gan, Config(METHOD, data, train=TRAIN), RunFolder(tmp_path), step=2)
    (pair,) = example_pairs(run, dataset)
    assert pair.input.shape == (50, 90, 1)
    assert pair.target.shape == (MOST_SIDE, MOST_SIDE // 2, 3)
    ExampleGrid(run, [pair], Inverts()).after_step()
    with Image.open(run.folder.samples / "step-00000002.png") as image:
        cells = grid_cells(np.asarray(image), 1, 4)[0]
    assert cells[0].shape == (MOST_SIDE, MOST_SIDE // 2, 3)
    assert (cells[0][50:] == 255).all() and (cells[0][:50, :90] != 255).any()


def test_the_page_is_written_from_the_files(run, dataset):
    pairs = example_pairs(run, dataset)
    translator = Inverts()
    rows = TranslationRows(run, dataset, translator)
    grid, page = ExampleGrid(run, pairs, translator), WriteResultsPage(run, pairs)
    for run.step in (2, 4):
        for callback in (rows, grid, page):
            callback.after_step()
    run.best = {"name": "frechet_x", "score": 3.0, "step": 2}
    evaluation = {"step": 4, "headline": "frechet_x", "metrics": {"frechet_x": 5.0}}
    evaluation["protocol"] = {"n_fake": 10}
    run.folder.evaluations_file.write_text(json.dumps(evaluation) + "\n")
    # As a resumed run does: all of it comes from the folder.
    resumed = Run(run.gan, run.config, run.folder, step=4, best=run.best)
    WriteResultsPage(resumed, example_pairs(resumed, dataset)).after_step()
    text = (run.folder.path / "results.html").read_text()
    for words in (
        "CUT: gray to &lt;colour&gt;",
        "unpaired:a,b",
        "4 of 4",
        "step 2, frechet_x 3",
        "Translations at step 4",
        "Evaluation at step 4",
        "losses/g_nce_layer_4",
        pairs[0].name,
    ):
        assert words in text, words
    assert text.count("<img") == 4 * len(pairs) + 1
    assert "<figcaption>step 2" in text


def test_a_resumed_run_forgets_what_it_will_do_again(run, dataset):
    path = run.folder.path / "curves.jsonl"
    for step in (2, 4, 6):
        append_row(path, step, {"a": 1.0})
    run.step = run.first_step = 4
    TranslationRows(run, dataset, Inverts())
    assert [step for step, _ in curves(read_rows(path))["a"]] == [2, 4]
    assert "config" not in scalars(run.folder)
