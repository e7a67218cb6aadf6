"""Starts the real `tensorflow_model_server`, or says how docker would."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

PROGRAM = "tensorflow_model_server"
IMAGE = "tensorflow/serving"
INTERFACE = "0.0.0.0"  # the only one that the program knows
READY_SECONDS = 0.2


def find_program() -> str | None:
    """Returns the path of the model server, if it is installed."""
    return shutil.which(PROGRAM)


def model_server_config(name: str, model_dir: str, num_versions: int) -> str:
    """Returns a ModelServerConfig in text form that serves the newest versions."""
    return (
        "model_config_list {\n"
        "  config {\n"
        f'    name: "{_escaped(name)}"\n'
        f'    base_path: "{_escaped(os.path.abspath(model_dir))}"\n'
        '    model_platform: "tensorflow"\n'
        f"    model_version_policy {{ latest {{ num_versions: {num_versions} }} }}\n"
        "  }\n"
        "}\n"
    )


def docker_command(name: str, model_dir: str, rest_port: int, grpc_port: int) -> str:
    """Returns the shell command that serves the same model from a container."""
    path = os.path.abspath(model_dir)
    words = ["docker", "run", "--rm"]
    words += ["-p", f"127.0.0.1:{rest_port or 8501}:8501"]
    words += ["-p", f"127.0.0.1:{grpc_port or 8500}:8500"]
    words += ["-v", f"{path}:/models/{name}:ro", "-e", f"MODEL_NAME={name}", IMAGE]
    return shlex.join(words)


def free_port() -> int:
    """Returns a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def program_flags(rest_port: int, grpc_port: int, poll_seconds: float) -> list[str]:
    """Returns the model server's flags for its ports and its looks for new versions."""
    return [
        f"--rest_api_port={rest_port}",
        f"--port={grpc_port}",
        f"--file_system_poll_wait_seconds={max(1, round(poll_seconds))}",
    ]


def run_program(
    command: list[str],
    config: str,
    is_ready: Callable[[], bool],
    on_ready: Callable[[], None],
) -> int:
    """Runs the model server until it ends or is told to; returns its exit code.

    Args:
        command: program and flags.
        config: what `model_server_config` returned.
        is_ready: asked, until it says yes, whether the server answers.
        on_ready: called then.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".config") as file:
        file.write(config)
        file.flush()
        process = subprocess.Popen([*command, f"--model_config_file={file.name}"])
        stopped = False

        def stop(*_: Any) -> None:
            """Passes a signal on to the server."""
            nonlocal stopped
            stopped = True
            process.terminate()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)

        def wait_until_ready() -> None:
            """Waits until the server answers."""
            while process.poll() is None:
                if is_ready():
                    return on_ready()
                time.sleep(READY_SECONDS)

        threading.Thread(target=wait_until_ready, daemon=True).start()
        code = process.wait()
        return 0 if stopped else code


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
