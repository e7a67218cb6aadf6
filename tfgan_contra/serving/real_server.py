"""Starts the real `tensorflow_model_server`, or says how docker would."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
from typing import Any

PROGRAM = "tensorflow_model_server"
IMAGE = "tensorflow/serving"


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


def run_program(
    program: str, config: str, rest_port: int, grpc_port: int, poll_seconds: float
) -> int:
    """Runs the model server until it ends or is told to; returns its exit code.

    Args:
        program: what `find_program` returned.
        config: what `model_server_config` returned.
        rest_port: HTTP port.
        grpc_port: gRPC port.
        poll_seconds: time between looks for new versions.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".config") as file:
        file.write(config)
        file.flush()
        command = [
            program,
            f"--model_config_file={file.name}",
            f"--rest_api_port={rest_port}",
            f"--port={grpc_port}",
            f"--file_system_poll_wait_seconds={max(1, round(poll_seconds))}",
        ]
        process = subprocess.Popen(command)
        stopped = False

        def stop(*_: Any) -> None:
            nonlocal stopped
            stopped = True
            process.terminate()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        code = process.wait()
        return 0 if stopped else code


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
