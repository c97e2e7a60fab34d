"""Pruning: parameters of which a mask sets the least important elements to zero, as in PyTorch.

A pruned parameter `weight` is kept as the parameter `weight_orig` and the buffer `weight_mask`;
`weight` itself is their product, made before each call. Pruning again acts on what is left.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.functions.creation import ones_like
from pentad.tensor.functions.random import rand, rand_like
from pentad.tensor.functions.shaping import cat
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor


class BasePruningMethod(ABC):
    """A way to choose what is pruned, and the hook that makes the product before each call.

    Subclasses say by `compute_mask` what stays, and by PRUNING_TYPE what they look at when the
    parameter is pruned already: "unstructured" (elements that are left), "structured" (channels
    along `dim` that are left) or "global" (all).
    """

    PRUNING_TYPE = "unstructured"
    dim: int = 0
    _tensor_name: str

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of t, of importances, where default_mask was in force."""

    def __call__(self, module: Module, inputs: Any) -> None:
        module.__dict__[self._tensor_name] = self.apply_mask(module)

    def apply_mask(self, module: Module) -> Any:
        """The parameter's product with its mask."""
        name = self._tensor_name
        mask = getattr(module, f"{name}_mask")
        return getattr(module, f"{name}_orig") * mask.to(getattr(module, f"{name}_orig").dtype)

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune a parameter of the module by this method, whose arguments follow; the method.

        importance_scores: a tensor of the parameter's shape to choose by, in place of its values.
        """
        method = cls(*args, **kwargs)
        method._tensor_name = name
        found = _method_of(module, name)
        weight = getattr(module, name) if found else _parameter(module, name)
        scores = weight if importance_scores is None else importance_scores
        if tuple(scores.shape) != tuple(weight.shape):
            raise ShapeError(
                message("prune: importance_scores", expected=f"the shape {list(weight.shape)}",
                        got=str(list(scores.shape)))
            )
        with no_grad():
            if found is None:
                mask = method.compute_mask(scores, ones_like(weight))
                del module._parameters[name]
                module.register_parameter(f"{name}_orig", Parameter(weight.detach()))
                module.register_buffer(f"{name}_mask", mask)
            else:
                method = _joined(found, method)
                before = getattr(module, f"{name}_mask")
                setattr(module, f"{name}_mask", method.compute_mask(scores, before))
        if found is not None:
            _detach(module, found)
        module.register_forward_pre_hook(method)
        method(module, None)
        return method

    def prune(
        self, t: Any, default_mask: Any = None, importance_scores: Any = None
    ) -> Any:
        """t with what the method chooses set to zero."""
        mask = ones_like(t) if default_mask is None else default_mask
        scores = t if importance_scores is None else importance_scores
        return t * self.compute_mask(scores, mask)

    def remove(self, module: Module) -> None:
        """Make the pruned values the parameter again, for good."""
        name = self._tensor_name
        value = self.apply_mask(module)
        original = module._parameters[f"{name}_orig"]
        del module._parameters[f"{name}_orig"]
        del module._buffers[f"{name}_mask"]
        del module.__dict__[name]
        with no_grad():
            original.data = value.detach()
        module.register_parameter(name, original)


class PruningContainer(BasePruningMethod):
    """Several methods, one after the other, each of which acts on what the others left."""

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        for method in args:
            self._tensor_name = method._tensor_name
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add one; it must be for the same parameter."""
        if method._tensor_name != self._tensor_name:
            raise ArgumentError(
                message("PruningContainer: a method for another parameter",
                        expected=self._tensor_name, got=method._tensor_name)
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask after the last method, which looks at what is left."""
        method, mask = self._pruning_methods[-1], default_mask.clone()
        if method.PRUNING_TYPE == "global":
            return method.compute_mask(t, mask)
        if method.PRUNING_TYPE == "unstructured":
            left = mask == 1
            mask[left] = method.compute_mask(t[left], mask[left])
            return mask
        dim = method.dim % t.ndim
        others = [d for d in range(t.ndim) if d != dim]
        left = (mask.sum(others) if others else mask) != 0
        kept = left.nonzero().flatten()
        part = method.compute_mask(t.index_select(dim, kept), mask.index_select(dim, kept))
        return mask.index_copy(dim, kept, part)


class Identity(BasePruningMethod):
    """Prunes nothing: the parameter only gets its mask of ones."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask as it was."""
        return default_mask


class _Unstructured(BasePruningMethod):
    """Prunes single elements. amount: a share of them, or how many."""

    def __init__(self, amount: float) -> None:
        self.amount = _checked(amount)

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask without the elements that are worth least."""
        count = _count(self.amount, t.numel())
        mask = default_mask.clone()
        if count:
            least = self._worth(t).flatten().topk(count, largest=False).indices
            mask = mask.flatten().index_fill(0, least, 0).reshape(mask.shape)
        return mask

    def _worth(self, t: Any) -> Any:
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Prunes elements at random."""

    def _worth(self, t: Any) -> Any:
        return rand_like(t)


class L1Unstructured(_Unstructured):
    """Prunes the elements of least magnitude."""

    def _worth(self, t: Any) -> Any:
        return t.abs()


class _Structured(BasePruningMethod):
    """Prunes whole channels along a dimension. amount: a share of them, or how many."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        self.amount, self.dim = _checked(amount), dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask without the channels that are worth least."""
        if t.ndim < 2:
            raise ShapeError(
                message("pruning of channels", expected="a parameter of 2 dimensions or more",
                        got=str(list(t.shape)), hint="use an unstructured method")
            )
        dim = self.dim % t.ndim
        count = _count(self.amount, t.shape[dim])
        if not count:
            return default_mask
        least = self._worth(t, dim).topk(count, largest=False).indices
        return default_mask.index_fill(dim, least, 0)

    def _worth(self, t: Any, dim: int) -> Any:
        raise NotImplementedError


class RandomStructured(_Structured):
    """Prunes channels at random."""

    def _worth(self, t: Any, dim: int) -> Any:
        return rand(t.shape[dim])


class LnStructured(_Structured):
    """Prunes the channels of least norm. n: which norm, as torch.norm takes it."""

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _worth(self, t: Any, dim: int) -> Any:
        return t.norm(p=self.n, dim=[d for d in range(t.ndim) if d != dim])


class CustomFromMask(BasePruningMethod):
    """Prunes by a given mask."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The given mask, within the one before."""
        return default_mask * self.mask.to(default_mask.dtype)


# -- functions -------------------------------------------------------------------------------------


def identity(module: Module, name: str) -> Module:
    """Give a parameter its mask of ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prune a share (or a number) of a parameter's elements at random."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: Module, name: str, amount: float, importance_scores: Any = None
) -> Module:
    """Prune the share (or number) of a parameter's elements that have the least magnitude."""
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prune a share (or a number) of a parameter's channels along `dim` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Any = None
) -> Module:
    """Prune the share (or number) of a parameter's channels along `dim` of the least n-norm."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Any) -> Module:
    """Prune a parameter by a mask of its shape."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]], pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Any] | None = None, **kwargs: Any,
) -> None:
    """Prune several parameters as if they were one: what goes is the least of all of them."""
    places, given = list(parameters), importance_scores or {}
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured" or not places:
        raise ArgumentError(
            message("global_unstructured", expected="parameters and an unstructured method",
                    got=f"{len(places)} parameters, {pruning_method.__name__}")
        )
    scores = [given.get(place, getattr(*place)).detach() for place in places]
    masks = [_mask(module, name, s) for (module, name), s in zip(places, scores, strict=True)]
    method._tensor_name = "all"
    with no_grad():
        flat = [cat([t.flatten() for t in tensors]) for tensors in (scores, masks)]
        found = PruningContainer(method).compute_mask(*flat)
        at = 0
        for (module, name), s in zip(places, scores, strict=True):
            custom_from_mask(module, name, found[at : at + s.numel()].reshape(s.shape))
            at += s.numel()


