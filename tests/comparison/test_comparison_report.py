import json
import math

import numpy as np
import pytest
from comparison.made_up import SPEC, finish
from PIL import Image

from tfgan_contra.comparison import Options, make_plan, parse_entries, write_report
from tfgan_contra.comparison.analysis import aggregate
from tfgan_contra.comparison.sessions import Session, measurements
from tfgan_contra.comparison.tables import caption_table, score_table, training_table

FILES = ["a=configs/smoke/contragan.py", "b=configs/smoke/biggan.py"]


def make(tmp_path, **options):
    entries = parse_entries(FILES)
    options = {"seeds": (0, 1), "command": "bin/compare.py --seeds=0,1"} | options
    return make_plan(entries, Options(tmp_path, **options))


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A comparison whose second row is better with both seeds, and where b-1 fell."""
    plan = make(tmp_path_factory.mktemp("comparison"), num_steps=30)
    a0, a1, b0, b1 = plan.runs
    finish(a0, plan.protocol, [9.0, 8.0, 7.0], accuracy=0.6, permuted=1.0)
    finish(a1, plan.protocol, [9.0, 8.0, 6.0])
    finish(b0, plan.protocol, [9.0, 1.0, 2.0])
    finish(b1, plan.protocol, [9.0, 1.0, 4.0])
    session = Session(seconds=90.0, machine={"cores": 2})
    session.write(b1.workdir)
    return plan, write_report(plan, picture=True)


def rows(text):
    """Returns a Markdown table's cells by method."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text]
    head = lines[0]
    return {line[0]: dict(zip(head, line, strict=True)) for line in lines[2:]}


def table(text, heading):
    section = text.split(f"## {heading}\n\n")[1].split("\n\n")[0]
    return rows(section.splitlines())


def test_the_tables_show_mean_spread_and_a_clear_winner(made_up):
    plan, _ = made_up
    text = (plan.options.output / "comparison.md").read_text()
    scores = table(text, "Likeness")
    assert scores["a"]["Frechet distance, last step"] == "6.50 +- 0.50"
    assert scores["b"]["Frechet distance, last step"] == "**3.00 +- 1.00**"
    assert scores["b"]["Frechet distance, best step"] == "**1.00 +- 0.00**"
    assert scores["b"]["intra-class"] == "**6.00 +- 2.00**"
    assert scores["b"]["best step"] == "20, 20"
    assert scores["a"]["Inception score"] == "5.00 +- 0.00"  # A tie has no winner.
    classes = table(text, "Variety and classes")
    assert classes["a"]["conditional accuracy"] == "0.550 +- 0.050"
    training = table(text, "Training")
    assert training["b"]["collapse at"] == "-, 30"
    assert training["a"]["collapse at"] == "-"
    assert training["a"]["gap"] == "0.30 +- 0.00"
    assert training["a"]["largest norm"] == "1.30 +- 0.00"
    assert training["a"]["weights G / D"] == "91,330 / 70,242"
    assert "Mean +- half the range over seeds" in text
    assert "at the last step" in text and "bin/compare.py --seeds=0,1" in text
    assert "4 runs, 2 minutes of training with its evaluations, 2 cores" in text


def test_the_notes_name_collapses_and_renamed_classes(made_up):
    _, whole = made_up
    assert whole["notes"] == [
        "a, seed 0 draws 2 of its 10 classes under another one's name: a is b, b is a",
        "b, seed 1 collapsed at step 30: its score reached 3 times its best, or no "
        "number",
    ]


def test_the_json_holds_every_run_and_is_strict(made_up):
    plan, _ = made_up

    def refuse(word):
        raise AssertionError(word)

    text = (plan.options.output / "comparison.json").read_text()
    whole = json.loads(text, parse_constant=refuse)
    assert [run["workdir"] for run in whole["runs"]] == [
        "runs/a-seed-0",
        "runs/a-seed-1",
        "runs/b-seed-0",
        "runs/b-seed-1",
    ]
    run = whole["runs"][3]
    assert run["evaluations"]["last"]["metrics"]["frechet_classifier"] == 4.0
    assert run["evaluations"]["best"]["step"] == 20
    assert run["collapse_step"] == 30 and run["collapse_factor"] == 3.0
    assert run["overfitting_gap"] == pytest.approx(0.3)
    assert run["machine"] == {"cores": 2} and run["seconds"] == 90.0
    assert run["versions"] == {"keras": "3"}
    assert "bin/train.py --config=configs/smoke/biggan.py" in run["command"]
    assert whole["methods"][1]["score_last"]["values"] == [2.0, 4.0]
    assert whole["protocol"]["extractor"] == "classifier"


