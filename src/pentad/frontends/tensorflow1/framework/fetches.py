"""What may be fetched: tensors, operations, names, variables, and structures of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.operation import Operation
from pentad.frontends.tensorflow1.framework.tensor import Tensor

_EXPANSIONS: list[tuple[type, Callable[[Any], Any], Callable[[Any, list[Any]], Any]]] = []


def register_session_run_conversion_functions(
    tensor_type: Any, fetch_function: Any, feed_function: Any = None,
    feed_function_for_partial_run: Any = None,
) -> None:
    """Let objects of a type be fetched: fetch_function gives (tensors, how to put together)."""
    _EXPANSIONS.insert(0, (tensor_type, fetch_function, feed_function))


class Plan:
    """Which elements of a graph a structure asks for, and how their values become one again."""

    def __init__(self, graph: Any, fetches: Any) -> None:
        self.graph = graph
        self.elements: list[Any] = []
        self.places: dict[Any, int] = {}
        self.build = self._visit(fetches)

    def _visit(self, fetch: Any) -> Callable[[Sequence[Any]], Any]:
        """A function of all values to the value for this part of the structure."""
        if fetch is None:
            raise TypeError(static.message(
                "Argument fetch = None has invalid type <class 'NoneType'>",
                expected="a tensor, an operation, a name, or a structure of them"))
        if isinstance(fetch, list | tuple):
            return self._sequence(fetch)
        if isinstance(fetch, Mapping):
            keys, parts = list(fetch), [self._visit(v) for v in fetch.values()]
            kind = type(fetch)
            return lambda values: kind((k, p(values)) for k, p in zip(keys, parts))
        if hasattr(type(fetch), "__attrs_attrs__"):
            names = [a.name for a in type(fetch).__attrs_attrs__]
            parts = [self._visit(getattr(fetch, n)) for n in names]
            return lambda values: type(fetch)(*[p(values) for p in parts])
        for kind, expand, _ in _EXPANSIONS:
            if isinstance(fetch, kind):
                inner, contract = expand(fetch)
                parts = [self._visit(f) for f in inner]
                return lambda values: contract([p(values) for p in parts])
        return self._element(fetch)

    def _sequence(self, fetch: Any) -> Callable[[Sequence[Any]], Any]:
        parts = [self._visit(f) for f in fetch]
        if isinstance(fetch, tuple) and hasattr(fetch, "_fields"):
            make = type(fetch)._make  # type: ignore[attr-defined]
            return lambda values: make(p(values) for p in parts)
        if isinstance(fetch, tuple):
            return lambda values: tuple([p(values) for p in parts])
        return lambda values: [p(values) for p in parts]

    def _element(self, fetch: Any) -> Callable[[Sequence[Any]], Any]:
        try:
            found = self.graph.as_graph_element(fetch)
        except TypeError as error:
            raise TypeError(static.message(
                f"Fetch argument {fetch!r} has invalid type {type(fetch)}, must be a string or "
                f"Tensor. ({str(error).splitlines()[0]})", got=type(fetch).__name__,
                expected="a tensor, an operation, a name, or a structure of them")) from None
        except (ValueError, KeyError) as error:
            what, *rest = str(error).splitlines()
            raise pt.ArgumentError("\n".join([
                f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({what})", *rest,
            ])) from None
        if not self.graph.is_fetchable(found):
            raise pt.ArgumentError(static.message(f"Operation {found.name!r} has been marked as "
                                                  "not fetchable."))
        place = self.places.get(found)
        if place is None:
            place = self.places[found] = len(self.elements)
            self.elements.append(found)
        return lambda values: values[place]


_LEAVES = frozenset([Tensor, Operation, str])


def key_of(fetches: Any) -> Any:
    """A key for fetches that are a structure of hashable things; TypeError if they are not."""
    kind = type(fetches)
    if kind in _LEAVES:
        return fetches
    if kind is list or kind is tuple:
        return (kind, *map(key_of, fetches))
    if isinstance(fetches, Mapping):
        return (kind, *((k, key_of(v)) for k, v in fetches.items()))
    return fetches


def feeds_of(graph: Any, feed: Any, value: Any) -> list[tuple[Any, Any]]:
    """The tensors and values that one entry of feed_dict means."""
    for kind, _, expand in _EXPANSIONS:
        if isinstance(feed, kind) and expand is not None:
            return list(expand(feed, value))
    if isinstance(feed, tuple):  # such as the state of a cell, as a run gave it
        parts = zip(nest.flatten(feed), nest.flatten_up_to(feed, value))
        return [pair for f, v in parts for pair in feeds_of(graph, f, v)]
    try:
        found = graph.as_graph_element(feed, allow_operation=False)
    except (TypeError, ValueError, KeyError) as error:
        what, *rest = str(error).splitlines()
        raise TypeError("\n".join([
            f"Cannot interpret feed_dict key as Tensor: {what}", *rest])) from None
    if isinstance(value, Tensor):
        raise TypeError(static.message(
            "The value of a feed cannot be a tf.Tensor object.",
            expected="Python scalars, strings, lists, numpy ndarrays", got=repr(value),
            hint="run it first, and feed what comes out"))
    if not graph.is_feedable(found):
        raise pt.ArgumentError(static.message(f"Tensor {found} may not be fed."))
    return [(found, value)]


__all__ = ["Operation", "Plan", "feeds_of", "key_of"]
