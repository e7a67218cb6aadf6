"""A text-to-image run: trained, resumed, measured, and pictures of captions from it."""

import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training.small import small_config
from training.small_captions import caption_config

from tfgan_contra.analyses import running
from tfgan_contra.analyses.planning import Plan, check_options_fit, plan_analyses
from tfgan_contra.comparison import worker
from tfgan_contra.comparison.sessions import measurements
from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.training import RunFolder, Trainer, load_run
from tfgan_contra.training.caption_generation import draw_captions
from tfgan_contra.training.caption_lines import read_caption_lines
from tfgan_contra.training.generation import generate_to_folder
from tfgan_contra.types import CaptionSpec, DataSpec

CAPTION = "a small red circle above a large blue square"


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return caption_config(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def workdir(config, tmp_path_factory):
    path = tmp_path_factory.mktemp("captioned") / "whole"
    Trainer(config, str(path)).train()
    return path


def test_the_run_folder_holds_what_is_promised(workdir):
    folder = RunFolder(workdir)
    assert folder.spec() == CaptionSpec(32, 3, 8, 17)
    captions = folder.captions()
    assert len(captions["examples"]) == 12 and len(captions["typical"]) == 1000
    assert (workdir / "text" / "weights.npz").exists()
    assert (workdir / "checkpoints" / "best.npz").exists()
    with Image.open(workdir / "samples" / "step-00000004.png") as grid:
        assert grid.mode == "RGB" and grid.width > 2 * 4 * 96
    names = np.load(workdir / "checkpoints" / "step-00000004.npz").files
    assert not [name for name in names if "/image/" in name or "/text/" in name]


def test_every_score_stands_beside_chance_and_real_pictures(workdir):
    (row,) = RunFolder(workdir).evaluations()
    metrics, protocol = row["metrics"], row["protocol"]
    assert row["headline"] == "frechet_pair_encoder"
    assert {"kernel_pair_encoder", "precision", "coverage"} <= set(metrics)
    assert (protocol["n_real"], protocol["n_fake"]) == (40, 40)
    alignment = protocol["alignment"]
    assert alignment["evaluator"]["seed"] == 1_000_000
    for part, suffix in (("seen", ""), ("held_out", "_held_out")):
        about = alignment[part]
        assert about["n"] == 40 and 30 < about["candidates"] <= 40
        share = about["share_that_training_images_have"]
        assert share == 0 if part == "held_out" else 0 <= share < 1
        assert about["r_precision"]["chance"] == 1 / about["candidates"]
        assert 0 <= metrics[f"r_precision{suffix}"] <= 1
        for name in ("shape", "color", "size", "position", "all"):
            score = about[f"attribute_{name}"]
            assert score["real"] > 0.9 and score["chance"] < 0.6
            assert 0 <= metrics[f"attribute_{name}{suffix}"] <= 1


def test_tensorboard_has_every_loss_and_what_d_takes_for_real(workdir):
    events = EventAccumulator(str(workdir / "tensorboard")).Reload()
    tags = events.Tags()
    contrasts = ("d_sentence", "d_word", "g_sentence", "g_word", "g_image")
    expected = {f"losses/{n}" for n in (*contrasts, "g_pretrained", "g_adversarial")}
    expected |= {f"losses/{name}_accuracy" for name in (*contrasts, "g_pretrained")}
    expected |= {f"d_accuracy/{name}" for name in ("train", "held_out", "fake")}
    expected |= {"evaluation/r_precision", "evaluation/attribute_position_held_out"}
    assert expected <= set(tags["tensors"]) and "samples" in tags["tensors"]


@pytest.mark.slow
def test_a_resumed_run_ends_in_the_same_numbers(workdir, config, tmp_path):
    other = tmp_path / "resumed"
    shutil.copytree(workdir, other)
    (other / "results.json").unlink()
    (other / "checkpoints" / "step-00000004.npz").unlink()
    results = Trainer(config, str(other)).train()
    assert results["resumed_at_step"] == 2
    whole, resumed = (
        np.load(path / "checkpoints" / "step-00000004.npz") for path in (workdir, other)
    )
    assert set(whole.files) == set(resumed.files)
    for name in whole.files:
        np.testing.assert_array_equal(whole[name], resumed[name], err_msg=name)
    assert results["metrics"] == RunFolder(workdir).results()["metrics"]


def test_captions_are_drawn_without_the_data(workdir, tmp_path, capsys):
    captions = [CAPTION, "a purpel gnu", " ".join(["red"] * 18)]
    grid = draw_captions(
        str(workdir), tmp_path, captions, num_images=2, seed=3, attention=True
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("warning: caption 'a purpel gnu' has the unknown words")
    assert "'purpel' (did you mean 'purple'?), 'gnu'" in lines[0]
    assert "is cut: it has 18 words, the encoder takes 17" in lines[1]
    names = [f"caption-{i}-seed-{seed}" for i in (1, 2, 3) for seed in (3, 4)]
    table = (tmp_path / "captions.tsv").read_text().splitlines()
    assert table[0] == f"{names[0]}.png\t{CAPTION}" and len(table) == 6
    for name in names:
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert picture.size == (32, 32)
        assert (tmp_path / f"{name}-attention.png").exists()
    assert grid.exists()


@pytest.mark.parametrize(
    ("captions", "words"),
    [
        (["a star", "  "], "caption 2 of 2 has no words"),
        (["?!"], "caption 1 of 1 has no words"),
    ],
)
def test_captions_without_words_are_one_line(workdir, tmp_path, captions, words):
    with pytest.raises(UsageError, match=words):
        draw_captions(str(workdir), tmp_path / "none", captions)
    assert not (tmp_path / "none").exists()


def test_commands_for_other_runs_say_what_to_use(workdir, tmp_path):
    with pytest.raises(UsageError, match="XMCGAN run, .* give --caption .* no --label"):
        generate_to_folder(str(workdir), tmp_path, label="3")
    folder = RunFolder(tmp_path / "digits")
    folder.start(small_config(), DataSpec(32, 1, 10))
    with pytest.raises(UsageError, match="ContraGAN run, .*; leave out --caption"):
        draw_captions(str(folder.path), tmp_path, [CAPTION])
    with pytest.raises(CheckpointError, match=r"captions.json cannot be read"):
        folder.captions()


def test_scores_of_a_checkpoint_have_the_protocol_asked_for(workdir):
    run = load_run(workdir)
    config = RunFolder(workdir).config()
    config.evaluation.num_images = 20
    subject = running.make_subject(run, config, Plan((), False), seed=5)
    result = running.evaluate_scores(subject)
    protocol = result["protocol"]
    assert (protocol["n_fake"], protocol["seed"], result["step"]) == (20, 5, 4)
    assert 0 <= result["metrics"]["r_precision_held_out"] <= 1


@pytest.mark.slow
def test_a_comparison_measures_its_runs(workdir, config):
    protocol = dataclasses.replace(config.evaluation, num_images=20)
    worker.measure(config, protocol, workdir)
    for one in measurements(RunFolder(workdir), protocol):
        result = one.result()
        assert result["step"] == 4 and result["protocol"]["n_fake"] == 20
        assert result["headline"] == "frechet_pair_encoder"
        assert "r_precision_held_out" in result["metrics"]


def test_analyses_of_latents_are_refused(config):
    plan = plan_analyses(["interpolation"])
    with pytest.raises(
        UsageError, match="interpolation is for .* which draws captions"
    ):
        check_options_fit(config, {}, plan)
    check_options_fit(config, {"statistics": "moving"}, Plan((), False))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read .No such file"),
        (b"\xff\xfe\x00a", "it is not UTF-8 text"),
        (b"", "is empty; write a caption per line"),
        (b"a star\n\na ring\n", "no caption on line 2 of 3"),
    ],
)
def test_a_wrong_file_of_captions_is_one_line(tmp_path, content, words):
    path = tmp_path / "captions.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        read_caption_lines(str(path))


def test_a_file_of_captions_is_read_line_by_line(tmp_path):
    path = tmp_path / "captions.txt"
    path.write_text("a star\nein größerer Ring\n", "utf-8")
    assert read_caption_lines(str(path)) == ["a star", "ein größerer Ring"]
