"""Layers: functions that own variables, made when they are first called."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.variables.scope import get_variable, variable_scope


class InputSpec:
    """What a layer expects of an input: its type, its number of axes, some of its sizes."""

    def __init__(
        self, dtype: Any = None, shape: Any = None, ndim: int | None = None,
        max_ndim: int | None = None, min_ndim: int | None = None, axes: Any = None,
    ) -> None:
        self.dtype, self.shape = dtype, shape
        self.ndim = len(shape) if shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(k): v for k, v in (axes or {}).items()}

    def require(self, shape: TensorShape, layer: str) -> None:
        """ValueError unless a shape fits."""
        rank = shape.ndims
        if rank is None:
            if self.ndim is not None or self.min_ndim is not None:
                raise pt.ShapeError(static.message(
                    f"Input 0 of layer {layer} is incompatible with the layer: its rank is "
                    "undefined, but the layer requires a defined rank."))
            return
        wrong = None
        if self.ndim is not None and rank != self.ndim:
            wrong = f"expected ndim={self.ndim}, found ndim={rank}"
        if self.max_ndim is not None and rank > self.max_ndim:
            wrong = f"expected max_ndim={self.max_ndim}, found ndim={rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            wrong = f"expected min_ndim={self.min_ndim}, found ndim={rank}"
        if wrong is None:
            for axis, size in self.axes.items():
                if size is not None and shape[axis].value not in (size, None):
                    wrong = f"expected axis {axis} of input shape to have value {size}"
        if wrong:
            raise pt.ShapeError(static.message(
                f"Input 0 of layer {layer} is incompatible with the layer: {wrong}.",
                got=f"Full shape received: {shape.as_list()}"))


def snake_case(name: str) -> str:
    """`MaxPooling2D` -> max_pooling2d."""
    text = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    text = re.sub("([a-z])([A-Z])", r"\1_\2", text).lower()
    return text if text[0] != "_" else "private" + text


def unique_layer_name(name: str) -> str:
    """The name of a layer that was given none: with `_1`, ... in each graph."""
    counts = get_default_graph().get_collection_ref(("__layer_names",))
    if not counts:
        counts.append({})
    counts[0][name] = counts[0].get(name, 0) + 1
    return name if counts[0][name] == 1 else f"{name}_{counts[0][name] - 1}"


class Layer:
    """The base of layers.

    A subclass makes its variables in `build(input_shape)` by `add_weight`, and its result in
    `call(inputs)`.
    """

    def __init__(
        self, trainable: bool = True, name: str | None = None, dtype: Any = None, **kwargs: Any
    ) -> None:
        scope, self._reuse = kwargs.pop("_scope", None), kwargs.pop("_reuse", None)
        kwargs.pop("input_shape", None)
        kwargs.pop("dynamic", None)
        if kwargs:
            raise TypeError(static.message(
                f"Keyword argument not understood: {', '.join(kwargs)}"))
        self.trainable, self.built = trainable, False
        self.dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        self.input_spec: Any = None
        self.stateful = self.supports_masking = False
        self._graph: Any = None
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._updates: list[Any] = []
        self._losses: list[Any] = []
        self._calls: list[tuple[Any, Any]] = []
        self._base_name = name or snake_case(type(self).__name__)
        self._name = name or unique_layer_name(self._base_name)
        self._scope: Any = None
        self._current_scope: Any = None
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    # -- what it is ----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def scope_name(self) -> str:
        """The name of the scope of its variables; it has one once it was called."""
        if self._scope is None:
            raise pt.ArgumentError(static.message(
                f'No name available for layer scope because the layer "{self._name}" has not been '
                "used yet. The scope name is determined the first time the layer instance is "
                "called."))
        return self._scope.name

    @property
    def graph(self) -> Any:
        """The graph of its last call."""
        return self._graph

    @property
    def trainable_weights(self) -> list[Any]:
        """Its variables that optimisers change."""
        own = self._trainable_weights if self.trainable else []
        return list(own)

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Its other variables."""
        more = [] if self.trainable else self._trainable_weights
        return [*more, *self._non_trainable_weights]

    @property
    def weights(self) -> list[Any]:
        """Its variables."""
        return self.trainable_weights + self.non_trainable_weights

    variables = property(lambda self: self.weights, doc="Its variables.")
    trainable_variables = property(lambda self: self.trainable_weights, doc="The trained ones.")
    non_trainable_variables = property(lambda self: self.non_trainable_weights,
                                       doc="The other ones.")

    @property
    def updates(self) -> list[Any]:
        """Operations that are to run with each step of training."""
        return [op for op, _ in self._updates] if self.trainable else []

    @property
    def losses(self) -> list[Any]:
        """Losses that are to be added to that of the program."""
        return [loss for loss, _ in self._losses]

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """The updates that belong to a call with these inputs, or to none."""
        return _belonging(self._updates, inputs)

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """The losses that belong to a call with these inputs, or to none."""
        return _belonging(self._losses, inputs)

    @property
    def input(self) -> Any:
        """What it was called with; an error if it was called several times."""
        return self._only_call("input")[0]

    @property
    def output(self) -> Any:
        """What its call gave; an error if it was called several times."""
        return self._only_call("output")[1]

    @property
    def input_shape(self) -> Any:
        """The shape of its input."""
        return tuple(self.input.shape.as_list())

    @property
    def output_shape(self) -> Any:
        """The shape of its output."""
        return tuple(self.output.shape.as_list())

    def _only_call(self, what: str) -> tuple[Any, Any]:
        if len(self._calls) != 1:
            raise AttributeError(static.message(
                f"Layer {self.name} has {len(self._calls)} calls, hence its {what} is not defined"))
        return self._calls[0]

    def get_input_at(self, node_index: int) -> Any:
        """What a call was given."""
        return self._calls[node_index][0]

    def get_output_at(self, node_index: int) -> Any:
        """What a call gave."""
        return self._calls[node_index][1]

    def count_params(self) -> int:
        """How many numbers its variables have."""
        if not self.built:
            raise pt.ArgumentError(static.message(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You "
                "can build it manually via: `build(batch_input_shape)`."))
        return sum(v.shape.num_elements() for v in self.weights)

    def get_config(self) -> dict[str, Any]:
        """Its settings."""
        return {"name": self.name, "trainable": self.trainable}

    # -- variables -----------------------------------------------------------------------------

    def add_weight(
        self, name: str | None = None, shape: Any = None, dtype: Any = None,
        initializer: Any = None, regularizer: Any = None, trainable: bool | None = None,
        constraint: Any = None, use_resource: Any = None, synchronization: Any = None,
        aggregation: Any = None, partitioner: Any = None, **kwargs: Any,
    ) -> Any:
        """A variable of the layer."""
        kwargs.pop("getter", None)
        trainable = True if trainable is None else trainable
        self._set_scope(None)
        before = set(get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES))
        with (
            variable_scope(self._scope, reuse=self.built or self._reuse,
                           auxiliary_name_scope=False),
            name_scope(self._name_scope()),
        ):
            made = get_variable(
                name, shape=as_shape(shape if shape is not None else ()),
                dtype=dtypes.as_dtype(dtype or self.dtype or dtypes.float32),
                initializer=initializer, regularizer=regularizer, constraint=constraint,
                trainable=trainable and self.trainable, partitioner=partitioner)
        if regularizer is not None and made not in before:
            loss = get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES)
            self._losses += [(value, None) for value in loss[-1:]]
        kept = self._trainable_weights if trainable else self._non_trainable_weights
        if made not in kept:
            kept.append(made)
        return made

    def add_variable(self, *args: Any, **kwargs: Any) -> Any:
        """A variable of the layer."""
        return self.add_weight(*args, **kwargs)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Have operations run with each step of training."""
        updates = updates if isinstance(updates, list | tuple) else [updates]
        self._updates += [(op, inputs) for op in updates]
        graph = get_default_graph()
        for op in updates:
            graph.add_to_collections([GraphKeys.UPDATE_OPS], op)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Have losses added to that of the program."""
        losses = losses if isinstance(losses, list | tuple) else [losses]
        self._losses += [(loss, inputs) for loss in losses]
        for loss in losses:
            get_default_graph().add_to_collections([GraphKeys.REGULARIZATION_LOSSES], loss)

    # -- calling -------------------------------------------------------------------------------

    def _set_scope(self, scope: Any) -> None:
        if self._scope is not None:
            return
        if self._reuse:
            given = scope if scope is not None else self._base_name
            with variable_scope(given) as captured:
                self._scope = captured
        else:
            with variable_scope(scope, default_name=self._base_name) as captured:
                self._scope = captured

    def _name_scope(self) -> str:
        return (self._current_scope or self._scope).original_name_scope

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        self.built = True

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        return inputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the result for a shape of the input."""
        with get_default_graph().__class__().as_default():
            from pentad.frontends.tensorflow1.ops.creation import placeholder

            twin = copy.copy(self)
            twin._scope, twin._reuse, twin.built = None, None, False
            for kept in ("_trainable_weights", "_non_trainable_weights", "_updates", "_losses",
                         "_calls"):
                setattr(twin, kept, [])
            return twin(placeholder(self.dtype or dtypes.float32, input_shape)).shape

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result; variables are made the first time."""
        self._set_scope(kwargs.pop("scope", None))
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            with name_scope(self._name_scope()):
                inputs = _converted(inputs)
                self._graph = get_default_graph()
                self._begun(inputs)
                outputs = self.call(inputs, *args, **kwargs)
            activity = getattr(self, "activity_regularizer", None)
            if activity is not None:
                with name_scope("ActivityRegularizer"):
                    self.add_loss(activity(outputs), inputs=inputs)
        self._calls.append((inputs, outputs))
        return outputs

    def _begun(self, inputs: Any) -> None:
        if isinstance(inputs, Tensor) and self.input_spec is not None:
            specs = self.input_spec if isinstance(self.input_spec, list) else [self.input_spec]
            specs[0].require(inputs.shape, self.name)
        if self.built:
            return
        first = next(_leaves(inputs), None)
        if self.dtype is None and first is not None and hasattr(first, "dtype"):
            self.dtype = first.dtype.base_dtype
        shapes = inputs.shape if hasattr(inputs, "shape") else (
            [t.shape for t in inputs] if isinstance(inputs, list | tuple) else None)
        with get_default_graph().control_dependencies(None):
            self.build(shapes)
        self.built = True

    def apply(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The result."""
        return self.__call__(inputs, *args, **kwargs)

    def __deepcopy__(self, memo: Any) -> Any:
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        for key, value in self.__dict__.items():
            shared = key in ("_graph", "_scope", "_current_scope") or _holds_variables(value)
            setattr(made, key, value if shared else copy.deepcopy(value, memo))
        return made


def _holds_variables(value: Any) -> bool:
    leaves = value if isinstance(value, list | tuple) else [value]
    return any(hasattr(v, "graph") for v in leaves)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for v in value:
            yield from _leaves(v)
    else:
        yield value


def _converted(inputs: Any) -> Any:
    """NumPy arrays and variables as tensors, structures as they are."""
    if isinstance(inputs, Tensor | SparseTensor | dict) or inputs is None:
        return inputs
    if isinstance(inputs, list | tuple):
        if any(hasattr(v, "graph") for v in _leaves(inputs)):
            return inputs
        return convert_to_tensor(inputs)
    if hasattr(inputs, "dtype") or isinstance(inputs, int | float):
        return convert_to_tensor(inputs)
    return inputs


def _belonging(pairs: list[Any], inputs: Any) -> list[Any]:
    wanted = [id(v) for v in _leaves(inputs)] if inputs is not None else None
    return [
        made for made, given in pairs
        if (given is None if wanted is None else any(id(v) in wanted for v in _leaves(given)))
    ]

