"""From a plan to files: what applies is run in turn, what does not is named."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfgan_contra.analyses.base import Analysis
from tfgan_contra.analyses.planning import NotApplicable, Plan
from tfgan_contra.analyses.subject import Subject
from tfgan_contra.config import Config, to_dict
from tfgan_contra.data import load, load_captioned, load_unpaired
from tfgan_contra.errors import DataError
from tfgan_contra.metrics.evaluator import Evaluator
from tfgan_contra.models.translator import Translator
from tfgan_contra.training.caption_evaluation import CaptionEvaluation, CaptionScores
from tfgan_contra.training.runs import LoadedRun
from tfgan_contra.training.sampling import caption_sampler_of_run
from tfgan_contra.training.translation_evaluation import TranslationEvaluation


def make_subject(
    run: LoadedRun, config: Config, plan: Plan, *, scores: bool = True, seed: int = 0
) -> Subject:
    """Returns what analyses look at; loads the data set and the extractor.

    Args:
        run: the loaded run.
        config: the run's config, with the evaluation as it was asked for.
        plan: the analyses; data that none of them needs are not loaded.
        scores: whether `evaluate_scores` will be called, which needs the data. Without
            it analyses of the generator alone do without data that are not there.
        seed: decides labels, latents and every choice.

    Raises:
        DataError: if the data cannot be had, or have other images or classes than the
            model.
    """
    if not _takes_latents(config) or not (
        scores or any(part.needs_data for part in plan.configs)
    ):
        return Subject(run, config, None, seed, "nothing asked for them")
    try:
        dataset = load(config.data)
        _check_fit(run, dataset.spec)
        evaluator = Evaluator(config.evaluation, dataset)
    except DataError as error:
        if scores:
            raise
        return Subject(run, config, None, seed, str(error))
    return Subject(run, config, evaluator, seed)


def evaluate_scores(subject: Subject) -> dict[str, Any]:
    """Returns the metrics with their protocol, the step and the evaluation's config.

    Raises:
        DataError: if the data of a translator or of a text-to-image model cannot be
            had, or do not fit it.
    """
    method: Any = subject.config.method
    if method.is_translation:
        result = _translation_scores(subject)
    elif method.takes_captions:
        result = _caption_scores(subject)
    else:
        result = _sampling_scores(subject)
    evaluation = to_dict(subject.config.evaluation)
    return result | {"step": subject.run.step, "evaluation": evaluation}


def ready_analyses(plan: Plan, subject: Subject) -> list[Analysis]:
    """Returns the analyses of a plan that apply, before any long work starts.

    Raises:
        UserError: for one that does not apply, unless the plan skips those; they are
            named with the reason, one line each.
    """
    ready = []
    for config in plan.configs:
        analysis = config.build()
        try:
            analysis.check(subject)
        except NotApplicable as error:
            if not plan.skip:
                raise
            print(f"left out: {error}", flush=True)
            continue
        ready.append(analysis)
    return ready


def run_analyses(
    analyses: Sequence[Analysis], subject: Subject, folder: Path
) -> list[dict[str, Any]]:
    """Runs analyses one after another, with a line before and the numbers after.

    Returns:
        Their reports, which also lie in `folder` as JSON beside the pictures.
    """
    reports = []
    for i, analysis in enumerate(analyses, start=1):
        print(f"[{i}/{len(analyses)}] {analysis.name} ...", flush=True)
        started = time.monotonic()
        report = analysis(subject, folder)
        for name, value in report["results"].items():
            if isinstance(value, float):
                print(f"  {name:40} {value:.5g}")
        seconds = time.monotonic() - started
        print(f"  {seconds:.1f} s, {folder / analysis.name}.png and .json", flush=True)
        reports.append(report)
    return reports


def _takes_latents(config: Config) -> bool:
    """Returns whether images are made of latents, and classes, alone."""
    method: Any = config.method
    return not (method.is_translation or method.takes_captions)


def _sampling_scores(subject: Subject) -> dict[str, Any]:
    sampler = subject.sampler()
    result = subject.data.evaluate(
        sampler, seed=subject.seed, conditional=subject.conditional
    )
    result["protocol"] |= sampler.protocol
    return result


def _translation_scores(subject: Subject) -> dict[str, Any]:
    """Loads both domains and measures the translations of A's test pictures."""
    data: Any = subject.config.data
    dataset = load_unpaired(data)
    ours, theirs = subject.run.spec, dataset.spec
    if theirs.input_shape != ours.input_shape or theirs.image_shape != ours.image_shape:
        raise DataError(
            f"The data have images {list(theirs.input_shape)} and "
            f"{list(theirs.image_shape)}, the model translates {list(ours.input_shape)}"
            f" to {list(ours.image_shape)}; evaluate on the data it was trained on"
        )
    evaluation = TranslationEvaluation(subject.config, dataset)
    return evaluation.measure(Translator(subject.run.gan), subject.seed)


def _caption_scores(subject: Subject) -> dict[str, Any]:
    """Loads the captioned images and measures pictures of the test captions."""
    data: Any = subject.config.data
    dataset = load_captioned(data)
    _check_images_fit(subject.run, dataset.spec)
    sampler = caption_sampler_of_run(subject.run, subject.config)
    evaluation = CaptionEvaluation(subject.config, dataset, sampler.encoder)
    return CaptionScores(sampler, evaluation).measure(subject.seed)


def _check_images_fit(run: LoadedRun, spec: Any) -> None:
    if spec.image_shape != run.spec.image_shape:
        raise DataError(
            f"The data have images {list(spec.image_shape)}, the model draws "
            f"{list(run.spec.image_shape)}; evaluate on the data it was trained on"
        )


def _check_fit(run: LoadedRun, spec: Any) -> None:
    _check_images_fit(run, spec)
    model = run.spec
    if model.num_classes and spec.num_classes != model.num_classes:
        raise DataError(
            f"The data have {spec.num_classes} classes, the model draws "
            f"{model.num_classes}; evaluate on the data it was trained on"
        )
