"""Asks a served text-to-image model for pictures of captions.

Imports no TensorFlow; works with both clients of `serving.client`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tfgan_contra.errors import UsageError
from tfgan_contra.serving.client import (
    NO_ENCODER,
    ROWS_PER_REQUEST,
    Client,
    Picture,
    request_row,
)
from tfgan_contra.serving.model_kinds import (
    Signatures,
    picture_signature,
    takes_captions,
    takes_features,
)

CHECK = "check_captions"
# Characters of a caption that become part of a file's name, and that a message shows.
NAMED, SHOWN = 40, 60


class WordCounts(NamedTuple):
    """What `check_captions` says of one caption."""

    num_words: int
    num_unknown: int
    num_cut: int


def request_captioned(
    client: Client,
    captions: Sequence[str],
    *,
    num_images: int = 8,
    seed: int = 0,
    truncation: float = 1.0,
    warn: Callable[[str], None] = print,
) -> list[list[Picture]]:
    """Asks for pictures of every caption, with seeds `seed`, `seed + 1`, ...

    Args:
        client: a `RestClient` or `GrpcClient`.
        captions: texts, each with a word or more.
        num_images: pictures per caption.
        seed: seed of the first picture of each row.
        truncation: in (0, 1]; 1 is off.
        warn: told, before the pictures are asked for, a line for every caption that
            has words which the model does not know or read.

    Returns:
        A row of pictures per caption, named by its number and its first words.

    Raises:
        UsageError: if the model takes no captions, or a caption is no text or has no
            words.
        UserError: if no server answers, or it refuses.
    """
    for caption in captions:
        _check_text(caption)
    signatures = client.inputs()
    _check_model(signatures)
    signature = picture_signature(signatures, truncation)
    if CHECK in signatures:
        for line in unheard(client, captions):
            warn(line)
    seeds = np.arange(seed, seed + num_images, dtype=np.int64)
    constants = {} if truncation == 1.0 else {"truncation": np.float32(truncation)}
    return [
        request_row(
            client,
            signature,
            f"{number}_{caption[:NAMED].strip()}",
            seeds,
            constants | {"captions": np.array(caption, object)},
        )
        for number, caption in enumerate(captions, start=1)
    ]


def unheard(client: Client, captions: Sequence[str]) -> list[str]:
    """Returns a line for whatever in the captions the model will not hear.

    The server counts words that it does not know; which ones they are is found out by
    asking for each of them.

    Args:
        client: of a model with the signature `check_captions`.
        captions: texts.

    Raises:
        UsageError: for a caption without words.
    """
    lines = []
    for caption, counts in zip(captions, _counted(client, captions), strict=True):
        if not counts.num_words:
            raise UsageError(f"--caption must have words. Received: {caption!r}")
        if counts.num_unknown:
            lines.append(_of_unknown(client, caption, counts))
        if counts.num_cut:
            read = counts.num_words - counts.num_cut
            lines.append(
                f"caption {_shown(caption)} is cut: it has {counts.num_words} words, "
                f"the model reads {read}"
            )
    return lines


def _of_unknown(client: Client, caption: str, counts: WordCounts) -> str:
    pieces = list(dict.fromkeys(caption.split()))
    found = zip(pieces, _counted(client, pieces), strict=True)
    names = ", ".join(repr(piece) for piece, each in found if each.num_unknown)
    if counts.num_unknown == counts.num_words:
        return f"caption {_shown(caption)} has only unknown words: {names}"
    words = "word" if counts.num_unknown == 1 else "words"
    return f"caption {_shown(caption)} has the unknown {words} {names}"


def _counted(client: Client, captions: Sequence[str]) -> list[WordCounts]:
    counted = []
    for start in range(0, len(captions), ROWS_PER_REQUEST):
        some = list(captions[start : start + ROWS_PER_REQUEST])
        answer = client.predict(CHECK, {"captions": some})
        columns = (answer[name] for name in WordCounts._fields)
        counted += [WordCounts(*map(int, row)) for row in zip(*columns, strict=True)]
    return counted


def _check_text(caption: str) -> None:
    try:
        caption.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"--caption must be text in UTF-8. Received: {ascii(caption)}"
        ) from None


def _check_model(signatures: Signatures) -> None:
    if takes_features(signatures):
        raise UsageError(NO_ENCODER)
    if not takes_captions(signatures):
        raise UsageError("this model takes no captions: leave out --caption")


def _shown(caption: str) -> str:
    """Returns a caption in quotes, on one line, cut if it is long."""
    text = " ".join(caption.split())
    return repr(text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}...")
