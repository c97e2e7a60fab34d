"""Watched sessions: begun from checkpoints, with hooks around their runs."""

from __future__ import annotations

import os
from typing import Any

from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.state import report_uninitialized_variables
from pentad.frontends.tensorflow1.summaries.ops import merge_all
from pentad.frontends.tensorflow1.train import hooks as all_hooks
from pentad.frontends.tensorflow1.train.coordinator import Coordinator
from pentad.frontends.tensorflow1.train.queue_runner import start_queue_runners
from pentad.frontends.tensorflow1.train.saver import Saver
from pentad.frontends.tensorflow1.train.session_manager import SessionManager
from pentad.frontends.tensorflow1.train.session_run import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunValues,
)
from pentad.frontends.tensorflow1.variables.lists import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    tables_initializer,
)

USE_DEFAULT = object()


class Scaffold:
    """What a session begins with; what is not given is made when the graph is complete."""

    def __init__(
        self, init_op: Any = None, init_feed_dict: Any = None, init_fn: Any = None,
        ready_op: Any = None, ready_for_local_init_op: Any = None, local_init_op: Any = None,
        summary_op: Any = None, saver: Any = None, copy_from_scaffold: Any = None,
        local_init_feed_dict: Any = None,
    ) -> None:
        other = copy_from_scaffold
        self._init_fn = init_fn and (lambda session: init_fn(self, session))
        self._user_init_fn = init_fn
        for name, value in (
            ("init_op", init_op), ("init_feed_dict", init_feed_dict), ("ready_op", ready_op),
            ("ready_for_local_init_op", ready_for_local_init_op), ("local_init_op", local_init_op),
            ("summary_op", summary_op), ("saver", saver),
            ("local_init_feed_dict", local_init_feed_dict),
        ):
            kept = getattr(other, name) if value is None and other is not None else value
            setattr(self, name, kept)

    @property
    def init_fn(self) -> Any:
        """A function of the session that gives values."""
        return self._init_fn

    def finalize(self) -> Scaffold:
        """Make what is missing, and finalize the graph."""
        graph = get_default_graph()
        if self.init_op is None:
            self.init_op = self._kept(GraphKeys.INIT_OP, lambda: group(
                global_variables_initializer(), name="init"))
        if self.ready_op is None:
            self.ready_op = self._kept(GraphKeys.READY_OP, report_uninitialized_variables)
        if self.ready_for_local_init_op is None:
            self.ready_for_local_init_op = self._kept(
                GraphKeys.READY_FOR_LOCAL_INIT_OP,
                lambda: report_uninitialized_variables(global_variables()))
        if self.local_init_op is None:
            self.local_init_op = self._kept(GraphKeys.LOCAL_INIT_OP, Scaffold.default_local_init_op)
        if self.summary_op is None:
            self.summary_op = self._kept(GraphKeys.SUMMARY_OP, merge_all)
        if self.saver is None:
            found = graph.get_collection(GraphKeys.SAVERS)
            self.saver = found[0] if found else Saver(sharded=False, allow_empty=True)
            if not found:
                graph.add_to_collection(GraphKeys.SAVERS, self.saver)
        self.saver.build()
        graph.finalize()
        return self

    @staticmethod
    def _kept(key: str, make: Any) -> Any:
        graph = get_default_graph()
        found = graph.get_collection(key)
        if found:
            return found[0]
        made = make()
        if made is not None:
            graph.add_to_collection(key, made)
        return made

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Any) -> Any:
        """What a collection has, or a default that is put into it."""
        return Scaffold._kept(collection_key, default_constructor)

    @staticmethod
    def default_local_init_op() -> Any:
        """The initializers of local variables and tables."""
        return group(local_variables_initializer(), tables_initializer(), name="local_init")


class SessionCreator:
    """Makes a session."""

    def create_session(self) -> Any:
        """A session that is ready."""
        raise NotImplementedError(f"{type(self).__name__} has no create_session")


class ChiefSessionCreator(SessionCreator):
    """Makes a session from the latest checkpoint, else from the initializers."""

    def __init__(
        self, scaffold: Scaffold | None = None, master: str = "", config: Any = None,
        checkpoint_dir: Any = None, checkpoint_filename_with_path: Any = None,
    ) -> None:
        self._scaffold, self._master, self._config = scaffold or Scaffold(), master, config
        self._dir, self._path = checkpoint_dir, checkpoint_filename_with_path

    def create_session(self) -> Any:
        """A session that is ready."""
        s = self._scaffold.finalize()
        manager = SessionManager(s.local_init_op, s.ready_op, s.ready_for_local_init_op,
                                 get_default_graph(), local_init_feed_dict=s.local_init_feed_dict)
        return manager.prepare_session(
            self._master, s.init_op, s.saver, self._dir, self._path, config=self._config,
            init_feed_dict=s.init_feed_dict, init_fn=s.init_fn)


class WorkerSessionCreator(ChiefSessionCreator):
    """The same: there is one process."""

    def __init__(
        self, scaffold: Scaffold | None = None, master: str = "", config: Any = None,
        max_wait_secs: float = 1800,
    ) -> None:
        super().__init__(scaffold, master, config)


class StepContext:
    """What a step function of run_step_fn gets."""

    def __init__(self, session: Any, run_with_hooks: Any) -> None:
        self._session, self._run = session, run_with_hooks

    session = property(lambda self: self._session, doc="The session without hooks.")

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """A run with the hooks around it."""
        return self._run(*args, **kwargs)

    def request_stop(self) -> None:
        """Let this be the last step."""
        raise StopIteration("step_fn has requested the iterations to stop.")


