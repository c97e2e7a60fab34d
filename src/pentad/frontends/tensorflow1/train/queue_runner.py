"""Threads that fill queues."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import pentad as pt
from pentad import formats, static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.session import get_default_session


class QueueRunnerDef(formats.messages.Message):
    """A queue runner by the names of its operations."""

    FIELDS = """
        1 queue_name string
        2 enqueue_op_name string*
        3 close_op_name string
        4 cancel_op_name string
        5 queue_closed_exception_types enum*
    """


class QueueRunner:
    """Runs the operations that fill a queue, each in a thread of its own."""

    def __init__(
        self, queue: Any = None, enqueue_ops: Any = None, close_op: Any = None,
        cancel_op: Any = None, queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None, import_scope: Any = None,
    ) -> None:
        self._lock = threading.Lock()
        self._runs: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._raised: list[Exception] = []
        self._ends = tuple(queue_closed_exception_types or (errors.OutOfRangeError,))
        if queue_runner_def is not None:
            self._from_def(queue_runner_def, import_scope)
            return
        if queue is None or not enqueue_ops:
            raise pt.ArgumentError("Must provide queue and enqueue_ops.")
        self._queue, self._enqueue_ops = queue, list(enqueue_ops)
        self._close_op = queue.close() if close_op is None else close_op
        self._cancel_op = (
            queue.close(cancel_pending_enqueues=True) if cancel_op is None else cancel_op)
        self._name = queue.name

    def _from_def(self, definition: Any, scope: str | None) -> None:
        graph, prefix = get_default_graph(), f"{scope}/" if scope else ""
        self._queue = None
        self._name = prefix + definition.queue_name
        self._enqueue_ops = [graph.as_graph_element(prefix + n) for n in definition.enqueue_op_name]
        self._close_op = graph.as_graph_element(prefix + definition.close_op_name)
        self._cancel_op = graph.as_graph_element(prefix + definition.cancel_op_name)

    @classmethod
    def from_proto(cls, queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """The runner of a QueueRunnerDef."""
        return cls(queue_runner_def=queue_runner_def, import_scope=import_scope)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """It as a QueueRunnerDef."""
        return QueueRunnerDef(
            queue_name=self._name, enqueue_op_name=[o.name for o in self._enqueue_ops],
            close_op_name=self._close_op.name, cancel_op_name=self._cancel_op.name)

    queue = property(lambda self: self._queue, doc="The queue.")
    enqueue_ops = property(lambda self: self._enqueue_ops, doc="What fills it.")
    close_op = property(lambda self: self._close_op, doc="What closes it.")
    cancel_op = property(lambda self: self._cancel_op, doc="What closes it at once.")
    name = property(lambda self: self._name, doc="The queue's name.")
    exceptions_raised = property(lambda self: self._raised, doc="Errors without a coordinator.")
    queue_closed_exception_types = property(lambda self: self._ends, doc="What says that it ended.")

    def _run(self, sess: Any, enqueue_op: Any, coord: Any) -> None:
        counted = True
        try:
            call = sess.make_callable(enqueue_op)
            while not (coord and coord.should_stop()):
                try:
                    call()
                except self._ends:
                    with self._lock:
                        self._runs[sess] -= 1
                        counted = False
                        last = self._runs[sess] == 0
                    if last:
                        sess.run(self._close_op)
                    return
        except errors.CancelledError:
            return
        except Exception as error:
            if coord:
                coord.request_stop(error)
            else:
                with self._lock:
                    self._raised.append(error)
                raise
        finally:
            if counted:
                with self._lock:
                    self._runs[sess] -= 1

    def _close_on_stop(self, sess: Any, coord: Any) -> None:
        coord.wait_for_stop()
        try:
            sess.run(self._cancel_op)
        except Exception as error:
            coord.request_stop(error) if not isinstance(error, RuntimeError) else None

    def create_threads(
        self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """A thread for each operation, and one that closes the queue when the others stop."""
        with self._lock:
            if self._runs.get(sess, 0) > 0:
                return []
            self._runs[sess] = len(self._enqueue_ops)
        made = [threading.Thread(target=self._run, args=(sess, op, coord), name=f"fills {op.name}")
                for op in self._enqueue_ops]
        if coord:
            made.append(threading.Thread(target=self._close_on_stop, args=(sess, coord)))
        for thread in made:
            thread.daemon = daemon
            if coord:
                coord.register_thread(thread)
            if start:
                thread.start()
        return made


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Let start_queue_runners start a runner."""
    get_default_graph().add_to_collection(collection, qr)


def start_queue_runners(
    sess: Any = None, coord: Any = None, daemon: bool = True, start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Start the runners of the graph; their threads."""
    sess = sess or get_default_session()
    if sess is None:
        raise pt.ArgumentError(static.message(
            "Cannot start queue runners: No default session is registered.",
            hint="Use `with sess.as_default()` or pass an explicit session"))
    sess = getattr(sess, "raw_session", lambda: sess)()
    with sess.graph.as_default():
        return [t for runner in sess.graph.get_collection(collection)
                for t in runner.create_threads(sess, coord, daemon, start)]
