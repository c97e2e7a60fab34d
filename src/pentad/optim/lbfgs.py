"""L-BFGS: a quasi-Newton method for full batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pentad.graph.errors import ArgumentError, CaptureError, message
from pentad.optim.line_search import Point, StrongWolfe
from pentad.optim.optimizer import Optimizer, check_number
from pentad.tensor.functions.complex import view_as_real
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.shaping import cat
from pentad.tensor.state import enable_grad, no_grad, state


def _dot(a: Any, b: Any) -> float:
    return float(a.dot(b).item())


def _largest(x: Any) -> float:
    return float(x.abs().max().item())


class LBFGS(Optimizer):
    """Steps by the curvature that the last history_size gradients show (Nocedal, 1980).

    step(closure) makes up to max_iter iterations with up to max_eval (default: a quarter more)
    calls of closure, which computes the gradients anew and returns the loss; line_search_fn:
    "strong_wolfe", or None for steps of length lr. One group only. What it does next depends on
    values, so that it runs outside of compiled functions; the closure may be compiled.
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1, max_iter: int = 20,
        max_eval: int | None = None, tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        })

    def check(self, group: Mapping[str, Any]) -> None:
        """ArgumentError for hyper-parameters out of range, and for a second group."""
        check_number("LBFGS", "lr", group["lr"])
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ArgumentError(
                message("LBFGS: line_search_fn", expected='None or "strong_wolfe"',
                        got=repr(group["line_search_fn"]))
            )

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """The one group that there may be."""
        if self.param_groups:
            raise ArgumentError(
                message("LBFGS: parameter groups", expected="one for all parameters",
                        got="a second one")
            )
        super().add_param_group(param_group)

    # -- all parameters as one vector ----------------------------------------------------------

    @property
    def _params(self) -> list[Any]:
        return self.param_groups[0]["params"]  # type: ignore[no-any-return]

    def _gradient(self) -> Any:
        """The gradients of all parameters as one vector; zeros where there is none."""
        parts: list[Any] = []
        for p in self._params:
            g: Any = zeros(*p.shape, dtype=p.dtype) if p.grad is None else p.grad.detach()
            parts.append((view_as_real(g) if g.is_complex() else g).reshape(-1))
        return cat(parts)

    def _move(self, t: float, direction: Any) -> None:
        """Every parameter moved along its part of the direction."""
        start = 0
        for p in self._params:
            real: Any = view_as_real(p) if p.is_complex() else p
            part = direction.narrow(0, start, real.numel())
            real.add_(part.view(real.shape), alpha=float(t))
            start += real.numel()

    # -- a step --------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Several iterations; the loss that `closure()` gave first."""
        self._require_values(closure)

        def evaluate() -> tuple[Any, float, Any]:
            with enable_grad():
                loss: Any = closure()  # type: ignore[misc]
            return loss, float(loss), self._gradient()

        with no_grad():
            return self._iterate(evaluate)

    def _require_values(self, closure: Any) -> None:
        if closure is None:
            raise ArgumentError(
                message("LBFGS.step needs a closure", expected="a function that computes the "
                        "gradients and returns the loss", got="nothing",
                        hint="def closure(): optimizer.zero_grad(); loss = ...; loss.backward(); "
                        "return loss")
            )
        if state.trace is not None:
            raise CaptureError(
                message(f"LBFGS.step while {state.trace.name} is traced", expected="a step outside "
                        "of compiled functions: what it does next depends on values",
                        got="a step inside", hint="compile the closure, with keep_grads=True")
            )

    def _iterate(self, evaluate: Callable[[], tuple[Any, float, Any]]) -> Any:
        group, own = self.param_groups[0], self.state[self._params[0]]
        own.setdefault("func_evals", 0)
        own.setdefault("n_iter", 0)
        first, loss, gradient = evaluate()
        own["func_evals"] += 1
        evaluations, small = 1, _largest(gradient) <= group["tolerance_grad"]
        if small:
            return first
        for i in range(1, group["max_iter"] + 1):
            own["n_iter"] += 1
            direction = self._direction(own, gradient)
            rate = float(group["lr"])
            if own["n_iter"] == 1:
                rate *= min(1.0, 1.0 / float(gradient.abs().sum().item()))
            own.update(d=direction, t=rate, prev_flat_grad=gradient, prev_loss=loss)
            slope = _dot(gradient, direction)
            if slope > -group["tolerance_change"]:
                break
            last, here = i == group["max_iter"], Point(0.0, loss, gradient, slope)
            t, loss, gradient, calls = self._advance(
                evaluate, here, direction, group["max_eval"] - evaluations, last
            )
            own["t"] = t
            if calls:
                small = _largest(gradient) <= group["tolerance_grad"]
            evaluations += calls
            own["func_evals"] += calls
            moved = _largest(direction) * abs(t) > group["tolerance_change"]
            changed = abs(loss - own["prev_loss"]) >= group["tolerance_change"]
            if last or evaluations >= group["max_eval"] or small or not (moved and changed):
                break
        return first

    def _advance(
        self, evaluate: Callable[[], tuple[Any, float, Any]], here: Point, direction: Any,
        most: int, last: bool,
    ) -> tuple[float, float, Any, int]:
        """(step length, loss, gradient, calls of the closure) of one iteration."""
        own = self.state[self._params[0]]
        if self.param_groups[0]["line_search_fn"] is None:
            self._move(own["t"], direction)
            if last:  # nobody would look at another value
                return own["t"], here.f, here.gradient, 0
            _, loss, gradient = evaluate()
            return own["t"], loss, gradient, 1
        before = [p.detach().clone() for p in self._params]

        def at(t: float) -> Point:
            self._move(t, direction)
            _, loss, gradient = evaluate()
            for p, old in zip(self._params, before, strict=True):
                p.copy_(old)
            return Point(t, loss, gradient, _dot(gradient, direction))

        search = StrongWolfe(at, here, _largest(direction), most)
        found = search.run(own["t"])
        self._move(found.t, direction)
        return found.t, found.f, found.gradient, search.evaluations

    def _direction(self, own: dict[str, Any], gradient: Any) -> Any:
        """Minus the inverse Hessian times the gradient, by the last differences of both."""
        if own["n_iter"] == 1:
            own.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return gradient.neg()
        history = [own["old_dirs"], own["old_stps"], own["ro"]]
        y, s = gradient.sub(own["prev_flat_grad"]), own["d"].mul(float(own["t"]))
        ys = _dot(y, s)
        if ys > 1e-10:
            for members, new in zip(history, (y, s, 1.0 / ys), strict=True):
                if len(members) == self.param_groups[0]["history_size"]:
                    members.pop(0)
                members.append(new)
            own["H_diag"] = ys / _dot(y, y)
        pairs = list(zip(*history, strict=True))
        r, shares = gradient.neg(), []
        for y, s, ro in reversed(pairs):
            shares.append(_dot(s, r) * float(ro))
            r = r.sub(y, alpha=shares[-1])
        r = r.mul(float(own["H_diag"]))
        for (y, s, ro), share in zip(pairs, reversed(shares), strict=True):
            r = r.add(s, alpha=share - _dot(y, r) * float(ro))
        return r
