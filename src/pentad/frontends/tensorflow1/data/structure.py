"""What elements of a data set are made of: tensors in tuples and dicts, nested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor, SparseTensorValue
from pentad.frontends.tensorflow1.framework.tensor import Tensor


def is_nested(value: Any) -> bool:
    """Is it a tuple or a dict? Lists are tensors."""
    return isinstance(value, tuple | Mapping)


def flatten(value: Any) -> list[Any]:
    """The leaves; dicts in the order of their keys."""
    if isinstance(value, Mapping):
        return [leaf for key in sorted(value) for leaf in flatten(value[key])]
    if isinstance(value, tuple):
        return [leaf for part in value for leaf in flatten(part)]
    return [value]


def packed(template: Any, leaves: Sequence[Any]) -> Any:
    """Leaves in the structure of a template."""
    left = list(leaves)

    def build(part: Any) -> Any:
        if isinstance(part, Mapping):
            made = {key: build(part[key]) for key in sorted(part)}
            return type(part)((key, made[key]) for key in part)
        if isinstance(part, tuple):
            values = [build(p) for p in part]
            return part._make(values) if hasattr(part, "_make") else tuple(values)
        return left.pop(0)

    return build(template)


def mapped(function: Callable[..., Any], *values: Any) -> Any:
    """A function of the leaves of structures that are alike."""
    leaves = [flatten(v) for v in values]
    if len({len(x) for x in leaves}) != 1:
        raise pt.ArgumentError(static.message(
            "the two structures don't have the same nested structure", got=repr(values)[:200]))
    return packed(values[0], [function(*row) for row in zip(*leaves)])


class Spec(NamedTuple):
    """A leaf: a tensor's type; `kind` is Tensor, SparseTensor, or the Structure of a data set."""

    dtype: Any
    shape: TensorShape
    kind: Any = Tensor

    @property
    def count(self) -> int:
        """How many arrays it is."""
        return 3 if self.kind is SparseTensor else 1

    def types(self) -> list[tuple[Any, TensorShape]]:
        """The types of these arrays."""
        if self.kind is SparseTensor:
            rank = self.shape.ndims
            return [(dtypes.int64, TensorShape([None, rank])), (self.dtype, TensorShape([None])),
                    (dtypes.int64, TensorShape([rank]))]
        if self.kind is Tensor:
            return [(self.dtype, self.shape)]
        return [(dtypes.variant, TensorShape([]))]


class Structure:
    """Nested specs."""

    def __init__(self, specs: Any) -> None:
        self.specs = specs
        self.flat: list[Spec] = flatten_specs(specs)

    @property
    def types(self) -> list[tuple[Any, TensorShape]]:
        """The types of the arrays of an element."""
        return [t for spec in self.flat for t in spec.types()]

    def map(self, function: Callable[[Spec], Any]) -> Any:
        """A function of the specs, in their structure."""
        return packed(_plain(self.specs), [function(s) for s in self.flat])

    def changed(self, function: Callable[[Spec], Spec]) -> Structure:
        """A structure of other specs."""
        return Structure(self.map(function))

    def batched(self, size: int | None) -> Structure:
        """With one more axis in front."""
        return self.changed(lambda s: s._replace(shape=TensorShape([size]).concatenate(s.shape)))

    def unbatched(self) -> Structure:
        """Without the first axis."""
        return self.changed(lambda s: s._replace(shape=s.shape[1:]))

    def pack(self, arrays: Sequence[Any], make: Callable[[Spec, list[Any]], Any]) -> Any:
        """Arrays, or their symbols, as an element; `make`: a leaf of its arrays."""
        left, leaves = list(arrays), []
        for spec in self.flat:
            leaves.append(make(spec, left[:spec.count]))
            left = left[spec.count:]
        return packed(_plain(self.specs), leaves)

    def __repr__(self) -> str:
        return repr(self.map(lambda s: (s.shape, s.dtype)))


def flatten_specs(specs: Any) -> list[Spec]:
    """The specs: they are tuples themselves."""
    if isinstance(specs, Spec):
        return [specs]
    if isinstance(specs, Mapping):
        return [s for key in sorted(specs) for s in flatten_specs(specs[key])]
    return [s for part in specs for s in flatten_specs(part)]