class MonitoredSession:
    """A session with hooks; as a context it ends quietly where data ends."""

    StepContext = StepContext

    def __init__(
        self, session_creator: Any = None, hooks: Any = None, stop_grace_period_secs: float = 120
    ) -> None:
        self._graph_was_finalized = get_default_graph().finalized
        self._hooks = list(hooks or [])
        for hook in self._hooks:
            hook.begin()
        self._creator = session_creator or ChiefSessionCreator()
        self._grace = stop_grace_period_secs
        self._session = self._creator.create_session()
        self._coord = Coordinator(clean_stop_exception_types=())
        if get_default_graph().get_collection(GraphKeys.QUEUE_RUNNERS):
            start_queue_runners(self._session, self._coord)
        for hook in self._hooks:
            hook.after_create_session(self._session, self._coord)
        self._stop = False

    @property
    def graph(self) -> Any:
        """The graph."""
        return self._session.graph if self._session is not None else None

    def raw_session(self) -> Any:
        """The session without hooks."""
        return self._session

    _tf_sess = raw_session

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """The values of fetches, with the hooks around."""
        if self._session is None:
            raise RuntimeError("Run called even after should_stop requested.")
        self._coord.raise_requested_exception()
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self._session)
        asked: dict[Any, Any] = {"caller": fetches}
        feeds = dict(feed_dict or {})
        for hook in self._hooks:
            wanted = hook.before_run(context)
            if wanted is None:
                continue
            if wanted.fetches is not None:
                asked[hook] = wanted.fetches
            for key, value in (wanted.feed_dict or {}).items():
                if key in feeds:
                    raise RuntimeError(f"Same tensor is fed by two hooks or by the caller: {key}")
                feeds[key] = value
        try:
            found = self._session.run(asked, feeds)
        except errors.OutOfRangeError:
            self._coord.raise_requested_exception()
            raise
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(found.get(hook), None, None))
        self._stop = self._stop or context.stop_requested
        return found["caller"]

    def run_step_fn(self, step_fn: Any) -> Any:
        """Call a function of a StepContext."""
        return step_fn(StepContext(self._session, self.run))

    def should_stop(self) -> bool:
        """Was it asked to stop?"""
        return self._session is None or self._stop or self._coord.should_stop()

    def close(self) -> None:
        """End it: the hooks are told."""
        self._close(None)

    def _close(self, error: Any) -> None:
        if self._session is None:
            return
        try:
            if error is None:
                for hook in self._hooks:
                    hook.end(self._session)
        finally:
            session, self._session = self._session, None
            self._coord.request_stop()
            try:
                self._coord.join(stop_grace_period_secs=self._grace, ignore_live_threads=True)
            finally:
                session.close()
                if not self._graph_was_finalized:
                    session.graph._unsafe_unfinalize()

    def __enter__(self) -> MonitoredSession:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> bool:
        ended = kind is not None and issubclass(kind, errors.OutOfRangeError | StopIteration)
        self._close(None if ended else kind)
        return ended


class SingularMonitoredSession(MonitoredSession):
    """The same, for one process."""

    def __init__(
        self, hooks: Any = None, scaffold: Scaffold | None = None, master: str = "",
        config: Any = None, checkpoint_dir: Any = None, stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: Any = None,
    ) -> None:
        super().__init__(ChiefSessionCreator(scaffold, master, config, checkpoint_dir,
                                             checkpoint_filename_with_path),
                         hooks, stop_grace_period_secs)


def MonitoredTrainingSession(
    master: str = "", is_chief: bool = True, checkpoint_dir: Any = None,
    scaffold: Scaffold | None = None, hooks: Any = None, chief_only_hooks: Any = None,
    save_checkpoint_secs: Any = USE_DEFAULT, save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT, config: Any = None,
    stop_grace_period_secs: float = 120, log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200, save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: Any = None,
) -> MonitoredSession:
    """A watched session for training, which saves and summarises if a folder is given."""
    both = USE_DEFAULT
    if save_summaries_steps is both and save_summaries_secs is both:
        save_summaries_steps, save_summaries_secs = 100, None
    if save_checkpoint_secs is both and save_checkpoint_steps is both:
        save_checkpoint_secs, save_checkpoint_steps = 600, None
    given = {n: None if v is both else v for n, v in (
        ("summary_steps", save_summaries_steps), ("summary_secs", save_summaries_secs),
        ("save_secs", save_checkpoint_secs), ("save_steps", save_checkpoint_steps))}
    scaffold = scaffold or Scaffold()
    found = list(hooks or []) + (list(chief_only_hooks or []) if is_chief else [])
    folder = summary_dir or checkpoint_dir
    if folder:
        if log_step_count_steps and log_step_count_steps > 0:
            found.append(all_hooks.StepCounterHook(log_step_count_steps, output_dir=folder))
        if given["summary_steps"] or given["summary_secs"]:
            found.append(all_hooks.SummarySaverHook(
                given["summary_steps"], given["summary_secs"], folder, scaffold=scaffold))
    if checkpoint_dir and (given["save_secs"] or given["save_steps"]):
        os.makedirs(checkpoint_dir, exist_ok=True)
        found.append(all_hooks.CheckpointSaverHook(
            checkpoint_dir, given["save_secs"], given["save_steps"], scaffold=scaffold))
    creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir)
    return MonitoredSession(creator, found, stop_grace_period_secs)


__all__ = ["MonitoredSession", "MonitoredTrainingSession", "Scaffold"]
