"""What a word of a caption is, for reports and text encoders; imports no TensorFlow.

A word is a run of letters, digits and marks; apostrophes vanish, all else separates.
Words are lower-cased.
"""

import unicodedata

APOSTROPHES = "'\u2019"
# Unicode's main categories of which words are made: letters, numbers, marks.
WORD_CATEGORIES = "LNM"


class _Letters(dict):
    """For every code point what stands for it in a caption split at spaces."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        kept = unicodedata.category(letter)[0] in WORD_CATEGORIES
        self[code] = letter if kept else " "
        return self[code]


_LETTERS = _Letters({ord(letter): "" for letter in APOSTROPHES})


def split_words(caption: str) -> list[str]:
    """Returns a caption's words in lower case.

    The text of a word may depend on the Unicode version of Python or TensorFlow for
    letters that Unicode took in within the last few years, and for no others.
    """
    return caption.translate(_LETTERS).lower().split()
