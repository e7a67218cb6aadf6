"""Starting and stopping the embedded server."""

import os
import socket

import pytest

from tfgan_contra.errors import UsageError, UserError
from tfgan_contra.serving.launcher import ServerOptions
from tfgan_contra.serving.local_server import LocalServer


def quiet(text):
    """Drops what the server says."""


@pytest.mark.parametrize("kind", ["rest", "grpc"])
def test_a_taken_port_is_named_and_the_other_freed(server, model_dir, kind):
    ports = {"rest_port": 0, "grpc_port": 0}
    ports[f"{kind}_port"] = taken = getattr(server, f"{kind}_port")
    second = LocalServer(model_dir, "tiny", ServerOptions(**ports), quiet)
    with pytest.raises(UserError, match=f"127.0.0.1:{taken}; .* --{kind}_port"):
        second.start()


def test_loopback_is_the_default(server):
    assert ServerOptions().host == "127.0.0.1"
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", server.rest_port))  # taken if it listened on all


def test_ports_are_free_again_after_a_stop(model_dir):
    options = ServerOptions(rest_port=0, grpc_port=0)
    with LocalServer(model_dir, "tiny", options, quiet) as first:
        ports = {"rest_port": first.rest_port, "grpc_port": first.grpc_port}
    with LocalServer(model_dir, "tiny", ServerOptions(**ports), quiet) as second:
        assert (second.rest_port, second.grpc_port) == tuple(ports.values())


def test_nothing_to_serve_frees_the_ports(tmp_path):
    os.mkdir(tmp_path / "1")
    empty = LocalServer(
        str(tmp_path), "tiny", ServerOptions(rest_port=0, grpc_port=0), quiet
    )
    with pytest.raises(UserError, match="nothing to serve in .*no version is there"):
        empty.start()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", empty.rest_port))


@pytest.mark.parametrize("name", ["1", "absent"])
def test_a_folder_without_versions_is_refused(model_dir, name):
    with pytest.raises(UsageError, match="--model_dir must be"):
        LocalServer(os.path.join(model_dir, name), "tiny")
