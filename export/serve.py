#!/usr/bin/env python3
"""Serves an exported model over gRPC and REST until it is stopped.

Starts `tensorflow_model_server` when it is on the PATH, else an embedded server that
speaks the same protocol. New versions in the folder are picked up, the newest answers.

Example:
    export/serve.py --model_dir=runs/digits/export/contragan
"""

import os
import shutil
import signal
import sys
import threading

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError

MODEL_DIR = flags.DEFINE_string(
    "model_dir", "", "Folder of a model, above its numbered versions."
)
MODEL_NAME = flags.DEFINE_string(
    "model_name", None, "Name in requests. Default: the folder's name."
)
HOST = flags.DEFINE_string(
    "host", "127.0.0.1", "Interface to listen on; there is no authentication."
)
REST_PORT = flags.DEFINE_integer(
    "rest_port", 8501, "HTTP port; 0: any free one.", 0, 65535
)
GRPC_PORT = flags.DEFINE_integer(
    "grpc_port", 8500, "gRPC port; 0: any free one.", 0, 65535
)
SERVER = flags.DEFINE_enum(
    "server",
    "auto",
    ["auto", "tensorflow_model_server", "embedded"],
    "Which server; auto: tensorflow_model_server if it is there.",
)
NUM_VERSIONS = flags.DEFINE_integer(
    "num_versions", 2, "How many of the newest versions stay loaded.", lower_bound=1
)
POLL_SECONDS = flags.DEFINE_float(
    "poll_seconds", 2.0, "Seconds between looks for new versions.", lower_bound=0.1
)
MAX_REQUEST_BYTES = flags.DEFINE_integer(
    "max_request_bytes", 16 << 20, "Embedded: larger requests are refused.", 1
)
MAX_BATCH_SIZE = flags.DEFINE_integer(
    "max_batch_size", 256, "Embedded: most rows per request.", lower_bound=1
)


def main(argv: list[str]) -> int:
    """Chooses the server, starts it and waits."""
    del argv
    from tfgan_contra.serving import checking, real_server

    checking.check_model_dir(MODEL_DIR.value)
    name = MODEL_NAME.value or os.path.basename(os.path.abspath(MODEL_DIR.value))
    program = None if SERVER.value == "embedded" else real_server.find_program()
    if program:
        return _serve_real(program, name)
    if SERVER.value == "tensorflow_model_server":
        raise UsageError(
            "tensorflow_model_server is not on the PATH; install it or use "
            "--server=embedded"
        )
    if SERVER.value == "auto" and shutil.which("docker"):
        command = real_server.docker_command(
            name, MODEL_DIR.value, REST_PORT.value, GRPC_PORT.value
        )
        _say(f"to serve with TensorFlow Serving in docker: {command}")
    return _serve_embedded(name)


def _serve_real(program: str, name: str) -> int:
    from tfgan_contra.serving import real_server
    from tfgan_contra.serving.client import RestClient

    rest_port = REST_PORT.value or real_server.free_port()
    grpc_port = GRPC_PORT.value or real_server.free_port()
    if HOST.value != "0.0.0.0":
        print(
            f"note: {program} has no option for an interface and listens on all; for "
            f"{HOST.value} alone add --server=embedded",
            file=sys.stderr,
        )
    ports = real_server.program_flags(rest_port, grpc_port, POLL_SECONDS.value)
    return real_server.run_program(
        [program, *ports],
        real_server.model_server_config(name, MODEL_DIR.value, NUM_VERSIONS.value),
        RestClient(f"127.0.0.1:{rest_port}", name, timeout=2.0).is_ready,
        lambda: _announce(name, f"by {program}", rest_port, grpc_port),
    )


def _serve_embedded(name: str) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    from tfgan_contra.serving.local_server import LocalServer, ServerOptions

    options = ServerOptions(
        host=HOST.value,
        rest_port=REST_PORT.value,
        grpc_port=GRPC_PORT.value,
        num_versions=NUM_VERSIONS.value,
        poll_seconds=POLL_SECONDS.value,
        max_request_bytes=MAX_REQUEST_BYTES.value,
        max_batch_size=MAX_BATCH_SIZE.value,
    )
    with LocalServer(MODEL_DIR.value, name, options, log=_say) as server:
        _announce(name, "by the embedded server", server.rest_port, server.grpc_port)
        stop.wait()
    _say("stopped")
    return 0


def _announce(name: str, by: str, rest_port: int, grpc_port: int) -> None:
    host = f"[{HOST.value}]" if ":" in HOST.value else HOST.value
    _say(f"serving {name} from {MODEL_DIR.value} {by}")
    _say(f"REST: http://{host}:{rest_port}/v1/models/{name}")
    _say(f"gRPC: {host}:{grpc_port}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    command_line.run(main, argv_required=("model_dir",))
