"""Readers: records of files whose names come out of a queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.data import readers as files
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.resources import SCALAR, apply, boxed, handle, name_of
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.platform.records import TFRecordOptions, records
from pentad.frontends.tensorflow1.queues.queue import running

Record = tuple[bytes, bytes]


class _Reading:
    """A reader of one session."""

    def __init__(self, open_file: Any) -> None:
        self.open_file = open_file
        self.rows: Iterator[Record] | None = None
        self.produced = self.completed = 0
        self.lock = threading.Lock()

    def next(self, queue: Any) -> Record:
        """The next record; the next file is taken out of the queue where one ends."""
        with self.lock:
            while True:
                if self.rows is None:
                    [[name]] = queue.take(1)
                    self.rows = self.open_file(np.asarray(name, object).item().decode())
                found = next(self.rows, None)
                if found is not None:
                    self.produced += 1
                    return found
                self.rows = None
                self.completed += 1


def _made(store: Any, node: Any) -> Any:
    store.resource(node.name, lambda: _Reading(node.extra["open_file"]))
    return boxed(node.name)


def _read(store: Any, node: Any, reader: Any, queue: Any) -> Any:
    key, value = store.resources[name_of(reader)].next(running(store, queue))
    return boxed(key), boxed(value)


def _read_up_to(store: Any, node: Any, reader: Any, queue: Any, count: Any) -> Any:
    rows: list[Record] = []
    try:
        while len(rows) < int(count):
            rows.append(store.resources[name_of(reader)].next(running(store, queue)))
    except errors.OutOfRangeError:
        if not rows:
            raise
    return tuple(np.array([*column, None], object)[:-1] for column in zip(*rows))


def _reset(store: Any, node: Any, reader: Any) -> Any:
    found = store.resources[name_of(reader)]
    found.rows, found.produced, found.completed = None, 0, 0
    return ()


def _counter(field: str) -> Any:
    return lambda store, node, reader: np.int64(getattr(store.resources[name_of(reader)], field))


_READ = static.ResourceOp("ReaderReadV2", _read)
_READ_UP_TO = static.ResourceOp("ReaderReadUpToV2", _read_up_to)
_RESET = static.ResourceOp("ReaderResetV2", _reset)
_PRODUCED = static.ResourceOp("ReaderNumRecordsProducedV2", _counter("produced"))
_COMPLETED = static.ResourceOp("ReaderNumWorkUnitsCompletedV2", _counter("completed"))
_KINDS = {kind: static.ResourceOp(f"{kind}V2", _made) for kind in (
    "TextLineReader", "WholeFileReader", "FixedLengthRecordReader", "TFRecordReader",
    "IdentityReader")}


class ReaderBase:
    """Gives (key, value) pairs of texts."""

    def __init__(self, reader_ref: Any, supports_serialize: bool = False) -> None:
        self._reader_ref, self._supports_serialize = reader_ref, supports_serialize

    @property
    def reader_ref(self) -> Any:
        """The tensor that stands for it."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Can its state be saved? No."""
        return False

    def read(self, queue: Any, name: str | None = None) -> Any:
        """The key and value of the next record, each time that it is run."""
        node = apply(_READ, [self._reader_ref, queue.queue_ref], [(dtypes.string, SCALAR)] * 2,
                     name or "ReaderReadV2")
        return tuple(node.outputs)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """The keys and values of so many records, fewer at the end."""
        count = convert_to_tensor(num_records, dtypes.int64)
        node = apply(_READ_UP_TO, [self._reader_ref, queue.queue_ref, count],
                     [(dtypes.string, TensorShape([None]))] * 2, name or "ReaderReadUpToV2")
        return tuple(node.outputs)

    def num_records_produced(self, name: str | None = None) -> Any:
        """How many records it has given."""
        return apply(_PRODUCED, [self._reader_ref], [(dtypes.int64, SCALAR)],
                     name or "ReaderNumRecordsProducedV2").outputs[0]

    def num_work_units_completed(self, name: str | None = None) -> Any:
        """How many files it has read."""
        return apply(_COMPLETED, [self._reader_ref], [(dtypes.int64, SCALAR)],
                     name or "ReaderNumWorkUnitsCompletedV2").outputs[0]

    def reset(self, name: str | None = None) -> Any:
        """An operation that lets it begin with the next file."""
        return apply(_RESET, [self._reader_ref], [], name or "ReaderResetV2")

    def serialize_state(self, name: str | None = None) -> Any:
        """Cannot be done."""
        raise errors.UnimplementedError(None, None, "Reader SerializeState")

    def restore_state(self, state: Any, name: str | None = None) -> Any:
        """Cannot be done."""
        raise errors.UnimplementedError(None, None, "Reader RestoreState")


def _begin(self: ReaderBase, kind: str, name: str | None, open_file: Any) -> None:
    ReaderBase.__init__(self, handle(_KINDS[kind], name or f"{kind}V2", open_file=open_file))


class TextLineReader(ReaderBase):
    """Lines; the keys are `file:number`."""

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        skip = skip_header_lines or 0

        def rows(path: str) -> Iterator[Record]:
            for i, line in enumerate(files.lines(path)):
                if i >= skip:
                    yield f"{path}:{i + 1}".encode(), line

        _begin(self, "TextLineReader", name, rows)


class WholeFileReader(ReaderBase):
    """Files; the keys are their names."""

    def __init__(self, name: str | None = None) -> None:
        _begin(self, "WholeFileReader", name,
               lambda path: iter([(path.encode(), files.content(path))]))


class FixedLengthRecordReader(ReaderBase):
    """Records of one length; the keys are `file:number`."""

    def __init__(
        self, record_bytes: int, header_bytes: int | None = None, footer_bytes: int | None = None,
        hop_bytes: int | None = None, name: str | None = None, encoding: str | None = None,
    ) -> None:
        def rows(path: str) -> Iterator[Record]:
            data = files.content(path, encoding or "")
            head, end = header_bytes or 0, len(data) - (footer_bytes or 0)
            places = range(head, end - record_bytes + 1, hop_bytes or record_bytes)
            for i, at in enumerate(places):
                yield f"{path}:{i}".encode(), data[at:at + record_bytes]

        _begin(self, "FixedLengthRecordReader", name, rows)


class TFRecordReader(ReaderBase):
    """Records of TFRecord files; the keys are `file:offset`."""

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        kind = TFRecordOptions.get_compression_type_string(options)

        def rows(path: str) -> Iterator[Record]:
            at = 0
            for record in records(path, kind):
                yield f"{path}:{at}".encode(), record
                at += len(record) + 16

        _begin(self, "TFRecordReader", name, rows)


class IdentityReader(ReaderBase):
    """What the queue holds, as keys and as values."""

    def __init__(self, name: str | None = None) -> None:
        _begin(self, "IdentityReader", name, lambda path: iter([(path.encode(), path.encode())]))


class LMDBReader(ReaderBase):
    """The entries of LMDB data bases."""

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        raise errors.UnimplementedError(None, None, static.message(
            "LMDBReader is not supported", hint="read the data base with the lmdb package in "
            "tf.data.Dataset.from_generator"))
