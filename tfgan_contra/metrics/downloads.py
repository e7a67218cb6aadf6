"""Fetches one file, checks its hash, and gives up soon where there is no network."""

import dataclasses
import hashlib
import http.client
import os
import tarfile
import tempfile
import threading
import urllib.error
import urllib.request
import zlib
from typing import IO, Any

from tfgan_contra.errors import DataError

# Name servers may be asked for longer than any socket timeout allows.
_SECONDS_TO_CONNECT = 12.0
_CHUNK = 2**20
_FAILURES = (
    OSError,
    EOFError,
    zlib.error,
    tarfile.TarError,
    http.client.HTTPException,
)


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """A file on the web and what it must be.

    Attributes:
        url: where it lies, or the tar archive that holds it.
        name: its name here, and inside the archive.
        digest: its hash in hexadecimal.
        algorithm: which hash, a name that `hashlib` knows.
    """

    url: str
    name: str
    digest: str
    algorithm: str = "sha256"


def file_digest(path: str, algorithm: str = "sha256") -> str:
    """Returns the hash of a file in hexadecimal."""
    digest = hashlib.new(algorithm)
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def fetch(remote: RemoteFile, folder: str, *, option: str) -> str:
    """Returns the path of `remote` in `folder`, downloading it if it is not there.

    Args:
        remote: the file.
        folder: where it is kept.
        option: the setting that asked for it, for the error message.

    Raises:
        DataError: if it cannot be fetched or has another hash; the message says which
            file to put where.
    """
    path = os.path.join(folder, remote.name)
    if os.path.exists(path):
        if file_digest(path, remote.algorithm) != remote.digest:
            raise DataError(
                f"{path} has another {remote.algorithm} than {remote.name} should; "
                f"delete it or fetch {remote.url} again"
            )
        return path
    try:
        os.makedirs(folder, exist_ok=True)
        _download(remote, path)
    except _FAILURES as error:
        raise DataError(
            f"{option} could not be downloaded ({error}); fetch {remote.url} on "
            f"another machine and put {remote.name} into {folder}"
        ) from None
    return path


def _download(remote: RemoteFile, path: str) -> None:
    with _open(remote.url) as response:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
        try:
            with os.fdopen(handle, "wb") as file:
                _copy(_member(response, remote), file)
            found = file_digest(temporary, remote.algorithm)
            if found != remote.digest:
                raise OSError(f"its {remote.algorithm} is {found}")
            os.replace(temporary, path)
        finally:
            if os.path.exists(temporary):
                os.remove(temporary)


def _open(url: str) -> Any:
    """`urlopen` that returns or raises in time, whatever the name server does."""
    answer: list[Any] = []

    def connect() -> None:
        """Opens a connection to the server."""
        try:
            answer.append(urllib.request.urlopen(url, timeout=_SECONDS_TO_CONNECT))
        except urllib.error.HTTPError as error:
            error.close()
            answer.append(error)
        except (OSError, ValueError) as error:
            answer.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(_SECONDS_TO_CONNECT)
    if not answer:
        raise TimeoutError(f"no answer in {_SECONDS_TO_CONNECT:.0f} s")
    if isinstance(answer[0], Exception):
        raise OSError(str(answer[0]))
    return answer[0]


def _member(response: Any, remote: RemoteFile) -> Any:
    if not remote.url.endswith((".tgz", ".tar.gz")):
        return response
    archive = tarfile.open(fileobj=response, mode="r|gz")
    for member in archive:
        if os.path.basename(member.name) == remote.name and member.isfile():
            return archive.extractfile(member)
    raise OSError(f"{remote.url} holds no {remote.name}")


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(_CHUNK):
        target.write(chunk)
