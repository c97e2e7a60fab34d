"""Data pipes: streams and mappings that are made of others by methods, `pipe.map(f).batch(4)`.

PyTorch's IterDataPipe and MapDataPipe with the operations of theirs that need no files;
`functional_datapipe(name)` makes a class a method of all pipes of its kind.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from types import UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from pentad.data.dataset import Dataset, IterableDataset
from pentad.graph.errors import ArgumentError, DataError, DTypeError, message


class DataChunk(list[Any]):
    """A batch: a list of elements."""

    def __init__(self, items: Iterable[Any]) -> None:
        super().__init__(items)
        self.items = list(self)

    def as_str(self, indent: str = "") -> str:
        """The elements as text."""
        return indent + "[" + ", ".join(map(str, self)) + "]"

    def raw_iterator(self) -> Iterator[Any]:
        """The elements."""
        return iter(self.items)


class _Pipe(Dataset):
    functions: ClassVar[dict[str, Callable[..., Any]]] = {}

    def __getattr__(self, name: str) -> Any:
        found = type(self).functions.get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return functools.partial(found, self)

    @classmethod
    def register_datapipe_as_function(cls, name: str, made: Callable[..., Any]) -> None:
        """Make a class of pipes a method. ArgumentError for a name that is taken."""
        if name in cls.functions:
            raise ArgumentError(
                message("functional_datapipe", expected="a new name", got=repr(name))
            )
        cls.functions[name] = made

    register_function = register_datapipe_as_function

    def reset(self) -> None:
        """What a subclass does before a new pass."""


class IterDataPipe(_Pipe, IterableDataset):
    """A stream of elements; subclasses define __iter__."""

    functions: ClassVar[dict[str, Callable[..., Any]]] = {}


class DFIterDataPipe(IterDataPipe):
    """A stream of data frames; subclasses define __iter__, without one it is empty."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class MapDataPipe(_Pipe):
    """Elements by index; subclasses define __getitem__ and __len__."""

    functions: ClassVar[dict[str, Callable[..., Any]]] = {}


def pipes_within(pipe: Any) -> list[_Pipe]:
    """A pipe and those that it is made of (its attributes, and what lists and dicts of it hold),
    each once, in the same order in every process."""
    found: dict[int, _Pipe] = {}
    waiting = [pipe]
    while waiting:
        each = waiting.pop()
        if id(each) in found:
            continue
        found[id(each)] = each
        for value in vars(each).values():
            parts = value.values() if type(value) is dict else value
            several = type(value) in (list, tuple, dict)
            waiting += [x for x in (parts if several else (value,)) if isinstance(x, _Pipe)]
    return list(found.values())


def seed_pipes(pipe: Any, seed: int) -> None:
    """Give every pipe that draws numbers (it has `set_seed`) a seed for its next pass."""
    for i, each in enumerate(pipes_within(pipe)):
        if hasattr(each, "set_seed"):
            each.set_seed((seed + i * 0x9E3779B97F4A7C15) & (1 << 62) - 1)


def set_shuffling(pipe: Any, shuffle: bool) -> Any:
    """A pipe whose shuffles are on or off; one more at its end if there was none to turn on."""
    shufflers = [each for each in pipes_within(pipe) if hasattr(each, "set_shuffle")]
    if shuffle and not shufflers:
        pipe = pipe.shuffle()
    for each in shufflers:
        each.set_shuffle(shuffle)
    return pipe


class functional_datapipe:
    """`@functional_datapipe("name")` above a class of pipes: `pipe.name(...)` makes one."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, cls: Any) -> Any:
        made = cls.cls if isinstance(cls, non_deterministic) else cls
        for kind in (IterDataPipe, MapDataPipe):
            if isinstance(made, type) and issubclass(made, kind):
                kind.register_datapipe_as_function(self.name, cls)
                return cls
        raise DTypeError(
            message("functional_datapipe", expected="an IterDataPipe or a MapDataPipe",
                    got=repr(cls)[:80])
        )


# -- determinism and types -------------------------------------------------------------------------


class _Modes:
    determinism = False
    validation = True


class _Switched:
    """Within it, or from it on where it is only called, a mode is set."""

    mode: str
    value: bool

    def __init__(self) -> None:
        self._before = getattr(_Modes, self.mode)
        setattr(_Modes, self.mode, self.value)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        setattr(_Modes, self.mode, self._before)


class guaranteed_datapipes_determinism(_Switched):
    """Within it, making a non_deterministic pipe raises DTypeError."""

    mode, value = "determinism", True


class runtime_validation_disabled(_Switched):
    """Within it, runtime_validation checks nothing."""

    mode, value = "validation", False


class non_deterministic:
    """`@non_deterministic` above a class of pipes whose order may differ from pass to pass, or
    `@non_deterministic(f)`, where f(*arguments) tells whether a pipe of these arguments is one."""

    def __init__(self, arg: Any) -> None:
        self.cls = arg if isinstance(arg, type) else None
        self._differs = (lambda *a, **k: True) if self.cls is not None else arg
        if self.cls is not None:
            _require_pipe(self.cls)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.cls is None:
            [made] = args
            _require_pipe(made)
            self.cls = made
            return self
        if _Modes.determinism and self._differs(*args, **kwargs):
            raise DTypeError(
                message(f"{self.cls.__name__} is not deterministic", got=self.cls.__name__,
                        expected="a deterministic pipe, within guaranteed_datapipes_determinism")
            )
        return self.cls(*args, **kwargs)


def _require_pipe(cls: Any) -> None:
    if not isinstance(cls, type) or not issubclass(cls, IterDataPipe):
        raise DTypeError(
            message("non_deterministic", expected="an IterDataPipe", got=repr(cls)[:80])
        )


def argument_validation(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose arguments that are annotated as pipes are checked: DTypeError."""
    signature, hints = inspect.signature(f), get_type_hints(f)

    @functools.wraps(f)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            kind: Any = get_origin(hints.get(name)) or hints.get(name)
            wanted = isinstance(kind, type) and issubclass(kind, _Pipe)
            if wanted and not isinstance(value, kind):
                raise DTypeError(
                    message(f"argument {name!r}", expected=kind.__name__, got=type(value).__name__)
                )
        return f(*args, **kwargs)

    return checked


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any or isinstance(hint, TypeVar):
        return True
    origin: Any = get_origin(hint)
    inner = get_args(hint)
    if origin is None:
        return not isinstance(hint, type) or isinstance(value, hint)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if not isinstance(value, origin):
        return False
    if origin is tuple and inner and inner[-1] is not Ellipsis:
        return len(value) == len(inner) and all(map(_fits, value, inner))
    return origin not in (list, set, tuple) or all(_fits(v, inner[0]) for v in value)


def runtime_validation(f: Callable[..., Any]) -> Callable[..., Any]:
    """An `__iter__` whose elements are checked against its annotation, `Iterator[T]`.

    Raises DTypeError above another function, DataError at an element of another type.
    """
    if f.__name__ != "__iter__":
        raise DTypeError(message("runtime_validation", expected="__iter__", got=f.__name__))

    @functools.wraps(f)
    def checked(self: Any) -> Iterator[Any]:
        inner = get_args(get_type_hints(f).get("return"))
        for element in f(self):
            if _Modes.validation and inner and not _fits(element, inner[0]):
                raise DataError(
                    message(f"an element of {type(self).__name__}", expected=str(inner[0]),
                            got=f"{element!r:.60} ({type(element).__name__})")
                )
            yield element

    return checked
