"""FileWriter: events and summaries as messages, for those who make them themselves."""

from __future__ import annotations

import os
from typing import Any

import pentad as pt
from pentad.board.event_files import EventQueue
from pentad.board.package import proto
from pentad.board.values import whole
from pentad.static import message


class FileWriter:
    """Writes messages of the package tensorboard to an event file of its own in a folder."""

    def __init__(
        self, log_dir: str | os.PathLike[str], max_queue: int = 10, flush_secs: float = 120,
        filename_suffix: str = "", *, queue: EventQueue | None = None,
    ) -> None:
        self._log_dir = os.fspath(log_dir)
        self._queue = EventQueue(max_queue, flush_secs, filename_suffix) if queue is None else queue
        self._queue.open(self._log_dir)

    def get_logdir(self) -> str:
        """The folder."""
        return self._log_dir

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Write an Event, with the present time or the one given."""
        self._queue.add(self._log_dir, lambda: event, (), whole(step, "step"), walltime)

    def add_summary(
        self, summary: Any, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Write a Summary."""
        self.add_event(summary, global_step, walltime)

    def add_graph(self, graph_profile: tuple[Any, Any], walltime: float | None = None) -> None:
        """Write a graph and what running it took: a GraphDef and a RunMetadata."""
        graph, taken = graph_profile
        self.add_onnx_graph(graph, walltime)
        tagged = proto("event").TaggedRunMetadata(tag="step1", run_metadata=_encoded(taken))
        self.add_event(proto("event").Event(tagged_run_metadata=tagged), None, walltime)

    def add_onnx_graph(self, graph: Any, walltime: float | None = None) -> None:
        """Write a GraphDef; for files of ONNX see SummaryWriter.add_onnx_graph."""
        self.add_event(proto("event").Event(graph_def=_encoded(graph)), None, walltime)

    def flush(self) -> None:
        """Write what waits, now; ResourceError if it cannot be, and then it is kept."""
        self._queue.flush()

    def close(self) -> None:
        """Write what waits and close the file."""
        self._queue.close()

    def reopen(self) -> None:
        """Go on in a new file; what is added does so by itself."""
        self._queue.open(self._log_dir)


def _encoded(made: Any) -> bytes:
    if not hasattr(made, "SerializeToString"):
        raise pt.DTypeError(message("FileWriter: no message", got=type(made).__name__,
                                    expected="a GraphDef or RunMetadata of tensorboard.compat"))
    data: bytes = made.SerializeToString()
    return data