def test_the_picture_shows_curves_and_samples(made_up):
    plan, _ = made_up
    with Image.open(plan.options.output / "comparison.png") as image:
        pixels = np.array(image.convert("RGB"))
    assert min(pixels.shape[:2]) > 900
    # Both methods' colours, and the noise that stands for samples.
    for color in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)):
        assert (np.abs(pixels.astype(int) - color).max(axis=-1) < 8).sum() > 100
    assert len(np.unique(pixels[..., 0])) > 200


def test_the_best_checkpoint_can_fill_the_tables(made_up):
    plan, _ = made_up
    options = Options(plan.options.output, (0, 1), num_steps=30, checkpoint="best")
    whole = write_report(make_plan(parse_entries(FILES), options))
    assert whole["methods"][1]["metrics"]["recall"]["values"] == [0.3, 0.3]
    distances = whole["methods"][1]["metrics"]["frechet_classifier"]["values"]
    assert distances == [1.0, 1.0]
    assert "at the best step" in (options.output / "comparison.md").read_text()


def test_what_failed_or_is_missing_is_said(tmp_path):
    plan = make(tmp_path)
    nan, outside, finished, new = plan.runs
    nan.folder.start(nan.config, SPEC)
    Session(failure="Loss d_adversarial became nan", final=True).write(nan.workdir)
    Session(failure="its process was killed").write(outside.workdir)
    finish(finished, plan.protocol, [math.nan])
    Session(unmeasured="no extractor").write(finished.workdir)
    whole = write_report(plan, picture=True)
    assert whole["notes"] == [
        "a, seed 0 failed: Loss d_adversarial became nan",
        "a, seed 1 failed: its process was killed",
        "b, seed 0 could not be measured: no extractor",
        "b, seed 1 is not finished",
    ]
    scores = rows(score_table(whole["methods"]).splitlines())
    assert scores["a"]["seeds"] == "0 of 2" and scores["b"]["seeds"] == "1 of 2"
    assert scores["a"]["Frechet distance, last step"] == "-"
    assert scores["b"]["Frechet distance, last step"] == "nan"
    # A column without any value is left out.
    assert "collapse at" not in training_table(whole["methods"])
    stored = json.loads((tmp_path / "comparison.json").read_text())
    assert stored["methods"][1]["score_last"]["mean"] is None
    assert (tmp_path / "comparison.png").exists()


def test_rows_that_differ_in_length_or_protocol_are_noted(tmp_path):
    first, second = parse_entries(FILES)
    second.config.train.num_steps = 20
    second.config.evaluation.num_images = 300
    notes = write_report(make_plan([first, second], Options(tmp_path)))["notes"]
    assert "The rows differ in how many steps they were trained for" in notes
    assert "The rows differ in how many images they were trained for" in notes
    assert any("evaluate under another protocol while they train" in n for n in notes)


def test_evaluations_of_different_extractors_are_never_mixed(tmp_path):
    plan = make(tmp_path, seeds=(0,))
    for run, digest in zip(plan.runs, ("d1", "d2"), strict=True):
        finish(run, plan.protocol, [3.0], digest=digest)
    (note,) = [n for n in write_report(plan)["notes"] if "not comparable" in n]
    assert note.startswith("b, seed 0, is not comparable")
    assert "delete runs/b-seed-0/comparison" in note


def test_a_torn_evaluation_is_measured_again(tmp_path):
    plan = make(tmp_path, seeds=(0,))
    run = plan.runs[0]
    finish(run, plan.protocol, [3.0])
    one = measurements(run.folder, plan.protocol)[0]
    one.path.write_text('{"metr')
    assert one.result() is None


def test_pictures_of_captions_have_a_table_and_small_distances_all_their_digits():
    def summary(name, precision, distance):
        """Returns what the table reads."""
        values = {"r_precision": precision, "attribute_all_held_out": [0.5, 0.5]}
        return {
            "method": name,
            "seeds": [0, 1],
            "measured_seeds": [0, 1],
            "metrics": {key: aggregate(own) for key, own in values.items()},
            "score_last": aggregate(distance),
            "score_best": aggregate(distance),
            "best_steps": [10, 10],
        }

    methods = [
        summary("all", [0.9, 0.8], [0.0123, 0.0125]),
        summary("none", [0.1, 0.1], [0.05, 0.05]),
    ]
    table = rows(caption_table(methods).splitlines())
    assert table["all"]["R-precision"] == "**0.850 +- 0.050**"
    assert table["none"]["all named, held-out"] == "0.500 +- 0.000"
    assert "shape" not in table["all"]
    scores = rows(score_table(methods).splitlines())
    assert scores["all"]["Frechet distance, last step"] == "**0.0124 +- 0.0001**"
