import dataclasses
import json

import pytest

from tfgan_contra.comparison import Options, load_config, make_plan, parse_entries
from tfgan_contra.comparison.entries import derived_name
from tfgan_contra.comparison.plan import describe, state
from tfgan_contra.comparison.running import wants_training
from tfgan_contra.comparison.sessions import Session, measurements, protocol_key
from tfgan_contra.errors import CheckpointError, ConfigError, UsageError
from tfgan_contra.types import DataSpec

CONTRAGAN = "configs/smoke/contragan.py"
BIGGAN = "configs/smoke/biggan.py"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("configs/comparison/digits.py:acgan", "acgan"),
        ("configs/smoke/contragan.py", "smoke-contragan"),
        ("/home/a/configs/configs/quickstart.py", "quickstart"),
        ("elsewhere/mine.py", "elsewhere-mine"),
        ("configs/from_json.py:runs/a/config.json", "runs-a-config.json"),
    ],
)
def test_a_name_follows_from_the_source_alone(source, name):
    assert derived_name(source) == name


def test_entries_are_named_or_name_themselves():
    entries = parse_entries([f"mine={CONTRAGAN}", "configs/quickstart.py:fast"])
    assert [entry.name for entry in entries] == ["mine", "fast"]
    assert entries[0].source == CONTRAGAN
    assert entries[1].config.train.num_steps == 60


BROKEN = "def get_config():\n    return {}['a']\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("configs/none.py", "no config file 'configs/none.py'"),
        ("configs/quickstart.py:slow", "takes :full or :fast"),
        (f"../up={CONTRAGAN}", "no config file '../up="),
        (f"a b={CONTRAGAN}", "a row's name takes letters.*'a b'"),
    ],
)
def test_a_wrong_entry_is_one_line(text, message):
    with pytest.raises(UsageError, match=message):
        parse_entries([text])


