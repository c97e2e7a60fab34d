"""Graph: names with scopes, collections, devices, control dependencies; the default graph."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.collections import Collections
from pentad.frontends.tensorflow1.framework.lookup import Lookup
from pentad.frontends.tensorflow1.framework.operation import Operation
from pentad.frontends.tensorflow1.framework.tensor import Tensor

_VALID_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\-/]*$")
_VALID_SCOPE = re.compile(r"^[A-Za-z0-9_.\-/]*$")


class Graph(Collections, Lookup, static.Graph):
    """Operations and what they are called; sessions run it."""

    symbol_type = Tensor
    node_type = Operation

    def __init__(self) -> None:
        static.Graph.__init__(self)
        Collections.__init__(self)
        self._scope = ""
        self._devices: list[Any] = []
        self._control: list[Any] = []
        self._containers: list[str] = []
        self._gradient_names: dict[str, str] = {}
        self.seed: int | None = None
        self.exact_name: str | None = None

    # -- names ---------------------------------------------------------------------------------

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """The name in the present scope, with `_1`, `_2`, ... behind it if it is taken."""
        full = f"{self._scope}/{name}" if self._scope else name
        if mark_as_used:
            return super().unique_name(full)
        kept = dict(self._counts)
        try:
            return super().unique_name(full)
        finally:
            self._counts = kept

    def get_name_scope(self) -> str:
        """The present name scope."""
        return self._scope

    @contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """Names made within it begin with `name/`; a name that ends in `/` is taken as it is."""
        before = self._scope
        self._scope = self._opened(name)
        try:
            yield f"{self._scope}/" if self._scope else ""
        finally:
            self._scope = before

    def _opened(self, name: str | None) -> str:
        if not name:
            return ""
        valid = _VALID_SCOPE if self._scope else _VALID_NAME
        if not isinstance(name, str) or not valid.match(name):
            raise pt.ArgumentError(static.message(
                f"'{name}' is not a valid scope name", expected="letters, digits, . _ - /"))
        return name[:-1] if name.endswith("/") else self.unique_name(name)

    def operation_name(self, name: str) -> str:
        """The name for a new operation: exact if it ends in `/`, else made unique."""
        if name.endswith("/"):
            return name[:-1]
        if not _VALID_NAME.match(name) and not self._scope:
            raise pt.ArgumentError(static.message(
                f"'{name}' is not a valid node name", expected="letters, digits, . _ - /"))
        return self.unique_name(name)

    @staticmethod
    def unique_name_in(scope: str) -> str:
        """The name of the operation that a scope was opened for."""
        return scope[:-1]

    # -- contexts ------------------------------------------------------------------------------

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """New operations belong to this graph within it."""
        stack = _stack()
        stack.append(self)
        try:
            yield self
        finally:
            stack.remove(self)

    @contextmanager
    def device(self, device: Any) -> Iterator[None]:
        """Operations made within it say that they belong on a device; all run on this one."""
        self._devices.append(device)
        try:
            yield
        finally:
            self._devices.pop()

    @contextmanager
    def control_dependencies(self, control_inputs: Sequence[Any] | None) -> Iterator[None]:
        """Operations made within it run after these; None forgets those of outer contexts."""
        kept, body = self._control, self.body
        if control_inputs is None:
            self._control, self.body = [], None
        else:
            found = [self.as_graph_element(c) for c in control_inputs]
            nodes = [c.op if isinstance(c, Tensor) else c for c in found]
            self._control = [*kept, *(n for n in nodes if n not in kept)]
        try:
            yield
        finally:
            self._control, self.body = kept, body

    @contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Has no effect: all operations run on one device."""
        yield

    @contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Names a container of resources."""
        self._containers.append(container_name)
        try:
            yield container_name
        finally:
            self._containers.pop()

    @contextmanager
    def gradient_override_map(self, op_type_map: dict[str, str]) -> Iterator[None]:
        """Operations of these types made within it have the gradients registered by name."""
        kept = self._gradient_names
        self._gradient_names = {**kept, **op_type_map}
        try:
            yield
        finally:
            self._gradient_names = kept

    @property
    def control(self) -> tuple[Any, ...]:
        """The operations after which new ones run."""
        return tuple(self._control)

    def placed(self, node: Operation) -> None:
        """Note the device of a new operation."""
        device = ""
        for entry in self._devices:
            found = entry(node) if callable(entry) else entry
            device = "" if found is None else _merged(device, str(found))
        if device:
            node.extra["device"] = device
        if node.op.name in self._gradient_names:
            node.extra["_gradient_op_type"] = self._gradient_names[node.op.name]

    # -- the whole -----------------------------------------------------------------------------

    def finalize(self) -> None:
        """No operation may be added from here on."""
        self.finalized = True

    def _unsafe_unfinalize(self) -> None:
        self.finalized = False

    @property
    def version(self) -> int:
        """Changes when operations are added."""
        return len(self.nodes)

    @property
    def building_function(self) -> bool:
        """Is it the graph of a function?"""
        return False

    def is_feedable(self, tensor: Any) -> bool:
        """May the tensor be fed?"""
        return tensor not in self._unfeedable

    def prevent_feeding(self, tensor: Any) -> None:
        """Let it be an error to feed the tensor."""
        self._unfeedable.add(tensor)

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """May it be fetched?"""
        return tensor_or_op not in self._unfetchable

    def prevent_fetching(self, op: Any) -> None:
        """Let it be an error to fetch the operation."""
        self._unfetchable.add(op)

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The graph as a GraphDef."""
        from pentad.frontends.tensorflow1.framework.graph_def import as_graph_def

        return as_graph_def(self, add_shapes)

    def __enter__(self) -> Graph:
        self._entered = self.as_default()
        return self._entered.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._entered.__exit__(*exc)


