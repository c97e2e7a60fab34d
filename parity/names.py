"""PyTorch's names in Pentad: the function behind an entry, found by its name.

Some entries are lambdas over torch (`lambda x: x.mT`, `lambda t, e: torch.einsum(e, t)`). Such a
function runs here as it is, but for the word `torch` in it, which means Pentad.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

import pentad as pt


class Missing(Exception):
    """Pentad has nothing of this name."""


def find(name: str) -> Any:
    """What `torch.NAME` is in Pentad: `linalg.det`, `Tensor.item`, `add`, `__radd__`.

    Missing if there is nothing of the name.
    """
    try:
        found = _walk(pt, name.split("."))
        if not isinstance(found, pt.dtype):  # `x.cfloat()`, not the dtype
            return found
    except (AttributeError, ImportError):
        pass
    try:
        return getattr(pt.Tensor, name.rpartition(".")[2] if name.startswith("Tensor.") else name)
    except AttributeError:
        raise Missing(name) from None


def _walk(place: Any, parts: list[str]) -> Any:
    for part in parts:
        place = getattr(place, part)
    return place


class Torch:
    """Stands where the module `torch`, or a part of it, stood in a function."""

    def __init__(self, original: Any, path: str = "") -> None:
        self._original, self._path = original, path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}" if self._path else name
        original = getattr(self._original, name)
        if isinstance(original, (types.ModuleType, type)) and path.lower() != "tensor":
            return Torch(original, path)
        return pt.Tensor if path == "Tensor" else find(path)


def unseeded(op: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """In the place of `wrapper_set_seed`: the random numbers differ in any case."""
    return op(*args, **kwargs)


def rehosted(function: Any, torch: Any) -> Any:
    """A function of PyTorch's tests with Pentad in the place of torch."""
    if isinstance(function, functools.partial):
        return functools.partial(
            rehosted(function.func, torch), *function.args, **function.keywords
        )
    if not isinstance(function, types.FunctionType):
        return function
    scope = dict(function.__globals__)
    for name in _names(function.__code__):
        known = scope.get(name)
        if name == "wrapper_set_seed":
            scope[name] = unseeded
        elif known is torch:
            scope[name] = Torch(torch)
        elif known is torch.nn.functional:
            scope[name] = Torch(known, "nn.functional")
        elif isinstance(known, types.FunctionType) and known is not function:
            scope[name] = rehosted(known, torch) if _is_of_tests(known) else known
    made = types.FunctionType(
        function.__code__, scope, function.__name__, function.__defaults__,
        tuple(types.CellType(_cell(c, torch)) for c in function.__closure__ or ()),
    )  # fmt: skip
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _names(code: types.CodeType) -> Iterator[str]:
    """The global names of a function and of the functions written inside it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)


def _cell(cell: types.CellType, torch: Any) -> Any:
    held = cell.cell_contents
    return rehosted(held, torch) if _is_of_tests(held) else held


def _is_of_tests(function: Any) -> bool:
    module = getattr(function, "__module__", None) or ""
    return isinstance(function, types.FunctionType) and module.startswith("torch.testing")


def counterpart(op: Any, torch: Any) -> Callable[..., Any]:
    """Pentad's function for an entry of op_db; Missing if there is none."""
    if _is_of_tests(op.op):
        return rehosted(op.op, torch)  # type: ignore[no-any-return]
    return find(op.name)  # type: ignore[no-any-return]


def inplace_counterpart(op: Any, torch: Any) -> Callable[..., Any]:
    """Pentad's in-place form; Missing if there is none."""
    if _is_of_tests(op.inplace_variant):
        return rehosted(op.inplace_variant, torch)  # type: ignore[no-any-return]
    if isinstance(op.inplace_variant, functools.partial):  # partial(mish, inplace=True)
        partial = op.inplace_variant
        return functools.partial(find(op.name), *partial.args, **partial.keywords)
    name = op.inplace_variant.__name__
    place = "nn.functional." if op.name.startswith("nn.functional.") else "Tensor."
    return find(place + name)  # type: ignore[no-any-return]
