"""A method without classes on data with classes, and an augmentation with state."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training.small import small_config

from configs.smoke import unconditional
from tfgan_contra.augmentation.configs import AdaptiveAugmentConfig
from tfgan_contra.errors import UsageError
from tfgan_contra.training import RunFolder, Trainer, load_run
from tfgan_contra.training.generation import generate_to_folder


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    config = small_config(smoke=unconditional)
    config.method.augmentation = AdaptiveAugmentConfig()
    path = tmp_path_factory.mktemp("unconditional")
    Trainer(config, str(path)).train()
    return path


def test_nothing_is_asked_about_classes(workdir):
    results = RunFolder(workdir).results()
    assert results["protocol"]["labels"] == "none"
    assert "conditional_accuracy" not in results["metrics"]
    assert results["metrics"]["frechet_classifier"] > 0


def test_the_model_and_its_pictures_have_no_classes(workdir, tmp_path):
    assert load_run(workdir).spec.num_classes == 0
    generate_to_folder(str(workdir), tmp_path, num_images=3)
    assert {path.name for path in tmp_path.iterdir()} == {
        "grid.png",
        "seed-0.png",
        "seed-1.png",
        "seed-2.png",
    }
    with pytest.raises(UsageError, match="no classes. Received: 'three'"):
        generate_to_folder(str(workdir), tmp_path, label="three")


def test_tensorboard_has_the_augmentation_s_probability(workdir):
    events = EventAccumulator(str(RunFolder(workdir).tensorboard))
    events.Reload()
    assert "state/augmentation_probability" in events.Tags()["tensors"]
