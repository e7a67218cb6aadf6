import numpy as np
import pytest
from PIL import Image

from tfgan_contra.training.pictures import image_grid, save_png


def test_grid_places_images_row_by_row():
    images = np.stack([np.full((2, 3, 1), i, np.uint8) for i in range(5)])
    grid = image_grid(images, columns=2, gap=1)
    assert grid.shape == (3 * 3 + 1, 2 * 4 + 1, 1)
    assert grid[1, 1] == 0 and grid[1, 5] == 1 and grid[7, 1] == 4
    assert grid[0, 0] == 255 and grid[7, 5] == 255


def test_png_round_trip(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    save_png(tmp_path / "a" / "b.png", image)
    with Image.open(tmp_path / "a" / "b.png") as read:
        np.testing.assert_array_equal(np.array(read), image)
    assert len(list((tmp_path / "a").iterdir())) == 1


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        save_png(tmp_path / "a.png", np.zeros((4, 5, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []
