"""Chooses a model server, starts it and waits until it is stopped.

Imports no TensorFlow until the embedded server is really needed.
"""

import dataclasses
import os
import shutil
import signal
import sys
import threading

from tfgan_contra.errors import UsageError
from tfgan_contra.serving import real_server
from tfgan_contra.serving.checking import check_model_dir
from tfgan_contra.serving.client import RestClient

SERVERS = ("auto", real_server.PROGRAM, "embedded")


@dataclasses.dataclass(frozen=True)
class ServerOptions:
    """Where to listen and what to accept.

    Attributes:
        host: interface to listen on.
        rest_port: HTTP port; 0: any free one.
        grpc_port: gRPC port; 0: any free one.
        num_versions: how many of the newest versions stay loaded.
        poll_seconds: time between looks for new versions.
        max_request_bytes: larger requests are refused.
        max_batch_size: most rows per request.
    """

    host: str = "127.0.0.1"
    rest_port: int = 8501
    grpc_port: int = 8500
    num_versions: int = 2
    poll_seconds: float = 2.0
    max_request_bytes: int = 16 << 20
    max_batch_size: int = 256


def serve(
    model_dir: str, model_name: str, options: ServerOptions, server: str = "auto"
) -> int:
    """Serves a model until SIGTERM or Ctrl-C; returns the exit code.

    Prints where it listens once it answers. `tensorflow_model_server` always listens
    on all interfaces; if `options.host` is another, a warning says so.

    Args:
        model_dir: folder with numbered versions.
        model_name: the model's name in requests; empty: the folder's name.
        options: where to listen and what to accept.
        server: `auto` (the real server if it is on the PATH), `tensorflow_model_server`
            or `embedded`.

    Raises:
        UsageError: for a wrong folder, or if the real server is wanted but not there.
        UserError: if nothing can be loaded or a port is taken.
    """
    check_model_dir(model_dir)
    name = model_name or os.path.basename(os.path.abspath(model_dir))
    program = None if server == "embedded" else real_server.find_program()
    if program:
        return _serve_real(program, model_dir, name, options)
    if server == real_server.PROGRAM:
        raise UsageError(
            f"{server} is not on the PATH; install it or use --server=embedded"
        )
    if server == "auto" and shutil.which("docker"):
        command = real_server.docker_command(
            name, model_dir, options.rest_port, options.grpc_port
        )
        _say(f"to serve with TensorFlow Serving in docker: {command}")
    return _serve_embedded(model_dir, name, options)


def _serve_real(program: str, model_dir: str, name: str, options: ServerOptions) -> int:
    rest_port = options.rest_port or real_server.free_port()
    grpc_port = options.grpc_port or real_server.free_port()
    if options.host != real_server.INTERFACE:
        print(
            f"note: {program} has no option for an interface and listens on all; for "
            f"{options.host} alone add --server=embedded",
            file=sys.stderr,
        )
    ports = real_server.program_flags(rest_port, grpc_port, options.poll_seconds)
    return real_server.run_program(
        [program, *ports],
        real_server.model_server_config(name, model_dir, options.num_versions),
        RestClient(f"127.0.0.1:{rest_port}", name, timeout=2.0).is_ready,
        lambda: _announce(name, program, options.host, rest_port, grpc_port),
    )


def _serve_embedded(model_dir: str, name: str, options: ServerOptions) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    from tfgan_contra.serving.local_server import LocalServer

    with LocalServer(model_dir, name, options, log=_say) as server:
        by = "the embedded server"
        _announce(name, by, options.host, server.rest_port, server.grpc_port)
        stop.wait()
    _say("stopped")
    return 0


def _announce(name: str, by: str, host: str, rest_port: int, grpc_port: int) -> None:
    host = f"[{host}]" if ":" in host else host
    _say(f"{name} is served by {by}")
    _say(f"REST: http://{host}:{rest_port}/v1/models/{name}")
    _say(f"gRPC: {host}:{grpc_port}")


def _say(text: str) -> None:
    print(text, flush=True)
