"""The no-U-turn sampler, its tree built in loops.

Trajectories double until they turn back (Hoffman and Gelman, The no-U-turn sampler, 2014); draws
are chosen along them by their weights (Betancourt, A conceptual introduction to Hamiltonian Monte
Carlo, 2017). The recursion over subtrees is unrolled as in Phan, Pradhan and Jankowiak, Composable
effects for flexible and accelerated probabilistic programming in NumPyro (2019), appendix A: of
each subtree that is under way only the first momentum is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, message
from pentad.infer.hamiltonian import (
    DIVERGENCE,
    HMC,
    Potential,
    draw_momentum,
    growth,
    kinetic,
    leapfrog,
    velocity,
)
from pentad.tensor.control.flow import while_loop
from pentad.tensor.functions.creation import full, tensor, zeros
from pentad.tensor.functions.numeric import logaddexp
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.random import rand
from pentad.tensor.functions.ranges import arange

State = dict[str, Any]
_NONE = -1e30  # the logarithm of no weight: -inf less itself would be NaN


def turning(inverse_mass: Any, first: Any, last: Any, total: Any) -> Any:
    """Does a trajectory come back, by the momenta at its ends and their sum along it?

    The ends count half in the sum, so that a trajectory and its reverse are judged alike.
    """
    total = total - (first + last) / 2
    forth = (velocity(inverse_mass, first) * total).sum(-1)
    back = (velocity(inverse_mass, last) * total).sum(-1)
    return (forth <= 0) | (back <= 0)


def slots(depth: int) -> tuple[list[int], list[int]]:
    """For each leaf of a tree: the slot of the last subtree that begins at or before it, and of the
    widest one that ends with it (one more than the last slot, if none does)."""
    last, widest = [], []
    for n in range(1 << depth):
        slot = bin(n >> 1).count("1")
        ended = 0
        while n >> ended & 1:
            ended += 1
        last.append(slot)
        widest.append(slot - ended + 1)
    return last, widest


class NUTS(HMC):
    """HMC that finds the length of each trajectory itself, up to 2^max_tree_depth steps."""

    def __init__(
        self, model: Callable[..., Any], step_size: float = 1.0, adapt_step_size: bool = True,
        adapt_mass_matrix: bool = True, full_mass: bool = False, target_accept_prob: float = 0.8,
        max_tree_depth: int = 10,
    ) -> None:
        super().__init__(
            model, step_size, adapt_step_size=adapt_step_size, full_mass=full_mass,
            adapt_mass_matrix=adapt_mass_matrix, target_accept_prob=target_accept_prob,
        )
        if not isinstance(max_tree_depth, int) or not 1 <= max_tree_depth <= 15:
            raise ArgumentError(
                message("NUTS: max_tree_depth", expected="1 to 15", got=repr(max_tree_depth))
            )
        self.max_tree_depth = max_tree_depth

    def transition(
        self, potential: Potential, z: Any, u: Any, g: Any, step: Any, inverse_mass: Any,
        factor: Any,
    ) -> State:
        r = draw_momentum(factor, potential.size, potential.dtype)
        tree = _Tree(potential, inverse_mass, u + kinetic(inverse_mass, r), self.max_tree_depth)
        ends = {"zl": z, "rl": r, "gl": g, "zr": z, "rr": r, "gr": g}
        start = {**ends, **tree.empty(z, u, g, r), "weight": u * 0, "depth": tree.count(0)}
        found = while_loop(
            lambda s: (s["depth"] < self.max_tree_depth) & ~s["turning"] & ~s["diverging"],
            lambda s: _ordered(s, tree.doubled(s, step)), start,
        )
        return {
            "z": found["z"], "u": found["u"], "g": found["g"], "steps": found["steps"],
            "accept_prob": found["accept"] / found["steps"].to(potential.dtype),
            "diverging": found["diverging"],
        }


def _ordered(like: State, s: State) -> State:
    """A state with its names in another's order, which is part of what a loop carries."""
    return {name: s[name] for name in like}


