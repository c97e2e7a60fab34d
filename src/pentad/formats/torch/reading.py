"""The two formats of PyTorch's files, as storages and a pickle that refers to them."""

from __future__ import annotations

import io
import sys
from typing import Any, BinaryIO

from pentad.formats import limits
from pentad.formats.archive import MAGIC, STORED, Archive
from pentad.formats.files import broken
from pentad.formats.torch.arrays import STATES
from pentad.formats.torch.cursor import Cursor
from pentad.formats.torch.instances import Classes, Made
from pentad.formats.torch.machine import Machine
from pentad.formats.torch.objects import Names
from pentad.formats.torch.plain import checked
from pentad.formats.torch.storages import Memory, Storages

LEGACY = bytes.fromhex("6cfc9c46f9206aa85019")
"""The number with which the older format begins."""
_NEWEST = 10  # of the versions of the archive
_HINT = "in PyTorch, save model.state_dict() with torch.save"


def is_zip(head: bytes) -> bool:
    """Does a file that begins so claim to be a zip archive?"""
    return head.startswith(MAGIC)


def is_legacy(head: bytes) -> bool:
    """Does a file that begins so claim to be of the older format?"""
    return head[:1] == b"\x80" and LEGACY in head[:40]


def is_tar(head: bytes) -> bool:
    """Is it a tar archive, as PyTorch wrote before 0.1.10?"""
    return head[257:262] == b"ustar"


# -- the archive -----------------------------------------------------------------------------------


def read_archive(
    file: BinaryIO, length: int, where: str, classes: Classes | None = None
) -> Any:
    """The object in a zip archive of PyTorch."""
    archive = Archive(file, length, where)
    top = _top(archive)
    order = _order(archive, top)

    def obtain(cursor: Cursor, key: str, nbytes: int) -> Memory:
        name = f"{top}/data/{key}"
        entry = archive.entries.get(name)
        if entry is None or entry.size != nbytes:
            raise cursor.broken(f"storage {key[:80]!r} is not in the archive", f"{nbytes} bytes",
                                "no entry" if entry is None else f"{entry.size}")
        memory = Memory(key, nbytes)
        archive.read_into(name, memory.bytes().data)
        return memory

    name = f"{top}/data.pkl"
    data = archive.read(name, limits.PICKLE_BYTES)
    storages = Storages(where, obtain)
    cursor = Cursor(io.BytesIO(data), len(data), f"{where}, {name}", length)
    made = Made(classes)
    root = Machine(cursor, Names(storages, made).find, storages.refer, STATES, made).run()
    if cursor.left:
        raise cursor.broken("bytes after the pickle", "none", str(cursor.left))
    checked((root,), where, made)
    storages.finish(swap=order != sys.byteorder)
    made.finish()
    return root


def _top(archive: Archive) -> str:
    """The folder in the archive that everything is in."""
    tops = {name.partition("/")[0] for name in archive.entries}
    top = tops.pop() if len(tops) == 1 else ""
    if f"{top}/data.pkl" in archive.entries and f"{top}/constants.pkl" not in archive.entries:
        packed = [name for name, entry in archive.entries.items() if entry.method != STORED]
        if packed:
            raise broken(archive.where, f"the entry {packed[0]!r} is packed",
                         "entries as torch.save stores them", "Deflate")
        return top
    script = any(n.endswith("/constants.pkl") for n in archive.entries)
    raise broken(
        archive.where, "a TorchScript program" if script else "a zip archive, but not PyTorch's",
        expected="an archive that torch.save wrote: one folder with data.pkl",
        got=", ".join(sorted(archive.entries)[:4])[:120] or "nothing", hint=_HINT,
    )


def _order(archive: Archive, top: str) -> str:
    """The byte order of the numbers, once the version is known to be one that we read."""
    version = _record(archive, f"{top}/version", b"3").strip()
    if not version.isdigit() or int(version) > _NEWEST:
        raise broken(archive.where, "an archive of an unknown version", f"up to {_NEWEST}",
                     repr(version))
    order = _record(archive, f"{top}/byteorder", b"little")
    if order not in (b"little", b"big"):
        raise broken(archive.where, "an unknown byte order", "little or big", repr(order))
    return order.decode()


def _record(archive: Archive, name: str, default: bytes) -> bytes:
    return archive.read(name, 16) if name in archive.entries else default


# -- a pickle without weights ----------------------------------------------------------------------


def read_pickle(file: BinaryIO, length: int, where: str) -> Any:
    """Numbers, texts, arrays and containers in a plain pickle, of Python 2 or 3."""
    cursor = Cursor(file, length, where)

    def nothing(cursor: Cursor, *asked: Any) -> Any:
        raise cursor.broken("a storage outside of an archive", "numbers, texts, arrays")

    made = Made(None)
    names = Names(Storages(where, nothing), made)
    root = Machine(cursor, names.find, nothing, STATES, made, old=True).run()
    checked((root,), where, made)
    return root


# -- the older format ------------------------------------------------------------------------------


def read_legacy(
    file: BinaryIO, length: int, where: str, classes: Classes | None = None
) -> Any:
    """The object in a file of the older format; the file then stands behind it."""
    cursor = Cursor(file, length, where)
    declared = 0

    def nothing(cursor: Cursor, *asked: Any) -> Any:
        raise cursor.broken("a name or a storage before the weights", "numbers and texts")

    def obtain(cursor: Cursor, key: str, nbytes: int) -> Memory:
        nonlocal declared
        declared += nbytes
        if declared > cursor.left:
            raise cursor.broken("storages larger than the file", f"{cursor.left} bytes at most",
                                str(declared))
        return Memory(key, nbytes)

    head = [Machine(cursor, nothing, nothing).run() for _ in range(3)]
    if head[0] != int.from_bytes(LEGACY, "little") or head[1] != 1001:
        raise broken(where, "a file of an unknown version", "PyTorch's 1001",
                     str(head[1]) if type(head[1]) is int else type(head[1]).__name__)
    # The values are little-endian whatever the machine was.
    storages = Storages(where, obtain)
    made = Made(classes)
    root = Machine(cursor, Names(storages, made).find, storages.refer, STATES, made).run()
    checked((root,), where, made)
    keys = Machine(cursor, nothing, nothing).run()
    _fill(cursor, storages, keys)
    storages.finish(swap=sys.byteorder == "big")
    made.finish()
    return root


def _fill(cursor: Cursor, storages: Storages, keys: Any) -> None:
    """Read the values of the storages, which come in the order of the keys."""
    known = type(keys) is list and all(type(k) is str for k in keys)
    if not known or len(set(keys)) != len(keys) or set(keys) != set(storages.memories):
        raise cursor.broken("the storages that follow are not those of the tensors",
                            f"{len(storages.memories)} keys",
                            f"{len(keys)}" if known else type(keys).__name__)
    for key in keys:
        memory = storages.memories[key]
        count = cursor.number("<q")
        if count * memory.unit != memory.nbytes:
            raise cursor.broken(f"storage {key[:80]!r} of another length",
                                f"{memory.nbytes // memory.unit} elements", str(count))
        cursor.take_into(memory.bytes())
