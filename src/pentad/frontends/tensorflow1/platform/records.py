"""tf.python_io: files of records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pentad as pt
from pentad import formats
from pentad.frontends.tensorflow1 import errors


class TFRecordCompressionType:
    """How a file of records is packed."""

    NONE, ZLIB, GZIP = 0, 1, 2


class TFRecordOptions:
    """How a file of records is packed; the rest is taken and has no effect."""

    compression_type_map = {0: "", 1: "ZLIB", 2: "GZIP"}

    def __init__(self, compression_type: Any = None, **tuning: Any) -> None:
        self.compression_type = compression_type

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The packing as a text."""
        kind = getattr(options, "compression_type", options)
        found = cls.compression_type_map.get(kind, kind) if not isinstance(kind, str) else kind
        if found is None:
            return ""
        if found not in formats.tfrecord.COMPRESSIONS:
            raise pt.ArgumentError(f"Not a valid compression_type: {kind!r}")
        return found


class TFRecordWriter(formats.tfrecord.RecordWriter):
    """Writes records to a file."""

    def __init__(self, path: Any, options: Any = None) -> None:
        if options is not None and not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(options)
        kind = TFRecordOptions.get_compression_type_string(options)
        try:
            super().__init__(os.fspath(path), kind)
        except OSError as error:
            raise errors.NotFoundError(None, None, f"{path}; {error.strerror}") from error

    def write(self, record: Any) -> None:
        """One more record."""
        super().write(record.encode() if isinstance(record, str) else record)


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of a file; DataLossError where it is broken."""
    kind = TFRecordOptions.get_compression_type_string(options)
    return records(path, kind)


def records(path: Any, compression: str = "") -> Iterator[bytes]:
    """The same, with the packing as a text."""
    path = path.decode() if isinstance(path, bytes) else path
    try:
        yield from formats.tfrecord.read_records(path, compression or "")
    except pt.FormatError as error:
        raise errors.DataLossError(None, None, str(error)) from error
    except pt.ResourceError as error:
        raise errors.NotFoundError(None, None, str(error)) from error
