"""Sends picture files to a served translator and saves the translations.

Imports no TensorFlow; works with both clients of `serving.client`.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import ExifTags, Image

from tfgan_contra.data.picture_files import pictures_at
from tfgan_contra.data.picture_names import translation_names
from tfgan_contra.data.preparation import converted, is_grayscale
from tfgan_contra.errors import DataError, UsageError, UserError
from tfgan_contra.serving.client import Client, RequestRefused
from tfgan_contra.serving.model_kinds import is_translator

SIGNATURE = "png"
# What a served translator decodes by itself.
SENT_AS_THEY_ARE = ("PNG", "JPEG")


def request_translations(client: Client, image: str, output: str) -> Iterator[str]:
    """Translates a picture, or every picture below a folder, one request each.

    The translations are PNG files below `output` with the names of their pictures.
    Each is saved before the next is asked for, so that an error loses nothing. A
    picture that cannot be read or that the server refuses is named, and the others are
    translated.

    Args:
        client: a `RestClient` or `GrpcClient`.
        image: a file in any format that Pillow reads, or a folder of such files.
        output: folder for the translations; made if missing.

    Yields:
        A line for every file that was left out, then the path of every translation, or
        why there is none.

    Raises:
        UsageError: if the model does not translate, or `output` lies where the
            pictures are.
        DataError: if there is no picture; at the end, if one was not translated.
        UserError: if no server answers or the folder cannot be written.
    """
    if not image:
        raise UsageError("--image must name a file or a folder. Received: ''")
    _check_model(client)
    pictures, left_out = pictures_at(Path(image))
    _check_output(output, pictures.root, is_folder=Path(image).expanduser().is_dir())
    sources = [pictures.root / name for name in pictures.names]
    targets = [Path(output, name) for name in translation_names(pictures.names)]
    _check_nothing_is_replaced(sources, targets)
    yield from left_out
    done = 0
    for source, target in zip(sources, targets, strict=True):
        try:
            file = bytes_to_send(source)
            (made,) = client.predict(SIGNATURE, {"image_bytes": [file]}).values()
        except (DataError, RequestRefused) as error:
            yield f"failed: {source}: {error}"
            continue
        except UserError as error:
            so_far = f"{done} of {len(targets)} pictures were translated"
            raise UserError(f"{source}: {error}; {so_far}") from None
        _write(target, made[0], output)
        done += 1
        yield str(target)
    wanted = len(targets) + len(left_out)
    if done < wanted:
        raise DataError(
            f"{wanted - done} of {wanted} pictures could not be translated (named "
            "above)"
        )


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
        raise DataError(f"cannot be read ({error}); repair or remove it") from None


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


def _check_nothing_is_replaced(
    sources: Sequence[Path], targets: Sequence[Path]
) -> None:
    taken = {source.resolve() for source in sources}
    for target in targets:
        if target.resolve() in taken:
            raise UsageError(
                f"--output: {target} is a picture to translate and would be replaced; "
                "choose another folder"
            )


def _write(path: Path, content: bytes, output: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UserError(
            f"cannot write translations to {output!r}: {error}; choose another --output"
        ) from None


def _is_upright(image: Image.Image) -> bool:
    return image.getexif().get(ExifTags.Base.Orientation, 1) == 1
