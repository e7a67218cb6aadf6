"""What to call the translation of a picture; imports no TensorFlow."""

import collections
from collections.abc import Sequence
from pathlib import PurePosixPath

SUFFIX = ".png"


def translation_names(names: Sequence[str]) -> list[str]:
    """Returns a `.png` name for every picture, all of them different.

    Where two pictures differ in their ending alone, their translations keep it:
    `a.jpg.png` and `a.webp.png`.
    """
    chosen = {name: str(PurePosixPath(name).with_suffix(SUFFIX)) for name in names}
    while True:
        counts = collections.Counter(chosen.values())
        alike = [name for name in names if counts[chosen[name]] > 1]
        if not alike:
            return [chosen[name] for name in names]
        chosen |= {name: name + SUFFIX for name in alike}
