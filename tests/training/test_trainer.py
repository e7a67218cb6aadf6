import json
import shutil

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import (
    TENSORS,
    EventAccumulator,
)
from training.small import small_config

from tfgan_contra.errors import CheckpointError, ConfigError, TrainingStopped
from tfgan_contra.metrics.evaluator import Headline
from tfgan_contra.optimizers import Adam
from tfgan_contra.training import CheckpointStore, RunFolder, Trainer, load_run
from tfgan_contra.training.callbacks import Run, SaveCheckpoints, StopOnNotANumber
from tfgan_contra.training.checkpoints import read_progress
from tfgan_contra.training.generation import generate_to_folder
from tfgan_contra.training.monitoring import Evaluate


def image_size(path):
    with Image.open(path) as image:
        return image.size


def test_the_run_folder_holds_what_is_promised(finished_run):
    folder = RunFolder(finished_run)
    assert folder.config() == small_config()
    assert folder.spec().class_names[3] == "three"
    assert [row["step"] for row in folder.evaluations()] == [2, 4]
    results = folder.results()
    assert results["step"] == 4
    assert results["best"]["name"] == "frechet_classifier"
    assert 0 <= results["metrics"]["conditional_accuracy"] <= 1
    assert results["protocol"]["n_fake"] == 100
    assert (folder.checkpoints / "best.npz").exists()
    assert image_size(folder.samples / "step-00000004.png") == (342, 342)


def test_tensorboard_shows_losses_accuracies_norms_and_samples(finished_run):
    events = EventAccumulator(
        str(RunFolder(finished_run).tensorboard), size_guidance={TENSORS: 0}
    )
    events.Reload()
    tags = set(events.Tags()["tensors"])
    wanted = {
        "config",
        "losses/d_contrastive",
        "d_accuracy/train",
        "d_accuracy/held_out",
        "d_accuracy/fake",
        "evaluation/frechet_classifier",
        "samples",
    }
    assert wanted <= {tag.removesuffix("_image") for tag in tags} | tags
    norms = [tag for tag in tags if tag.startswith("spectral_norm/discriminator/")]
    assert norms


def test_a_finished_run_says_so(finished_run, capsys):
    results = Trainer(small_config(), str(finished_run)).train()
    assert "is finished; nothing to do" in capsys.readouterr().out
    assert results["step"] == 4


def test_another_config_is_refused_with_the_field(finished_run):
    config = small_config()
    config.method.temperature = 0.3
    with pytest.raises(CheckpointError, match=r"method.temperature: 1.0 -> 0.3"):
        Trainer(config, str(finished_run))


def test_a_batch_that_does_not_divide_is_refused(tmp_path):
    config = small_config()
    config.method.accumulation = 3
    with pytest.raises(ConfigError, match="accumulation must divide the 8 images"):
        Trainer(config, str(tmp_path))


def test_a_start_that_failed_claims_nothing(tmp_path):
    config = small_config()
    config.evaluation.extractor = "magic"
    with pytest.raises(ConfigError, match="Received: 'magic'"):
        Trainer(config, str(tmp_path)).train()
    Trainer(small_config(), str(tmp_path))  # Nothing to complain of.


@pytest.fixture
def copied_run(finished_run, tmp_path):
    workdir = tmp_path / "copy"
    shutil.copytree(finished_run, workdir)
    return workdir


def test_a_run_loads_without_its_data(finished_run):
    best, last = load_run(finished_run, "best"), load_run(finished_run, "last")
    assert last.step == 4 and best.step in (2, 4)
    assert last.spec.num_classes == 10
    assert "conditional_accuracy" in best.metrics["metrics"]


def test_generates_a_named_class(finished_run, tmp_path):
    grid = generate_to_folder(str(finished_run), tmp_path, label="three", num_images=3)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["grid.png", *(f"seed-{i}-class-3.png" for i in range(3))]
    assert image_size(grid) == (3 * 34 + 2, 36)


@pytest.mark.parametrize(
    ("checkpoint", "message"),
    [
        ("5", "best, last or a saved step .there are 2, 4"),
        ("newest", "Received: 'newest'"),
    ],
)
def test_an_unknown_checkpoint_is_named(finished_run, checkpoint, message):
    with pytest.raises(Exception, match=message) as caught:
        load_run(finished_run, checkpoint)
    assert caught.value.exit_code == 2


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="is no run folder"):
        load_run(tmp_path)


