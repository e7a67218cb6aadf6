#!/usr/bin/env python3
"""Asks a model server for pictures and saves them as PNG files and a grid.

A text-to-image model is sent captions; words that it does not know are named. A
translator is sent pictures with --image and its translations are saved under their
names; one that cannot be translated is named, and the exit code is 1. Works with
TensorFlow Serving and the embedded server, over REST or gRPC.

Example:
    export/request.py --model_name=contragan --label=three,7 --num_images=8
    export/request.py --model_name=xmcgan --caption="a red circle above a blue square"
    export/request.py --model_name=cut --image=photos/ --output=translated
"""

import sys

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError

ADDRESS = flags.DEFINE_string(
    "address",
    None,
    "host:port of the server. Default: 127.0.0.1:8501, with --grpc 127.0.0.1:8500.",
)
MODEL_NAME = flags.DEFINE_string("model_name", "", "The model's name on the server.")
IMAGE = flags.DEFINE_string(
    "image", None, "A picture, or a folder of pictures, for a model that translates."
)
LABEL = flags.DEFINE_list(
    "label", [], "Classes by name or number, a row of pictures each: three,7."
)
CAPTION = flags.DEFINE_multi_string(
    "caption", [], "What to show, a row of pictures each; give it once per caption."
)
NUM_IMAGES = flags.DEFINE_integer(
    "num_images", 8, "Pictures per class or caption.", lower_bound=1, upper_bound=10_000
)
SEED = flags.DEFINE_integer("seed", 0, "Seed of the first picture; the next count up.")
TRUNCATION = flags.DEFINE_float(
    "truncation", 1.0, "Fraction of the latents' distribution to keep; 1: all.", 1e-6, 1
)
OUTPUT = flags.DEFINE_string("output", "pictures", "Folder for the pictures.")
GRPC = flags.DEFINE_bool("grpc", False, "Use gRPC instead of REST.")
VERSION = flags.DEFINE_integer(
    "version", None, "Version of the model. Default: the newest.", lower_bound=1
)
TIMEOUT = flags.DEFINE_float(
    "timeout", 60.0, "Seconds to wait for an answer.", lower_bound=0.1
)


def main(argv: list[str]) -> None:
    """Sends the requests and saves what comes back."""
    del argv
    from tfgan_contra.serving import client
    from tfgan_contra.serving.caption_client import request_captioned
    from tfgan_contra.serving.translation_client import request_translations

    make, port = (client.GrpcClient, 8500) if GRPC.value else (client.RestClient, 8501)
    address = ADDRESS.value or f"127.0.0.1:{port}"
    server = make(address, MODEL_NAME.value, VERSION.value, TIMEOUT.value)
    if IMAGE.value is not None:
        others = ("caption", "label", "num_images", "seed", "truncation")
        _leave_out("--image is for a translator", *others)
        for line in request_translations(server, IMAGE.value, OUTPUT.value):
            print(line)
        return
    wishes = {
        "num_images": NUM_IMAGES.value,
        "seed": SEED.value,
        "truncation": TRUNCATION.value,
    }
    if CAPTION.value:
        _leave_out("--caption is for a model of captions", "label")
        rows = request_captioned(server, CAPTION.value, warn=_warn, **wishes)
    else:
        rows = client.request_pictures(server, labels=LABEL.value, **wishes)
    paths = client.save_pictures(rows, OUTPUT.value)
    last = SEED.value + NUM_IMAGES.value - 1
    wanted = ", ".join(LABEL.value or map(repr, CAPTION.value))
    print(
        f"{len(paths) - 1} pictures{wanted and ' of '}{wanted}, seeds {SEED.value} to "
        f"{last}, from {MODEL_NAME.value} at {address} over "
        f"{'gRPC' if GRPC.value else 'REST'}"
    )
    print(f"grid: {paths[-1]}")


def _leave_out(reason: str, *names: str) -> None:
    for name in names:
        if flags.FLAGS[name].present:
            raise UsageError(f"{reason}: leave out --{name}")


def _warn(line: str) -> None:
    print(f"warning: {line}", file=sys.stderr)


if __name__ == "__main__":
    command_line.run(main, argv_required=("model_name",))
