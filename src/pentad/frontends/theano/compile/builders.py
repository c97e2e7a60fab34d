"""`OpFromGraph`: a part of a graph as an operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import static
from pentad.frontends.theano.compile.sharedvalue import SharedVariable
from pentad.frontends.theano.differentiation import connected_by_any_way, grad
from pentad.frontends.theano.gof.disconnected import Missing, disconnected_type
from pentad.frontends.theano.gof.graph import GRAPH, Variable, ancestors
from pentad.frontends.theano.gof.ruled import Ruled
from pentad.frontends.theano.gof.test_values import compute_whole


class _Overridden(Ruled):
    """The part of the graph, with gradients of its own."""

    def __init__(self, shown: OpFromGraph) -> None:
        super().__init__(str(shown))
        self.shown = shown

    def compute(self, replay: Any, node: static.Node, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """The outputs, replayed."""
        inner = replay.inner()
        for symbol, value in zip(self.shown.all_inputs, tensors, strict=True):
            inner.give(symbol, value)
        given = {v.node for v in self.shown.all_inputs}
        outputs = self.shown.local_outputs
        inner.run(static.ancestors([v.node for v in outputs], lambda n: n in given))
        return tuple(inner.tensor(inner.value(v)).detach() for v in outputs)

    def slopes(
        self, node: static.Node, inputs: list[Any], outputs: list[Any], weights: list[Any]
    ) -> list[Any]:
        """What the overrides give, and the part's own gradients where there are none."""
        return self.shown.slopes(inputs, outputs, weights)


class OpFromGraph:
    """A part of a graph as an operation: called, it is the part with other inputs.

    grad_overrides: what gives the gradients: a function (or OpFromGraph) of the inputs and the
    gradients of the outputs, or a list with one for each input; lop_overrides: likewise, and they
    take the outputs in between.
    """

    def __init__(
        self, inputs: Sequence[Any], outputs: Sequence[Any], inline: bool = False,
        lop_overrides: Any = "default", grad_overrides: Any = "default",
        rop_overrides: Any = "default", connection_pattern: Any = None, name: str | None = None,
        **kwargs: Any,
    ) -> None:
        for v in [*inputs, *outputs]:
            if not isinstance(v, Variable):
                raise TypeError(static.message("inputs and outputs must be Variable instances",
                                               got=str(v)))
        if "updates" in kwargs or "givens" in kwargs:
            raise TypeError(
                static.message("updates and givens are not allowed here", got=", ".join(kwargs))
            )
        if rop_overrides not in ("default", None):
            raise NotImplementedError(
                static.message("OpFromGraph with a forward derivative of its own is not supported",
                               got="rop_overrides",
                               hint="Rop is found of the gradient: override that one")
            )
        if lop_overrides not in ("default", None) and grad_overrides not in ("default", None):
            raise ValueError(
                static.message("lop_overrides and grad_overrides are mutually exclusive")
            )
        self.is_inline, self.name, self._pattern = inline, name, connection_pattern
        self.local_inputs, self.local_outputs = list(inputs), list(outputs)
        self._with_outputs = lop_overrides not in ("default", None)
        self.overrides = lop_overrides if self._with_outputs else grad_overrides
        found = ancestors(self.local_outputs, self.local_inputs)
        self.shared_inputs = [v for v in found if isinstance(v, SharedVariable)]
        self.all_inputs = [*self.local_inputs, *self.shared_inputs]
        self._op = _Overridden(self)

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        """The outputs for other inputs."""
        if len(inputs) != len(self.local_inputs):
            raise ValueError(
                static.message("OpFromGraph: another number of inputs",
                               expected=str(len(self.local_inputs)), got=str(len(inputs)))
            )
        given = [v.type.filter_variable(x) for v, x in zip(self.local_inputs, inputs)]
        found = static.clone(self.local_outputs, dict(zip(self.local_inputs, given)))
        if self.overrides not in ("default", None):
            node = static.apply(GRAPH, self._op, [*given, *self.shared_inputs],
                                types=[v.static_type for v in found])
            found = list(node.outputs)
        compute_whole(found)
        return found[0] if len(found) == 1 else found

    def slopes(self, inputs: list[Any], outputs: list[Any], weights: list[Any]) -> list[Any]:
        """The gradients by the inputs, those of the overrides first."""
        count = len(self.local_inputs)
        given = [inputs[:count], *([outputs] if self._with_outputs else []), weights]
        overrides = self.overrides
        if not isinstance(overrides, list | tuple):
            found = _called(overrides, given)
            return [*(found if isinstance(found, list | tuple) else [found]),
                    *self._own(inputs, weights, range(count, len(inputs)))]
        overrides = [*overrides, *["default"] * (len(inputs) - len(overrides))]
        plain = [i for i, o in enumerate(overrides) if isinstance(o, str)]
        own = dict(zip(plain, self._own(inputs, weights, plain)))
        return [
            own[i] if i in own else o if isinstance(o, Missing) else _single(_called(o, given))
            for i, o in enumerate(overrides)
        ]

    def _own(self, inputs: list[Any], weights: list[Any], places: Sequence[int]) -> list[Any]:
        """The gradients that the part of the graph itself has."""
        if not places:
            return []
        outputs = static.clone(self.local_outputs, dict(zip(self.all_inputs, inputs)))
        found = grad(None, [inputs[i] for i in places], known_grads=dict(zip(outputs, weights)),
                     disconnected_inputs="ignore", return_disconnected="None")
        return [disconnected_type() if g is None else g for g in found]

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """For each input, which outputs depend on it by a way that gradients pass."""
        if self._pattern is not None:
            return self._pattern  # type: ignore[no-any-return]
        reached = [connected_by_any_way(y, self.all_inputs) for y in self.local_outputs]
        return [[x in found for found in reached] for x in self.all_inputs]

    def __str__(self) -> str:
        return self.name or f"OpFromGraph{{inline={self.is_inline}}}"

    __repr__ = __str__


def _called(override: Any, given: list[Any]) -> Any:
    """The expressions of an override: a function of lists, or an operation of all variables."""
    if isinstance(override, OpFromGraph):
        return override(*[v for part in given for v in part])
    return override(*given)


def _single(found: Any) -> Any:
    return found[0] if isinstance(found, list | tuple) else found


__all__ = ["OpFromGraph"]
