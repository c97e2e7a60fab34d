"""Calls of everything public with what does not fit: `python -m tests.fuzz.interface --seed 7`.

A call may end well, or with an error of ours, a TypeError or an IndexError; nothing else, and it
must end. Each failing call is printed as text that can be pasted behind `import pentad as pt`.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import random
import signal
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import click
import numpy as np

import pentad as pt

TENSORS = (
    "pt.ones(3, 4)", "pt.zeros(3, 4)", "pt.tensor(1.5)", "pt.zeros(0, 3)", "pt.ones(2, 3, 4, 5)",
    "pt.arange(3)", "pt.tensor([2, -7, 1 << 40])", "pt.ones(3, 4).bool()", "pt.ones(4).half()",
    "pt.full((3, 4), float('nan'))", "pt.ones(3, 4, requires_grad=True)", "pt.ones(4, 3).T",
    "pt.ones(3, 3).double()", "pt.ones(2, 3, 8)", "pt.tensor(2)", "pt.ones(1, 4).expand(3, 4)",
)  # fmt: skip
VALUES = (
    "None", "True", "0", "1", "-1", "2", "3", "7", "1 << 40", "1 << 62", "-(1 << 70)", "0.5", "1.5",
    "-0.5", "float('nan')", "float('inf')", "1e308", "''", "'mean'", "'nonsense'", "[]", "[1, 2]",
    "(0,)", "(0, 0)", "(1, 0)", "[-1]", "[[1], [2, 3]]", "[1 << 62, 4]", "{}", "object()", "b'x'",
    "slice(None, None, -1)", "...", "np.ones((3, 4))", "np.float64('nan')", "np.array('x')",
    "pt.float32", "pt.int64", "int", "len", "1j", "[None]", "[pt.ones(3, 4), pt.zeros(3, 4)]",
    "[pt.ones(2), 'x']", "(2, 2)", "range(3)", "np.int64(2)", "-3",
)  # fmt: skip
ALLOWED = (pt.PentadError, TypeError, IndexError, NotImplementedError)
"""NotImplementedError is Python's word for a method that a subclass should write."""
SECONDS = 10
"""That a call may take."""
SKIPPED = {
    "set_num_threads": "tested with the threads that it starts (tests/runtime)",
    "explain": "runs what it is given",
    "static.apply": "runs what it is given",
    "static.Replay": "runs what it is given",
    "data": "reads files and the network",
    "train": "reads files",
    "optim": "the constructors are tested below, over parameters",
}
MODULE_METHODS = ("forward",)


def targets() -> dict[str, Callable[..., Any]]:
    """Every public callable by the text that names it."""
    found: dict[str, Callable[..., Any]] = {}
    for name in pt.__all__:
        if name in SKIPPED or name.startswith("_"):
            continue
        value = getattr(pt, name)
        if isinstance(value, types.ModuleType) and not callable(value):
            found.update(_members(f"pt.{name}", value))
        elif callable(value) and not _is_plain_class(value):
            found[f"pt.{name}"] = value
    for path in ("nn.functional", "linalg", "fft", "special"):
        module = functools.reduce(lambda m, n: getattr(m, n, None), path.split("."), pt)
        found.update(_members(f"pt.{path}", module) if module else {})
    for name in dir(pt.Tensor):
        value = getattr(pt.Tensor, name)
        if callable(value) and (not name.startswith("_") or name in OPERATORS):
            found[f"pt.Tensor.{name}"] = value
    return found


_OPERATORS = """
add radd sub rsub mul truediv rtruediv floordiv mod pow rpow matmul and or xor lshift rshift eq lt
getitem setitem contains iadd imul isub itruediv ipow iand len bool int float index format iter
"""
OPERATORS = tuple(f"__{name}__" for name in _OPERATORS.split())


def _is_plain_class(value: Any) -> bool:
    return isinstance(value, type) and (
        issubclass(value, BaseException) or value is pt.Tensor or value.__module__ == "builtins"
    )


