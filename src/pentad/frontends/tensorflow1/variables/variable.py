"""Variable: a value that a session keeps from run to run."""

from __future__ import annotations

import enum
import functools
import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes, operators
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.ops import state
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.subscripts import subscript

CREATORS = ("__creators",)
"""The collection of the functions of variable_creator_scope."""


class VariableSynchronization(enum.Enum):
    """When copies of a variable are brought together; there is one copy."""

    AUTO, NONE, ON_WRITE, ON_READ = range(4)


class VariableAggregation(enum.Enum):
    """How copies of a variable are added up; there is one copy."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = range(4)


class _Created(type):
    """Lets the functions of variable_creator_scope make variables, if there are some."""

    def __call__(cls, *args: Any, **given: Any) -> Any:
        creators = get_default_graph().get_collection(CREATORS)
        call = super().__call__
        if not creators or cls is not Variable:
            return call(*args, **given)
        for creator in creators:
            call = functools.partial(creator, call)
        names = tuple(inspect.signature(Variable.__init__).parameters)[1:]
        return call(**dict(zip(names, args)), **given)


class Variable(metaclass=_Created):
    """A value that a session keeps; it has none until its initializer has run.

    initial_value: what it begins with, or a function that gives it. validate_shape: False for one
    whose shape may change.
    """

    class SaveSliceInfo:
        """Which part of a larger variable it is, for checkpoints."""

        def __init__(
            self, full_name: Any = None, full_shape: Any = None, var_offset: Any = None,
            var_shape: Any = None, save_slice_info_def: Any = None, import_scope: Any = None,
        ) -> None:
            self.full_name, self.full_shape = full_name, full_shape
            self.var_offset, self.var_shape = var_offset, var_shape

        @property
        def spec(self) -> str:
            """The part as checkpoints write it."""
            whole = " ".join(str(n) for n in self.full_shape)
            parts = ":".join(f"{o},{n}" for o, n in zip(self.var_offset, self.var_shape))
            return f"{whole} {parts}"

    def __init__(
        self, initial_value: Any = None, trainable: bool | None = None, collections: Any = None,
        validate_shape: bool = True, caching_device: Any = None, name: str | None = None,
        variable_def: Any = None, dtype: Any = None, expected_shape: Any = None,
        import_scope: str | None = None, constraint: Any = None, use_resource: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE, shape: Any = None,
    ) -> None:
        self._save_slice_info: Any = None
        self._constraint, self._trainable = constraint, trainable is None or bool(trainable)
        self.synchronization, self.aggregation = synchronization, aggregation
        if variable_def is not None:
            self._from_def(variable_def, import_scope)
            return
        if initial_value is None:
            raise pt.ArgumentError(static.message("initial_value must be specified."))
        if constraint is not None and not callable(constraint):
            raise pt.ArgumentError(static.message(
                "The `constraint` argument must be a callable."))
        graph = get_default_graph()
        with graph.control_dependencies(None):
            self._make(graph, initial_value, validate_shape, name, dtype, expected_shape or shape)
        self._listed(graph, collections)

    def _make(
        self, graph: Any, initial_value: Any, validate_shape: bool, name: str | None, dtype: Any,
        expected_shape: Any,
    ) -> None:
        given = initial_value
        with name_scope(name, "Variable", []) as scope:
            if callable(initial_value):
                with name_scope("Initializer"):
                    initial_value = convert_to_tensor(initial_value(), dtype, "initial_value")
            else:
                initial_value = convert_to_tensor(initial_value, dtype, "initial_value")
            shape = initial_value.shape if validate_shape else TensorShape(None)
            if validate_shape and not shape.is_fully_defined() and expected_shape is None:
                raise pt.ArgumentError(static.message(
                    f"initial_value must have a shape specified: {initial_value}",
                    hint="give validate_shape=False for a variable whose shape may change"))
            if expected_shape is not None and validate_shape:
                shape = shape.merge_with(as_shape(expected_shape))
            base = initial_value.dtype.base_dtype
            made = static.variable(graph, base.tensor_dtype, shape.known(), scope[:-1])
            made.node.extra["type"] = "VariableV2"
            graph.placed(made.node)
            self._variable, self._initial_value, self._given = made, initial_value, given
            self._initializer_op = state.assign(
                self, initial_value, validate_shape=validate_shape, name="Assign").op
            self._snapshot = identity(made, name="read")

    def _listed(self, graph: Any, collections: Any) -> None:
        if collections is None:
            collections = [GraphKeys.GLOBAL_VARIABLES]
        if not isinstance(collections, list | tuple | set):
            raise pt.ArgumentError(static.message(
                "collections argument to Variable constructor must be a list, tuple, or set.",
                got=f"{collections!r} of type {type(collections).__name__}"))
        collections = list(collections)
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in collections:
            collections.append(GraphKeys.TRAINABLE_VARIABLES)
        graph.add_to_collections(collections, self)

    def _from_def(self, definition: Any, scope: str | None) -> None:
        """The variable of a graph that was imported."""
        graph, prefix = get_default_graph(), f"{scope}/" if scope else ""

        def element(name: str) -> Any:
            return graph.as_graph_element(prefix + name) if name else None

        self._variable = element(definition.variable_name)
        self._initializer_op = element(definition.initializer_name)
        self._snapshot = element(definition.snapshot_name)
        self._initial_value = element(definition.initial_value_name)
        self._trainable = bool(definition.trainable)
        self._given = self._initial_value

    @classmethod
    def from_proto(cls, variable_def: Any, import_scope: str | None = None) -> Variable:
        """The variable that a VariableDef names, in the default graph."""
        return cls(variable_def=variable_def, import_scope=import_scope)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Its VariableDef."""
        from pentad.frontends.tensorflow1.framework.graph_def import variable_def

        return variable_def(self, export_scope)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name, such as "w:0"."""
        return self._variable.name

    @property
    def _shared_name(self) -> str:
        return self.name[:-2]

    @property
    def op(self) -> Any:
        """The operation that stands for it."""
        return self._variable.op

    @property
    def graph(self) -> Any:
        """The graph that it belongs to."""
        return self._variable.graph

    @property
    def dtype(self) -> dtypes.DType:
        """The type of its elements, a `_ref` type."""
        return self._variable.dtype._as_ref

    @property
    def shape(self) -> TensorShape:
        """Its shape."""
        return self._variable.shape

    def get_shape(self) -> TensorShape:
        """Its shape."""
        return self._variable.shape

    def set_shape(self, shape: Any) -> None:
        """Add what is known of its shape."""
        self._variable.set_shape(shape)

    @property
    def device(self) -> str:
        """The device that it was meant for."""
        return self._variable.device

    @property
    def trainable(self) -> bool:
        """Is it among the variables that optimisers change?"""
        return self._trainable

    @property
    def constraint(self) -> Any:
        """The function that optimisers apply to it after an update."""
        return self._constraint

    @property
    def initializer(self) -> Any:
        """The operation that gives it its first value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Any:
        """What it begins with."""
        return self._initial_value

    def initialized_value(self) -> Any:
        """Its value, or what it begins with if it has none yet."""
        return state.initialized_value(self)

    def is_initialized(self, name: str | None = None) -> Any:
        """Has it a value?"""
        return state.is_variable_initialized(self, name)

    def _set_save_slice_info(self, info: Any) -> None:
        self._save_slice_info = info

    def _get_save_slice_info(self) -> Any:
        return self._save_slice_info

    # -- reading -------------------------------------------------------------------------------

    def value(self) -> Any:
        """What it is when the reader runs."""
        return self._variable

    def _ref(self) -> Any:
        return self._variable

    def _AsTensor(self) -> Any:
        return self._variable

    def _as_graph_element(self) -> Any:
        return self._variable

    def _dense_tensor(self, dtype: Any, name: str | None) -> Any:
        return self._variable

    def read_value(self) -> Any:
        """What it is when this runs."""
        return identity(self._variable, name="read")

    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Rows of it."""
        from pentad.frontends.tensorflow1.ops.gathering import gather

        return gather(self, indices, name=name)

    def eval(self, session: Any = None) -> Any:
        """Its value in a session, the default one if none is given."""
        return self._variable.eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Give it a value in a session."""
        from pentad.frontends.tensorflow1.framework.session import default_session

        found = default_session(session, self.graph, "load a variable")
        array = np.asarray(value)
        if not self.shape.is_compatible_with(array.shape):
            raise pt.ShapeError(static.message(
                f"the value for '{self.name}' has another shape", expected=str(self.shape),
                got=str(array.shape)))
        found._store.set(self._variable.node, array)

    # -- writing -------------------------------------------------------------------------------

    def assign(self, value: Any, use_locking: bool = False, name: Any = None, read_value=True):
        """Store a value; the value."""
        made = state.assign(self, value, use_locking=use_locking, name=name)
        return made if read_value else made.op

    def assign_add(self, delta: Any, use_locking: bool = False, name: Any = None, read_value=True):
        """Add a value; what it is then."""
        made = state.assign_add(self, delta, use_locking=use_locking, name=name)
        return made if read_value else made.op

    def assign_sub(self, delta: Any, use_locking: bool = False, name: Any = None, read_value=True):
        """Subtract a value; what it is then."""
        made = state.assign_sub(self, delta, use_locking=use_locking, name=name)
        return made if read_value else made.op

    def count_up_to(self, limit: int) -> Any:
        """Add one; what it was before. OutOfRangeError when it has reached the limit."""
        return state.count_up_to(self, limit)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(static.message("'Variable' object is not iterable.", got=repr(self)))

    def __getitem__(self, key: Any) -> Any:
        return subscript(self._variable, key, self)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return self._variable.__array__()

    __array_priority__ = 100

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"


def _sliced(name: str) -> Any:
    function = getattr(state, name)

    def call(self: Variable, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return function(self, sparse_delta.indices, sparse_delta.values, use_locking, name)

    call.__doc__ = "The rows of IndexedSlices combined with its own; what it is then."
    return call


def _with_places(name: str) -> Any:
    function = getattr(state, name)

    def call(self: Variable, indices: Any, updates: Any, name: str | None = None) -> Any:
        return function(self, indices, updates, name=name)

    call.__doc__ = "The updates combined with what stands at the indices; what it is then."
    return call


for _name in ("update", "add", "sub", "mul", "div", "min", "max"):
    setattr(Variable, f"scatter_{_name}", _sliced(f"scatter_{_name}"))
for _name in ("scatter_nd_update", "scatter_nd_add", "scatter_nd_sub"):
    setattr(Variable, _name, _with_places(_name))
operators.give_operators(Variable)


__all__ = ["Variable", "VariableAggregation", "VariableSynchronization"]
