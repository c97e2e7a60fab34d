"""Sessions whose variables have values: from a checkpoint, or from their initializers."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.session import Session
from pentad.frontends.tensorflow1.train.checkpoints import get_checkpoint_state, latest_checkpoint


class SessionManager:
    """Makes sessions that are ready."""

    def __init__(
        self, local_init_op: Any = None, ready_op: Any = None, ready_for_local_init_op: Any = None,
        graph: Any = None, recovery_wait_secs: float = 30, local_init_run_options: Any = None,
        local_init_feed_dict: Any = None,
    ) -> None:
        self._local_init_op, self._ready_op = local_init_op, ready_op
        self._ready_for_local = ready_for_local_init_op
        self._graph = graph or get_default_graph()
        self._local_feed = local_init_feed_dict

    def prepare_session(
        self, master: str, init_op: Any = None, saver: Any = None, checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None, wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200, config: Any = None, init_feed_dict: Any = None,
        init_fn: Any = None,
    ) -> Any:
        """A session with the values of a checkpoint, else with those of init_op and init_fn."""
        session, restored = self._restored(master, saver, checkpoint_dir,
                                           checkpoint_filename_with_path, config)
        if not restored:
            if init_op is None and init_fn is None and self._local_init_op is None:
                raise RuntimeError("Model is not initialized and no init_op or init_fn or "
                                   "local_init_op was given")
            if init_op is not None:
                session.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(session)
        self._begun(session)
        missing = self._missing(session)
        if missing is not None:
            raise RuntimeError(static.message(
                "Init operations did not make model ready", got=missing,
                hint="let init_op initialize all variables"))
        return session

    def _restored(
        self, master: str, saver: Any, folder: Any, path: Any, config: Any
    ) -> tuple[Any, bool]:
        session = Session(master, graph=self._graph, config=config)
        if saver is None or (not folder and not path):
            return session, False
        found = path or latest_checkpoint(folder)
        if not found:
            return session, False
        saver.restore(session, found)
        state = get_checkpoint_state(folder) if folder and not path else None
        if state is not None:
            saver.recover_last_checkpoints(list(state.all_model_checkpoint_paths))
        return session, True

    def _begun(self, session: Any) -> None:
        if self._local_init_op is not None:
            session.run(self._local_init_op, feed_dict=self._local_feed)

    def _missing(self, session: Any) -> str | None:
        """Which variables have no values, None if all have."""
        if self._ready_op is None:
            return None
        names = session.run(self._ready_op)
        if getattr(names, "size", 1) == 0:
            return None
        return f"Variables not initialized: {', '.join(n.decode() for n in names)}"

    def recover_session(
        self, master: str, saver: Any = None, checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None, wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200, config: Any = None,
    ) -> tuple[Any, bool]:
        """A session, and whether it has the values of a checkpoint."""
        session, restored = self._restored(master, saver, checkpoint_dir,
                                           checkpoint_filename_with_path, config)
        if restored:
            self._begun(session)
        return session, restored and self._missing(session) is None

    def wait_for_session(
        self, master: str, config: Any = None, max_wait_secs: float = float("inf")
    ) -> Any:
        """A session that is ready; there is no other process that could make it so."""
        session = Session(master, graph=self._graph, config=config)
        self._begun(session)
        missing = self._missing(session)
        if missing is not None:
            raise RuntimeError(static.message("Session was not ready", got=missing))
        return session
