"""Session: runs parts of a graph, and keeps the values of its variables."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.errors import translated
from pentad.frontends.tensorflow1.framework.fetches import Plan, feeds_of, key_of
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.tensor import Tensor

_EAGER_FIRST = 1
"""Fetches that come once are not worth compiling."""


class _Prepared:
    """A run for one structure of fetches and one set of feeds."""

    __slots__ = ("build", "feeds", "plain", "run")

    def __init__(self, run: Any, feeds: Any, build: Any, plain: bool) -> None:
        self.run, self.feeds, self.build, self.plain = run, feeds, build, plain


class BaseSession:
    """What sessions share."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        if graph is not None and not hasattr(graph, "as_graph_element"):
            raise TypeError(static.message("graph must be a tf.Graph", got=type(graph).__name__))
        if target:
            raise pt.ArgumentError(static.message(
                "there are no other processes to run a graph in", expected="target ''",
                got=repr(target)))
        self._graph = graph or get_default_graph()
        self._config, self._closed = config, False
        self._store = static.Store()
        self._prepared: dict[Any, _Prepared] = {}

    @property
    def graph(self) -> Any:
        """The graph that it runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef."""
        return self._graph.as_graph_def()

    @property
    def sess_str(self) -> str:
        """The target."""
        return ""

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """The values of what is fetched, in the structure of `fetches`.

        feed_dict: values for tensors, which are used in place of computing them.
        """
        try:
            key = (key_of(fetches), tuple(feed_dict) if feed_dict else ())
            prepared = self._prepared.get(key)
        except TypeError:
            key = prepared = None
        if self._closed:
            raise RuntimeError(static.message("Attempted to use a closed Session."))
        if prepared is None:
            prepared = self._prepare(fetches, feed_dict or {})
            if key is not None:
                self._prepared[key] = prepared
        values = list(feed_dict.values()) if feed_dict else []
        if not prepared.plain:
            values = self._expanded(feed_dict)
        try:
            found = prepared.run(values)
        except (pt.PentadError, NotImplementedError) as error:
            raise self._explained(error, prepared, values) from None
        return prepared.build([_given(v) for v in found])

    def _prepare(self, fetches: Any, feed_dict: Any) -> _Prepared:
        if not isinstance(feed_dict, dict) and not hasattr(feed_dict, "items"):
            raise TypeError(static.message(
                f"The feed_dict must be a dict, got {type(feed_dict).__name__}"))
        graph = self._graph
        if not graph.nodes:
            raise RuntimeError(static.message(
                "The Session graph is empty. Add operations to the graph before calling run().",
                hint="make the session with tf.Session(graph=...) of the graph that is to run, "
                "or within its `with graph.as_default():`"))
        with graph.as_default():
            plan = Plan(graph, fetches)
            feeds, plain = [], True
            for feed, value in feed_dict.items():
                found = feeds_of(graph, feed, value)
                plain = plain and len(found) == 1
                feeds += [t for t, _ in found]
        run = static.Run(self._store, plan.elements, feeds, eager_first=_EAGER_FIRST)
        return _Prepared(run, feeds, plan.build, plain)

    def _expanded(self, feed_dict: Any) -> list[Any]:
        return [
            v for feed, value in feed_dict.items() for _, v in feeds_of(self._graph, feed, value)
        ]

    def _explained(self, error: Exception, prepared: _Prepared, values: Any) -> Exception:
        """The error as TensorFlow tells it: what cannot be fed is a ValueError."""
        if isinstance(error, pt.DTypeError | pt.ArgumentError) and "is fed to" in str(error):
            return pt.ArgumentError(str(error))
        for tensor, value in zip(prepared.feeds, values):
            if isinstance(value, Tensor):
                feeds_of(self._graph, tensor, value)
            shape, given = tensor.static_type.shape, _shape(value)
            if given is None:
                continue
            fits = shape is None or (len(shape) == len(given) and all(
                n is None or n == m for n, m in zip(shape, given)))
            if not fits:
                return pt.ShapeError(static.message(
                    f"Cannot feed value of shape {given} for Tensor '{tensor.name}', which has "
                    f"shape '{tensor.shape}'", expected=str(tensor.shape), got=str(given),
                    hint=f"'{tensor.node.name}' was made at {tensor.node.line}"))
        return translated(error) if isinstance(error, pt.PentadError) else error

    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Is not there."""
        raise self._no_partial_runs()

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Is not there."""
        raise self._no_partial_runs()

    def _no_partial_runs(self) -> Exception:
        from pentad.frontends.tensorflow1.errors import UnimplementedError

        return UnimplementedError(None, None, static.message(
            "partial runs are not supported", expected="one call of run with all feeds",
            hint="split the graph into two fetches, and feed the second with what the first gave"))

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """A function of values for feed_list that gives the values of fetches."""
        feeds = list(feed_list or ())

        def call(*values: Any, **options: Any) -> Any:
            if len(values) != len(feeds):
                raise pt.ArgumentError(static.message(
                    f"Expected {len(feeds)} positional arguments, got {len(values)}"))
            return self.run(fetches, dict(zip(feeds, values)))

        return call

    def list_devices(self) -> list[Any]:
        """The one device."""
        return [_Device("/job:localhost/replica:0/task:0/device:CPU:0")]

    def reset(self, *args: Any, **kwargs: Any) -> None:
        """Forget all variables."""
        self._store = static.Store()
        self._prepared.clear()

    def close(self) -> None:
        """It cannot run any more."""
        self._closed = True
        self._prepared.clear()

    def as_default(self) -> Any:
        """`eval` and `run` of tensors and operations use it within it."""
        return _as_default(self)


