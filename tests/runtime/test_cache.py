from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from pentad.graph.config import config
from pentad.runtime import cache as cache_module
from pentad.runtime.cache import CacheWarning, ObjectCache, default_directory, entry_key

KEY = entry_key("a module", "a cpu")
OTHER = entry_key("another module", "a cpu")
CODE = bytes(range(256)) * 5


@pytest.fixture
def store(tmp_path):
    made = ObjectCache(tmp_path / "cache", 1 << 20)
    yield made
    made.close()


def entry(store: ObjectCache, key: str = KEY) -> Path:
    return store.directory / (key + ".obj")


def test_an_entry_outlives_the_cache_object(store):
    assert store.get(KEY) is None
    store.put(KEY, CODE)
    again = ObjectCache(store.directory, 1 << 20)
    assert again.get(KEY) == CODE
    assert again.size() == (1, entry(store).stat().st_size)
    again.close()


def test_directory_and_entries_are_private(store):
    store.put(KEY, CODE)
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(entry(store).stat().st_mode) == 0o600
    assert [p.name for p in store.directory.iterdir()] == [KEY + ".obj"]


def test_keys_tell_where_a_part_ends():
    assert entry_key("ab", "c") != entry_key("a", "bc")


@pytest.mark.parametrize("length", [0, 1, 7, 79, 80, 81, len(CODE) + 79])
def test_a_truncated_entry_is_dropped_and_replaced(store, length):
    store.put(KEY, CODE)
    entry(store).write_bytes(entry(store).read_bytes()[:length])
    assert store.get(KEY) is None
    assert not entry(store).exists()
    store.put(KEY, CODE)
    assert store.get(KEY) == CODE


@pytest.mark.parametrize("position", [0, 8, 40, 48, 79, 80, -1])
def test_a_changed_byte_is_noticed(store, position):
    store.put(KEY, CODE)
    blob = bytearray(entry(store).read_bytes())
    blob[position] ^= 1
    entry(store).write_bytes(blob)
    assert store.get(KEY) is None


def test_an_entry_under_a_foreign_name_or_with_a_tail_is_refused(store):
    store.put(KEY, CODE)
    entry(store, OTHER).write_bytes(entry(store).read_bytes())
    assert store.get(OTHER) is None
    entry(store).write_bytes(entry(store).read_bytes() + b"x")
    assert store.get(KEY) is None


def test_a_link_in_the_place_of_an_entry_is_not_followed(store, tmp_path):
    store.put(KEY, CODE)
    kept = tmp_path / "elsewhere"
    entry(store).rename(kept)
    entry(store).symlink_to(kept)
    assert store.get(KEY) is None
    assert kept.exists()


def test_a_pipe_in_the_place_of_an_entry_does_not_block(store):
    store.put(OTHER, CODE)
    os.mkfifo(entry(store))
    assert store.get(KEY) is None


def test_an_entry_that_others_may_write_is_refused(store):
    store.put(KEY, CODE)
    entry(store).chmod(0o666)
    assert store.get(KEY) is None


def refused(store: ObjectCache, reason: str) -> None:
    """The cache warns once, names its directory and goes on in memory."""
    with pytest.warns(CacheWarning) as caught:
        assert store.get(KEY) is None
    assert len(caught) == 1
    text = str(caught[0].message)
    assert str(store.directory) in text
    assert reason in text
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.put(KEY, CODE)
        assert store.get(KEY) == CODE
    assert store.size() == (1, len(CODE))