def _plain(specs: Any) -> Any:
    """The same structure with None as its leaves."""
    if isinstance(specs, Spec):
        return None
    if isinstance(specs, Mapping):
        return type(specs)((key, _plain(value)) for key, value in specs.items())
    parts = [_plain(p) for p in specs]
    return specs._make(parts) if hasattr(specs, "_make") else tuple(parts)


def of_types(types: Any, shapes: Any = None, classes: Any = None) -> Structure:
    """A structure of nested types, and shapes and classes where they are given."""
    leaves = [dtypes.as_dtype(t) for t in flatten(types)]
    sizes = [TensorShape(None)] * len(leaves)
    if shapes is not None:
        sizes = [as_shape(s) for s in _flatten_like(types, shapes)]
    kinds = [Tensor] * len(leaves) if classes is None else flatten(classes)
    if not len(leaves) == len(sizes) == len(kinds):
        raise pt.ArgumentError(static.message(
            "output_types and output_shapes have different structures", got=repr(shapes)))
    found = [Spec(t, s, k) for t, s, k in zip(leaves, sizes, kinds)]
    return Structure(packed(types, found))


def _flatten_like(types: Any, shapes: Any) -> list[Any]:
    """Shapes, which may be tuples themselves, in the structure of the types."""
    if isinstance(types, Mapping):
        return [s for key in sorted(types) for s in _flatten_like(types[key], shapes[key])]
    if isinstance(types, tuple):
        if len(types) != len(shapes):
            raise pt.ArgumentError(static.message(
                "output_types and output_shapes have different structures", got=repr(shapes)))
        return [s for t, shape in zip(types, shapes) for s in _flatten_like(t, shape)]
    return [shapes]


def of_tensors(value: Any) -> tuple[Structure, list[Any]]:
    """The structure of nested tensors, or what becomes tensors, and their flat symbols."""
    if isinstance(value, list) and any(is_nested(v) for v in value):
        value = convert_to_tensor(value)
    leaves = [_tensor(v) for v in flatten(value)]
    specs = [Spec(v.dtype.base_dtype, v.get_shape() if isinstance(v, SparseTensor) else v.shape,
                  SparseTensor if isinstance(v, SparseTensor) else Tensor) for v in leaves]
    flat = []
    for v in leaves:
        sparse = isinstance(v, SparseTensor)
        flat += [v.indices, v.values, v.dense_shape] if sparse else [v]
    return Structure(packed(value, specs)), flat


def _tensor(value: Any) -> Any:
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    return value if isinstance(value, SparseTensor) else convert_to_tensor(value)


def as_array(value: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """A value as an array of a type."""
    if dtype.base_dtype is dtypes.string:
        found = np.asarray(value, object)
        flat = [v.encode() if isinstance(v, str) else bytes(v) for v in found.reshape(-1)]
        made = np.empty(len(flat), object)
        made[:] = flat
        return made.reshape(found.shape)
    return np.asarray(value, dtype.as_numpy_dtype)


def checked(value: Any, kind: Structure) -> list[Any]:
    """What a generator yields as arrays; InvalidArgumentError if it does not fit."""
    if isinstance(value, list) and not isinstance(kind.specs, Spec):
        value = tuple(value)
    leaves = flatten(value) if not isinstance(kind.specs, Spec) else [value]
    if len(leaves) != len(kind.flat):
        raise errors.InvalidArgumentError(None, None, static.message(
            "`generator` yielded an element that did not match the expected structure.",
            expected=repr(kind), got=repr(value)[:200]))
    arrays = []
    for leaf, spec in zip(leaves, kind.flat):
        try:
            array = as_array(leaf, spec.dtype)
        except (TypeError, ValueError) as error:
            raise errors.InvalidArgumentError(None, None, static.message(
                "`generator` yielded an element that could not be converted to the expected type.",
                expected=spec.dtype.name, got=repr(leaf)[:200])) from error
        if not spec.shape.is_compatible_with(array.shape):
            raise errors.InvalidArgumentError(None, None, static.message(
                f"`generator` yielded an element of shape {array.shape} where an element of shape "
                f"{spec.shape} was expected.", expected=str(spec.shape), got=str(array.shape)))
        arrays.append(array)
    return arrays
