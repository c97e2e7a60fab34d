"""Updates: functions of nodes that give the new values of a parameter and its state.

    @update
    def momentum(state: Sequence[Node], g: Node, lr: Node, mu: Node) -> list[Node]:
        p, buffer = state
        ...
        return [new_p, new_buffer]

    momentum([p, buffer], grad, 0.1, 0.9)

The tensors of the first argument are overwritten by the results. In eager mode one call is one
fused kernel; while tracing, it adds nodes, which the compiler then fuses with what made the
gradient. Numbers are run-time operands, so that another learning rate compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph.lines import user_line
from pentad.graph.node import Graph, input_node
from pentad.tensor.dispatch import fit, scalar_operand, surface
from pentad.tensor.functions.complex import view_as_real
from pentad.tensor.functions.pointwise import where
from pentad.tensor.inplace import copy_into
from pentad.tensor.meta import Meta
from pentad.tensor.run import run_plain
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, notes_of


class Update:
    """A function of (state, other operands; flags) whose results take the memory of the state."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = function.__name__
        self.__doc__ = function.__doc__
        self.traced = surface(function)
        self.specs: dict[Any, Specialised] = {}

    def __call__(self, targets: Sequence[Tensor], *operands: Any, **flags: bool) -> None:
        """Overwrite the targets; the other operands are tensors or numbers."""
        if targets[0].meta.dtype.is_complex:
            targets, operands = _as_real(targets), _as_real(operands)
        if state.trace is not None or state.grad:
            # Where the step itself is recorded, what it needs must not be what it writes over.
            given: Any = [t.clone() for t in targets] if state.grad else targets
            results = self.traced(given, *operands, **flags)
            for target, value in zip(targets, results, strict=True):
                copy_into(target, self.settled(target, value))
            return
        inputs = [*targets]
        inputs += [x if isinstance(x, Tensor) else scalar_operand(float(x)) for x in operands]
        key = (len(targets), *[t.meta for t in inputs], *flags.values())
        spec = self.specs.get(key)
        if spec is None:
            spec = self._specialise([t.meta for t in inputs], len(targets), flags)
            self.specs[key] = spec
        run_plain(spec, inputs)
        line = user_line()
        for target in targets:
            target.storage.version += 1
            notes_of(target.storage).written_at = line

    def settled(self, target: Tensor, value: Tensor) -> Tensor:
        """What is written in a compiled step: the old value where the step is skipped."""
        if state.skip is None:
            return value
        return where(state.skip != 0, target, value)  # type: ignore[no-any-return]

    def _specialise(self, metas: list[Meta], count: int, flags: dict[str, bool]) -> Specialised:
        inputs = [
            input_node(f"weak{i}" if m.weak else f"x{i}", m.shape, m.dtype)
            for i, m in enumerate(metas)
        ]
        made = self.function(inputs[:count], *inputs[count:], **flags)
        outputs = [fit(self.name, y, x) for y, x in zip(made, inputs[:count], strict=True)]
        donated = {i: i for i in range(count)}
        return Specialised(self.name, Graph(inputs, outputs), metas, multiple=True, donated=donated)


def _as_real(values: Sequence[Any]) -> list[Any]:
    """The values with real and imaginary parts as numbers of their own, as PyTorch steps them."""
    tensors = [isinstance(x, Tensor) and x.is_complex() for x in values]
    return [view_as_real(x) if t else x for x, t in zip(values, tensors, strict=True)]


def update(function: Callable[..., Any]) -> Update:
    """Make a function of nodes an Update."""
    return Update(function)
