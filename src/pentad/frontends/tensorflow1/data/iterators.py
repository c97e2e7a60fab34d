"""Iterators over data sets: operations that give the next element when they run."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.data import structure
from pentad.frontends.tensorflow1.data.dataset import Dataset
from pentad.frontends.tensorflow1.data.functions import Context, Traced, element
from pentad.frontends.tensorflow1.data.structure import Structure
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.resources import SCALAR, apply, boxed, name_of
from pentad.frontends.tensorflow1.framework.resources import handle as _new
from pentad.frontends.tensorflow1.framework.tensor import Tensor


class _Running:
    """An iterator of one store, at some element."""

    def __init__(self, dataset: Dataset, context: Context) -> None:
        self.steps = dataset._iterate(context)
        self.lock = threading.Lock()

    def next(self) -> Any:
        with self.lock:
            found = next(self.steps, None)
        if found is None:
            raise errors.OutOfRangeError(None, None, "End of sequence")
        return tuple(found)


def _handle(store: Any, node: Any) -> Any:
    """The name of an iterator; one that begins by itself is begun."""
    dataset = node.extra.get("dataset")
    if dataset is not None:
        store.resource(node.name, lambda: _begun(store, dataset))
    return boxed(node.name)


def _begun(store: Any, dataset: Dataset) -> _Running:
    run = static.Run(store, dataset._inputs, [], eager_first=1)
    return _Running(dataset, Context(store, dict(zip(dataset._inputs, run([])))))


def _make(store: Any, node: Any, handle: Any, *values: Any) -> Any:
    dataset = node.extra["dataset"]
    context = Context(store, dict(zip(dataset._inputs, values)))
    store.resources[handle.item()] = _Running(dataset, context)
    return ()


def _next(store: Any, node: Any, handle: Any) -> Any:
    name = name_of(handle)
    running = store.resources.get(name)
    if running is None:
        raise errors.FailedPreconditionError(None, None, static.message(
            f"GetNext() failed because the iterator '{name}' has not been initialized. Ensure that "
            "you have run the initializer operation for this iterator before getting the next "
            "element.", hint=f"it was asked for at {node.line}"))
    return running.next()


ITERATOR = static.ResourceOp("IteratorV2", _handle)
ONE_SHOT = static.ResourceOp("OneShotIterator", _handle)
MAKE = static.ResourceOp("MakeIterator", _make)
NEXT = static.ResourceOp("IteratorGetNext", _next)
TO_STRING = static.ResourceOp("IteratorToStringHandle", lambda store, node, handle: handle)


class Iterator:
    """Where a program stands in a data set."""

    def __init__(self, handle: Any, initializer: Any, kind: Structure) -> None:
        self._handle, self._initializer, self._kind = handle, initializer, kind
        self._string: Any = None

    @staticmethod
    def from_structure(
        output_types: Any, output_shapes: Any = None, shared_name: Any = None,
        output_classes: Any = None,
    ) -> Iterator:
        """An iterator that make_initializer begins with any data set of that structure."""
        kind = structure.of_types(output_types, output_shapes, output_classes)
        return Iterator(_new(ITERATOR, shared_name or "Iterator"), None, kind)

    @staticmethod
    def from_string_handle(
        string_handle: Any, output_types: Any, output_shapes: Any = None, output_classes: Any = None
    ) -> Iterator:
        """The iterator that a text, which may be fed, names."""
        kind = structure.of_types(output_types, output_shapes, output_classes)
        return Iterator(convert_to_tensor(string_handle, dtypes.string), None, kind)

    @property
    def initializer(self) -> Any:
        """The operation that begins it; ValueError if it begins by itself."""
        if self._initializer is None:
            raise pt.ArgumentError(static.message(
                "Iterator does not have an initializer.",
                hint="use make_initializable_iterator, or make_initializer of the iterator"))
        return self._initializer

    def make_initializer(self, dataset: Dataset, name: str | None = None) -> Any:
        """An operation that begins it with a data set."""
        mine, other = self._kind.types, dataset._structure.types
        fits = len(mine) == len(other) and all(
            a is b and s.is_compatible_with(t) for (a, s), (b, t) in zip(mine, other))
        if not fits:
            raise TypeError(static.message(
                "Expected output types and shapes of the iterator",
                expected=repr(self._kind), got=repr(dataset._structure)))
        return apply(MAKE, [self._handle, *dataset._inputs], [], name or "MakeIterator",
                     dataset=dataset)

    def get_next(self, name: str | None = None) -> Any:
        """The next element, each time that it is run; OutOfRangeError at the end."""
        node = apply(NEXT, [self._handle], self._kind.types, name or "IteratorGetNext")
        return element(self._kind, node.outputs)

    def string_handle(self, name: str | None = None) -> Any:
        """A text that names it, to be fed where from_string_handle reads it."""
        if self._string is None or name is not None:
            node = apply(TO_STRING, [self._handle], [(dtypes.string, SCALAR)],
                         name or "IteratorToStringHandle")
            self._string = node.outputs[0]
        return self._string

    @property
    def output_types(self) -> Any:
        """The element types, in the structure of an element."""
        return self._kind.map(lambda s: s.dtype)

    @property
    def output_shapes(self) -> Any:
        """The shapes, in the structure of an element."""
        return self._kind.map(lambda s: s.shape)

    @property
    def output_classes(self) -> Any:
        """Tensor or SparseTensor, in the structure of an element."""
        return self._kind.map(lambda s: s.kind)

    element_spec = property(lambda self: self._kind.specs)


def one_shot(dataset: Dataset) -> Iterator:
    """See Dataset.make_one_shot_iterator."""
    unknown = [t for t in dataset._inputs if t.node.type == "Placeholder"]
    if unknown:
        raise pt.ArgumentError(static.message(
            f"Cannot capture a placeholder (name:{unknown[0].node.name}, type:Placeholder) by "
            "value.", hint="use make_initializable_iterator, and feed it to the initializer"))
    handle = _new(ONE_SHOT, "OneShotIterator", dataset=dataset)
    return Iterator(handle, None, dataset._structure)


def initializable(dataset: Dataset, shared_name: Any = None) -> Iterator:
    """See Dataset.make_initializable_iterator."""
    made = Iterator(_new(ITERATOR, shared_name or "Iterator"), None, dataset._structure)
    made._initializer = made.make_initializer(dataset, "MakeIterator")
    return made


def reduced(dataset: Dataset, initial_state: Any, function: Any) -> Any:
    """See Dataset.reduce."""
    kind, flat = structure.of_tensors(initial_state)
    traced = Traced(function, [kind, dataset._structure], "reduce", spread=False)
    result = traced.needs(True)
    if [t for t, _ in result.types] != [t for t, _ in kind.types]:
        raise TypeError(static.message("The element types for the new state must match the "
                                       "initial state.", expected=repr(kind), got=repr(result)))
    outside = list(dict.fromkeys([*dataset._inputs, *traced.captures]))

    def run(store: Any, node: Any, *values: Any) -> Any:
        state = list(values[:len(flat)])
        context = Context(store, dict(zip(outside, values[len(flat):])))
        for row in dataset._iterate(context):
            state = traced(context, state, row)
        return tuple(np.asarray(v) for v in state)

    node = apply(static.ResourceOp("ReduceDataset", run), [*flat, *outside], result.types,
                 "ReduceDataset")
    return element(result, node.outputs)


def first_of(dataset: Dataset) -> Any:
    """The only element of a data set, as tensors."""

    def run(store: Any, node: Any, *values: Any) -> Any:
        found = list(dataset._iterate(Context(store, dict(zip(dataset._inputs, values)))))
        if len(found) != 1:
            what = "was empty" if not found else "had more than one element"
            raise errors.InvalidArgumentError(None, None, f"Dataset {what}.")
        return tuple(found[0])

    node = apply(static.ResourceOp("DatasetToSingleElement", run), dataset._inputs,
                 dataset._structure.types, "DatasetToSingleElement")
    return element(dataset._structure, node.outputs)


__all__ = ["Iterator", "Tensor", "first_of", "initializable", "one_shot", "reduced"]