@pytest.mark.parametrize(
    ("python", "message"),
    [
        (BROKEN, r"cannot be read: KeyError: 'a' \(.*mine.py:2\)"),
        ("x = 1\n", "AttributeError"),
        ("def get_config():\n    return 3\n", "must return a Config. Received: int"),
        ("def get_config(:\n", "SyntaxError"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path, python, message):
    path = tmp_path / "mine.py"
    path.write_text(python)
    with pytest.raises(UsageError, match=message):
        load_config(str(path))


def test_two_rows_of_one_name_are_refused():
    with pytest.raises(UsageError, match="two configs would be called 'smoke-contra"):
        parse_entries([CONTRAGAN, CONTRAGAN])
    assert len(parse_entries([CONTRAGAN, f"again={CONTRAGAN}"])) == 2


def plan(tmp_path, *texts, **options):
    return make_plan(parse_entries(texts or [CONTRAGAN]), Options(tmp_path, **options))


def test_a_plan_has_a_run_for_every_config_and_seed(tmp_path):
    made = plan(tmp_path, CONTRAGAN, BIGGAN, seeds=(3, 1), num_steps=7, eval_every=2)
    names = [(run.name, run.seed, run.workdir.name) for run in made.runs]
    assert names == [
        ("smoke-contragan", 3, "smoke-contragan-seed-3"),
        ("smoke-contragan", 1, "smoke-contragan-seed-1"),
        ("smoke-biggan", 3, "smoke-biggan-seed-3"),
        ("smoke-biggan", 1, "smoke-biggan-seed-1"),
    ]
    for run in made.runs:
        assert run.config.seed == run.seed
        assert (run.config.train.num_steps, run.config.train.eval_every) == (7, 2)
    assert made.runs[0].num_images == 7 * 16
    assert made.runs[0].command == (
        f"bin/train.py --config={CONTRAGAN} --workdir={tmp_path}/runs/"
        "smoke-contragan-seed-3 --config.seed=3 --config.train.num_steps=7 "
        "--config.train.eval_every=2"
    )


def test_the_protocol_is_the_first_configs_with_the_changes(tmp_path):
    changes = {"statistics": "batch", "num_images": None}
    made = plan(tmp_path, CONTRAGAN, BIGGAN, protocol=changes)
    assert made.protocol.statistics == "batch" and made.protocol.num_images == 200
    assert {run.config.evaluation.statistics for run in made.runs} == {"moving"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistics": "standin"}, "moving, standing, batch.*'standin'"),
        ({"extractor": "magic"}, "evaluation.extractor.*'magic'"),
        ({"num_images": 5}, "evaluation.num_images must be above nearest_k.*5"),
    ],
)
def test_a_protocol_that_would_fail_later_is_refused_now(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message):
        plan(tmp_path, protocol=change)


@pytest.mark.parametrize("seeds", [(), (0, 1, 0)])
def test_seeds_must_differ(tmp_path, seeds):
    with pytest.raises(UsageError, match="--seeds must be one or more different"):
        plan(tmp_path, seeds=seeds)


@pytest.mark.parametrize(
    ("field", "value"), [("source", "tfds:cifar10"), ("image_size", 64)]
)
def test_configs_of_different_images_are_refused(tmp_path, field, value):
    first, second = parse_entries([CONTRAGAN, BIGGAN])
    data = dataclasses.replace(second.config.data, **{field: value})
    other = second._replace(config=dataclasses.replace(second.config, data=data))
    with pytest.raises(UsageError, match=f"same images.*data.{field} is.*{value}"):
        make_plan([first, other], Options(tmp_path))


def test_a_folder_of_another_config_is_refused_before_anything_runs(tmp_path):
    (run,) = plan(tmp_path).runs
    run.folder.start(run.config, DataSpec(32, 1, 10))
    plan(tmp_path, num_steps=20)  # Nothing was trained in it, so nothing is lost.
    run.folder.results_file.write_text("{}")
    with pytest.raises(CheckpointError, match=r"--output.*train.num_steps: 10 -> 20"):
        plan(tmp_path, num_steps=20)


def test_states_are_told_apart(tmp_path):
    made = plan(tmp_path, seeds=(0, 1, 2, 3))
    new, begun, failed, finished = made.runs
    begun.folder.checkpoints.mkdir(parents=True)
    (begun.folder.checkpoints / "step-00000005.npz").touch()
    Session(failure="a loss became nan", final=True).write(failed.workdir)
    finished.folder.start(finished.config, DataSpec(32, 1, 10))
    finished.folder.results_file.write_text('{"step": 10, "best": {"step": 5}}')
    states = [state(run) for run in made.runs]
    assert states == [
        "new",
        "resumes at step 5",
        "failed: a loss became nan",
        "finished",
    ]
    text = describe(made)
    assert all(f"160 images  {words}" in text for words in states)
    assert "640 real images" in text and "200 images against split test" in text
    assert [wants_training(run, False) for run in made.runs] == [
        True,
        True,
        False,
        False,
    ]
    assert wants_training(failed, retry_failed=True)


def test_a_failure_from_outside_is_tried_again(tmp_path):
    (run,) = plan(tmp_path).runs
    Session(failure="its process was killed by SIGKILL").write(run.workdir)
    assert wants_training(run, retry_failed=False)


def test_an_unreadable_session_counts_as_none(tmp_path):
    Session(seconds=3.0).write(tmp_path)
    assert Session.read(tmp_path).seconds == 3.0
    (tmp_path / "comparison" / "session.json").write_text('{"sec')
    assert Session.read(tmp_path) == Session()


def test_what_counts_of_a_run_that_stopped_itself_is_its_best(tmp_path):
    made = plan(tmp_path)
    (run,) = made.runs
    assert measurements(run.folder, made.protocol) == []
    Session(failure="collapse", final=True, best_step=5).write(run.workdir)
    (best,) = measurements(run.folder, made.protocol)
    assert (best.checkpoint, best.step, best.result()) == ("best", 5, None)
    Session(failure="nan at step 1", final=True).write(run.workdir)
    assert measurements(run.folder, made.protocol) == []


def test_evaluations_are_kept_by_step_and_protocol(tmp_path):
    made = plan(tmp_path)
    (run,) = made.runs
    run.workdir.mkdir(parents=True)
    run.folder.results_file.write_text('{"step": 10, "best": {"step": 10}}')
    last, best = measurements(run.folder, made.protocol)
    assert last.path == best.path and last.result() is None
    last.path.parent.mkdir()
    last.path.write_text(json.dumps({"a": 1}))
    assert best.result() == {"a": 1}
    other = dataclasses.replace(made.protocol, num_images=300)
    assert all(one.result() is None for one in measurements(run.folder, other))


def test_where_caches_lie_is_no_matter_of_the_protocol(tmp_path):
    protocol = plan(tmp_path).protocol
    moved = dataclasses.replace(protocol, cache_dir="elsewhere")
    assert protocol_key(moved) == protocol_key(protocol)
    other = dataclasses.replace(protocol, truncation=0.5)
    assert protocol_key(other) != protocol_key(protocol)


def test_translators_are_not_compared(tmp_path):
    entries = parse_entries([CONTRAGAN, "mine=configs/smoke/cut.py"])
    message = "mine translates pictures. Train it with bin/train.py and measure it with"
    with pytest.raises(UsageError, match=message):
        make_plan(entries, Options(output=tmp_path))
