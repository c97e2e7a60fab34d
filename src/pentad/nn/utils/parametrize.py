"""Parameters that are functions of others: `register_parametrization` and what goes with it.

The tensor `layer.weight` becomes a function of `layer.parametrizations.weight.original`, computed
at each access; state_dict keys are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn.containers import ModuleDict, ModuleList
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor

_cached: list[dict[tuple[int, str], Any]] = []


class ParametrizationList(ModuleList):
    """The modules that make one tensor, and what they make it of: `original`, or original0, ..."""

    def __init__(
        self, modules: Sequence[Module], original: Tensor, unsafe: bool = False
    ) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        parts: Any = original
        with no_grad():
            for module in reversed(self._steps()):
                if hasattr(module, "right_inverse"):
                    parts = module.right_inverse(parts)
        self.is_tensor = isinstance(parts, Tensor)
        self.ntensors = 1 if self.is_tensor else len(parts)
        if self.is_tensor:
            own = isinstance(original, Parameter)
            self._keep("original", parts.detach() if own else parts, original)
        else:
            for i, part in enumerate(parts):
                self._keep(f"original{i}", part, original)

    def _steps(self) -> list[Any]:
        return list(self._modules.values())

    def _keep(self, name: str, value: Tensor, original: Tensor) -> None:
        if isinstance(original, Parameter):
            # The object that optimisers hold stays the parameter, if its place is still there.
            if name == "original" and value.shape == original.shape:
                with no_grad():
                    original.data = value  # type: ignore[attr-defined]
                self.register_parameter(name, original)
            else:
                trained = bool(original.requires_grad)
                kept: Any = value
                self.register_parameter(name, Parameter(kept.detach(), trained))
        else:
            self.register_buffer(name, value)

    def originals(self) -> list[Any]:
        """The tensors that the result is made of."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the result is `value`, by each module's right_inverse."""
        with no_grad():
            parts: Any = value
            for module in reversed(self._steps()):
                if not hasattr(module, "right_inverse"):
                    raise ArgumentError(
                        message(f"parametrization {type(module).__name__}: a value cannot be "
                                "assigned", expected="a method right_inverse", got="none")
                    )
                parts = module.right_inverse(parts)
            given = [parts] if isinstance(parts, Tensor) else list(parts)
            for own, part in zip(self.originals(), given, strict=True):
                own.copy_(part)

    def forward(self) -> Any:
        """The tensor."""
        first, *rest = self._steps()
        value = first(*self.originals())
        for module in rest:
            value = module(value)
        return value


def _property(name: str) -> property:
    def read(module: Any) -> Any:
        chain = module.parametrizations[name]
        if not _cached:
            return chain()
        key = (id(module), name)
        if key not in _cached[-1]:
            _cached[-1][key] = chain()
        return _cached[-1][key]

    def write(module: Any, value: Any) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(read, write)


@contextmanager
def cached() -> Iterator[None]:
    """Within it each parametrized tensor is computed once."""
    _cached.append(_cached[-1] if _cached else {})
    try:
        yield
    finally:
        _cached.pop()


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Has the module (or one tensor of it) a parametrization?"""
    chains = module._modules.get("parametrizations")
    if not isinstance(chains, ModuleDict):
        return False
    return len(chains) > 0 if tensor_name is None else tensor_name in chains


def _own_class(module: Module) -> None:
    """Give the module a class of its own, on which properties can stand."""
    kind = type(module)
    module.__class__ = type(f"Parametrized{kind.__name__}", (kind,), {"_unparametrized": kind})
    module.add_module("parametrizations", ModuleDict())


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Make a parameter or buffer of a module a function of another tensor, and return the module.

    parametrization: a module of one operand (several, if its right_inverse gives several); with a
    method right_inverse a value can be assigned, and the first one is kept. ArgumentError if there
    is no such tensor, ShapeError if shape or dtype would change (unless `unsafe`).
    """
    if is_parametrized(module, tensor_name):
        chain = module.parametrizations[tensor_name]
        before = chain()
        with no_grad():
            if hasattr(parametrization, "right_inverse"):
                chain.right_inverse(parametrization.right_inverse(before))
        chain.append(parametrization)
        _require_same(tensor_name, chain(), before, unsafe)
        bump_epoch()
        return module
    table = next((t for t in (module._parameters, module._buffers)
                  if t.get(tensor_name) is not None), None)
    if table is None:
        raise ArgumentError(
            message(f"register_parametrization: {type(module).__name__} has no such tensor",
                    expected=", ".join([*module._parameters, *module._buffers]),
                    got=repr(tensor_name))
        )
    original = table[tensor_name]
    shape, dtype = tuple(original.shape), original.dtype
    chain = ParametrizationList([parametrization], original, unsafe)
    made = chain()
    if not unsafe and (tuple(made.shape) != shape or made.dtype is not dtype):
        raise _other(tensor_name, made, shape, dtype)
    if not isinstance(module._modules.get("parametrizations"), ModuleDict):
        _own_class(module)
    del table[tensor_name]
    module.parametrizations[tensor_name] = chain
    setattr(type(module), tensor_name, _property(tensor_name))
    bump_epoch()
    return module


def _other(name: str, made: Any, shape: Any, dtype: Any) -> ShapeError:
    return ShapeError(
        message(f"register_parametrization: {name} would be another kind of tensor",
                expected=f"{dtype.name} {list(shape)}", got=f"{made.dtype.name} {list(made.shape)}",
                hint="pass unsafe=True if that is meant")
    )


def _require_same(name: str, made: Any, before: Any, unsafe: bool) -> None:
    if not unsafe and (made.shape != before.shape or made.dtype is not before.dtype):
        raise _other(name, made, before.shape, before.dtype)


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a tensor a plain parameter again: of its value, or (else) of its original."""
    if not is_parametrized(module, tensor_name):
        raise ArgumentError(
            message("remove_parametrizations: not parametrized", expected="a parametrized tensor",
                    got=repr(tensor_name))
        )
    chain = module.parametrizations[tensor_name]
    first = chain.originals()[0]
    if not leave_parametrized and not chain.is_tensor:
        raise ArgumentError(
            message("remove_parametrizations: leave_parametrized", expected="True where the "
                    "original is several tensors", got="False")
        )
    with no_grad():
        value = chain().detach() if leave_parametrized else first.detach()
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if isinstance(first, Parameter):
        keep = first if chain.is_tensor and first.shape == value.shape else Parameter(value)
        keep.data = value
        module.register_parameter(tensor_name, keep)
    else:
        module.register_buffer(tensor_name, value)
    if len(module.parametrizations) == 0:
        del module.parametrizations
        module.__class__ = type(module)._unparametrized
    bump_epoch()
    return module


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class that a module had before it was parametrized."""
    return getattr(type(module), "_unparametrized", type(module))


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give a module the parametrizations of another, with the tensors that they are made of.

    tensor_name: of one tensor only. A tensor that to_module lacks is made. Returns to_module.
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        if not is_parametrized(from_module, name):
            raise ArgumentError(
                message("transfer_parametrizations_and_params", expected="a parametrized tensor: "
                        + ", ".join(from_module.parametrizations), got=repr(name))
            )
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        chain = from_module.parametrizations[name]
        for step in chain._steps():
            register_parametrization(to_module, name, step)
        for own, value in chain._parameters.items():
            setattr(to_module.parametrizations[name], own, value)
        for own, value in chain._buffers.items():
            to_module.parametrizations[name]._buffers[own] = value
    bump_epoch()
    return to_module
