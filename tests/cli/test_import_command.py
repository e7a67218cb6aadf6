"""From an authors' file to pictures, by the command and without PyTorch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from golden_files import load_golden, part, relative_error
from importers.pytorch_files import call, number, text, write_state, zip_file
from PIL import Image

from configs.contragan import tiny_imagenet
from tfgan_contra.config import Config, DataConfig
from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.importers import import_states
from tfgan_contra.layers.spectral_norm import fold, without_spectral_norm
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.models.sampler import Sampler, to_uint8
from tfgan_contra.networks.configs import ResNetConfig
from tfgan_contra.training import load_run, make_optimizers
from tfgan_contra.training.callbacks import Run
from tfgan_contra.training.checkpoints import restore
from tfgan_contra.training.generation import generate_to_folder
from tfgan_contra.training.importing import import_run
from tfgan_contra.training.runs import RunFolder

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = load_golden("contragan/models_big_resnet64_contragan_recipe.npz")
GENERATOR, DISCRIMINATOR = part(REFERENCE, "G_state/"), part(REFERENCE, "D_state/")
SMALL = {"g_width": 8, "d_width": 8, "shared_dim": 16}
OVERRIDES = [
    "--config=configs/contragan/tiny_imagenet.py",
    *(f"--config.method.network.{name}={value}" for name, value in SMALL.items()),
    "--config.method.embedding_dim=16",
]
NAMES = [f"class {i}" for i in range(12)]
FILE = "model={}-best-weights-step=54000.pth"


def small_config():
    """Returns the config that `OVERRIDES` give."""
    config = tiny_imagenet.get_config()
    for name, value in SMALL.items():
        setattr(config.method.network, name, value)
    config.method.embedding_dim = 16
    return config


def run(*arguments):
    command = [sys.executable, "bin/import_checkpoint.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Writes G and D as StudioGAN names them; the paths by role."""
    folder = tmp_path_factory.mktemp("authors")
    generator, discriminator = folder / FILE.format("G"), folder / FILE.format("D")
    write_state(generator, GENERATOR)
    write_state(discriminator, DISCRIMINATOR, step=number(54000))
    return {"generator": str(generator), "discriminator": str(discriminator)}


@pytest.fixture(scope="module")
def imported(files, tmp_path_factory):
    """Imports both with the command; what it said, and the run folder."""
    workdir = tmp_path_factory.mktemp("runs") / "imported"
    code, out, err = run(
        *OVERRIDES,
        *(f"--{role}={path}" for role, path in files.items()),
        f"--class_names={','.join(NAMES)}",
        f"--workdir={workdir}",
    )
    assert code == 0, err
    return out, workdir


def reference_pixels(name):
    return np.asarray(to_uint8(REFERENCE[name]))


def pixels(generator):
    made = generator([REFERENCE["in/z"], REFERENCE["in/y_fake"]])
    stride = int(REFERENCE["meta/stored_image_stride"])
    return np.asarray(to_uint8(made))[:, ::stride, ::stride]


def check_same_pixels(ours, theirs):
    """A value that lies on the border of two may fall to either side."""
    assert ours.shape == theirs.shape
    difference = np.abs(ours.astype(int) - theirs.astype(int))
    assert difference.max() <= 1 and (difference > 0).mean() < 1e-3


def test_the_run_folder_holds_the_authors_model(imported):
    out, workdir = imported
    assert "imported generator, discriminator of step 54000" in out
    assert "64x64x3 images, 12 classes" in out
    assert "moving average is a copy of the generator" in out
    loaded = load_run(workdir)
    assert loaded.step == 54000 and int(np.asarray(loaded.gan.step)) == 54000
    assert loaded.spec.class_names == tuple(NAMES)

    average = loaded.gan.generator_ema
    check_same_pixels(pixels(average), reference_pixels("eval/G_images_nhwc"))
    # The authors' sampling does one more power iteration.
    plain = without_spectral_norm(average)
    fold(average, plain, iterations=1)
    check_same_pixels(pixels(plain), reference_pixels("authors_eval/G_images_nhwc"))

    outputs = loaded.gan.discriminate(
        REFERENCE["in/images_nhwc"], REFERENCE["in/y_real"]
    )
    assert relative_error(outputs["logits"], REFERENCE["eval/D_adv_output"]) < 1e-4


