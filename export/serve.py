#!/usr/bin/env python3
"""Serves an exported model over gRPC and REST until it is stopped.

Starts `tensorflow_model_server` when it is on the PATH, else an embedded server that
speaks the same protocol. New versions in the folder are picked up, the newest answers.

Example:
    export/serve.py --model_dir=runs/digits/export/contragan
"""

from absl import flags

from tfgan_contra import command_line

MODEL_DIR = flags.DEFINE_string(
    "model_dir", "", "Folder of a model, above its numbered versions."
)
MODEL_NAME = flags.DEFINE_string(
    "model_name", "", "Name in requests. Default: the folder's name."
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
    """Serves until it is told to stop."""
    del argv
    from tfgan_contra.serving import launcher

    options = launcher.ServerOptions(
        host=HOST.value,
        rest_port=REST_PORT.value,
        grpc_port=GRPC_PORT.value,
        num_versions=NUM_VERSIONS.value,
        poll_seconds=POLL_SECONDS.value,
        max_request_bytes=MAX_REQUEST_BYTES.value,
        max_batch_size=MAX_BATCH_SIZE.value,
    )
    return launcher.serve(MODEL_DIR.value, MODEL_NAME.value, options, SERVER.value)


if __name__ == "__main__":
    command_line.run(main, argv_required=("model_dir",))
