"""`theano.scan`: a loop whose function is a part of the graph.

The function is called once, with variables that stand for the elements of one step; what it made is
the body of a scan of the core (static/control.py). A shared variable that it updates is carried
from step to step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pentad import static
from pentad.frontends.theano.compile.sharedvalue import SharedVariable
from pentad.frontends.theano.gof.bundle import flat
from pentad.frontends.theano.gof.errors import MissingInputError
from pentad.frontends.theano.gof.graph import GRAPH, Variable
from pentad.frontends.theano.gof.test_values import compute, element_of
from pentad.frontends.theano.gradient import disconnected_grad
from pentad.frontends.theano.scan_module.scan_utils import get_updates_and_outputs
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.creation import arange
from pentad.frontends.theano.tensor.elemwise import ELEMWISE, cast, ge, minimum
from pentad.frontends.theano.updates import OrderedUpdates


class Sequence_(NamedTuple):
    """A variable that is walked over, and which of its elements a step sees."""

    variable: Any
    taps: tuple[int, ...]

    @property
    def before(self) -> int:
        """How many elements lie before the first step."""
        return -min(0, *self.taps)

    @property
    def after(self) -> int:
        """How many elements lie after the last step."""
        return max(0, *self.taps)


class State(NamedTuple):
    """A result of the function that it is given again: its first values, which steps back."""

    initial: Any
    taps: tuple[int, ...]


# -- arguments ---------------------------------------------------------------------------------


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _taps(value: Any) -> tuple[int, ...]:
    found = value if isinstance(value, list | tuple) else [value]
    return tuple(int(t) for t in found)


def _sequences(given: Any) -> list[Sequence_]:
    found = []
    for item in _listed(given):
        entry = item if isinstance(item, dict) else {"input": item}
        taps = _taps(entry["taps"]) if entry.get("taps") is not None else (0,)
        variable = as_tensor_variable(entry["input"])
        if variable.ndim == 0:
            raise TypeError(
                static.message("scan: a sequence must have at least one axis",
                               got=f"{variable}: {variable.type}", where=variable.node.line)
            )
        found.append(Sequence_(variable, taps))
    return found


def _states(given: Any) -> list[State | None]:
    found: list[State | None] = []
    for item in _listed(given):
        entry = item if isinstance(item, dict) else {"initial": item}
        initial, taps = entry.get("initial"), entry.get("taps", [-1])
        if initial is None:
            if entry.get("taps"):
                raise ValueError(
                    static.message("If you are using slices of an output you need to provide a "
                                   "initial state for it", got=str(item))
                )
            found.append(None)
            continue
        if taps is None or (not isinstance(taps, int) and not list(taps)):
            found.append(None) if taps is not None else found.append(
                State(as_tensor_variable(initial), (-1,)))
            continue
        taps = _taps(taps)
        if any(t >= 0 for t in taps):
            raise ValueError(
                static.message("All the tap values must be strictly smaller then 0.",
                               expected="-1, -2, ...", got=str(list(taps)))
            )
        found.append(State(as_tensor_variable(initial), taps))
    return found


def _steps(sequences: Sequence[Sequence_], n_steps: Any) -> Any:
    """How many steps there are, as a variable."""
    if n_steps is not None and (not isinstance(n_steps, float) or n_steps == n_steps):
        count = as_tensor_variable(n_steps)
        if count.dtype.startswith(("float", "complex")) or count.ndim:
            raise ValueError(
                static.message(f" n_steps must be an int. dtype provided is {count.dtype}",
                               expected="a whole number", got=str(count.type))
            )
        value = count.node.extra.get("value")
        if value is not None and value < 0:
            raise IndexError(
                static.message(f"Scan was asked to run for negative number of step {value}",
                               got=str(value))
            )
        return count
    if not sequences:
        raise ValueError(
            static.message("No information about the number of steps provided. Either provide a "
                           "value for n_steps argument of scan or provide an input sequence")
        )
    lengths = [s.variable.shape[0] - (s.before + s.after) for s in sequences]
    found = lengths[0]
    for other in lengths[1:]:
        found = minimum(found, other)
    return found


def _parts(s: Sequence_, backwards: bool) -> list[Any]:
    """For each tap the part of a sequence that lies at this distance from the steps."""
    found = []
    for tap in s.taps:
        start, left = tap + s.before, s.after - tap
        part = s.variable[start:-left if left else None] if start or left else s.variable
        found.append(part[::-1] if backwards else part)
    return found


# -- the body ----------------------------------------------------------------------------------


def _stand_in(dtype: Any, shape: Any, name: str | None, mark: str) -> Any:
    made = static.placeholder(GRAPH, dtype, shape)
    made.name = None if name is None else name + mark
    return made


def _stepwise(v: Any, mark: str) -> Any:
    """A variable for one element of another."""
    kind = v.static_type
    return _stand_in(kind.dtype, kind.shape[1:], v.name, mark)


class Loop:
    """What a scan is made of: built within the body."""

    def __init__(self, sequences: Sequence[Sequence_], states: Sequence[State | None]) -> None:
        self.items = [
            _stepwise(s.variable, f"[t{tap:+d}]" if tap else "[t]")
            for s in sequences for tap in s.taps
        ]
        walked = [s.variable for s in sequences for _ in s.taps]
        for item, whole in zip(self.items, walked, strict=True):
            element_of(whole, item)
        self.windows: list[list[Any]] = []
        """For each state the variables of its last values, the latest last."""
        self.firsts: list[list[Any]] = []
        self.arguments: list[Any] = list(self.items)
        for state in states:
            if state is None:
                self.windows.append([])
                continue
            depth = -min(state.taps)
            whole = state.taps == (-1,)
            window = [
                _stand_in(state.initial.static_type.dtype, state.initial.static_type.shape,
                          state.initial.name, "[t-1]") if whole
                else _stepwise(state.initial, f"[t-{depth - i}]") for i in range(depth)
            ]
            for v in window:
                element_of(state.initial, v, whole)
            self.windows.append(window)
            self.arguments += [window[depth + tap] for tap in state.taps]

    def call(self, fn: Callable[..., Any], non_sequences: Sequence[Any], states: Any) -> None:
        """Call the function, and look at what it gave."""
        found = fn(*self.arguments, *non_sequences)
        self.stop, self.results, self.updates = get_updates_and_outputs(found)
        if len(states) not in (0, len(self.results)) and any(s is not None for s in states):
            raise ValueError(
                static.message("Please provide None as outputs_info for any output that does not "
                               "feed back into scan (i.e. it behaves like a map)",
                               expected=f"{len(states)} results, as outputs_info has",
                               got=str(len(self.results)))
            )
        for window, result, state in zip(self.windows, self.results, states):
            if window:
                _require_same(window[-1], result, state)
        targets = [*self.results, *self.updates.values()]
        targets += [self.stop] if self.stop is not None else []
        self._add_defaults(targets, non_sequences)

    def _add_defaults(self, targets: list[Any], given: Sequence[Any]) -> None:
        """The default updates of the shared variables that the body uses.

        Those of what it uses from outside too, unless that was given to it: each step computes it
        anew, so that random numbers are drawn for each step.
        """
        seen, stack = set(given), list(targets)
        while stack:
            v = stack.pop()
            if v in seen:
                continue
            seen.add(v)
            if isinstance(v, SharedVariable):
                if v._update is not None and v not in self.updates:
                    self.updates[v] = v._update
                    stack.append(v._update)
            else:
                stack.extend(v.node.inputs)

    def carried_shared(self) -> None:
        """Let the shared variables that are updated be carried."""
        self.shared = list(self.updates)
        self.stand_ins = [
            _stand_in(v.static_type.dtype, v.static_type.shape, v.name, "[t-1]")
            for v in self.shared
        ]
        for v, inner in zip(self.shared, self.stand_ins, strict=True):
            element_of(v, inner, True)
        count = len(self.results)
        targets = [*self.results, *self.updates.values()]
        targets += [self.stop] if self.stop is not None else []
        if self.shared:
            targets = static.clone(targets, dict(zip(self.shared, self.stand_ins, strict=True)))
        self.results = targets[:count]
        self.new = [
            cast(x, v.dtype) for x, v in zip(targets[count:], self.shared, strict=False)
        ]
        if self.stop is not None:
            self.stop = targets[-1]

    def detached_before(self, live: Any) -> None:
        """Stop gradients in the steps where `live` is false."""
        def cut(x: Any) -> Any:
            return ELEMWISE["switch"](live, x, disconnected_grad(x)) if x.dtype.startswith(
                ("float", "complex")) else x

        self.results = [cut(x) for x in self.results]


def _require_same(state: Any, result: Any, given: State) -> None:
    kind, other, axes = state.dtype, result.dtype, (given.initial.ndim, result.ndim)
    if kind != other:
        text = (f"has dtype {kind}, while the result of the inner function (`fn`) has dtype "
                f"{other}. This can happen if the inner function of scan results in an upcast or "
                "downcast.")
    elif state.ndim != result.ndim:
        text = (f"has {axes[0]} dimension(s), while the corresponding variable in the result of "
                f"the inner function of scan (`fn`) has {axes[1]} dimension(s)")
    else:
        return
    raise ValueError(
        static.message("When compiling the inner function of scan the following error has been "
                       "encountered: The initial state (`outputs_info` in scan nomenclature) of "
                       f"variable {given.initial} {text}", expected=str(state.type),
                       got=str(result.type), where=result.node.line,
                       hint="with several taps the initial state has one axis more")
    )


# -- scan --------------------------------------------------------------------------------------


def scan(
    fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None,
    non_sequences: Any = None, n_steps: Any = None, truncate_gradient: int = -1,
    go_backwards: bool = False, mode: Any = None, name: str | None = None, profile: Any = False,
    allow_gc: bool | None = None, strict: bool = False, return_list: bool = False,
) -> tuple[Any, OrderedUpdates]:
    """Call a function for each step: (its results of all steps, the updates that it made).

    It is given the elements of `sequences`, then earlier results as `outputs_info` says, then
    `non_sequences`. `mode`, `profile` and `allow_gc` are those of the function that runs it.
    """
    walked, states = _sequences(sequences), _states(outputs_info)
    others = [v if isinstance(v, Variable) else as_tensor_variable(v)
              for v in _listed(non_sequences)]
    steps = _steps(walked, n_steps)
    parts = [part for s in walked for part in _parts(s, go_backwards)]
    with GRAPH.inside() as body:
        loop = Loop(walked, states)
        loop.call(fn, others, states)
        loop.carried_shared()
    if truncate_gradient != -1 and loop.results:
        count = steps
        if loop.stop is not None:
            # Which steps are the last ones is only known when the loop has run.
            once = _node(body, loop, steps, parts, states, name)
            count = once.outputs[loop.before].shape[0]
        live = ge(arange(steps), count - truncate_gradient)
        with GRAPH.inside(body):
            item = _stepwise(live, "[t]")
            loop.detached_before(item)
        loop.items.append(item)
        parts.append(live)
    node = _node(body, loop, steps, parts, states, name)
    node.extra["given"] = (*flat(others), *flat(s.variable for s in walked))
    compute(node)
    if strict:
        _require_given(node, loop, flat([*others, *[s.variable for s in walked]]))
    return _given_back(node, loop, n_steps, return_list)


def _node(
    body: Any, loop: Loop, steps: Any, parts: Sequence[Any], states: Sequence[State | None],
    name: str | None,
) -> Any:
    carried, after, first = [], [], []
    for window, result, state in zip(loop.windows, loop.results, states):
        if state is not None:
            carried += window
            after += [*window[1:], result]
            whole = state.taps == (-1,)
            first += [state.initial] if whole else [state.initial[i] for i in range(len(window))]
    carried, after = carried + loop.stand_ins, after + loop.new
    first += loop.shared
    asked = [] if loop.stop is None else [loop.stop]
    block = static.block(body, [*loop.items, *carried], [*after, *loop.results, *asked])
    value = steps.node.extra.get("value")
    count = int(value) if value is not None and loop.stop is None else None
    types = [c.static_type for c in carried]
    types += [static.Type(r.static_type.dtype, (count, *r.static_type.shape))
              for r in loop.results]
    loop.before = len(carried)
    return static.scan(
        GRAPH, block, steps, parts, first, types, until=loop.stop is not None,
        name=GRAPH.unique_name(name or "scan_fn"),
    )


def _require_given(node: Any, loop: Loop, given: Sequence[Any]) -> None:
    named = set(given) | set(loop.shared)
    for v in node.extra["bodies"][0].captures:
        if isinstance(v, SharedVariable) and v not in named:
            raise MissingInputError(
                static.message("scan: with strict=True all shared variables that the function uses "
                               "are given to it", got=f"{v} is not",
                               hint="add it to non_sequences", where=v.node.line)
            )


def _given_back(
    node: Any, loop: Loop, n_steps: Any, return_list: bool
) -> tuple[Any, OrderedUpdates]:
    before, count = loop.before, len(loop.shared)
    updates = OrderedUpdates()
    for v, last in zip(loop.shared, node.outputs[before - count:before], strict=True):
        updates[v] = last
    results = list(node.outputs[before:before + len(loop.results)])
    if return_list or len(results) > 1:
        return results, updates
    return (results[0] if results else None), updates


__all__ = ["scan"]
