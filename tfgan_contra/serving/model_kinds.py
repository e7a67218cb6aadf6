"""What kind of model a server holds, told by its signatures; imports no TensorFlow."""

from collections.abc import Mapping, Sequence

from tfgan_contra.errors import UserError

# Signature name -> names of its inputs, as `client.inputs()` returns it.
Signatures = Mapping[str, Sequence[str]]


def is_translator(signatures: Signatures) -> bool:
    """Returns whether a model makes pictures from pictures."""
    return "images" in signatures.get("serving_default", ())


def takes_captions(signatures: Signatures) -> bool:
    """Returns whether a model makes pictures from captions."""
    return "captions" in signatures.get("serving_default", ())


def takes_features(signatures: Signatures) -> bool:
    """Returns whether a model wants captions as the vectors of a text encoder."""
    return "sentences" in signatures.get("serving_default", ())


def picture_signature(signatures: Signatures, truncation: float) -> str:
    """Returns the signature that gives PNG files; truncation 1 is off.

    Raises:
        UserError: if the model has none.
    """
    signature = "png" if truncation == 1.0 else "truncated_png"
    if signature not in signatures:
        raise UserError(
            f"the model has no signature {signature!r}; it has "
            f"{', '.join(sorted(signatures))}"
        )
    return signature