def test_a_symbolic_link_as_directory_is_refused(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    refused(ObjectCache(tmp_path / "link", 1 << 20), "")
    assert not list((tmp_path / "real").iterdir())


@pytest.mark.parametrize("mode", [0o777, 0o702, 0o720, 0o1777])
def test_a_directory_that_others_may_write_is_refused(tmp_path, mode):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(mode)
    refused(ObjectCache(tmp_path / "shared", 1 << 20), "other users may write")


def test_a_directory_of_another_user_is_refused(tmp_path, monkeypatch):
    (tmp_path / "foreign").mkdir(mode=0o700)
    monkeypatch.setattr(cache_module.os, "geteuid", lambda: os.getuid() + 1)
    refused(ObjectCache(tmp_path / "foreign", 1 << 20), "another user")


def test_a_file_in_the_place_of_the_directory_or_above_it(tmp_path):
    (tmp_path / "file").write_text("kept")
    refused(ObjectCache(tmp_path / "file", 1 << 20), "")
    refused(ObjectCache(tmp_path / "file" / "below", 1 << 20), "")
    assert (tmp_path / "file").read_text() == "kept"


def test_a_read_only_place_is_refused(tmp_path, monkeypatch):
    def mkdir(path, mode=0o777):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    monkeypatch.setattr(cache_module.os, "mkdir", mkdir)
    refused(ObjectCache(tmp_path / "cache", 1 << 20), "Read-only file system")


@pytest.mark.parametrize("failing", ["open", "rename"])
def test_a_full_disk_keeps_the_old_entry_and_leaves_no_part(store, monkeypatch, failing):
    store.put(KEY, CODE)

    def full(*arguments, **keywords):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(cache_module.os, failing, full)
        with pytest.warns(CacheWarning, match="No space left"):
            store.put(KEY, CODE[::-1])
        store.put(OTHER, CODE)  # a second warning would be an error
    assert store.get(KEY) == CODE[::-1]
    assert [p.name for p in store.directory.iterdir()] == [KEY + ".obj"]
    again = ObjectCache(store.directory, 1 << 20)
    assert again.get(KEY) == CODE
    again.close()


def test_the_oldest_entries_go_first(tmp_path):
    store = ObjectCache(tmp_path / "cache", 5 * (len(CODE) + 80))
    keys = [entry_key(str(i)) for i in range(8)]
    for age, key in enumerate(keys):
        store.put(key, CODE)
        os.utime(entry(store, key), (age, age))
    assert store.get(keys[0]) is None
    assert store.get(keys[7]) == CODE
    entries, size = store.size()
    assert 4 <= entries <= 5
    assert size <= store.limit
    store.close()


def test_use_makes_an_entry_young(store):
    store.put(KEY, CODE)
    os.utime(entry(store), (1, 1))
    assert store.get(KEY) == CODE
    assert time.time() - entry(store).stat().st_mtime < 100


def test_parts_of_killed_processes_are_cleaned_up(store):
    store.put(KEY, CODE)
    old, new = (store.directory / f"{KEY}.obj.{n}.part" for n in "12")
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert store.size()[0] == 1
    assert not old.exists()
    assert new.exists()


def test_the_memory_fallback_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(cache_module, "_MEMORY_BYTES", 3000)
    (tmp_path / "file").touch()
    store = ObjectCache(tmp_path / "file", 1 << 20)
    with pytest.warns(CacheWarning):
        store.put(entry_key("0"), CODE)
    for i in range(1, 5):
        store.put(entry_key(str(i)), CODE)
    assert store.size() == (2, 2 * len(CODE))
    assert store.get(entry_key("4")) == CODE


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with config.override(cache_dir=None):
        assert default_directory() == tmp_path / ".cache" / "pentad"
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
        assert default_directory() == tmp_path / "xdg" / "pentad"
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        assert default_directory() == tmp_path / ".cache" / "pentad"
    with config.override(cache_dir=tmp_path / "own"):
        assert default_directory() == tmp_path / "own"


_MANY = """
import sys
from pathlib import Path
from pentad.runtime.cache import ObjectCache, entry_key
store = ObjectCache(Path(sys.argv[1]), 1 << 20)
for i in range(100):
    key = entry_key(str(i % 5))
    code = store.get(key)
    assert code in (None, key.encode() * 50), "half an entry"
    store.put(key, key.encode() * 50)
"""


def test_several_processes_share_one_directory(tmp_path):
    command = [sys.executable, "-c", _MANY, str(tmp_path / "cache")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
