"""Class names and numbers, subsets and crops."""

import numpy as np
import pytest

from tfgan_contra.data import class_index
from tfgan_contra.data.specs import ArraySource, SubsetSource
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

ANIMALS = DataSpec(32, 3, 3, ("cat", "Dog", "horse"))


@pytest.mark.parametrize(
    "given, label", [("cat", 0), ("dog", 1), (" Dog ", 1), ("2", 2), (0, 0)]
)
def test_class_index_takes_names_and_numbers(given, label):
    assert class_index(ANIMALS, given) == label


def test_a_folder_called_10_is_meant_before_label_10():
    names = tuple(sorted(str(n) for n in range(1, 13)))
    spec = DataSpec(32, 3, 12, names)
    assert class_index(spec, "10") == names.index("10") == 1
    assert class_index(spec, 10) == 10
    assert class_index(spec, "0") == 0


def test_names_that_differ_only_in_case_need_the_exact_one():
    spec = DataSpec(32, 3, 2, ("a", "A"))
    assert [class_index(spec, "a"), class_index(spec, "A")] == [0, 1]


def test_unknown_class_names_the_nearest():
    with pytest.raises(DataError) as error:
        class_index(ANIMALS, "hors")
    assert str(error.value) == (
        "no class is called 'hors' (did you mean 'horse'?); name one of the 3 classes,"
        " or its number from 0 to 2"
    )


@pytest.mark.parametrize("number", ["3", -1, 99])
def test_label_out_of_range(number):
    with pytest.raises(DataError) as error:
        class_index(ANIMALS, number)
    assert str(error.value) == (
        f"label {number} is out of range; the 3 classes are numbered from 0 to 2"
    )


def test_subset_loads_the_chosen_images_and_never_a_view():
    images = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2, 1)
    source = ArraySource(images, np.arange(6))
    subset = SubsetSource(source, np.array([5, 1, 3]))
    loaded = subset.load(np.array([2, 0]))
    assert loaded.tolist() == images[[3, 5]].tolist()
    assert subset.labels.tolist() == [5, 1, 3] and len(subset) == 3
    assert subset.labels.dtype == np.int32 and subset.image_shape == (2, 2, 1)
    loaded[:] = 0
    assert images[3].any()
    assert subset.failure is None
