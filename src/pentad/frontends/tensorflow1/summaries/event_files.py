"""Event files: what TensorBoard reads."""

from __future__ import annotations

import atexit
import itertools
import os
import socket
import threading
import time
import weakref
from typing import Any

from pentad import formats
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.platform.file_io import MakeDirs, path_of
from pentad.frontends.tensorflow1.platform.records import records

events = formats.tensorflow.events
_numbers = itertools.count()


class EventsWriter:
    """Writes events to a file of its own in a folder, at the latest every `flush_secs`."""

    def __init__(self, logdir: Any, filename_suffix: str | None = None, flush_secs: float = 120):
        MakeDirs(logdir)
        now = time.time()
        self.path = os.path.join(path_of(logdir), (
            f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}"
            f"{filename_suffix or ''}"))
        if os.path.exists(self.path):
            self.path += f".{os.getpid()}.{next(_numbers)}"
        self.flush_secs, self._flushed = flush_secs, now
        self._lock = threading.Lock()
        self._file = formats.tfrecord.RecordWriter(self.path)
        self.write(events.Event(wall_time=now, file_version="brain.Event:2"))
        self.flush()

    def write(self, event: Any) -> None:
        """One more event."""
        with self._lock:
            self._file.write(event.SerializeToString())
            if time.time() - self._flushed > self.flush_secs:
                self._file.flush()
                self._flushed = time.time()

    def flush(self) -> None:
        """Let what was written be seen."""
        with self._lock:
            if not self._file.file.closed:
                self._file.flush()
                self._flushed = time.time()

    def close(self) -> None:
        """Finish the file."""
        with self._lock:
            self._file.close()


class FileWriter:
    """Writes summaries, graphs and run metadata of one log folder."""

    def __init__(
        self, logdir: Any, graph: Any = None, max_queue: int = 10, flush_secs: float = 120,
        graph_def: Any = None, filename_suffix: str | None = None, session: Any = None,
    ) -> None:
        self._logdir = path_of(logdir)
        self._suffix, self._flush_secs, self._session = filename_suffix, flush_secs, session
        self._writer: EventsWriter | None = EventsWriter(logdir, filename_suffix, flush_secs)
        self._tags: set[str] = set()
        _open_writers.add(self)
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)

    def get_logdir(self) -> str:
        """The folder."""
        return self._logdir

    def add_event(self, event: Any) -> None:
        """Write an event."""
        if self._writer is None:
            self.reopen()
        assert self._writer is not None
        self._writer.write(event)

    def _add(self, global_step: Any, **what: Any) -> None:
        step = None if global_step is None else int(global_step)
        self.add_event(events.Event(wall_time=time.time(), step=step, **what))

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Write a summary: what a run of a summary operation gave, or a message."""
        if isinstance(summary, bytes):
            summary = events.Summary.FromString(summary)
        made = events.Summary()
        made.CopyFrom(summary)
        for value in made.value:
            # What belongs to a tag is written once.
            if value.HasField("metadata") and value.tag in self._tags:
                value.ClearField("metadata")
            self._tags.add(value.tag)
        self._add(global_step, summary=made)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Write a graph."""
        if graph_def is None:
            graph_def = graph if hasattr(graph, "node") else graph.as_graph_def(add_shapes=True)
        self._add(global_step, graph_def=graph_def.SerializeToString())
        self.flush()

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Write a graph with its collections."""
        self._add(global_step, meta_graph_def=meta_graph_def.SerializeToString())

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Write what happened to the session."""
        self._add(global_step, session_log=session_log)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Write what a run reported, under a tag of its own."""
        made = events.TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add(global_step, tagged_run_metadata=made)

    def flush(self) -> None:
        """Let what was written be seen."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def reopen(self) -> None:
        """Go on in a new file."""
        if self._writer is None:
            self._writer = EventsWriter(self._logdir, self._suffix, self._flush_secs)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


_open_writers: weakref.WeakSet[FileWriter] = weakref.WeakSet()


@atexit.register
def _flush_all() -> None:
    for writer in list(_open_writers):
        writer.flush()


class FileWriterCache:
    """One writer for each folder."""

    _cache: dict[str, FileWriter] = {}
    _lock = threading.Lock()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The writer of a folder."""
        logdir = path_of(logdir)
        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(logdir, get_default_graph())
            return FileWriterCache._cache[logdir]

    @staticmethod
    def clear() -> None:
        """Forget all writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache.clear()


def summary_iterator(path: Any) -> Any:
    """The events of a file."""
    for record in records(path):
        yield events.Event.FromString(record)
