"""Translated pictures from a run folder or an exported model, without a data set."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import numpy as np

from tfgan_contra.data.folder_index import reason
from tfgan_contra.data.windows import SMALLEST_SIDE
from tfgan_contra.errors import DataError, UsageError
from tfgan_contra.training.pictures import save_png
from tfgan_contra.training.runs import RunFolder, load_run
from tfgan_contra.training.translation_files import (
    FILE_CHANNELS,
    Job,
    PictureReader,
    Resize,
    beside,
    find_jobs,
    prepared_folders,
)

if TYPE_CHECKING:
    from tfgan_contra.models.translator import PictureTranslator


def translate_to_folder(
    workdir: Optional[str],
    pictures: Path,
    output: Path,
    *,
    model_dir: Optional[str] = None,
    checkpoint: Optional[str] = None,
    memory_limit_mb: Optional[int] = None,
    resize: Optional[str] = None,
    side_by_side: bool = False,
) -> int:
    """Translates a picture, or all below a folder; names and folders are kept.

    Any format and size; files are turned upright as their EXIF says, get the model's
    number of channels (of several frames the first), and are written as PNG, each whole
    or not at all. A picture that fails is named and the others are translated.

    Args:
        workdir: the run folder; None: see `model_dir`.
        pictures: a file or a folder.
        output: a folder, or for a single file the `.png` file to write. What is there
            under the same name is replaced.
        model_dir: an exported model, in place of a run folder.
        checkpoint: of the run, as in `load_run`; None: the best.
        memory_limit_mb: see `Translator`.
        resize: `512`, the longer side, or `640x480`; None: pictures keep their size.
        side_by_side: write each picture beside its translation too, into
            `<output>/side_by_side`.

    Returns:
        The number of translations.

    Raises:
        UserError: for pictures, a run, a model or an option that cannot be used; at the
            end, if a picture could not be translated.
    """
    size = None if resize is None else Resize.parse(resize)
    if model_dir is not None and checkpoint is not None:
        raise UsageError(
            "--checkpoint chooses from a run folder: leave it out, or give --workdir "
            f"in place of --model_dir. Received: {checkpoint!r}"
        )
    if workdir is not None:
        _check_run(workdir)
    jobs, left_out = find_jobs(
        Path(pictures),
        Path(output),
        side_by_side=side_by_side,
        smallest_side=SMALLEST_SIDE if size is None else 1,
    )
    with prepared_folders({path.parent for job in jobs for path in job.written}):
        _say_beforehand(jobs, left_out)
        wanted = "best" if checkpoint is None else checkpoint
        translator = _translator(workdir, model_dir, wanted, memory_limit_mb)
        _check_channels(translator)
        failed = _translate_all(jobs, translator, size)
        if failed or left_out:
            raise _incomplete(len(jobs) - failed, failed + len(left_out), output)
    return len(jobs)


def _translate_all(
    jobs: Sequence[Job], translator: "PictureTranslator", size: Optional[Resize]
) -> int:
    """Translates and tells of every picture; returns how many failed."""
    limits = translator.limits
    reader = PictureReader(
        translator.channels, size, limits.tile_for, limits.check_decoded
    )
    failed = 0
    for number, job in enumerate(jobs, start=1):
        print(f"[{number}/{len(jobs)}] {job.name}", end="", flush=True)
        try:
            print(_translated(job, reader, translator), flush=True)
        except (DataError, MemoryError) as error:
            failed += 1
            print(f" failed: {str(error) or 'memory ran out'}", flush=True)
    _say_afterwards(reader.changes, translator.channels)
    return failed


def _incomplete(done: int, missing: int, output: Path) -> DataError:
    others = "the other is" if done == 1 else f"the other {done} are"
    return DataError(
        f"{missing} of {done + missing} pictures could not be translated (named above)"
        + (f"; {others} in {output}" if done else "")
    )


def _check_run(workdir: str) -> None:
    """Raises `UsageError` for a run of another kind, before anything is loaded."""
    method = RunFolder(workdir).config().method
    if not method.is_translation:  # type: ignore[attr-defined]
        name = type(method).__name__.removesuffix("Config")
        raise UsageError(f"{workdir} is a {name} run; use bin/generate.py")


def _translator(
    workdir: Optional[str],
    model_dir: Optional[str],
    checkpoint: str,
    memory_limit_mb: Optional[int],
) -> "PictureTranslator":
    """Loads what translates."""
    # TensorFlow takes seconds to import; wrong file names are said before.
    from tfgan_contra.models.translator import Translator
    from tfgan_contra.serving.saved_translator import SavedTranslator

    if model_dir is not None:
        return SavedTranslator(model_dir, memory_limit_mb=memory_limit_mb, say=_note)
    if workdir is None:
        raise UsageError("--workdir or --model_dir is required; see --help")
    run = load_run(workdir, checkpoint)
    return Translator(run.gan, memory_limit_mb=memory_limit_mb, say=_note)


def _check_channels(translator: "PictureTranslator") -> None:
    for channels in (translator.channels, translator.out_channels):
        if channels not in FILE_CHANNELS:
            raise UsageError(
                f"the model translates {translator.channels} channels to "
                f"{translator.out_channels}, but picture files hold 1, 3 or 4; use "
                "tfgan_contra.models.translator.Translator on arrays"
            )


def _translated(
    job: Job, reader: PictureReader, translator: "PictureTranslator"
) -> str:
    """Translates one picture and returns what to say of it."""
    started = time.monotonic()
    picture = reader.read(job.source)
    (translation,) = translator(picture[None])
    _save(job.target, translation)
    if job.comparison is not None:
        _save(job.comparison, beside(picture, translation))
    height, width, _ = picture.shape
    seconds = time.monotonic() - started
    return f" -> {job.target} ({width}x{height}, {seconds:.1f} s)"


def _save(path: Path, image: np.ndarray) -> None:
    try:
        save_png(path, image)
    except OSError as error:
        raise DataError(f"cannot write {path} ({reason(error)})") from None


def _note(line: str) -> None:
    """Prints a line between the name of a picture and what became of it."""
    print(f"\n    {line}\n   ", end="", flush=True)


def _say_beforehand(jobs: Sequence[Job], left_out: Sequence[str]) -> None:
    for line in left_out:
        print(line, flush=True)
    longer = [job for job in jobs if job.target.name == f"{job.source.name}.png"]
    if longer:
        print(
            f"{_pictures(len(longer))} keep the old ending before .png, since names "
            f"would be alike otherwise: {longer[0].target.name}, ...",
            flush=True,
        )
    present = sum(any(path.exists() for path in job.written) for job in jobs)
    if present:
        print(f"{_pictures(present)} will be replaced in the output", flush=True)


def _say_afterwards(changes: Mapping[str, int], channels: int) -> None:
    for change, count in changes.items():
        print(
            f"{_pictures(count)} converted ({change}): the model takes {channels} "
            f"{'channel' if channels == 1 else 'channels'}",
            flush=True,
        )


def _pictures(count: int) -> str:
    return f"{count} {'picture' if count == 1 else 'pictures'}"
