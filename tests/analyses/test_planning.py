import subprocess
import sys

import pytest

from tfgan_contra.analyses.configs import (
    ANALYSES,
    FeatureEmbeddingConfig,
    InterpolationConfig,
    TruncationSweepConfig,
)
from tfgan_contra.analyses.planning import check_options_fit, plan_analyses
from tfgan_contra.config import Config, EvaluationConfig, from_json, to_json
from tfgan_contra.errors import ConfigError, UsageError
from tfgan_contra.models.configs import ProjGANConfig
from tfgan_contra.models.translation_configs import FastCUTConfig
from tfgan_contra.regularizers.configs import ConsistencyConfig


def test_all_are_all():
    plan = plan_analyses(["all"])
    assert [config.name for config in plan.configs] == list(ANALYSES)
    assert plan.skip


def test_named_ones_and_those_of_the_config_run_once_with_its_options():
    configured = (InterpolationConfig(num_steps=5),)
    plan = plan_analyses(["interpolation", "statistics"], (), configured)
    assert [config.name for config in plan.configs] == ["statistics", "interpolation"]
    assert plan.configs[1].num_steps == 5 and not plan.skip
    assert plan_analyses([], (), configured).configs == configured
    assert plan_analyses([]).configs == ()


def test_options_change_fields():
    options = ["truncation_sweep.truncations=[0.5, 1]", "truncation_sweep.num_images=9"]
    (config,) = plan_analyses(["truncation_sweep"], options).configs
    assert config == TruncationSweepConfig(truncations=(0.5, 1.0), num_images=9)
    words = ["inception_score.extractor=keras_inception"]
    (config,) = plan_analyses(["inception_score"], words).configs
    assert config.extractor == "keras_inception"


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        (["trunction_sweep"], [], "did you mean 'truncation_sweep'"),
        (["al"], [], "did you mean 'all'"),
        (["statistics"], ["statistics.num=3"], "statistics has no 'num'"),
        (["statistics"], ["statistics.type=Config"], "it has statistics, num_images"),
        (["statistics"], ["num_images=3"], "<analysis>.<field>=<value>"),
        (["statistics"], ["interpolation.num_rows=3"], "not asked for"),
        (["interpolation"], ["interpolation.num_rows=many"], "must be int"),
        (["interpolation"], ["interpolation.num_steps=2"], "3 or more. Received: 2"),
        (["truncation_sweep"], ["truncation_sweep.truncations=[0.5, 2]"], "in (0, 1]"),
        (["truncation_sweep"], ["truncation_sweep.truncations=[0.5]"], "2 numbers"),
        (["statistics"], ['statistics.statistics=["stading"]'], "mean 'standing'"),
        (["semantic_directions"], ["semantic_directions.num_steps=4"], "odd"),
        (["feature_embedding"], ["feature_embedding.perplexity=400"], "below 333"),
        (["feature_embedding"], ["feature_embedding.num_classes=21"], "20 or fewer"),
        (["nearest_neighbours"], ["nearest_neighbours.k=0"], "1 or more. Received: 0"),
        (
            ["classifier_accuracy_score"],
            ["classifier_accuracy_score.num_images=9"],
            "64",
        ),
    ],
)
def test_a_wrong_request_is_one_line(names, options, words):
    with pytest.raises(UsageError) as error:
        plan_analyses(names, options)
    assert words in str(error.value)
    assert "\n" not in str(error.value) and error.value.exit_code == 2


def test_a_config_lists_analyses_and_keeps_them_in_json():
    config = EvaluationConfig(analyses=(FeatureEmbeddingConfig(num_images=50),))
    config.validate("config.evaluation")
    assert from_json(to_json(config)) == config
    config.analyses[0].num_images = 1
    with pytest.raises(ConfigError, match=r"analyses\[0\].num_images must be 5"):
        config.validate("config.evaluation")


def test_a_config_lists_nothing_else_and_nothing_twice():
    with pytest.raises(UsageError, match=r"analyses\[0\] must be .* ConsistencyConfig"):
        plan_analyses([], (), (ConsistencyConfig(),))
    with pytest.raises(UsageError, match=r"analyses\[1\] repeats interpolation"):
        plan_analyses([], (), (InterpolationConfig(), InterpolationConfig()))


def test_planning_starts_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys; from tfgan_contra.analyses import plan_analyses;"
        "plan_analyses(['all']); "
        "sys.exit('tensorflow' in sys.modules or 'matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("asked", "names", "words"),
    [
        ({"statistics": "moving"}, [], "--statistics is for methods that make images"),
        ({"truncation": 0.5}, [], "--truncation is"),
        ({}, ["interpolation"], "the analysis interpolation is"),
        ({"statistics": None}, ["all"], "the analysis inception_score is"),
    ],
)
def test_a_translator_is_asked_only_for_what_it_has(asked, names, words):
    plan = plan_analyses(names)
    with pytest.raises(UsageError, match=f"{words}.*a FastCUT run, which translates"):
        check_options_fit(Config(FastCUTConfig()), asked, plan)
    check_options_fit(Config(ProjGANConfig()), asked, plan)


def test_a_translator_may_be_measured_with_another_extractor():
    asked = {"extractor": "fid_inception", "num_images": 5, "statistics": None}
    check_options_fit(Config(FastCUTConfig()), asked, plan_analyses([]))
