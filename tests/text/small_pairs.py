"""Sixteen images, each of one colour in one place, with two captions each."""

import numpy as np

from tfgan_contra.text import TrainedTextConfig

COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
}
PLACES = {"top left": (0, 0), "top right": (0, 8), "left": (8, 0), "right": (8, 8)}
WORDS = ("a", "spot", "top", "left", "right", "red", "green", "blue", "white", "the")


def small_pairs():
    """Images uint8 [16, 16, 16, 3] and their captions."""
    images = np.full((16, 16, 16, 3), 60, np.uint8)
    captions = []
    for number, image in enumerate(images):
        colour, place = list(COLOURS)[number // 4], list(PLACES)[number % 4]
        y, x = PLACES[place]
        image[y : y + 8, x : x + 8] = COLOURS[colour]
        captions.append((f"a {colour} spot, {place}", f"{place}: the {colour} spot"))
    return images, captions


def small_config(**changes):
    """A config that trains in a second once its step is compiled."""
    sizes = {"num_layers": 1, "dim": 16, "num_heads": 2, "image_width": 8}
    schedule = {"num_steps": 30, "batch_size": 8, "log_every": 10, "max_words": 6}
    return TrainedTextConfig(**(sizes | schedule | changes))
