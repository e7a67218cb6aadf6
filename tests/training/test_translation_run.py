"""A translator's run: trained, interrupted, resumed, measured, and what it leaves."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training.small import small_config

from configs.smoke import cut, sincut
from tfgan_contra.config import EpochTrainConfig, OptimizerConfig, TrainConfig
from tfgan_contra.errors import CheckpointError, ConfigError
from tfgan_contra.training import RunFolder, Trainer, load_run
from tfgan_contra.types import TranslationSpec


def tiny_config(smoke=cut):
    """Returns a CUT of four steps, the last two with falling rates."""
    config = small_config(smoke=smoke)
    values = {
        field.name: getattr(config.train, field.name)
        for field in dataclasses.fields(TrainConfig)
    }
    config.train = TrainConfig(**(values | {"global_batch_size": 2}))
    config.optimizer = OptimizerConfig(decay_start=0.5, epsilon=1e-8)
    config.method.nce_layers = config.method.nce_layers[:2]
    return config


def epoch_config(folder):
    """Returns a CUT of one epoch of constant and two of falling rates, two steps each.

    Batches of two of five pictures: one is left over in every epoch.
    """
    config = tiny_config()
    config.data = dataclasses.replace(
        config.data, source=f"unpaired:{folder / 'a'},{folder / 'b'}"
    )
    values = {
        field.name: getattr(config.train, field.name)
        for field in dataclasses.fields(TrainConfig)
    }
    config.train = EpochTrainConfig(
        **(values | {"num_steps": 0}), constant_epochs=1, decay_epochs=2
    )
    config.evaluation.cache_dir = str(folder / "cache")
    config.train.eval_every = config.train.sample_every = 6
    config.method.network.num_blocks = 1
    return config


def add_picture(folder, domain, name, shade):
    """Saves a gray square as a training or test picture of a domain."""
    (folder / domain / "train").mkdir(parents=True, exist_ok=True)
    (folder / domain / "test").mkdir(parents=True, exist_ok=True)
    Image.new("L", (32, 32), shade).save(folder / domain / f"{name}.png")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Five training and two test pictures of either domain."""
    folder = tmp_path_factory.mktemp("pictures")
    for domain, shade in (("a", 10), ("b", 200)):
        for number in range(5):
            add_picture(folder, domain, f"train/{number}", shade + 9 * number)
        for number in range(2):
            add_picture(folder, domain, f"test/{number}", shade + 9 * number)
    return folder


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    path = tmp_path_factory.mktemp("translation") / "whole"
    Trainer(tiny_config(), str(path)).train()
    return path


def test_the_run_folder_holds_what_is_promised(workdir):
    folder = RunFolder(workdir)
    assert folder.config() == tiny_config()
    assert isinstance(folder.spec(), TranslationSpec)
    assert [row["step"] for row in folder.evaluations()] == [2, 4]
    results = folder.results()
    assert results["best"]["name"] == "frechet_classifier"
    assert 0 <= results["metrics"]["conditional_accuracy"] <= 1
    assert (folder.checkpoints / "best.npz").exists()
    assert (folder.samples / "step-00000004.png").exists()
    page = (folder.path / "results.html").read_text()
    assert "data:image/png;base64" in page and "http" not in page


def test_tensorboard_shows_every_term_and_layer(workdir):
    events = EventAccumulator(str(RunFolder(workdir).tensorboard))
    events.Reload()
    tags = set(events.Tags()["tensors"])
    losses = ("d_adversarial", "g_adversarial", "g_nce", "g_identity_nce")
    layers = ("g_nce_layer_0", "g_identity_nce_layer_4")
    assert {f"losses/{name}" for name in (*losses, *layers)} <= tags
    assert {"d_accuracy/held_out", "d_accuracy/fake", "learning_rate/f"} <= tags


def weights(path, step=4):
    with np.load(path / "checkpoints" / f"step-{step:08}.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def train_until(step, config, workdir, monkeypatch):
    """Trains until a kill during the step after `step`'s."""

    class Killed(Exception):
        """Stands for a kill."""

    def stop(self):
        if self.run.step == step:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("tfgan_contra.training.callbacks.StopOnSignal.after_step", stop)
        with pytest.raises(Killed):
            Trainer(config, str(workdir)).train()


def test_a_run_that_stopped_goes_on_as_if_it_had_not(workdir, tmp_path, monkeypatch):
    train_until(3, tiny_config(), tmp_path / "b", monkeypatch)
    Trainer(tiny_config(), str(tmp_path / "b")).train()
    first, second = weights(workdir), weights(tmp_path / "b")
    assert set(first) == set(second)
    names = [n for n in first if not n.startswith("__")]
    moments = [n for n in names if "second_moment" in n]
    assert any(name.startswith("f_optimizer/") for name in moments)
    differing = [n for n in names if not np.array_equal(first[n], second[n])]
    assert not differing


def test_a_run_counted_in_epochs_goes_on_exactly_or_not_at_all(
    folders, tmp_path, monkeypatch
):
    config, path = epoch_config(folders), tmp_path / "stopped"
    whole = Trainer(config, str(tmp_path / "whole")).train()
    assert whole["step"] == 6 and whole["protocol"]["nearest_k"] == 1
    train_until(3, config, path, monkeypatch)
    counts = json.loads((path / "data_counts.json").read_text())
    assert counts == {"epoch_size": 5}
    add_picture(folders, "b", "train/more", 99)
    with pytest.raises(CheckpointError) as error:
        Trainer(config, str(path)).train()
    assert str(error.value) == (
        f"{path} trained on epochs of 5 samples, the data now give 6; restore the "
        "folders, or start another --workdir"
    )
    (folders / "b" / "train" / "more.png").unlink()
    resumed = Trainer(config, str(path)).train()
    assert (resumed["resumed_at_step"], resumed["step"]) == (2, 6)
    first, second = weights(tmp_path / "whole", 6), weights(path, 6)
    names = [n for n in first if not n.startswith("__")]
    assert names and set(first) == set(second)
    assert not [n for n in names if not np.array_equal(first[n], second[n])]


def test_the_run_translates_without_its_data(workdir):
    run = load_run(workdir)
    images = np.zeros((1, 21, 18, run.spec.channels_in), np.float32)
    assert run.gan.translate(images).shape == (1, 21, 18, run.spec.channels_out)


def test_one_picture_per_domain_is_measured_on_crops(tmp_path):
    config = tiny_config(sincut)
    config.train.num_steps = 2
    results = Trainer(config, str(tmp_path)).train()
    assert 0 <= results["metrics"]["taken_for_target"] <= 1
    assert "fixed random crops" in json.dumps(results["protocol"])


def test_a_layer_that_does_not_exist_is_refused():
    config = tiny_config()
    config.method.nce_layers = (0, 4, 99)
    with pytest.raises(ConfigError, match=r"nce_layers must be .* 0 to 31.*99"):
        config.validate()