class _Tree:
    """The trajectory of one transition; states are dicts, so that loops can carry them."""

    def __init__(self, potential: Potential, inverse_mass: Any, energy: Any, depth: int) -> None:
        self.potential, self.inverse_mass, self.energy = potential, inverse_mass, energy
        self.depth, self.dtype = depth, potential.dtype
        last, widest = slots(depth - 1) if depth > 1 else ([0], [1])
        self.last = tensor(last, dtype=dtypes.int64)
        self.widest = tensor(widest, dtype=dtypes.int64)
        self.places = arange(0, max(depth, 1))

    def count(self, n: int) -> Any:
        """A whole number as a tensor."""
        return full((), n, dtype=dtypes.int64)

    def empty(self, z: Any, u: Any, g: Any, total: Any) -> State:
        """What a tree and a subtree have in common: a draw, the sum of momenta, what happened."""
        no = full((), False, dtype=dtypes.bool_)
        return {
            "z": z, "u": u, "g": g, "total": total, "weight": u * 0 + _NONE, "turning": no,
            "diverging": no, "accept": u * 0, "steps": self.count(0),
        }

    def doubled(self, s: State, step: Any) -> State:
        """The tree with a subtree as large as itself at one of its ends."""
        right = rand((), dtype=self.dtype) < 0.5
        z, r, g = (where(right, s[f"{name}r"], s[f"{name}l"]) for name in "zrg")
        sub = self.subtree(z, r, g, where(right, step, -step), s)
        outer = {}
        for name, new in zip("zrg", ("at_z", "at_r", "at_g"), strict=True):
            outer[f"{name}l"] = where(right, s[f"{name}l"], sub[new])
            outer[f"{name}r"] = where(right, sub[new], s[f"{name}r"])
        # Biased towards the new half: that makes for less correlated draws.
        chance = (sub["weight"] - s["weight"]).clamp(max=0).exp()
        whole = ~sub["turning"] & ~sub["diverging"]
        taken = whole & (rand((), dtype=self.dtype) < chance)
        total = s["total"] + sub["total"]
        ended = turning(self.inverse_mass, outer["rl"], outer["rr"], total)
        return {
            **outer, **{name: where(taken, sub[name], s[name]) for name in "zug"}, "total": total,
            "weight": logaddexp(s["weight"], sub["weight"]), "turning": sub["turning"] | ended,
            "diverging": sub["diverging"], "accept": s["accept"] + sub["accept"],
            "steps": s["steps"] + sub["steps"], "depth": s["depth"] + 1,
        }

    def subtree(self, z: Any, r: Any, g: Any, step: Any, s: State) -> State:
        """2^depth leaves from an end on, fewer if a part of them turns back."""
        leaves = s["steps"] + 1  # a tree of depth d has had 2^d - 1 steps
        kept = zeros((self.places.shape[0], self.potential.size), dtype=self.dtype)
        start = {**self.empty(z, s["u"], g, r * 0), "at_z": z, "at_r": r, "at_g": g,
                 "firsts": kept, "sums": kept}
        return while_loop(  # type: ignore[no-any-return]
            lambda t: (t["steps"] < leaves) & ~t["turning"] & ~t["diverging"],
            lambda t: _ordered(t, self.grown(t, step)), start,
        )

    def grown(self, t: State, step: Any) -> State:
        """A subtree with one more leaf."""
        z, r, u, g = leapfrog(
            self.potential, t["at_z"], t["at_r"], t["at_g"], step, self.inverse_mass)
        change = growth(u + kinetic(self.inverse_mass, r), self.energy)
        weight = logaddexp(t["weight"], -change)
        taken = rand((), dtype=self.dtype) < (-change - weight).exp()
        total = t["total"] + r
        firsts, sums, ended = self.checked(t, r, total)
        return {
            "z": where(taken, z, t["z"]), "u": where(taken, u, t["u"]),
            "g": where(taken, g, t["g"]), "total": total, "weight": weight,
            "turning": ended, "diverging": change > DIVERGENCE,
            "accept": t["accept"] + (-change).exp().clamp(max=1), "steps": t["steps"] + 1,
            "at_z": z, "at_r": r, "at_g": g, "firsts": firsts, "sums": sums,
        }

    def checked(self, t: State, r: Any, total: Any) -> tuple[Any, Any, Any]:
        """The first momenta of subtrees under way, the sums up to them, and whether one of those
        that end with this leaf turns back. Even leaves begin subtrees, odd ones end them."""
        n = t["steps"]
        at = n.clamp(max=self.last.shape[0] - 1).reshape(1)
        last, widest = self.last.index_select(0, at), self.widest.index_select(0, at)
        even = n % 2 == 0
        here = (even & (self.places == last)).unsqueeze(-1)
        firsts = where(here, r, t["firsts"])
        sums = where(here, total, t["sums"])
        parts = total - sums + firsts
        turned = turning(self.inverse_mass, firsts, r.unsqueeze(0), parts)
        ends = ~even & (self.places >= widest) & (self.places <= last)
        return firsts, sums, (turned & ends).any()
