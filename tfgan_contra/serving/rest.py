"""The REST half of the embedded server: TensorFlow Serving's URLs and JSON.

`POST /v1/models/<name>[/versions/<n>]:predict`, `GET /v1/models/<name>[/versions/<n>]`
(status) and `GET /v1/models/<name>[/versions/<n>]/metadata`.
"""

import http.server
import json
import re
import socket
import socketserver
import urllib.parse
from typing import Any

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2

from tfgan_contra.serving.json_tensors import decode_request, encode_response
from tfgan_contra.serving.model_store import ModelStore, ServingError

PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d{1,18}))?"
    r"(?P<action>:predict|/metadata)?",
    re.IGNORECASE,
)
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "NOT_FOUND": 404,
    "LENGTH_REQUIRED": 411,
    "REQUEST_TOO_LARGE": 413,
    "INTERNAL": 500,
}
IDLE_SECONDS = 30
# How much of a refused body is read, so that the client sees the answer rather than
# a broken connection.
DISCARDED_BYTES = 1 << 26


class RestServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Answers HTTP requests from a `ModelStore`, one thread per connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], store: ModelStore, max_request_bytes: int
    ) -> None:
        """Binds the address; `serve_forever` answers."""
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.store = store
        self.max_request_bytes = max_request_bytes
        super().__init__(address, RequestHandler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores clients that went away; there is nobody left to tell."""


class RequestHandler(http.server.BaseHTTPRequestHandler):
    """One HTTP connection."""

    protocol_version = "HTTP/1.1"
    server_version = "tfgan_contra"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: RestServer

    def do_GET(self) -> None:
        """Answers status and metadata."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Answers predict."""
        self._answer("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps quiet: a line per picture would bury what matters."""

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Reports what the base class refuses as JSON too."""
        self.close_connection = True
        self._send(code, _error_body(message or explain or "bad request"))

    def handle_expect_100(self) -> bool:
        """Refuses a body that is too large before the client sends it."""
        announced = self.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > self.server.max_request_bytes:
            self.send_error(413, self._too_large())
            return False
        return super().handle_expect_100()

    def _answer(self, method: str) -> None:
        try:
            body = self._read_body() if method == "POST" else b""
            status, answer = 200, self._dispatch(method, body)
        except ServingError as error:
            status, answer = HTTP_STATUS[error.code], _error_body(str(error))
        except Exception as error:  # the server must outlive any single request
            status, answer = 500, _error_body(f"{type(error).__name__}: {error}")
        self._send(status, answer)

    def _dispatch(self, method: str, body: bytes) -> bytes:
        match = PATH.fullmatch(urllib.parse.urlsplit(self.path).path)
        action = (match["action"] or "").lower() if match else ""
        if not match or (action == ":predict") != (method == "POST"):
            raise ServingError(
                "INVALID_ARGUMENT", f"Malformed request: {method} {self.path}"
            )
        name = urllib.parse.unquote(match["name"])
        version = int(match["version"]) if match["version"] else None
        if action == ":predict":
            return self._predict(name, version, body)
        if action == "/metadata":
            return self._metadata(name, version)
        return self._status(name, version)

    def _predict(self, name: str, version: int | None, body: bytes) -> bytes:
        model = self.server.store.get(name, version)
        request = decode_request(body, model.input_specs)
        outputs = self.server.store.predict(model, request.signature, request.inputs)
        return encode_response(outputs, request.is_row_format)

    def _status(self, name: str, version: int | None) -> bytes:
        states = [
            {
                "version": str(status.version),
                "state": status.state,
                "status": {
                    "error_code": "UNKNOWN" if status.error else "OK",
                    "error_message": status.error,
                },
            }
            for status in self.server.store.statuses(name, version)
        ]
        return json.dumps({"model_version_status": states}, indent=1).encode()

    def _metadata(self, name: str, version: int | None) -> bytes:
        model = self.server.store.get(name, version)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        for key, signature in model.signature_defs.items():
            signatures.signature_def[key].CopyFrom(signature)
        spec = {"name": name, "signature_name": "", "version": str(model.version)}
        fields = json_format.MessageToDict(
            signatures,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        )
        answer = {"model_spec": spec, "metadata": {"signature_def": fields}}
        return json.dumps(answer, indent=1).encode()

    def _read_body(self) -> bytes:
        length = self._content_length()
        if length > self.server.max_request_bytes:
            self._discard(length)
            raise ServingError("REQUEST_TOO_LARGE", self._too_large())
        return self.rfile.read(length)

    def _content_length(self) -> int:
        text = self.headers.get("Content-Length", "")
        if not text.isdecimal() or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise ServingError(
                "LENGTH_REQUIRED", "the request must have a Content-Length"
            )
        return int(text)

    def _too_large(self) -> str:
        return f"the request is larger than {self.server.max_request_bytes} bytes"

    def _discard(self, length: int) -> None:
        self.close_connection = True
        left = min(length, DISCARDED_BYTES)
        while left > 0 and (block := self.rfile.read(min(left, 1 << 16))):
            left -= len(block)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _error_body(message: str) -> bytes:
    return json.dumps({"error": message}).encode()
