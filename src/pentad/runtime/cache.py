"""The disk cache of object code (and of the programs that call it, see programs.py).

Cached bytes are executed later, so that a cache is as sensitive as a program: its directory must
belong to this user, must not be a symbolic link and must not be writable for anybody else. Every
entry carries its key and a checksum; an entry that does not fit is deleted, never executed. A
directory that cannot be used costs one warning, which names it; then entries live in memory only.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import threading
import time
import warnings
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from pentad.graph.config import config

MAGIC = b"PENTADO1"
_HEADER = struct.Struct("<8s32sQ32s")  # magic, key, payload length, SHA-256 of the payload
_SUFFIX = ".obj"
_PARTIAL = ".part"
_MEMORY_BYTES = 64 << 20
_STALE_SECONDS = 3600.0
_REFRESH_SECONDS = 86400.0

# One lock for all caches. A fork waits until nobody holds it, so that a child finds it free.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


class CacheWarning(UserWarning):
    """The disk cache is not usable; compiled code is kept in memory only."""


def default_directory() -> Path:
    """PENTAD_CACHE_DIR, else `pentad` in XDG_CACHE_HOME, else `~/.cache/pentad`."""
    if config.cache_dir is not None:
        return config.cache_dir
    base = os.environ.get("XDG_CACHE_HOME")
    # The XDG specification says that a relative path is to be ignored.
    return (Path(base) if base and os.path.isabs(base) else Path.home() / ".cache") / "pentad"


def entry_key(*parts: str) -> str:
    """The hexadecimal SHA-256 of the parts, each with its length, so that none can imitate two."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(struct.pack("<Q", len(data)))
        digest.update(data)
    return digest.hexdigest()


