from __future__ import annotations

import hashlib
import os
import socket
import sys

import pytest

from pentad.data import download as module
from pentad.data.download import ATTEMPTS, RemoteFile, download
from pentad.graph.errors import ArgumentError, DataError, ResourceError
from tests.data.server import serving

CONTENT = bytes(i * i % 251 for i in range(300_000))
FILE = RemoteFile("set.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def server():
    with serving() as state:
        state.files["set.gz"] = CONTENT
        yield state


def fetch(server, folder, **options):
    return download(FILE, server.url, folder, pause=0.0, timeout=5.0, **options)


def test_a_whole_file_arrives_in_a_new_folder(server, tmp_path):
    seen = []
    path = fetch(server, tmp_path / "a" / "b", progress=seen.append)
    assert path == tmp_path / "a" / "b" / "set.gz"
    assert path.read_bytes() == CONTENT
    assert os.listdir(path.parent) == ["set.gz"]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, len(CONTENT))
    assert server.requests == [("/set.gz", None)]


def test_a_cut_transfer_goes_on_in_the_same_call(server, tmp_path):
    server.cut_after = [100_000, 50_000]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_part_of_an_earlier_run_is_continued(server, tmp_path):
    (tmp_path / "set.gz.part").write_bytes(CONTENT[:123_456])
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.requests == [("/set.gz", "bytes=123456-")]


def test_a_complete_part_needs_no_request(server, tmp_path):
    (tmp_path / "set.gz.part").write_bytes(CONTENT)
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.requests == []


def test_a_part_with_wrong_content_is_thrown_away(server, tmp_path):
    (tmp_path / "set.gz.part").write_bytes(bytes(1000))
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.requests] == ["bytes=1000-", None]


def test_a_part_that_is_too_long_is_thrown_away(server, tmp_path):
    (tmp_path / "set.gz.part").write_bytes(CONTENT + b"x")
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
    server.ranges = False
    server.cut_after = [100_000]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_a_server_that_sends_the_wrong_range_is_asked_anew(server, tmp_path):
    (tmp_path / "set.gz.part").write_bytes(CONTENT[:1000])
    server.wrong_range = True
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_shorter_file_on_the_server_is_no_endless_loop(server, tmp_path):
    server.files["set.gz"] = CONTENT[:1000]
    with pytest.raises(DataError):
        fetch(server, tmp_path)
    assert len(server.requests) == ATTEMPTS
    assert not (tmp_path / "set.gz").exists()


def test_wrong_content_is_refused_and_leaves_the_old_file(server, tmp_path):
    (tmp_path / "set.gz").write_bytes(b"old")
    server.files["set.gz"] = CONTENT[:-1] + b"!"
    with pytest.raises(DataError, match="not the published file") as caught:
        fetch(server, tmp_path)
    assert FILE.sha256[:16] in str(caught.value)
    assert (tmp_path / "set.gz").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["set.gz"]
    assert len(server.requests) == 1


def test_an_endless_answer_cannot_fill_the_disk(server, tmp_path):
    server.endless = True
    with pytest.raises(DataError, match="not the published file"):
        fetch(server, tmp_path)
    assert os.listdir(tmp_path) == []


def test_404_is_final_and_names_the_address(server, tmp_path):
    del server.files["set.gz"]
    with pytest.raises(DataError, match="404") as caught:
        fetch(server, tmp_path)
    assert server.url + "set.gz" in str(caught.value)
    assert len(server.requests) == 1


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.statuses = [503, 429]
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_a_server_that_stays_broken_is_given_up_and_the_part_is_kept(server, tmp_path):
    (tmp_path / "set.gz.part").write_bytes(CONTENT[:777])
    server.statuses = [500] * ATTEMPTS
    with pytest.raises(DataError, match="777 bytes are kept"):
        fetch(server, tmp_path)
    assert (tmp_path / "set.gz.part").read_bytes() == CONTENT[:777]


def test_no_server_at_all(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with pytest.raises(DataError, match="could not be completed"):
            download(FILE, url, tmp_path, pause=0.0, timeout=1.0)


def test_a_silent_server_times_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(DataError, match="timed out"):
            download(FILE, url, tmp_path, pause=0.0, timeout=0.05)


@pytest.mark.parametrize("url", ["file:///etc/", "ftp://host/", "/etc/"])
def test_only_web_addresses_are_fetched(url, tmp_path):
    with pytest.raises(ArgumentError, match="https://"):
        download(FILE, url, tmp_path)


def test_a_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ResourceError, match="cannot store"):
        fetch(server, tmp_path / "file" / "folder")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_full_disk_leaves_the_old_file(server, tmp_path):
    (tmp_path / "set.gz").write_bytes(b"old")
    (tmp_path / "set.gz.part").symlink_to("/dev/full")
    with pytest.raises(ResourceError, match="No space left"):
        fetch(server, tmp_path)
    assert (tmp_path / "set.gz").read_bytes() == b"old"


def test_a_kill_between_check_and_rename_costs_nothing(server, tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            fetch(server, tmp_path)
    assert not (tmp_path / "set.gz").exists()
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert len(server.requests) == 1
