"""The real command in its own process: the list, mistakes, a run that is resumed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = [
    "--experiment=forgetting",
    "--option=max_classes=2",
    '--option=variants=["none"]',
    "--option=num_seeds=1",
    "--option=steps_per_class=2",
    "--option=first_steps=1",
    "--option=eval_every=1",
    "--option=held_out_per_class=3",
    "--option=batch_size=4",
    "--option=width=1",
]


def run(*arguments):
    command = [sys.executable, "bin/experiment.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_the_list_shows_every_experiment_and_option():
    code, out, err = run("--list")
    assert code == 0 and err == ""
    for name in ("forgetting", "mode_collapse", "linear_probe", "stability"):
        assert f"\n{name}: " in f"\n{out}"
    assert "  --option=steps_per_class=100\n" in out
    assert "  --option=d_widths=[8]\n" in out
    code, out, _ = run("--list", "--experiment=mode_collapse")
    assert code == 0 and "steps_per_class" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--experiment is required"),
        (["--experiment=forgeting"], "did you mean 'forgetting'"),
        (["--experiment=forgeting", "--list"], "did you mean 'forgetting'"),
        (["--option=step=3"], "forgetting has no 'step'"),
        (["--option=num_seeds"], "--option must be <field>=<value>"),
        (["--option=num_seeds=many"], "forgetting.num_seeds must be int"),
        (["--option=cycles=1"], "forgetting.cycles must be 2 or more"),
        (["--option=batch_size=6"], "batch_size must be a multiple of 4"),
        (["--option=first_steps=200"], "from eval_every=5 to steps_per_class=100"),
        (["--option=image_size=256"], "image size for forgetting must be one of 32"),
        (['--option=variants=["turns"]'], "one of none, rotation, info_nce"),
        (['--option=variants=["none","none"]'], "each once"),
        (["--option=max_classes=1"], "0 (all) or 2 or more. Received: 1"),
        (["--workdirs=runs/a"], "forgetting looks at no runs"),
        (["--output="], "--output is required"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(tmp_path, arguments, words):
    usual = [f"--output={tmp_path / 'none'}"]
    if arguments and not arguments[0].startswith("--experiment"):
        usual.append("--experiment=forgetting")
    code, _, err = run(*usual, *arguments)
    assert code == 2 and words in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ('methods=["ssgn"]', "did you mean 'ssgan'"),
        ("d_widths=[]", "a list such as [4,8]"),
        ("d_widths=[4,4]", "a list such as [4,8]"),
        ("class_counts=[0]", "such as [1,4,64]"),
        ("ema_decay=1", "in [0, 1)"),
    ],
)
def test_mistakes_of_the_second_experiment(tmp_path, option, words):
    code, _, err = run(
        "--experiment=mode_collapse",
        f"--output={tmp_path}",
        f"--option={option}",
    )
    assert code == 2 and words in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.slow
def test_a_run_writes_its_files_and_other_options_are_refused(tmp_path):
    code, out, err = run(*TINY, f"--output={tmp_path}")
    assert code == 0, err
    report = json.loads((tmp_path / "forgetting.json").read_text())
    mean = report["results"]["none"]["drop"]["mean"]
    assert f"{'none.drop.mean':48} {mean:.5g}\n" in out
    assert (tmp_path / "forgetting.png").exists()
    code, _, err = run(*TINY, f"--output={tmp_path}")
    assert code == 0, err
    code, _, err = run(*TINY, f"--output={tmp_path}", "--option=num_seeds=2")
    assert code == 1
    assert "holds the experiment with other options; choose another" in err