def _open_private(path: Path) -> int:
    """A descriptor of the directory `path`, made if missing; OSError if it is not private."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):  # then the checks below decide
        os.mkdir(path, 0o700)
    flags = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_DIRECTORY", 0) | os.O_NOFOLLOW
    descriptor = os.open(path, flags)
    try:
        _check_private(os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_private(info: os.stat_result) -> None:
    if info.st_uid != os.geteuid():
        raise PermissionError("it belongs to another user")
    if info.st_mode & 0o022:
        raise PermissionError("other users may write into it")


def _pack(key: str, payload: bytes) -> bytes:
    checksum = hashlib.sha256(payload).digest()
    return _HEADER.pack(MAGIC, bytes.fromhex(key), len(payload), checksum) + payload


def _unpack(key: str, blob: bytes) -> bytes | None:
    """The payload of an entry, or None if anything about it does not fit."""
    if len(blob) < _HEADER.size:
        return None
    magic, name, length, checksum = _HEADER.unpack_from(blob)
    payload = blob[_HEADER.size :]
    if magic != MAGIC or name != bytes.fromhex(key) or length != len(payload):
        return None
    return payload if hashlib.sha256(payload).digest() == checksum else None


class ObjectCache:
    """Object code by key in one directory. Safe among threads and among processes."""

    def __init__(self, directory: Path, limit: int) -> None:
        self.directory = directory
        self.limit = limit
        self.memory_only = False
        self._descriptor = -1
        self._bytes = -1  # what the directory holds; -1: not counted yet
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._memory_bytes = 0

    def get(self, key: str) -> bytes | None:
        """The object code stored under `key`, or None. A damaged entry is deleted."""
        with _lock:
            if not self._usable():
                return self._memory.get(key)
            name = key + _SUFFIX
            try:
                blob = self._read(name)
            except FileNotFoundError:
                return None
            except OSError:
                blob = b""  # a link, a directory or another user's file stands in its place
            payload = _unpack(key, blob)
            if payload is None:
                self._remove(name)
            return payload

    def put(self, key: str, payload: bytes) -> None:
        """Store object code; a failing disk turns the cache to memory only, with one warning."""
        with _lock:
            if self._usable():
                try:
                    self._write(key + _SUFFIX, _pack(key, payload))
                    return
                except OSError as error:
                    self._degrade(error)
            self._remember(key, payload)

    def size(self) -> tuple[int, int]:
        """Entries and bytes on disk (in memory once the directory turned out to be unusable)."""
        with _lock:
            if not self._usable():
                return len(self._memory), self._memory_bytes
            entries = self._entries()
            return len(entries), sum(size for _, size, _ in entries)

    def close(self) -> None:
        """Give the descriptor back; the next use opens the directory again."""
        with _lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _usable(self) -> bool:
        if self._descriptor >= 0:
            return True
        if not self.memory_only:
            try:
                self._descriptor = _open_private(self.directory)
            except (OSError, AttributeError) as error:  # AttributeError: no O_NOFOLLOW here
                self._degrade(error)
        return not self.memory_only

    def _degrade(self, error: Exception) -> None:
        self.close()
        self.memory_only = True
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        warnings.warn(
            f"compiled code is not kept on disk: {self.directory} cannot be used ({reason}); "
            "every process will compile again. Try: set PENTAD_CACHE_DIR to a private directory",
            CacheWarning,
            stacklevel=2,
        )

    def _remember(self, key: str, payload: bytes) -> None:
        self._memory_bytes += len(payload) - len(self._memory.pop(key, b""))
        self._memory[key] = payload
        while self._memory_bytes > _MEMORY_BYTES:
            self._memory_bytes -= len(self._memory.popitem(last=False)[1])

    def _read(self, name: str) -> bytes:
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(name, flags, dir_fd=self._descriptor), "rb") as file:
            info = os.fstat(file.fileno())
            _check_private(info)
            if not stat.S_ISREG(info.st_mode):
                raise OSError("not a regular file")
            # The time of the last change is the time of the last use, renewed once a day.
            if time.time() - info.st_mtime > _REFRESH_SECONDS:
                os.utime(file.fileno())
            return file.read()

    def _write(self, name: str, blob: bytes) -> None:
        """Write beside the entry, then rename: a reader sees the old entry, the new one or none.

        Nobody waits for the disk: what a power failure leaves of an entry fails its checksum.
        """
        partial = f"{name}.{os.getpid()}.{threading.get_ident()}{_PARTIAL}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(partial, flags, 0o600, dir_fd=self._descriptor), "wb") as file:
                file.write(blob)
            os.rename(partial, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except OSError:
            self._remove(partial)
            raise
        self._make_room(len(blob))

    def _remove(self, name: str) -> None:
        try:
            os.unlink(name, dir_fd=self._descriptor)
        except FileNotFoundError:
            return
        except OSError as error:
            # What cannot be removed cannot be replaced either, a directory for instance.
            self._degrade(error)

    def _entries(self) -> list[tuple[float, int, str]]:
        """(time of last use, bytes, name) of each entry, oldest first; drops abandoned parts."""
        found = []
        for name in os.listdir(self._descriptor):
            try:
                info = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue  # another process removed it meanwhile
            if name.endswith(_SUFFIX):
                found.append((info.st_mtime, info.st_size, name))
            elif name.endswith(_PARTIAL) and time.time() - info.st_mtime > _STALE_SECONDS:
                self._remove(name)
        return sorted(found)

    def _make_room(self, added: int) -> None:
        """Delete the oldest entries once the directory is over its limit, down to 4/5 of it."""
        if self._bytes >= 0 and self._bytes + added <= self.limit:
            self._bytes += added
            return
        entries = self._entries()
        self._bytes = sum(size for _, size, _ in entries)
        if self._bytes <= self.limit:
            return
        for _, size, name in entries[:-1]:
            self._remove(name)
            self._bytes -= size
            if self._bytes <= self.limit * 4 // 5:
                return


_default: dict[tuple[Path, int], ObjectCache] = {}


def default_cache() -> ObjectCache:
    """The cache that the flags describe; one object per directory and limit."""
    directory, limit = default_directory(), config.cache_megabytes << 20
    with _lock:
        if (directory, limit) not in _default:
            _default[directory, limit] = ObjectCache(directory, limit)
        return _default[directory, limit]