def test_pictures_are_generated_from_it(imported, tmp_path):
    _, workdir = imported
    generate_to_folder(str(workdir), tmp_path, label="class 7", num_images=2)
    gan = import_states(small_config().method, generator=GENERATOR)
    evaluation = small_config().evaluation
    sampler = Sampler(gan, statistics=evaluation.statistics, batch_size=100)
    for seed, expected in enumerate(sampler(np.array([7, 7]), np.arange(2))):
        picture = np.asarray(Image.open(tmp_path / f"seed-{seed}-class-7.png"))
        np.testing.assert_array_equal(picture, expected)


def test_training_can_go_on_from_it(imported):
    _, workdir = imported
    config, spec = RunFolder(workdir).config(), RunFolder(workdir).spec()
    gan = config.method.build(spec)
    gan.compile(*make_optimizers(config))
    run = Run(gan, config, RunFolder(workdir))
    run.resume(restore(RunFolder(workdir).checkpoint_path("last"), run.variables()))
    assert run.step == 54000


def test_usage_errors_are_one_line():
    for arguments, words in (
        (OVERRIDES, "--workdir is required"),
        ([*OVERRIDES, "--workdir=a", "--step=-1"], "--step=-1"),
    ):
        code, _, err = run(*arguments)
        assert code == 2 and words in err and err.count("\n") == 1


def test_a_file_with_code_is_refused_in_one_line(tmp_path):
    path = zip_file(tmp_path / "evil.pth", call("os", "system", text("touch executed")))
    code, _, err = run(*OVERRIDES, f"--generator={path}", f"--workdir={tmp_path}/run")
    line = err.strip().splitlines()[-1]
    assert code == 1 and line.startswith("error: ") and "Traceback" not in err
    assert "evil.pth holds code, not only arrays: it asks for 'os.system'" in line
    assert not (tmp_path / "run").exists()


SIMPLE = part(load_golden("contragan/models_resnet32_contragan.npz"), "G_state/")


def simple_config(image_size=32):
    """Returns the config of a network that is built in a second."""
    network = ResNetConfig(g_width=8, d_width=8, latent_dim=64)
    method = ContraGANConfig(network=network, embedding_dim=24)
    return Config(method=method, data=DataConfig(image_size=image_size))


@pytest.fixture
def simple(tmp_path):
    """Writes that network's state; its path."""
    return str(write_state(tmp_path / "model=G-best-weights-step=7.pth", SIMPLE))


def test_what_does_not_fit_is_refused_before_anything_is_written(simple, tmp_path):
    workdir, average = (
        tmp_path / "run",
        tmp_path / "model=G_ema-best-weights-step=2.pth",
    )
    write_state(average, SIMPLE)
    given = {"generator": simple}
    both = given | {"generator_ema": str(average)}
    missing = {"generator": str(tmp_path / "none.pth")}
    for error, message, files, config, names in (
        (UsageError, "give --generator or --generator_ema", {}, 32, ()),
        (UsageError, r"different steps \(2, 7\)", both, 32, ()),
        (CheckpointError, "none.pth: No such file", missing, 32, ()),
        (UsageError, "must differ", given, 32, ("cat",) * 10),
        (UsageError, "must have 10 names", given, 32, ("cat", "dog")),
        (UsageError, "image_size is 64, but the checkpoint is for 32", given, 64, ()),
    ):
        with pytest.raises(error, match=message) as caught:
            import_run(simple_config(config), workdir, files, class_names=names)
        assert "\n" not in str(caught.value)
    assert not workdir.exists()

    workdir.mkdir()
    (workdir / "precious.txt").write_text("mine")
    with pytest.raises(CheckpointError, match="is not empty; choose another --workdir"):
        import_run(simple_config(), workdir, given)
    assert [path.name for path in workdir.iterdir()] == ["precious.txt"]


def test_the_average_alone_with_a_step(tmp_path):
    path = tmp_path / "average.npz"
    np.savez(path, **SIMPLE)
    given = {"generator": None, "generator_ema": str(path), "discriminator": None}
    lines = import_run(simple_config(), tmp_path / "run", given, step=9)
    assert "imported generator_ema of step 9" in lines[0]
    assert "only weights are imported" in lines[1]
    assert "discriminator is untrained" in lines[2]
    assert lines[3] == "the generator is a copy of its moving average"
    assert load_run(tmp_path / "run").step == 9