def test_a_torn_last_checkpoint_costs_only_the_steps_after_it(copied_run, capsys):
    """The run goes on from the one before and reaches the same end."""
    folder = RunFolder(copied_run)
    with np.load(folder.checkpoints / "step-00000004.npz") as arrays:
        expected = {name: arrays[name] for name in arrays.files}
    (folder.checkpoints / "step-00000004.npz").write_bytes(b"PK torn")
    folder.results_file.unlink()
    with open(folder.evaluations_file, "a") as file:
        file.write('{"step": 6, "metr')  # Killed in the middle of a row.
    rows = folder.evaluations()
    Trainer(small_config(), str(copied_run)).train()
    assert "resuming" in capsys.readouterr().out
    assert (folder.checkpoints / "step-00000004.npz.damaged").exists()
    assert folder.evaluations() == rows
    assert [row["step"] for row in folder.evaluations()] == [2, 4]
    with np.load(folder.checkpoints / "step-00000004.npz") as arrays:
        assert set(arrays.files) == set(expected)
        for name in arrays.files:
            np.testing.assert_array_equal(arrays[name], expected[name], name)


def test_a_network_that_is_not_finite_is_never_saved(copied_run):
    folder = RunFolder(copied_run)
    values = json.loads(folder.config_file.read_text())
    values["train"]["num_steps"] = 8
    folder.config_file.write_text(json.dumps(values))
    folder.results_file.unlink()
    last = folder.checkpoints / "step-00000004.npz"
    with np.load(last) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["model/generator/first/kernel"][:] = np.nan
    np.savez(last, **arrays)
    with pytest.raises(TrainingStopped, match="is not finite at step 6; the check"):
        Trainer(small_config(num_steps=8), str(copied_run)).train()
    assert CheckpointStore(folder.checkpoints).steps() == [2, 4]


def test_a_loss_that_is_not_a_number_is_named(tmp_path):
    run = Run(None, small_config(), RunFolder(tmp_path), step=7)
    stop = StopOnNotANumber(run)
    run.losses = {"d_adversarial": 1.0}
    stop.after_step()
    run.losses["g_adversarial"] = float("nan")
    with pytest.raises(TrainingStopped, match="g_adversarial became nan at step 7"):
        stop.after_step()


def test_mean_losses_are_those_since_the_last_row(tmp_path):
    """Also across an interruption in the middle of a window."""
    run = Run(None, small_config(num_steps=9, every=2), RunFolder(tmp_path))
    for value in (1.0, 3.0, 5.0):
        run.count({"a": value})
    resumed = Run(None, run.config, run.folder)
    resumed.resume(json.loads(json.dumps(run.progress())))
    assert resumed.mean_losses() == {"a": 5.0}
    resumed.count({"a": 7.0})
    assert resumed.mean_losses() == {"a": 6.0} and resumed.first_step == 3


def test_a_score_that_is_not_a_number_is_replaced(finished_run, tmp_path):
    loaded = load_run(finished_run)
    loaded.gan.compile(Adam(), Adam())
    run = Run(loaded.gan, small_config(), RunFolder(tmp_path))
    scores = Always([float("nan"), 3.0])
    evaluate = Evaluate(run, scores, SaveCheckpoints(run))
    evaluate.evaluate()
    evaluate.evaluate()
    assert run.best["score"] == 3.0


class Always:
    """Measures nothing: returns given scores in turn."""

    headline = Headline("score", lower_is_better=True)

    def __init__(self, scores):
        self.scores = iter(scores)

    def measure(self, seed):
        return {"metrics": {"score": next(self.scores)}, "protocol": {}}


@pytest.mark.parametrize("stop", [False, True])
def test_collapse_is_noticed_and_the_best_kept(finished_run, tmp_path, capsys, stop):
    loaded = load_run(finished_run)
    config = small_config()
    config.train.stop_on_collapse = stop
    loaded.gan.compile(Adam(), Adam())
    run = Run(loaded.gan, config, RunFolder(tmp_path))
    checkpoints = SaveCheckpoints(run)
    evaluate = Evaluate(run, Always([2.0, 1.0, 9.0]), checkpoints)
    for run.step in (1, 2):
        evaluate.evaluate()
    run.step = 3
    if stop:
        with pytest.raises(TrainingStopped, match="score is 9.0 times its best"):
            evaluate.evaluate()
    else:
        evaluate.evaluate()
        assert "warning: Collapse: score is 9.0 times" in capsys.readouterr().out
    assert run.best == {"name": "score", "score": 1.0, "step": 2}
    assert read_progress(checkpoints.store.best_path)["step"] == 2


def test_a_run_on_two_replicas_does_the_same(finished_run, two_replicas, tmp_path):
    """Sampling, evaluation and checkpoints read mirrored variables too."""
    Trainer(small_config(), str(tmp_path), two_replicas).train()
    one, two = RunFolder(finished_run), RunFolder(tmp_path)
    assert [row["step"] for row in two.evaluations()] == [2, 4]
    name = "checkpoints/step-00000004.npz"
    with np.load(one.path / name) as ours, np.load(two.path / name) as theirs:
        assert ours.files == theirs.files
        for key in ours.files:
            if key.startswith("model/generator_ema") and key.endswith("kernel"):
                np.testing.assert_allclose(ours[key], theirs[key], atol=2e-3)
