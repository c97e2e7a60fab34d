"""Modes that look at every value of a function: DebugMode, NanGuardMode, MonitorMode."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.compile.mode import (
    FAST_RUN,
    NEVER,
    Mode,
    predefined_modes,
)
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.graph import LEAVES, Apply


class DebugModeError(pt.PentadError, Exception):
    """What DebugMode found wrong."""


class BadThunkOutput(DebugModeError):
    """Compiled code and the reference give different values of a node."""


class InvalidValueError(DebugModeError):
    """A value is not a number, where DebugMode was to look for such."""


class Watched:
    """A run whose every value is looked at before the function gives its results.

    look: called with a node, its values, and those of compiled code or None; first: called with
    each input and its value.
    """

    def __init__(
        self, parts: Sequence[Any], look: Callable[..., None], compiled: bool,
        first: Callable[..., None] | None = None,
    ) -> None:
        store, targets, feeds, updates, replaced = parts
        self.run = static.Run(store, targets, feeds, updates, replaced, eager_first=NEVER)
        self.parts, self.reason, self.look = self.run.parts, self.run.reason, look
        self.nodes = [
            n for n in self.parts.main
            if n.op.name not in LEAVES and not any(s in replaced for s in n.outputs)
        ]
        symbols = [s for n in self.nodes for s in n.outputs]
        self.symbols, self.first = symbols, first
        self.eager = static.Run(store, symbols, feeds, (), replaced, eager_first=NEVER)
        self.native = static.Run(store, symbols, feeds, (), replaced) if compiled else None

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The results, after every value was looked at."""
        for symbol, value in zip(self.eager.feeds, values, strict=True):
            if self.first is not None:
                self.first(symbol, value)
        found = [np.array(v) for v in self.eager(values)]
        other = None if self.native is None else [np.array(v) for v in self.native(values)]
        place = 0
        for node in self.nodes:
            count = len(node.outputs)
            mine = found[place:place + count]
            self.look(node, mine, None if other is None else other[place:place + count])
            place += count
        return self.run(values)

    def explain(self, values: Sequence[Any]) -> Any:
        """What `pentad.explain` says of the function."""
        return self.run.explain(values)


def _located(node: static.Node) -> str:
    return f"{Apply.of(node)}, made at {node.line}"


class DebugMode(Mode):
    """Every node is evaluated node by node and in compiled code; the values must agree."""

    def __init__(
        self, optimizer: Any = "fast_run", stability_patience: int | None = None,
        check_c_code: bool | None = None, check_py_code: bool | None = None,
        check_isfinite: bool | None = None, check_preallocated_output: Any = None,
        require_matching_strides: Any = None, linker: Any = None,
    ) -> None:
        super().__init__(linker or "py", optimizer, NEVER)
        default = config.DebugMode.check_finite
        self.check_isfinite = bool(default if check_isfinite is None else check_isfinite)

    def make_run(self, *parts: Any) -> Watched:
        """A run that compares."""
        return Watched(parts, self._compare, True)

    def _compare(self, node: static.Node, mine: Sequence[Any], other: Any) -> None:
        for a, b in zip(mine, other, strict=True):
            single = a.dtype in (np.float32, np.complex64, np.float16)
            rtol = 1e-4 if single else 1e-8
            scale = np.abs(a[np.isfinite(a)]).max(initial=0) if a.dtype.kind in "fc" else 0
            same = a.shape == b.shape and (
                np.allclose(a, b, rtol=rtol, atol=rtol * scale, equal_nan=True)
                if a.dtype.kind in "fc" else np.array_equal(a, b)
            )
            if not same:
                raise BadThunkOutput(
                    static.message("BadThunkOutput: the compiled code of a node gives another "
                                   "value than its reference", expected=str(a)[:200],
                                   got=str(b)[:200], where=_located(node))
                )
            if self.check_isfinite and a.dtype.kind in "fc" and not np.isfinite(a).all():
                raise InvalidValueError(
                    static.message("InvalidValueError: a value is not finite",
                                   got=str(a)[:200], where=_located(node))
                )