def _merged(outer: str, inner: str) -> str:
    """A device in which the inner one's fields win."""
    fields: dict[str, str] = {}
    for part in f"{outer}/{inner}".split("/"):
        if not part:
            continue
        key, _, rest = part.partition(":")
        if key.lower() in ("cpu", "gpu"):
            key, rest = "device", f"{key.upper()}:{rest or 0}"
        fields[key] = rest
    order = ("job", "replica", "task", "device")
    return "".join(f"/{k}:{fields[k]}" for k in order if k in fields)


# -- the default graph -------------------------------------------------------------------------


class _Defaults(threading.local):
    def __init__(self) -> None:
        self.stack: list[Graph] = []


_defaults = _Defaults()
_global: list[Graph] = []


def _stack() -> list[Graph]:
    return _defaults.stack


def get_default_graph() -> Graph:
    """The graph that new operations belong to."""
    stack = _stack()
    if stack:
        return stack[-1]
    if not _global:
        _global.append(Graph())
    return _global[0]


def reset_default_graph() -> None:
    """Begin with an empty default graph; not within `with graph.as_default()`."""
    if _stack():
        raise AssertionError(static.message(
            "Do not use tf.reset_default_graph() to clear nested graphs.",
            hint="leave the `with graph.as_default():` or `with session:` first"))
    _global.clear()


def _of_default(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(get_default_graph(), name)(*args, **kwargs)

    call.__name__ = name
    call.__doc__ = f"Graph.{name} of the default graph."
    return call


control_dependencies = _of_default("control_dependencies")
device = _of_default("device")
colocate_with = _of_default("colocate_with")
container = _of_default("container")
add_to_collection = _of_default("add_to_collection")
add_to_collections = _of_default("add_to_collections")
get_collection = _of_default("get_collection")
get_collection_ref = _of_default("get_collection_ref")


class name_scope:
    """`with tf.name_scope("a") as scope:` names made within it begin with "a/"."""

    def __init__(self, name: str | None, default_name: str | None = None, values: Any = None):
        self._name = default_name if name is None else name
        self._values = values or ()
        if self._name is not None and not isinstance(self._name, str):
            raise TypeError(static.message(
                "name for name_scope must be a string.", got=type(self._name).__name__))

    @property
    def name(self) -> str | None:
        """The name that was asked for."""
        return self._name

    def __enter__(self) -> str:
        graph = graph_of(self._values)
        self._default = graph.as_default()
        self._default.__enter__()
        self._context = graph.name_scope(self._name)
        return self._context.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._context.__exit__(*exc)
        self._default.__exit__(*exc)


def graph_of(values: Any) -> Graph:
    """The graph of tensors among values, else the default one; ValueError if they are of two."""
    found: Graph | None = None
    for value in values:
        graph = getattr(value, "graph", None) if not isinstance(value, list | tuple) else None
        if not isinstance(graph, Graph):
            continue
        if found is not None and graph is not found:
            node = getattr(value, "op", value)
            raise pt.ArgumentError(static.message(
                f"{value} must be from the same graph as the other inputs.",
                expected=f"inputs of {found!r}",
                got=f"one of {graph!r}, made at {getattr(node, 'line', 'an unknown place')}",
                hint="make all inputs within one `with graph.as_default():`"))
        found = graph
    default = get_default_graph()
    if found is not None and found is not default and _stack():
        return found
    return found or default


@contextmanager
def op_scope(values: Any, name: str | None, default_name: str | None = None) -> Iterator[str]:
    """The old order of the arguments of name_scope."""
    with name_scope(name, default_name, values) as scope:
        yield scope


@contextmanager
def init_scope() -> Iterator[None]:
    """Leaves control dependencies and branches."""
    graph = get_default_graph()
    with graph.control_dependencies(None):
        yield
