"""tf.train.Supervisor: the older way to watch a session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.state import report_uninitialized_variables
from pentad.frontends.tensorflow1.summaries.event_files import FileWriter
from pentad.frontends.tensorflow1.summaries.ops import merge_all
from pentad.frontends.tensorflow1.train.coordinator import Coordinator, LooperThread
from pentad.frontends.tensorflow1.train.queue_runner import start_queue_runners
from pentad.frontends.tensorflow1.train.saver import Saver
from pentad.frontends.tensorflow1.train.session_manager import SessionManager
from pentad.frontends.tensorflow1.train.steps import get_global_step
from pentad.frontends.tensorflow1.variables.lists import (
    global_variables_initializer,
    local_variables_initializer,
    tables_initializer,
)


class Supervisor:
    """Begins sessions from checkpoints, saves and summarises in threads, ends them together."""

    USE_DEFAULT = 0

    def __init__(
        self, graph: Any = None, ready_op: Any = 0, ready_for_local_init_op: Any = 0,
        is_chief: bool = True, init_op: Any = 0, init_feed_dict: Any = None,
        local_init_op: Any = 0, logdir: Any = None, summary_op: Any = 0, saver: Any = 0,
        global_step: Any = 0, save_summaries_secs: float = 120, save_model_secs: float = 600,
        recovery_wait_secs: float = 30, stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt", session_manager: Any = None,
        summary_writer: Any = 0, init_fn: Any = None, local_init_run_options: Any = None,
    ) -> None:
        self.graph = graph or get_default_graph()
        self.coord, self.is_chief = Coordinator(), is_chief
        self.save_summaries_secs, self.save_model_secs = save_summaries_secs, save_model_secs
        self._grace, self._init_fn, self._feed = stop_grace_secs, init_fn, init_feed_dict

        def default(given: Any, make: Any) -> Any:
            return make() if isinstance(given, int) and given == 0 else given

        with self.graph.as_default():
            self.ready_op = default(ready_op, report_uninitialized_variables)
            self.init_op = default(init_op, global_variables_initializer)
            self.local_init_op = default(local_init_op, lambda: group(
                local_variables_initializer(), tables_initializer()))
            self.summary_op = default(summary_op, merge_all)
            self.global_step = default(global_step, get_global_step)
            self.saver = default(saver, lambda: Saver(allow_empty=True))
            self.session_manager = session_manager or SessionManager(
                self.local_init_op, self.ready_op, graph=self.graph)
        self.logdir = logdir
        self.save_path = os.path.join(logdir, checkpoint_basename) if logdir else None
        self.summary_writer = default(
            summary_writer, lambda: FileWriter(logdir) if logdir and is_chief else None)
        self._written = False
        self.graph.finalize()

    def prepare_or_wait_for_session(
        self, master: str = "", config: Any = None, wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200, start_standard_services: bool = True,
    ) -> Any:
        """A session that is ready, with its threads."""
        self.coord.clear_stop()
        session = self.session_manager.prepare_session(
            master, self.init_op, self.saver, self.logdir, config=config,
            init_feed_dict=self._feed, init_fn=self._init_fn)
        if self.summary_writer is not None and not self._written:
            self.summary_writer.add_graph(self.graph)
            self._written = True
        self.start_queue_runners(session)
        if start_standard_services and self.logdir:
            self.start_standard_services(session)
        return session

    PrepareSession = prepare_or_wait_for_session

    def start_standard_services(self, sess: Any) -> list[Any]:
        """Threads that save and summarise."""
        threads = []
        if self.summary_op is not None and self.save_summaries_secs and self.summary_writer:
            threads.append(LooperThread(self.coord, self.save_summaries_secs,
                                        self._summarise, (sess,)))
        if self.saver is not None and self.save_model_secs:
            threads.append(LooperThread(self.coord, self.save_model_secs, self._save, (sess,)))
        for thread in threads:
            thread.start()
        return threads

    def _summarise(self, sess: Any) -> None:
        self.summary_computed(sess, sess.run(self.summary_op))

    def _save(self, sess: Any) -> None:
        self.saver.save(sess, self.save_path, global_step=self.global_step)

    def start_queue_runners(self, sess: Any, queue_runners: Any = None) -> list[Any]:
        """The threads that fill queues."""
        if queue_runners is None:
            return start_queue_runners(sess, self.coord)
        return [t for r in queue_runners
                for t in r.create_threads(sess, self.coord, daemon=True, start=True)]

    def loop(
        self, timer_interval_secs: Any, target: Any, args: Any = None, kwargs: Any = None
    ) -> LooperThread:
        """Call a function again and again in a thread."""
        made = LooperThread(self.coord, timer_interval_secs, target, args, kwargs)
        made.start()
        return made

    def summary_computed(self, sess: Any, summary: Any, global_step: Any = None) -> None:
        """Write a summary."""
        if self.summary_writer is None:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self.global_step is not None:
            global_step = int(sess.run(self.global_step))
        self.summary_writer.add_summary(summary, global_step)

    def should_stop(self) -> bool:
        """Was it asked to stop?"""
        return self.coord.should_stop()

    def request_stop(self, ex: Any = None) -> None:
        """Ask all threads to stop."""
        self.coord.request_stop(ex)

    def stop_on_exception(self) -> Any:
        """An error within it asks all threads to stop."""
        return self.coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Wait until it is asked to stop."""
        self.coord.wait_for_stop()

    def stop(
        self, threads: Any = None, close_summary_writer: bool = True,
        ignore_live_threads: bool = False,
    ) -> None:
        """End all threads."""
        self.coord.request_stop()
        try:
            self.coord.join(threads, stop_grace_period_secs=self._grace,
                            ignore_live_threads=ignore_live_threads)
        finally:
            if close_summary_writer and self.summary_writer is not None:
                self.summary_writer.close()

    @contextmanager
    def managed_session(
        self, master: str = "", config: Any = None, start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Any]:
        """A session that is ready; once its threads have ended, its variables are saved."""
        session = None
        try:
            session = self.prepare_or_wait_for_session(
                master, config, start_standard_services=start_standard_services)
            try:
                with session.as_default(), self.graph.as_default():
                    yield session
            except errors.OutOfRangeError:
                self.request_stop()
            except BaseException:
                self.stop(close_summary_writer=close_summary_writer)
                raise
            self.stop(close_summary_writer=close_summary_writer)
            if self.saver is not None and self.save_model_secs and self.save_path:
                self._save(session)
        finally:
            if session is not None:
                session.close()