class _Device:
    def __init__(self, name: str) -> None:
        self.name, self.device_type, self.memory_limit_bytes = name, "CPU", 0


def _shape(value: Any) -> Any:
    """The shape of what is fed, None if it is no array."""
    try:
        return np.shape(value)
    except ValueError:
        return None


def _given(value: Any) -> Any:
    """A value as TensorFlow gives it: scalars of NumPy for tensors without axes."""
    return value[()] if isinstance(value, np.ndarray) and not value.ndim else value


class Session(BaseSession):
    """Runs a graph, the default one if none is given; `with` makes it and its graph default."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._contexts: list[Any] = []

    def __enter__(self) -> Session:
        contexts = [self._graph.as_default(), self.as_default()]
        for context in contexts:
            context.__enter__()
        self._contexts.append(contexts)
        return self

    def __exit__(self, *exc: Any) -> None:
        for context in reversed(self._contexts.pop()):
            context.__exit__(*exc)
        self.close()


class InteractiveSession(BaseSession):
    """A session that is the default one from the beginning until it is closed."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._default = self.as_default()
        self._default.__enter__()
        self._graph_default = graph.as_default() if graph is not None else None
        if self._graph_default is not None:
            self._graph_default.__enter__()

    def close(self) -> None:
        """It cannot run any more, and is not the default one any more."""
        if not self._closed:
            if self._graph_default is not None:
                self._graph_default.__exit__(None, None, None)
            self._default.__exit__(None, None, None)
        super().close()


class _Stack(threading.local):
    def __init__(self) -> None:
        self.sessions: list[BaseSession] = []


_stack = _Stack()


@contextmanager
def _as_default(session: BaseSession) -> Any:
    _stack.sessions.append(session)
    try:
        yield session
    finally:
        if session in _stack.sessions:
            _stack.sessions.remove(session)


def get_default_session() -> BaseSession | None:
    """The session that `eval` and `run` use, None if there is none."""
    return _stack.sessions[-1] if _stack.sessions else None


def default_session(session: Any, graph: Any, what: str) -> Any:
    """The session, or the default one; ValueError if there is none or it has another graph."""
    found = session or get_default_session()
    if found is None:
        raise pt.ArgumentError(static.message(
            f"Cannot {what} using `eval()`: No default session is registered.",
            hint="use `with sess.as_default()` or pass an explicit session to eval(session=sess)"))
    if found.graph is not graph:
        raise pt.ArgumentError(static.message(
            f"Cannot use the default session to {what}: the tensor's graph is different from the "
            "session's graph.", hint="pass an explicit session to eval(session=sess)"))
    return found


__all__ = ["BaseSession", "InteractiveSession", "Session", "Tensor", "get_default_session"]
