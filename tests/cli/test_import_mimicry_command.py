"""From mimicry's files of a method without labels to pictures, by the command."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from golden_files import load_golden, part, relative_error
from importers.pytorch_files import mapping, number, tensors_and_blocks, zip_file
from PIL import Image

from configs.ssgan import datasets
from tfgan_contra.errors import UsageError
from tfgan_contra.training import load_run
from tfgan_contra.training.generation import generate_to_folder
from tfgan_contra.training.importing import import_run

ROOT = Path(__file__).resolve().parents[2]
ARRAYS = load_golden("ssgan_infomax_dual/models_ssgan64.npz")
SMALL = {"g_width": 2, "d_width": 2, "latent_dim": 8}


def write_checkpoint(path, state, step):
    """Writes what mimicry saves, in today's format and without an optimiser's state."""
    places, blocks = tensors_and_blocks(state)
    members = {
        "model_state_dict": places,
        "optimizer_state_dict": b"N",
        "global_step": number(step),
    }
    return str(zip_file(path, mapping(members), blocks))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Writes G as the zoo names it, whose name says no step, and D as trainings do."""
    folder = tmp_path_factory.mktemp("mimicry")
    generator = write_checkpoint(folder / "netG.pth", part(ARRAYS, "G/sd/"), 100_000)
    discriminator = folder / "netD_100000_steps.pth"
    write_checkpoint(discriminator, part(ARRAYS, "D/sd/"), 100_000)
    return {"generator": generator, "discriminator": str(discriminator)}


@pytest.fixture(scope="module")
def imported(files, tmp_path_factory):
    """Imports both with the command; what it said, and the run folder."""
    workdir = tmp_path_factory.mktemp("runs") / "imported"
    command = [
        sys.executable,
        "bin/import_checkpoint.py",
        "--config=configs/ssgan/datasets.py:celeba64",
        *(f"--config.method.network.{name}={value}" for name, value in SMALL.items()),
        *(f"--{role}={path}" for role, path in files.items()),
        f"--workdir={workdir}",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, workdir


def test_the_run_folder_holds_mimicry_s_model(imported):
    out, workdir = imported
    assert "imported generator, discriminator of step 100000" in out
    assert "64x64x3 images, no classes" in out
    loaded = load_run(workdir)
    assert loaded.step == 100_000 and int(np.asarray(loaded.gan.step)) == 100_000
    made = loaded.gan.generator_ema(ARRAYS["in/z"], training=False)
    assert relative_error(made, ARRAYS["G/out_eval_nhwc"]) < 1e-4
    outputs = loaded.gan.discriminate(ARRAYS["in/x_nhwc"])
    for ours, theirs in (
        (outputs["logits"][:, None], "D/eval/logits"),
        (outputs["rotation_logits"], "D/eval/rotation_logits"),
    ):
        assert relative_error(ours, ARRAYS[theirs]) < 1e-4


def test_pictures_are_generated_from_it(imported, tmp_path):
    _, workdir = imported
    generate_to_folder(str(workdir), tmp_path, num_images=2)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"grid.png", "seed-0.png", "seed-1.png"}
    picture = np.asarray(Image.open(tmp_path / "seed-0.png"))
    assert picture.shape == (64, 64, 3) and picture.std() > 0


def small_config():
    config = datasets.get_config("celeba64")
    for name, value in SMALL.items():
        setattr(config.method.network, name, value)
    return config


def test_a_name_s_step_stands_before_the_file_s(files, tmp_path):
    path = tmp_path / "netG_70000_steps.pth"
    write_checkpoint(path, part(ARRAYS, "G/sd/"), 5)
    lines = import_run(small_config(), tmp_path / "run", {"generator": str(path)})
    assert "imported generator of step 70000" in lines[0]
    with pytest.raises(UsageError, match=r"different steps \(70000, 100000\)"):
        both = files | {"generator": str(path)}
        import_run(small_config(), tmp_path / "other", both)