def _members(path: str, module: Any) -> dict[str, Callable[..., Any]]:
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    found = {}
    for name in names:
        value = getattr(module, name)
        ours = str(getattr(value, "__module__", "")).startswith("pentad")
        skipped = f"{path}.{name}".removeprefix("pt.") in SKIPPED
        if callable(value) and ours and not skipped and not _is_plain_class(value):
            found[f"{path}.{name}"] = value
    return found


def parameters(target: Callable[..., Any]) -> list[str]:
    """The names of what a callable takes."""
    try:
        found = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def drawn_call(rng: random.Random, name: str, target: Callable[..., Any]) -> str:
    """The text of a call: mostly a tensor first, then anything."""
    known = parameters(target)
    count = rng.choice((0, 1, 1, 2, 2, 2, 3, 3, 4))
    given = [_value(rng, 0.8 if i == 0 else 0.4 if i == 1 else 0.2) for i in range(count)]
    if name.startswith("pt.Tensor."):
        given[:1] = [rng.choice(TENSORS)]
    free = [k for k in known[count:] if k != "self"]
    rng.shuffle(free)
    named = [f"{k}={_value(rng, 0.2)}" for k in free[: rng.choice((0, 0, 1, 1, 2))]]
    made = f"{name}({', '.join(given + named)})"
    module = isinstance(target, type) and issubclass(target, pt.nn.Module)
    return f"{made}({_value(rng, 0.9)})" if module and rng.random() < 0.7 else made


def _value(rng: random.Random, tensors: float) -> str:
    return rng.choice(TENSORS if rng.random() < tensors else VALUES)


class TooSlow(Exception):
    """A call took more than SECONDS of the processor."""


def _alarm(*_: object) -> None:
    raise TooSlow


def outcome(call: str) -> str | None:
    """None if a call ends as it may, else what went wrong."""
    signal.signal(signal.SIGPROF, _alarm)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of this process, however busy the machine
    try:
        made = eval(call, {"pt": pt, "np": np})
        if isinstance(made, types.GeneratorType):
            made.close()
    except ALLOWED:
        return None
    except BaseException as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:150]}{_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


def _place(error: BaseException) -> str:
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if f"{os.sep}pentad{os.sep}" in file:
            place = f" ({os.path.basename(file)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """What calls may have set is as before; files go to a folder of their own."""
    folder, dtype, grad = os.getcwd(), pt.get_default_dtype(), pt.is_grad_enabled()
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(scratch)
        try:
            yield
        finally:
            os.chdir(folder)
            pt.set_default_dtype(dtype)
            pt.set_grad_enabled(grad)
            pt.set_printoptions(precision=4, threshold=1000, edgeitems=3, linewidth=80)


def failures(seed: int, calls: int, only: str = "", log: Any = None) -> Iterator[tuple[str, str]]:
    """(call, what went wrong) for `calls` calls of every target; `log` is told each beforehand."""
    for name, target in sorted(targets().items()):
        if only not in name:
            continue
        rng = random.Random(f"{seed}:{name}")
        for _ in range(calls):
            call = drawn_call(rng, name, target)
            if log is not None:
                log(call)
            with undisturbed():
                wrong = outcome(call)
            if wrong:
                yield call, wrong


@click.command()
@click.option("--seed", default=0)
@click.option("--calls", default=20, help="Calls of each function.")
@click.option("--only", default="", help="Functions whose names contain this.")
@click.option("--log", "path", default="", help="A file that holds the call under way.")
@click.option("--first", is_flag=True, help="Print one failure of each function and place.")
def main(seed: int, calls: int, only: str, path: str, first: bool) -> None:
    """Call everything public with what does not fit."""
    start, count, seen = time.monotonic(), 0, set()
    note = None
    if path:
        file = open(path, "w", buffering=1)  # noqa: SIM115  (open until the end)

        def note(call: str) -> None:
            file.seek(0)
            file.truncate()
            file.write(call + "\n")

    for call, wrong in failures(seed, calls, only, note):
        count += 1
        key = (call.split("(")[0], wrong.split(":")[0], wrong.rpartition("(")[2])
        if not first or key not in seen:
            print(f"{call}\n    {wrong}", flush=True)
        seen.add(key)
    print(f"{len(targets())} functions, {count} calls failed, {time.monotonic() - start:.0f} s")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
