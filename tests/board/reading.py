"""Event files as TensorBoard's own code reads them."""

from __future__ import annotations

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
