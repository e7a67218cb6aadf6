"""An embedded model server that speaks TensorFlow Serving's gRPC and REST protocols.

For a laptop, a test or a quickstart, where `tensorflow_model_server` is not at hand. It
has no authentication, so it listens on the loopback interface unless told otherwise.
"""

import threading
from collections.abc import Callable
from types import TracebackType

from tfgan_contra.errors import UserError
from tfgan_contra.serving.checking import check_model_dir
from tfgan_contra.serving.grpc_service import grpc_server
from tfgan_contra.serving.launcher import ServerOptions
from tfgan_contra.serving.model_store import ModelStore
from tfgan_contra.serving.rest import RestServer

GRACE_SECONDS = 5.0
# How often the HTTP thread looks whether it should stop.
STOP_SECONDS = 0.1


class LocalServer:
    """A model folder behind gRPC and REST; use it in a `with` block or start and stop.

    Attributes:
        rest_port: HTTP port in use.
        grpc_port: gRPC port in use.
        store: the loaded versions.
    """

    def __init__(
        self,
        model_dir: str,
        model_name: str,
        options: ServerOptions | None = None,
        log: Callable[[str], None] = print,
    ) -> None:
        """Loads nothing yet.

        Args:
            model_dir: folder with numbered versions.
            model_name: the model's name in requests.
            options: where to listen and what to accept.
            log: told about versions that come and go.

        Raises:
            UsageError: if `model_dir` is no such folder.
        """
        self._options = options or ServerOptions()
        check_model_dir(model_dir)
        self.store = ModelStore(
            model_dir,
            model_name,
            num_versions=self._options.num_versions,
            max_batch_size=self._options.max_batch_size,
            log=log,
        )
        self.rest_port = self._options.rest_port
        self.grpc_port = self._options.grpc_port

    def start(self) -> None:
        """Loads the newest versions, then opens both ports.

        Raises:
            UserError: if nothing can be loaded or a port is taken.
        """
        host, limit = self._options.host, self._options.max_request_bytes
        self._grpc = grpc_server(self.store, limit)
        try:
            address = f"[{host}]" if ":" in host else host
            self.grpc_port = self._grpc.add_insecure_port(f"{address}:{self.grpc_port}")
        except RuntimeError:
            raise _port_taken(host, "grpc", self.grpc_port) from None
        try:
            self._rest = RestServer((host, self.rest_port), self.store, limit)
        except OSError:
            self._grpc.stop(None)
            raise _port_taken(host, "rest", self.rest_port) from None
        self.rest_port = self._rest.server_address[1]
        try:
            self.store.watch(self._options.poll_seconds)
        except BaseException:
            self._rest.server_close()
            self._grpc.stop(None)
            raise
        self._thread = threading.Thread(
            target=self._rest.serve_forever, args=(STOP_SECONDS,), daemon=True
        )
        self._thread.start()
        self._grpc.start()

    def stop(self) -> None:
        """Refuses new requests, lets running ones end, frees the ports."""
        self._rest.shutdown()
        self._thread.join()
        self._grpc.stop(GRACE_SECONDS).wait()
        self._rest.server_close()
        self.store.stop()

    def __enter__(self) -> "LocalServer":
        """Starts the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops the server."""
        self.stop()


def _port_taken(host: str, kind: str, port: int) -> UserError:
    return UserError(
        f"cannot listen on {host}:{port}; choose another with --{kind}_port "
        "(0: any free one)"
    )
