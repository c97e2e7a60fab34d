"""The variables of a graph by name: what get_variable finds, makes or refuses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.variables.variable import Variable


def store_of(graph: Any) -> VariableStore:
    """The variables of a graph."""
    found = graph.get_collection_ref(("__variable_store",))
    if not found:
        found.append(VariableStore())
    return found[0]


class VariableStore:
    """Variables by name."""

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}

    _vars = property(lambda self: self.variables)

    def get_variable(self, name: str, custom_getter: Any = None, **given: Any) -> Any:
        """The variable of a full name; a custom getter stands between."""
        given.setdefault("trainable", None)
        if custom_getter is None:
            return self._get(name, **given)
        if not callable(custom_getter):
            raise pt.ArgumentError(static.message(
                f"Passed a custom_getter which is not callable: {custom_getter}"))
        real = functools.wraps(self._get)(lambda name, *a, **k: self._get(name, **_named(a, k)))
        return custom_getter(real, name=name, **given)

    def _get(
        self, name: str, shape: Any = None, dtype: Any = dtypes.float32, initializer: Any = None,
        regularizer: Any = None, reuse: Any = None, trainable: bool | None = None,
        collections: Any = None, caching_device: Any = None, partitioner: Any = None,
        validate_shape: bool = True, use_resource: Any = None, constraint: Any = None,
        synchronization: Any = None, aggregation: Any = None,
    ) -> Any:
        options = {"dtype": dtype, "initializer": initializer, "regularizer": regularizer,
                   "trainable": trainable, "collections": collections,
                   "validate_shape": validate_shape, "constraint": constraint}
        if partitioner is not None and shape is not None:
            from pentad.frontends.tensorflow1.variables.partitions import partitioned

            found = partitioned(self, name, as_shape(shape), partitioner, reuse, options)
            if found is not None:
                return found
        if name in self.variables:
            return self._found(name, shape, dtype, reuse)
        if reuse is True:
            raise pt.ArgumentError(static.message(
                f"Variable {name} does not exist, or was not created with tf.get_variable().",
                expected="a variable that is there, as reuse=True", got=name,
                hint="did you mean to set reuse=tf.AUTO_REUSE in variable_scope?"))
        return self._made(name, shape, **options)

    def _found(self, name: str, shape: Any, dtype: Any, reuse: Any) -> Any:
        found = self.variables[name]
        if reuse is False or reuse is None:
            raise pt.ArgumentError(static.message(
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                f"reuse=tf.AUTO_REUSE in variable_scope?",
                expected="a name that is not taken", got=f"a second '{name}'",
                hint=f"the first was made at {found.op.line}; reuse=tf.AUTO_REUSE gives that one"))
        if shape is not None and not as_shape(shape).is_compatible_with(found.shape):
            raise pt.ShapeError(static.message(
                f"Trying to share variable {name}, but specified shape {as_shape(shape)} and "
                f"found shape {found.shape}.", expected=str(found.shape),
                got=str(as_shape(shape)), hint=f"the variable was made at {found.op.line}"))
        if found.dtype.base_dtype is not dtype:
            raise pt.ArgumentError(static.message(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found "
                f"dtype {found.dtype.name}.", expected=found.dtype.base_dtype.name, got=dtype.name,
                hint=f"the variable was made at {found.op.line}"))
        return found

    def _made(
        self, name: str, shape: Any, dtype: Any, initializer: Any, regularizer: Any,
        trainable: Any, collections: Any, validate_shape: bool, constraint: Any,
    ) -> Any:
        first = self._first_value(name, shape, dtype, initializer)
        made = Variable(
            initial_value=first, name=name, trainable=trainable, collections=collections,
            dtype=dtype, validate_shape=validate_shape, constraint=constraint,
            expected_shape=shape if shape is not None and validate_shape else None)
        self.variables[name] = made
        if regularizer:
            self.regularize(made, name, regularizer)
        return made

    @staticmethod
    def regularize(made: Any, name: str, regularizer: Callable[..., Any]) -> None:
        """Collect the loss of a regularizer for a variable."""
        with name_scope(name + "/Regularizer/"):
            loss = regularizer(made)
        if loss is not None:
            get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)

    @staticmethod
    def _first_value(name: str, shape: Any, dtype: Any, initializer: Any) -> Any:
        from pentad.frontends.tensorflow1.variables import initializers

        if initializer is None:
            initializer = initializers.default(name, dtype)
        if isinstance(initializer, type):
            initializer = initializer()
        if not callable(initializer):
            if shape is not None:
                raise pt.ArgumentError(static.message(
                    "If initializer is a constant, do not specify shape.", got=f"'{name}'"))
            return initializer
        if shape is None:
            import inspect

            if not inspect.signature(initializer).parameters:
                return initializer
        known = as_shape(shape)
        if shape is None or not known.is_fully_defined():
            raise pt.ArgumentError(static.message(
                f"Shape of a new variable ({name}) must be fully defined, but instead was "
                f"{'<unknown>' if shape is None else known}."))
        sizes = known.as_list()
        if isinstance(initializer, initializers.Initializer):
            return lambda: initializer(sizes, dtype=dtype)
        return lambda: _called(initializer, sizes, dtype)


def _called(initializer: Callable[..., Any], sizes: Any, dtype: Any) -> Any:
    """What a function of a program gives for a shape; it may know nothing of types."""
    import inspect

    try:
        accepted = inspect.signature(initializer).parameters
    except (TypeError, ValueError):
        accepted = {"dtype": None}  # type: ignore[assignment]
    several = any(p is not None and p.kind is p.VAR_KEYWORD for p in accepted.values())
    if "dtype" in accepted or several:
        return initializer(sizes, dtype=dtype)
    return initializer(sizes) if accepted else initializer()


_ORDER = ("shape", "dtype", "initializer", "regularizer", "reuse", "trainable", "collections",
          "caching_device", "partitioner", "validate_shape", "use_resource")


def _named(args: Any, kwargs: Any) -> dict[str, Any]:
    return {**dict(zip(_ORDER, args)), **kwargs}
