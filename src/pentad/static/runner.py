"""Running a graph: feeds in, values out, variables changed."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pentad.graph.errors import ArgumentError, PentadError, message
from pentad.schedule.explain import Explanation
from pentad.static.conversion import array_of, as_fed, converted, hashable, own_array
from pentad.static.graph import Node, Symbol
from pentad.static.lane import Lane, Port
from pentad.static.native import Native
from pentad.static.plan import parts
from pentad.static.replay import Replay
from pentad.static.store import Store
from pentad.static.values import STRING, Known
from pentad.tensor.capture import explain
from pentad.tensor.functions.random import default_generator
from pentad.tensor.misfit import guarded
from pentad.tensor.state import no_grad, set_grad_enabled
from pentad.tensor.tensor import Tensor

_MANY = 64
"""Values of sizes that are kept compiled."""


class NotCompiled(UserWarning):
    """Part of a graph runs eagerly, since it cannot be compiled."""


class Run:
    """What is done again and again: the same targets from the same feeds.

    targets: symbols whose values are given, nodes that are run (they give None). feeds: the symbols
    whose values are handed in. updates: (variable, symbol) pairs, stored after everything else
    was computed. replaced: symbols to compute in place of others. eager_first: so many calls run
    eagerly before the graph is compiled.
    """

    @guarded
    def __init__(
        self, store: Store, targets: Sequence[Symbol | Node], feeds: Sequence[Symbol],
        updates: Sequence[tuple[Node, Symbol]] = (),
        replaced: Mapping[Symbol, Symbol] = MappingProxyType({}), eager_first: int = 0,
    ) -> None:
        self.store, self.targets, self.feeds = store, tuple(targets), tuple(feeds)
        self.updates, self.replaced, self.eager_first = tuple(updates), replaced, eager_first
        needed = [replaced.get(t, t) if isinstance(t, Symbol) else t for t in self.targets]
        needed += [replaced.get(s, s) for _, s in self.updates]
        fed = frozenset(self.feeds)
        nodes = [t if isinstance(t, Node) else t.node for t in needed if t not in fed]
        self.parts = parts(nodes, fed, replaced)
        self.reason = self.parts.reason
        self.results = self._outside()
        self._compiled: dict[Any, Any] = {}
        self._calls = 0
        self._settle()
        self._lock = threading.RLock()
        found = self.parts
        self.simple = not (found.before or found.after or found.draws_in_loops or found.watches)
        self._asked = [
            replaced.get(t, t) if isinstance(t, Symbol) else None for t in self.targets
        ]
        index = {s: i for i, s in enumerate(self.results)}
        self._places = [None if s is None else index.get(s) for s in self._asked]
        self._short: Lane | None = None

    def _settle(self) -> None:
        """Remember which tensors its variables are."""
        self._version = self.store.version
        self._tensors = self._own()

    def _own(self) -> list[Any]:
        touched = (*self.parts.reads, *self.parts.writes, *[v for v, _ in self.updates])
        return [self.store.values.get(v) for v in touched]

    def _moved(self) -> bool:
        """Is one of its variables another tensor than when code was made?"""
        if self._version == self.store.version:
            return False
        before, now = self._tensors, self._own()
        if all(a is b or a is None for a, b in zip(before, now, strict=True)):
            self._settle()
            return False
        return True

    def _outside(self) -> list[Symbol]:
        """The symbols that the main part has to give: targets, and what later steps need."""
        main = set(self.parts.main)
        asked = [t for t in self.targets if isinstance(t, Symbol)]
        for node in (*self.parts.after, *self.parts.watches):
            asked += node.inputs
        # What only looks at values gives its first input in native code; what it needs, nothing.
        late = {*self.parts.after, *(n for n in self.parts.watches if not n.op.watches)}
        early = set(self.parts.before) - main
        real = (self.replaced.get(s, s) for s in asked)
        found = [s for s in real if s.node not in late and s.node not in early]
        if late or early or self.parts.watches:
            # Fed texts go around native code.
            fed = {s for s in self.feeds if s.static_type.dtype is STRING}
            found = [s for s in found if s not in fed]
        return list(dict.fromkeys(found))

    # -- a call --------------------------------------------------------------------------------

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """Run with values for the feeds; the values of the targets as arrays."""
        if self._short is not None:
            found = self._shortly(values)
            if found is not None:
                return found
        given = dict(zip(self.feeds, map(converted, self.feeds, values), strict=True))
        if not self.simple:
            return self._in_parts(given)
        found = self._main(given)
        return [None if s is None else array_of(found[s]) for s in self._asked]

    def _shortly(self, values: Sequence[Any]) -> list[Any] | None:
        """The short way (lane.py); None if the values have to be looked at."""
        with self._lock:
            if self._version != self.store.version and self._moved():
                self._short = None
                return None
            assert self._short is not None
            return self._short.run(values)

    def _in_parts(self, given: dict[Symbol, Any]) -> list[Any]:
        first = Replay(self.store, replaced=self.replaced, eager=True)
        first.env.update(given)
        first.run(self.parts.before)
        main = set(self.parts.main)
        found = self._main(
            given | {s: as_fed(v) for s, v in first.env.items()
                     if s not in given and s.node not in main}
        )
        last = Replay(self.store, replaced=self.replaced, eager=True, outer=first)
        last.env.update(found)
        last.run(self.parts.after)
        return [
            array_of(last.value(t)) if isinstance(t, Symbol) else None for t in self.targets
        ]

    def _main(self, given: dict[Symbol, Any]) -> dict[Symbol, Any]:
        """Run the main part; the values of `_results`."""
        with self._lock:
            if not self.parts.draws_in_loops:
                return self._run(given)
            generator = default_generator
            kept = generator.get_state()
            generator.set_state(self.store.loops.get_state())
            try:
                return self._run(given)
            finally:
                self.store.loops.set_state(generator.get_state())
                generator.set_state(kept)

    def _run(self, given: dict[Symbol, Any]) -> dict[Symbol, Any]:
        self._calls += 1
        unset = any(v not in self.store.values for v in self.parts.writes)
        if self.reason is not None or unset or self._calls <= self.eager_first:
            return self._eagerly(given)
        if self._moved():
            self._compiled.clear()
            self._settle()
        try:
            native, found, moved = self._natively(given)
        except PentadError as error:
            # A branch that is not taken may not even be traceable. What is wrong with the values
            # is found again, and then the error names the node.
            found = self._eagerly(given)
            self.reason = str(error).splitlines()[0]
            warnings.warn(
                NotCompiled(f"this part of the graph runs eagerly: {error}"), stacklevel=4
            )
            return found
        if self.parts.watches:
            self._watch(given, found)
        native.keep(moved)
        return found

    def _watch(self, given: Mapping[Symbol, Any], found: Mapping[Symbol, Any]) -> None:
        """Do what looks at values: it may fail, and then no variable changes."""
        own = set(self.parts.watches)
        replay = Replay(self.store, replaced=self.replaced, eager=True)
        replay.env.update(given)
        replay.env.update({s: v for s, v in found.items() if s.node not in own})
        replay.run(self.parts.watches)

    def _eagerly(self, given: dict[Symbol, Any]) -> dict[Symbol, Any]:
        results, moved = self.replayed(given, True)
        for variable, value in moved:
            self.store.keep(variable, value)
        # What is fed stays the caller's memory, which may be written to later.
        fed = {id(v.storage) for v in given.values() if isinstance(v, Tensor)}
        own = [
            v.clone() if isinstance(v, Tensor) and id(v.storage) in fed else v for v in results
        ]
        return dict(zip(self.results, own, strict=True))

    def _natively(
        self, given: dict[Symbol, Any]
    ) -> tuple[Native, dict[Symbol, Any], Sequence[Any]]:
        """The values of `results`, and what variables become that are not written in place."""
        inside = bool(self.parts.windows) and self._inside(given)
        sized = self.parts.sizes_beside if inside else self.parts.sizes
        known = tuple((s, hashable(v)) for s, v in given.items() if s in sized) if sized else ()
        symbols = [s for s in given if s not in sized and s.static_type.dtype is not STRING]
        simple = self.simple and not sized
        key = None if simple else (inside, known, tuple(symbols))
        found = self._compiled.get(key)
        if found is None:
            if len(self._compiled) >= _MANY:
                del self._compiled[next(iter(self._compiled))]
            self._settle()  # variables may have got their first values since the last time
            found = self._compiled[key] = Native(self, symbols, dict(known), inside)
        results, moved = found.opened(found.compiled(*[given[s] for s in symbols]))
        if simple and self._short is None and all(map(Port.possible, self.feeds)):
            self._short = Lane(
                found, self.feeds, self.parts.windows, self.store, self._places, own_array)
        return found, dict(zip(self.results, results)), moved

    def _inside(self, given: Mapping[Symbol, Any]) -> bool:
        """Do all windows lie within what they look at?"""
        asked = {s for w in self.parts.windows for s in w.start.slopes}
        values = {s: given[s].item() for s in asked}
        for w in self.parts.windows:
            x = given[w.source] if w.source in given else self.store.tensor(w.source.node)
            start = w.start.at(values)
            if start < 0 or start + w.length > x.shape[w.node.attrs["axis"]]:
                return False
        return True

    def replayed(
        self, given: Mapping[Symbol, Any], eager: bool, inside: bool = False
    ) -> tuple[list[Any], list[tuple[Node, Any]]]:
        """Walk the main part; its results, and the variables that became of another shape."""
        found = self.parts
        windows = {w.node: w.length for w in found.windows} if inside else {}
        replay = Replay(
            self.store, found.wanted, found.higher, self.replaced, eager=eager, windows=windows,
            passed=found.passed, watched=frozenset() if eager else frozenset(found.watches),
        )
        with set_grad_enabled(bool(found.wanted)):
            for symbol, value in given.items():
                replay.give(symbol, value)
            replay.run(found.main)
            results = [self._result(replay, s) for s in self.results]
            new = [(v, replay.value(s)) for v, s in self.updates]
            for variable, value in new:
                replay.write(variable, value)
        with no_grad():
            return results, self._stored(replay)

    def _result(self, replay: Replay, symbol: Symbol) -> Any:
        value = replay.value(symbol)
        if isinstance(value, Known) and value.dtype is STRING:
            return value
        value = replay.tensor(value).detach()
        return value.clone() if id(value.storage) in self._kept(replay) else value

    def _kept(self, replay: Replay) -> set[int]:
        """The memory of the variables that take part."""
        taking = (*self.parts.reads, *self.parts.writes, *replay.written)
        found = (self.store.values.get(v) for v in taking)
        return {id(t.storage) for t in found if t is not None}

    def _stored(self, replay: Replay) -> list[tuple[Node, Any]]:
        values = self.store.values
        kept = self._kept(replay)
        new = []
        for variable in replay.written:
            value = replay.tensor(replay.state[variable]).detach()
            value = value.to(variable.outputs[0].static_type.dtype)
            new.append((variable, value.clone() if id(value.storage) in kept else value))
        moved = []
        for variable, value in new:
            old = values.get(variable)
            if old is not None and old.shape == value.shape and not replay.watched:
                old.copy_(value)
            else:
                moved.append((variable, value))
        return moved

    def explain(self, values: Sequence[Any]) -> Explanation:
        """Print and return what `pentad.explain` says of the compiled part, for such values.

        Nothing is computed, and no variable changes. ArgumentError for a run that is not compiled.
        """
        if self.reason is not None or self.parts.before:
            raise ArgumentError(
                message("explain: this run is not compiled as a whole",
                        got=self.reason or f"{self.parts.before[0].name} comes from Python")
            )
        given = dict(zip(self.feeds, map(converted, self.feeds, values), strict=True))
        known = {s: hashable(v) for s, v in given.items() if s in self.parts.sizes}
        symbols = [s for s in given if s not in known]
        native = Native(self, symbols, known, False)
        return explain.explain(native.compiled, *[given[s] for s in symbols])

    def __repr__(self) -> str:
        how = "eager" if self.reason else "compiled"
        return f"<run of {len(self.parts.main)} nodes, {how}>"
