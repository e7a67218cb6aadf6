"""Sends picture files to a served translator and saves the translations.

Imports no TensorFlow; works with both clients of `serving.client`.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import ExifTags, Image

from tfgan_contra.data.picture_files import pictures_at
from tfgan_contra.data.picture_names import translation_names
from tfgan_contra.data.preparation import converted, is_grayscale
from tfgan_contra.errors import DataError, UsageError, UserError
from tfgan_contra.serving.client import Client, is_translator

SIGNATURE = "png"
# What a served translator decodes by itself.
SENT_AS_THEY_ARE = ("PNG", "JPEG")


def request_translations(client: Client, image: str, output: str) -> Iterator[str]:
    """Translates a picture, or every picture below a folder, one request each.

    The translations are PNG files below `output` with the names of their pictures.
    Each is saved before the next is asked for, so that an error loses nothing.

    Args:
        client: a `RestClient` or `GrpcClient`.
        image: a file in any format that Pillow reads, or a folder of such files.
        output: folder for the translations; made if missing.

    Yields:
        A line for every file that was left out, then the path of every translation.

    Raises:
        UsageError: if the model does not translate, or `output` lies where the
            pictures are.
        DataError: if there is no picture.
        UserError: if the server refuses a picture or the folder cannot be written.
    """
    if not image:
        raise UsageError("--image must name a file or a folder. Received: ''")
    _check_model(client)
    pictures, left_out = pictures_at(Path(image))
    _check_output(output, pictures.root, is_folder=Path(image).expanduser().is_dir())
    yield from left_out
    targets = translation_names(pictures.names)
    for number, (name, target) in enumerate(zip(pictures.names, targets, strict=True)):
        try:
            file = bytes_to_send(pictures.root / name)
            (made,) = client.predict(SIGNATURE, {"image_bytes": [file]}).values()
            path = Path(output, target)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[0])
        except OSError as error:
            raise UserError(
                f"cannot write translations to {output!r}: {error}; choose another "
                "--output"
            ) from None
        except UserError as error:
            done = f"{number} of {len(targets)} pictures were translated"
            raise type(error)(f"{name}: {error}; {done}") from None
        yield str(path)


def bytes_to_send(path: Path) -> bytes:
    """Returns a picture file as a served translator takes it.

    An upright PNG or JPEG as it is; others as PNG, turned as their EXIF says.

    Raises:
        DataError: if the file is no readable picture.
    """
    try:
        with Image.open(path) as image:
            if image.format in SENT_AS_THEY_ARE and _is_upright(image):
                return path.read_bytes()
            with_alpha = 4 if image.has_transparency_data else 3
            channels = 1 if is_grayscale(image.mode) else with_alpha
            file = io.BytesIO()
            converted(image, channels).save(file, "PNG")
            return file.getvalue()
    except Exception as error:  # PIL's readers raise anything on broken files
        raise DataError(
            f"{path} cannot be read ({error}); repair or remove it"
        ) from None


def _check_model(client: Client) -> None:
    signatures = client.inputs()
    if not is_translator(signatures):
        raise UsageError(
            "this model makes pictures from seeds and takes none: leave out --image"
        )
    if SIGNATURE not in signatures:
        raise UserError(
            f"the model has no signature {SIGNATURE!r}, for its pictures have channels "
            f"that no file holds; it has {', '.join(sorted(signatures))}"
        )


def _check_output(output: str, root: Path, is_folder: bool) -> None:
    """Keeps translations away from pictures, which they might replace or join."""
    folder = Path(output).resolve()
    inside = is_folder and folder.is_relative_to(root.resolve())
    if inside or folder == root.resolve():
        raise UsageError(
            "--output must not be in the folder of the pictures; choose another. "
            f"Received: {output!r}"
        )


def _is_upright(image: Image.Image) -> bool:
    return image.getexif().get(ExifTags.Base.Orientation, 1) == 1
