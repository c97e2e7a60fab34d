"""Profiles, in the folder and the formats in which TensorBoard's plugin of profiles finds them.

The plugin is a package of its own (tensorboard-plugin-profile). Its present versions read the
events as an XSpace (the messages of TensorFlow's profiler, xplane.proto), earlier ones the Chrome
trace itself, which Perfetto opens too. Both are written.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import tempfile
from collections.abc import Iterable
from typing import Any

import pentad as pt
from pentad import formats
from pentad.board.event_files import unwritable
from pentad.static import message

_PICO = 1_000_000
"""Picoseconds in a microsecond."""


class XStat(formats.messages.Message):
    """Something known of an event."""

    FIELDS = """
        1 metadata_id int64
        2 double_value double | value
        5 str_value string | value
    """


class XEvent(formats.messages.Message):
    """Something that took time."""

    FIELDS = """
        1 metadata_id int64
        2 offset_ps int64
        3 duration_ps int64
        4 stats XStat*
    """


class XLine(formats.messages.Message):
    """What one thread did."""

    FIELDS = """
        1 id int64
        2 name string
        3 timestamp_ns int64
        4 events XEvent*
    """


class XEventMetadata(formats.messages.Message):
    """What events of one number are called."""

    FIELDS = """
        1 id int64
        2 name string
    """


class XStatMetadata(formats.messages.Message):
    """What stats of one number are called."""

    FIELDS = """
        1 id int64
        2 name string
    """


class XPlane(formats.messages.Message):
    """What one device did."""

    FIELDS = """
        1 id int64
        2 name string
        3 lines XLine*
        4 event_metadata {int64: XEventMetadata}
        5 stat_metadata {int64: XStatMetadata}
    """


class XSpace(formats.messages.Message):
    """A profile of several devices."""

    FIELDS = """
        1 planes XPlane*
        4 hostnames string*
    """


def save(profile: Any, log_dir: str, name: str) -> str:
    """Write a finished profile below a log folder; the folder that it lies in."""
    if not isinstance(profile, pt.profile):
        raise pt.DTypeError(message("add_profile: not a profile", expected="a pentad.profile",
                                    got=type(profile).__name__))
    folder = os.path.join(log_dir, "plugins", "profile", name)
    host = socket.gethostname()
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "trace.json")
        profile.save_trace(path)
        with open(path, "rb") as file:
            trace = file.read()
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    space = xspace(json.loads(trace)["traceEvents"], host)
    for ending, data in (("trace.json.gz", gzip.compress(trace, mtime=0)),
                         ("xplane.pb", space.SerializeToString())):
        with formats.files.replacing(os.path.join(folder, f"{host}.{ending}")) as out:
            out.write(data)
    return folder


def xspace(events: Iterable[dict[str, Any]], host: str) -> XSpace:
    """The events of a Chrome trace, a line for each thread."""
    plane = XPlane(id=1, name="/host:CPU")
    lines: dict[int, XLine] = {}
    kinds, stats = _Names(plane.event_metadata), _Names(plane.stat_metadata)
    for event in events:
        thread = event["tid"]
        if event["ph"] == "M" and event["name"] == "thread_name":
            lines[thread] = XLine(id=thread, name=event["args"]["name"])
        if event["ph"] != "X":
            continue
        about = {"category": event["cat"], **event["args"]}
        made = XEvent(
            metadata_id=kinds.number(event["name"]), offset_ps=round(event["ts"] * _PICO),
            duration_ps=round(event["dur"] * _PICO),
            stats=[_stat(stats.number(key), value) for key, value in about.items()])
        lines[thread].events.append(made)
    plane.lines.extend(lines.values())
    return XSpace(planes=[plane], hostnames=[host])


def _stat(number: int, value: Any) -> XStat:
    if isinstance(value, (int, float)):
        return XStat(metadata_id=number, double_value=value)
    return XStat(metadata_id=number, str_value=str(value))


class _Names:
    """Numbers for names, which a map of messages keeps."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a name."""
        if name not in self._numbers:
            number = self._numbers[name] = len(self._numbers) + 1
            self._table[number].id, self._table[number].name = number, name
        return self._numbers[name]
