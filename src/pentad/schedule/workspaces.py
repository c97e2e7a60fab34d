"""Workspaces of matrix products: an operand that lies packed in one is not packed again.

The gradients of a recurrent network's two weight matrices are products with the same gradient of
the gates; packing it takes a tenth of the time of the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pentad.graph.node import Node
from pentad.schedule.gemm_spec import GemmPlan, GemmSpec
from pentad.schedule.program import Buffer

_Key = tuple[str, Node, GemmSpec, GemmPlan]


class Workspaces:
    """The workspaces so far, by the packed operands that they hold."""

    def __init__(self) -> None:
        self._holding: dict[_Key, Buffer] = {}

    def take(
        self, spec: GemmSpec, plan: GemmPlan, packed: Mapping[str, Node]
    ) -> tuple[Buffer, str]:
        """The workspace of a product that packs operands ("a", "b"), given by their roots, and
        the one of them that lies there already ("": none)."""
        keys = {side: _key(side, root, spec, plan) for side, root in packed.items()}
        larger = "a" if spec.m >= spec.n else "b"  # type: ignore[operator]
        for side in sorted(keys, key=lambda s: s != larger):
            there = self._holding.get(keys[side])
            if there is not None:
                self._enter(keys, there)
                return there, side
        fresh = Buffer("arena", plan.workspace(spec))
        self._enter(keys, fresh)
        return fresh, ""

    def _enter(self, keys: Mapping[str, _Key], buffer: Buffer) -> None:
        """Note what a workspace holds from now on, and no more."""
        self._holding = {k: b for k, b in self._holding.items() if b is not buffer}
        self._holding.update(dict.fromkeys(keys.values(), buffer))


def _key(side: str, root: Node, spec: GemmSpec, plan: GemmPlan) -> _Key:
    """Equal for operands that are packed alike, to the same place in a workspace."""
    other = "b_offset" if side == "a" else "a_offset"
    alike = replace(plan, kc=0, block_tiles=1, block_panels=1, unroll=False)
    return side, root, replace(spec, **{other: 0}), alike