def remove(module: Module, name: str) -> Module:
    """Make the pruned values of a parameter the parameter itself."""
    method = _method_of(module, name)
    if method is None:
        raise ArgumentError(
            message(f"prune.remove: parameter {name!r} of {type(module).__name__}",
                    expected="one that was pruned", got="no mask")
        )
    method.remove(module)
    _detach(module, method)
    return module


def is_pruned(module: Module) -> bool:
    """Has a parameter of the module, or of one below it, been pruned?"""
    return any(isinstance(h.function, BasePruningMethod)
               for m in module.modules() for h in m._hooks.get("forward_pre", ()))


def _method_of(module: Module, name: str) -> BasePruningMethod | None:
    found = (h.function for h in module._hooks.get("forward_pre", ()))
    return next((m for m in found
                 if isinstance(m, BasePruningMethod) and m._tensor_name == name), None)


def _detach(module: Module, method: BasePruningMethod) -> None:
    hooks = module._hooks["forward_pre"]
    hooks[:] = [h for h in hooks if h.function is not method]


def _joined(found: BasePruningMethod, method: BasePruningMethod) -> PruningContainer:
    container = found if isinstance(found, PruningContainer) else PruningContainer(found)
    return PruningContainer(*container, method)


def _parameter(module: Module, name: str) -> Tensor:
    weight = module._parameters.get(name)
    if weight is None:
        raise ArgumentError(
            message(f"prune: no such parameter of {type(module).__name__}",
                    expected=", ".join(module._parameters), got=repr(name))
        )
    return weight


def _mask(module: Module, name: str, like: Any) -> Any:
    found = getattr(module, f"{name}_mask", None)
    return ones_like(like) if found is None else found


def _checked(amount: float) -> float:
    whole = isinstance(amount, int) and not isinstance(amount, bool)
    if (whole and amount >= 0) or (isinstance(amount, float) and 0.0 <= amount <= 1.0):
        return amount
    raise ArgumentError(
        message("prune: amount", expected="a share between 0.0 and 1.0, or a number of elements",
                got=repr(amount))
    )


def _count(amount: float, size: int) -> int:
    """How many of `size` are pruned."""
    count = amount if isinstance(amount, int) else round(amount * size)
    if count > size:
        raise ArgumentError(
            message("prune: amount", expected=f"at most {size}, the size of what is pruned",
                    got=str(count))
        )
    return count


__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured",
    "PruningContainer", "RandomStructured", "RandomUnstructured", "custom_from_mask",
    "global_unstructured", "identity", "is_pruned", "l1_unstructured", "ln_structured",
    "random_structured", "random_unstructured", "remove",
]  # fmt: skip
