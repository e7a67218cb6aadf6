"""From the CUT authors' files to translated pictures, by the command."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from golden_files import relative_error
from importers.cut_states import (
    CUT_CONFIG,
    DISCRIMINATOR,
    GENERATOR,
    PROJECTOR,
    SINCUT_CONFIG,
    SINCUT_GENERATOR,
    STEP,
    as_saved,
)
from importers.pytorch_files import write_plain_state

from configs.cut import horse2zebra, sincut
from tfgan_contra.errors import UsageError
from tfgan_contra.training import load_run
from tfgan_contra.training.callbacks import Run
from tfgan_contra.training.checkpoints import restore
from tfgan_contra.training.importing import import_run
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.schedules import epoch_plan, make_optimizers
from tfgan_contra.types import TranslationSpec

ROOT = Path(__file__).resolve().parents[2]
LETTERS = {"generator": "G", "discriminator": "D", "projector": "F"}
OVERRIDES = [
    "--config=configs/cut/horse2zebra.py",
    "--config.method.network.g_width=4",
    "--config.method.network.d_width=4",
    f"--config.method.embedding_dim={CUT_CONFIG.embedding_dim}",
]


def run(*arguments):
    command = [sys.executable, "bin/import_checkpoint.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def small_config(**data):
    """Returns the config that `OVERRIDES` give."""
    config = dataclasses.replace(horse2zebra.get_config(), method=CUT_CONFIG)
    return dataclasses.replace(config, data=dataclasses.replace(config.data, **data))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Writes G, D and F as the authors name them; the paths by role."""
    folder = tmp_path_factory.mktemp("authors")
    states = zip(LETTERS, (GENERATOR, DISCRIMINATOR, PROJECTOR), strict=True)
    return {
        role: str(
            write_plain_state(folder / f"200_net_{LETTERS[role]}.pth", as_saved(state))
        )
        for role, state in states
    }


def test_the_run_folder_translates_as_the_authors_model(files, tmp_path):
    workdir = tmp_path / "run"
    given = [f"--{role}={path}" for role, path in files.items()]
    code, out, err = run(*OVERRIDES, *given, f"--workdir={workdir}")
    assert code == 0, err
    lines = out.splitlines()
    assert lines == [
        f"imported generator, discriminator, projector of step 0 to {workdir}: pictures"
        " of 3 channels to pictures of 3, trained on crops of 256x256",
        "the files of epoch 200 do not say their step, which counts as 0; see --step",
        "only weights are imported: the optimisers' state starts anew if you train on",
    ]
    loaded = load_run(workdir)
    assert loaded.spec == TranslationSpec(256, 3, 3) and loaded.step == 0
    assert loaded.config == small_config()
    made = loaded.gan.translate(STEP["real_A_nhwc"])
    assert relative_error(made, STEP["step0_fake_B_nhwc"]) < 1e-4
    hidden = np.asarray(loaded.gan.projector.hidden_layers[0].kernel)
    np.testing.assert_array_equal(hidden, PROJECTOR["mlp_0.0.weight"].T)


def test_training_can_go_on_from_it(files, tmp_path):
    import_run(small_config(), tmp_path / "run", files, step=7)
    config, spec = (
        RunFolder(tmp_path / "run").config(),
        RunFolder(tmp_path / "run").spec(),
    )
    gan = config.method.build(spec)
    gan.compile(*make_optimizers(config, epoch_plan(config, 1334)))
    going = Run(gan, config, RunFolder(tmp_path / "run"))
    path = RunFolder(tmp_path / "run").checkpoint_path("last")
    going.resume(restore(path, going.variables()))
    assert going.step == 7 and int(np.asarray(gan.step)) == 7


def test_the_generator_alone(files, tmp_path):
    config = small_config(image_size=128, load_size=143)
    given = {"generator": files["generator"], "discriminator": None}
    lines = import_run(config, tmp_path / "run", given, step=9)
    assert "imported generator of step 9" in lines[0] and "crops of 128" in lines[0]
    assert "only weights are imported" in lines[1]
    assert "discriminator is untrained" in lines[2] and "Translating" in lines[2]
    assert lines[3].startswith("the projector is untrained") and len(lines) == 4
    assert load_run(tmp_path / "run").spec == TranslationSpec(128, 3, 3)


def test_a_single_pictures_generator(tmp_path):
    path = write_plain_state(tmp_path / "latest_net_G.pth", SINCUT_GENERATOR)
    config = dataclasses.replace(sincut.get_config(), method=SINCUT_CONFIG)
    lines = import_run(config, tmp_path / "run", {"generator": str(path)})
    assert "crops of 64x64" in lines[0]
    assert lines[1].startswith("the files do not say their step")
    assert load_run(tmp_path / "run").spec == TranslationSpec(64, 3, 3)

    config.data.image_size = 128
    with pytest.raises(
        UsageError, match="image_size is 128, but the checkpoint is for"
    ):
        import_run(config, tmp_path / "other", {"generator": str(path)})


def test_what_does_not_fit_is_refused_before_anything_is_written(files, tmp_path):
    given = {"generator": files["generator"]}
    latest = write_plain_state(tmp_path / "latest_net_D.pth", DISCRIMINATOR)
    for message, chosen, data, names in (
        ("give --generator, the file", {"discriminator": str(latest)}, {}, ()),
        (
            r"different epochs \(200, latest\)",
            given | {"discriminator": str(latest)},
            {},
            (),
        ),
        ("keep no moving average", {"generator_ema": str(latest)}, {}, ()),
        ("a translator has no classes", given, {}, ("horse", "zebra")),
        ("channels_in is 1, but the checkpoint is for 3", given, {"channels": 1}, ()),
        ("channels_out is 4, but the", given, {"channels_out": 4}, ()),
    ):
        with pytest.raises(UsageError, match=message) as caught:
            import_run(
                small_config(**data), tmp_path / "run", chosen, class_names=names
            )
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_another_architecture_is_one_line(files, tmp_path):
    code, _, err = run(
        "--config=configs/cut/horse2zebra.py:fastcut",
        "--config.method.network.num_blocks=6",
        f"--generator={files['generator']}",
        f"--workdir={tmp_path}/run",
    )
    line = err.strip().splitlines()[-1]
    assert code == 1 and "Traceback" not in err and line.startswith("error: ")
    assert "num_blocks is 9, the config's 6" in line
    assert not (tmp_path / "run").exists()