class NanGuardMode(Mode):
    """A function whose values must not be NaN, infinite or, above 1e10, big."""

    def __init__(
        self, nan_is_error: bool | None = None, inf_is_error: bool | None = None,
        big_is_error: bool | None = None, optimizer: Any = "default", linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer, NEVER)
        asked = config.NanGuardMode
        self.nan_is_error = asked.nan_is_error if nan_is_error is None else nan_is_error
        self.inf_is_error = asked.inf_is_error if inf_is_error is None else inf_is_error
        self.big_is_error = asked.big_is_error if big_is_error is None else big_is_error

    def make_run(self, *parts: Any) -> Watched:
        """A run that looks at the values, those that are fed too."""
        return Watched(parts, self._guard, False, self._fed)

    def _fed(self, symbol: Any, value: Any) -> None:
        self._check(np.asarray(value), f"the input {symbol}")

    def _guard(self, node: static.Node, mine: Sequence[Any], other: Any) -> None:
        for value in mine:
            self._check(value, _located(node))

    def _check(self, value: Any, where: str) -> None:
        if value.dtype.kind not in "fc" or not value.size:
            return
        wrong = []
        if self.nan_is_error and np.isnan(value).any():
            wrong.append("NaN detected")
        if self.inf_is_error and np.isinf(value).any():
            wrong.append("Inf detected")
        finite = np.abs(value[np.isfinite(value)])
        if self.big_is_error and finite.size and finite.max() > 1e10:
            wrong.append("Big value detected")
        if not wrong:
            return
        text = static.message("; ".join(wrong), expected="finite numbers below 1e10",
                              got=str(value)[:200], where=where)
        if config.NanGuardMode.action == "warn":
            warnings.warn(text, stacklevel=2)
            return
        raise GuardError(text)


class GuardError(pt.PentadError, AssertionError):
    """A value that NanGuardMode refuses."""


class _Call:
    """What the functions of MonitorMode see of a node's evaluation: cells of values."""

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        self.inputs, self.outputs = [[v] for v in inputs], [[v] for v in outputs]


class MonitorMode(Mode):
    """Calls functions of (place, node, values) before and after each node."""

    def __init__(
        self, pre_func: Any = None, post_func: Any = None, optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        super().__init__(linker, optimizer, NEVER)
        self.pre_func, self.post_func = pre_func, post_func

    def make_run(self, *parts: Any) -> Watched:
        """A run that calls them."""
        known: dict[Any, Any] = {}
        made: list[Watched] = []

        def look(node: static.Node, mine: Sequence[Any], other: Any) -> None:
            known.update(zip(node.outputs, mine, strict=True))
            call = _Call([known.get(s, _constant(s)) for s in node.inputs], mine)
            place = made[0].nodes.index(node)
            for function in (self.pre_func, self.post_func):
                if function is not None:
                    function(place, Apply.of(node), call)

        made.append(Watched(parts, look, False, known.__setitem__))
        return made[0]


def _constant(symbol: Any) -> Any:
    if hasattr(symbol, "get_value"):
        return symbol.get_value()
    return symbol.node.extra.get("value")


def detect_nan(i: int, node: Any, fn: Any) -> None:
    """For MonitorMode: print the node that gives a NaN first."""
    for output in fn.outputs:
        if np.asarray(output[0]).dtype.kind in "fc" and np.isnan(output[0]).any():
            lines = ("*** NaN detected ***", node, f"Inputs : {[v[0] for v in fn.inputs]}",
                     f"Outputs: {[v[0] for v in fn.outputs]}")
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            break


def _profile_mode() -> Mode:
    made = Mode(config.linker, "fast_run")
    made.profile = True  # type: ignore[attr-defined]
    return made


predefined_modes.update({
    "DebugMode": DebugMode(), "DEBUG_MODE": DebugMode(), "NanGuardMode": NanGuardMode(True, True,
                                                                                       True),
    "ProfileMode": _profile_mode(), "PROFILE_MODE": _profile_mode(), "STABILIZE": FAST_RUN,
    "Unsafe": Mode(optimizer="unsafe"),
})

__all__ = [
    "BadThunkOutput", "DebugMode", "DebugModeError", "InvalidValueError", "MonitorMode",
    "NanGuardMode", "detect_nan",
]
