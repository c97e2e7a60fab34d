"""Arguments of the wrong sort: what they break inside becomes an error that names them.

The functions of the package do not check that what should be a tensor is one: the check would
cost every call. Instead `guarded` looks at the arguments once something inside has gone wrong.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, DTypeError, PentadError, ResourceError, message
from pentad.tensor.devices import require_device

INSIDE = (
    AttributeError, ValueError, KeyError, OverflowError, ZeroDivisionError, AssertionError,
    RecursionError, StopIteration,
)  # fmt: skip
"""What arguments of the wrong sort raise inside; no TypeError and IndexError, which may stay."""


def misfit(
    name: str, error: Exception, args: Sequence[Any], kwargs: Mapping[str, Any], signature: str = ""
) -> PentadError:
    """The error to raise in the place of one from inside.

    DTypeError where an argument has not the attributes of a tensor, else ArgumentError.
    """
    words = [_sort(a) for a in args] + [f"{k}={_sort(v)}" for k, v in kwargs.items()]
    cls = DTypeError if isinstance(error, AttributeError) else ArgumentError
    return cls(
        message(
            f"{name}: the arguments do not fit",
            expected=f"{name}{signature}" if signature else None,
            got=f"{name}({', '.join(words)})",
            hint=f"inside: {type(error).__name__}: {' '.join(str(error).split())[:200]}",
        )
    )


def _sort(value: Any) -> str:
    """A value in a word: its type as a tensor has it, numbers and words themselves."""
    if value is None or isinstance(value, (bool, float, int, str)):
        return repr(value)[:40]
    meta = getattr(value, "meta", None)
    return str(meta.type) if hasattr(meta, "type") else type(value).__name__


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, but what arguments of the wrong sort break inside names the arguments.

    Surface functions come back as they are: they check their operands.
    """
    if getattr(function, "checked", False) or not inspect.isfunction(function):
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if "device" in kwargs:
            require_device(function.__name__, kwargs["device"])
        try:
            return function(*args, **kwargs)
        except PentadError:
            raise
        except TypeError:
            again = _otherwise(function, args, kwargs) if kwargs else None
            if again is None:
                raise
            return call(*again[0], **again[1])
        except MemoryError as error:
            raise ResourceError(
                message(f"{function.__name__}: no memory for the result", got=str(error) or None)
            ) from error
        except INSIDE as error:
            signature = str(inspect.signature(function))
            name = function.__qualname__.rpartition("<locals>.")[2].removesuffix(".__init__")
            raise misfit(name, error, args, kwargs, _plain(signature)) from error

    return call


NUMPYS = {"axis": "dim", "keepdims": "keepdim"}
"""Arguments by NumPy's names, which PyTorch takes too."""
_SIZES = ("size", "shape", "dims", "repeats")


def _otherwise(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments again, those by NumPy's names and `f(size=(2, 3))` for `f(2, 3)` as the
    function has them; None if there are none of the kind. (Then nothing has run yet: the call
    itself failed.)"""
    parameters = inspect.signature(function).parameters
    unknown = [name for name in kwargs if name not in parameters
               or parameters[name].kind is inspect.Parameter.VAR_POSITIONAL]
    many = [p.name for p in parameters.values() if p.kind is inspect.Parameter.VAR_POSITIONAL]
    if not unknown or any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return None
    args, kwargs = tuple(args), dict(kwargs)
    for name in unknown:
        dim = NUMPYS.get(name, "")
        if dim in parameters and dim not in kwargs:
            kwargs[dim] = kwargs.pop(name)
        elif name in _SIZES and many and isinstance(kwargs[name], (tuple, list)):
            args = (*args, kwargs.pop(name))
        else:
            return None
    return args, kwargs


def _plain(signature: str) -> str:
    """A signature without annotations of Python's own making."""
    return signature.split(" -> ")[0].replace("pentad.tensor.tensor.", "")


def guard_names(scope: dict[str, Any], names: Iterable[str]) -> None:
    """Guard the functions of a module that offers them to users."""
    for name in names:
        if name in scope:  # else the module makes it when it is asked for
            scope[name] = guarded(scope[name])


def guard_making(value: Any) -> None:
    """Let a class of ours name the arguments that its making fails on."""
    if inspect.isclass(value) and "__init__" in value.__dict__:
        value.__init__ = guarded(value.__init__)
