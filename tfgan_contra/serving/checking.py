"""Starts the standalone check and finds versions; imports no TensorFlow itself."""

import os
import subprocess
import sys

from tfgan_contra.errors import UsageError, UserError

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "standalone")


def check_in_fresh_process(
    version_dir: str,
    *,
    reference: str | None = None,
    tolerance: float | None = None,
) -> None:
    """Checks a SavedModel in a new process that cannot import this package.

    Prints one line per check on the standard output.

    Args:
        version_dir: folder of one version.
        reference: `.npz` with latents, labels and images of the Keras model; None: the
            one that the exporter left in the folder.
        tolerance: largest difference between float images; None: what the exporter
            wrote for the precision that the model computes in.

    Raises:
        UserError: if a check failed.
    """
    command = [sys.executable, "-I", PROGRAM, version_dir]
    if tolerance is not None:
        command.append(f"--tolerance={tolerance}")
    if reference:
        command.append(f"--reference={reference}")
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3"} | os.environ
    sys.stdout.flush()
    # TensorFlow's start-up messages are kept back; they matter only after a crash.
    result = subprocess.run(
        command, env=environment, check=False, stderr=subprocess.PIPE, text=True
    )
    if result.returncode == 1 and "Traceback" not in result.stderr:
        raise UserError(
            f"{version_dir} failed its check (see the lines with FAIL); export it again"
        )
    if result.returncode:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(
            f"the check of {version_dir} ended with code {result.returncode}: {last}"
        )


def newest_version(model_dir: str) -> str:
    """Returns the folder of the highest version; a version is returned as it is.

    Raises:
        UsageError: if there is no SavedModel.
    """
    if os.path.isfile(os.path.join(model_dir, "saved_model.pb")):
        return model_dir
    versions = []
    if os.path.isdir(model_dir):
        versions = [name for name in os.listdir(model_dir) if name.isdecimal()]
    if not versions:
        raise UsageError(
            "--model_dir must hold a SavedModel or numbered versions of one. "
            f"Received: {model_dir!r}"
        )
    return os.path.join(model_dir, max(versions, key=int))


def check_model_dir(model_dir: str) -> None:
    """Raises `UsageError` unless `model_dir` can hold numbered versions."""
    if os.path.isfile(os.path.join(model_dir, "saved_model.pb")):
        above = os.path.dirname(os.path.abspath(model_dir))
        raise UsageError(
            "--model_dir must be the folder above the version. "
            f"Received: {model_dir!r}, try {above!r}"
        )
    if not os.path.isdir(model_dir):
        raise UsageError(
            "--model_dir must be a folder with numbered versions. "
            f"Received: {model_dir!r}"
        )
