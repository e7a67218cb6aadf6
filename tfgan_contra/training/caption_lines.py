"""A file of captions to draw; imports no TensorFlow: a wrong one is said at once."""

from pathlib import Path

from tfgan_contra.errors import UsageError


def read_caption_lines(path: str) -> list[str]:
    """Returns the captions of a text file, one on each line.

    Raises:
        UsageError: for a file that is missing, empty or no UTF-8 text, or a line
            without a caption, whose number the error gives.
    """
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"--captions_file={path} cannot be read ({problem})") from None
    if not lines:
        raise UsageError(f"--captions_file={path} is empty; write a caption per line")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise UsageError(
                f"--captions_file={path} has no caption on line {number} of "
                f"{len(lines)}; write one there or remove the line"
            )
    return lines
