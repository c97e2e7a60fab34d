"""Event files as TensorBoard's own code reads them, and a disk that is full."""

from __future__ import annotations

import errno
from pathlib import Path


def accumulator(folder):
    """TensorBoard's reader of one run."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), {"tensors": 0, "scalars": 0, "images": 0, "audio": 0,
                                           "histograms": 0})
    return found.Reload()


def files(folder):
    return sorted(Path(folder).glob("events.out.tfevents.*"))


def events(path):
    """Every event of a file; FormatError if a record is broken."""
    return list(read(path))


def read(path):
    from tensorboard.compat.proto.event_pb2 import Event

    from pentad.formats import tfrecord

    for record in tfrecord.read_records(path):
        yield Event.FromString(record)


def scalars(folder, tag):
    """[(step, value)]"""
    return [(e.step, e.value) for e in accumulator(folder).Scalars(tag)]


class Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, room):
        self._file, self.room = file, room

    def write(self, data):
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = self._file.write(data[:self.room])
        self.room -= count
        return count

    def __getattr__(self, name):
        return getattr(self._file, name)
