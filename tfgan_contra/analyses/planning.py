"""Which analyses were asked for; imports no TensorFlow: a typo shows at once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tfgan_contra.analyses.configs import ANALYSES, AnalysisConfig
from tfgan_contra.config import Config, PartConfig, nearest_name
from tfgan_contra.config_tree import with_field
from tfgan_contra.errors import UsageError

ALL = "all"
# What a translator has none of: BatchNorm and latents.
NOT_FOR_TRANSLATORS = ("statistics", "truncation")


class NotApplicable(UsageError):
    """An analysis has nothing to look at: no classes, no logits, no real images."""


class Plan(NamedTuple):
    """What to analyse.

    Attributes:
        configs: one per analysis, in the order they run.
        skip: whether an analysis that does not apply is left out instead of an error,
            as when all were asked for.
    """

    configs: tuple[AnalysisConfig, ...]
    skip: bool


def plan_analyses(
    names: Sequence[str],
    options: Sequence[str] = (),
    configured: Sequence[PartConfig] = (),
) -> Plan:
    """Returns the analyses of a command line and of a config.

    Args:
        names: of `ANALYSES`, or `all` alone.
        options: `<analysis>.<field>=<value>`, the value as JSON; a word needs no
            quotes.
        configured: `evaluation.analyses`, with their own options; these always run.

    Raises:
        UsageError: for a name, field or value that does not exist, and for options of
            an analysis that does not run.
    """
    chosen: dict[str, AnalysisConfig] = {}
    for i, config in enumerate(configured):
        part = _checked(i, config, chosen)
        chosen[part.name] = part
    asked = [name.strip() for name in names if name.strip()]
    for name in ANALYSES if ALL in asked else asked:
        if name not in ANALYSES:
            raise UsageError(
                f"--analyses must be {ALL} or names of {', '.join(ANALYSES)}"
                f"{nearest_name(name, (*ANALYSES, ALL))}. Received: {name!r}"
            )
        chosen.setdefault(name, ANALYSES[name]())
    for text in options:
        changed = _with_option(text, chosen)
        chosen[changed.name] = changed
    ordered = tuple(chosen[name] for name in ANALYSES if name in chosen)
    for part in ordered:
        part.validate(part.name)
    return Plan(ordered, skip=ALL in asked)


def check_options_fit(config: Config, asked: Mapping[str, Any], plan: Plan) -> None:
    """Checks that what was asked for makes sense for a run's method.

    Args:
        config: of the run.
        asked: changes of the evaluation by name; None: not asked for.
        plan: the analyses.

    Raises:
        UsageError: for what only generators of images have, asked of a translator, or
            for an analysis of a text-to-image model.
    """
    method: Any = config.method
    given = [f"the analysis {part.name}" for part in plan.configs]
    if method.is_translation:
        flags = [f"--{n}" for n in NOT_FOR_TRANSLATORS if asked.get(n) is not None]
        given, does = flags + given, "translates pictures"
    elif method.takes_captions:
        does = "draws captions"
    else:
        return
    if given:
        name = type(method).__name__.removesuffix("Config")
        raise UsageError(
            f"{given[0]} is for methods that make images from latents; this is a "
            f"{name} run, which {does}: leave it out"
        )


def _checked(
    i: int, config: PartConfig, before: dict[str, AnalysisConfig]
) -> AnalysisConfig:
    path = f"config.evaluation.analyses[{i}]"
    if not isinstance(config, AnalysisConfig):
        raise UsageError(
            f"{path} must be the config of an analysis, such as IntraClassConfig(). "
            f"Received: {type(config).__name__}"
        )
    if config.name in before:
        raise UsageError(f"{path} repeats {config.name}; each analysis runs once")
    return config


def _with_option(text: str, chosen: dict[str, AnalysisConfig]) -> AnalysisConfig:
    """Returns a chosen analysis' config with one field changed."""
    target, equals, value = text.partition("=")
    name, dot, field = target.partition(".")
    if not (equals and dot):
        raise UsageError(
            "--option must be <analysis>.<field>=<value>, such as "
            f"interpolation.num_steps=5. Received: {text!r}"
        )
    if name not in chosen:
        raise UsageError(
            f"--option names an analysis that is not asked for"
            f"{nearest_name(name, chosen)}; add it to --analyses. Received: {text!r}"
        )
    return with_field(chosen[name], field, value, name)  # type: ignore[return-value]
