"""Functions of elements, as programs give them to `map` and the like: traced into a body once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.data.structure import Spec, Structure, of_tensors
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.framework.tensor import Tensor

_EAGER_CALLS = 64
"""So many elements are computed eagerly before code is made for a function."""


class Context:
    """What an iterator reads its data set with: the store of the run, values of tensors."""

    def __init__(self, store: Any, values: dict[Any, Any]) -> None:
        self.store, self.values = store, values

    def value(self, given: Any) -> Any:
        """The value of a tensor as an array, or the value itself."""
        return self.values[given] if isinstance(given, Tensor) else given

    def number(self, given: Any) -> int:
        """The same as a whole number."""
        return int(self.value(given))

    def within(self, values: dict[Any, Any]) -> Context:
        """The same with more tensors that are known."""
        return Context(self.store, {**self.values, **values})


def symbols(types: Sequence[tuple[Any, Any]], graph: Any, name: str) -> list[Any]:
    """New parameters of a body."""
    made = []
    for dtype, shape in types:
        p = static.placeholder(graph, dtype.tensor_dtype, shape.known(), graph.unique_name(name))
        p.node.extra["dtypes"] = (dtype,)
        made.append(p)
    return made


def element(structure: Structure, flat: Sequence[Any]) -> Any:
    """Symbols as what a function is given."""
    from pentad.frontends.tensorflow1.data.dataset import of_variant

    def leaf(spec: Spec, parts: list[Any]) -> Any:
        if spec.kind is SparseTensor:
            return SparseTensor(*parts)
        return parts[0] if spec.kind is Tensor else of_variant(spec.kind, parts[0])

    return structure.pack(flat, leaf)


class Traced:
    """A function of elements, or of several: its parameters, results, what it takes from outside.

    structure: that of the result; None if the result is a data set, which is then `dataset`.
    """

    def __init__(
        self, function: Callable[..., Any], structures: Sequence[Structure], name: str,
        spread: bool = True,
    ) -> None:
        from pentad.frontends.tensorflow1.data.dataset import Dataset

        graph = get_default_graph()
        with graph.control_dependencies(None), graph.inside() as body, graph.name_scope(name):
            self.parameters, args = [], []
            for structure in structures:
                made = symbols(structure.types, graph, "arg")
                self.parameters += made
                args.append(element(structure, made))
            if spread and len(args) == 1 and type(args[0]) is tuple:
                args = list(args[0])
            result = function(*args)
            self.dataset, self.structure = None, None
            if isinstance(result, Dataset):
                self.dataset = result
                results = list(result._inputs)
            else:
                self.structure, results = _structured(result, function)
        self.results = results
        block = static.block(body, self.parameters, results)
        self.captures = [
            s for s in block.captures if s.node.op.name not in ("const", "var") and s.graph is graph
        ]
        self._runs: list[tuple[Any, Any]] = []

    def __call__(self, context: Context, *elements: Sequence[Any]) -> list[Any]:
        """The arrays of the results for the arrays of elements."""
        given = [a for e in elements for a in e]
        outside = [context.value(c) for c in self.captures]
        return self._run(context.store)([*given, *outside])

    def _run(self, store: Any) -> Any:
        for kept, run in self._runs:
            if kept is store:
                return run
        run = static.Run(store, self.results, [*self.parameters, *self.captures],
                         eager_first=_EAGER_CALLS)
        self._runs.append((store, run))
        return run

    def inner(self, context: Context, *elements: Sequence[Any]) -> Any:
        """The elements of the data set that the function gives."""
        values = self(context, *elements)
        assert self.dataset is not None
        return self.dataset._iterate(context.within(dict(zip(self.results, values))))

    def needs(self, tensors: bool) -> Structure:
        """The structure of the result; TypeError unless it is of the expected sort."""
        if tensors and self.structure is not None:
            return self.structure
        if not tensors and self.dataset is not None:
            return self.dataset._structure
        raise pt.DTypeError(static.message(
            "the function gives another sort of result",
            expected="tensors" if tensors else "a Dataset object",
            got="a Dataset" if tensors else "tensors"))


def _structured(result: Any, function: Any) -> tuple[Structure, list[Any]]:
    if result is None or isinstance(result, static.Node):
        raise pt.DTypeError(static.message(
            f"Unsupported return value from function passed to Dataset.map(): {result}.",
            expected="tensors, or tuples and dicts of them"))
    return of_tensors(result)
