"""Downloads from a server on loopback: checked, atomic, quick to give up."""

import functools
import hashlib
import http.server
import io
import os
import socket
import tarfile
import threading
import time

import pytest

from tfgan_contra.errors import DataError
from tfgan_contra.metrics import downloads
from tfgan_contra.metrics.downloads import RemoteFile, fetch

CONTENT = b"weights" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.fixture
def server(tmp_path):
    root = tmp_path / "web"
    root.mkdir()
    (root / "net.pb").write_bytes(CONTENT)
    with tarfile.open(root / "net.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("inner/net.pb")
        member.size = len(CONTENT)
        archive.addfile(member, io.BytesIO(CONTENT))
    (root / "cut.tgz").write_bytes((root / "net.tgz").read_bytes()[:60])
    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["net.pb", "net.tgz"])
def test_fetches_once_and_checks(server, tmp_path, name):
    folder = str(tmp_path / "cache")
    remote = RemoteFile(f"{server}/{name}", "net.pb", DIGEST)
    path = fetch(remote, folder, option="evaluation.extractor=x")
    with open(path, "rb") as file:
        assert file.read() == CONTENT
    gone = RemoteFile("http://127.0.0.1:9/net.pb", "net.pb", DIGEST)
    assert fetch(gone, folder, option="x") == path
    assert os.listdir(folder) == ["net.pb"]


@pytest.mark.parametrize(
    ("name", "digest", "message"),
    [
        ("net.pb", "0" * 64, f"its sha256 is {DIGEST}"),
        ("none.pb", DIGEST, "HTTP Error 404"),
        ("cut.tgz", DIGEST, "could not be downloaded"),
    ],
)
def test_failures_leave_nothing_and_say_what_to_do(
    server, tmp_path, name, digest, message
):
    folder = str(tmp_path / "cache")
    remote = RemoteFile(f"{server}/{name}", "net.pb", digest)
    with pytest.raises(DataError, match=message) as caught:
        fetch(remote, folder, option="evaluation.extractor=x")
    text = str(caught.value)
    assert text.startswith("evaluation.extractor=x could not") and "\n" not in text
    assert f"put net.pb into {folder}" in text and remote.url in text
    assert os.listdir(folder) == []


def test_a_wrong_file_in_the_cache_is_refused(tmp_path):
    (tmp_path / "net.pb").write_bytes(b"another")
    remote = RemoteFile("http://127.0.0.1:9/net.pb", "net.pb", DIGEST)
    with pytest.raises(DataError, match="another sha256.*delete it or fetch"):
        fetch(remote, str(tmp_path), option="x")


def test_silence_is_given_up_on(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "_SECONDS_TO_CONNECT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/net.pb"
        start = time.monotonic()
        with pytest.raises(DataError, match="could not be downloaded"):
            fetch(RemoteFile(url, "net.pb", DIGEST), str(tmp_path), option="x")
        assert time.monotonic() - start < 5


def test_a_name_server_that_hangs_is_given_up_on(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "_SECONDS_TO_CONNECT", 0.2)
    release = threading.Event()
    monkeypatch.setattr(
        downloads.urllib.request, "urlopen", lambda *_a, **_k: release.wait(10)
    )
    with pytest.raises(DataError, match="no answer in 0 s"):
        fetch(RemoteFile("http://x/net.pb", "net.pb", DIGEST), str(tmp_path), option="")
    release.set()
