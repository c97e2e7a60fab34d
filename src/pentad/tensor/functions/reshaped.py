"""Shapes changed in place: the tensor becomes a view of what it was; and sums to a shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.graph.errors import ArgumentError, AutogradError, CaptureError, ShapeError, message
from pentad.tensor.functions import shaping
from pentad.tensor.functions.reductions import sum as total
from pentad.tensor.functions.strided import as_strided
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor, same_value
from pentad.tensor.views import register_view


def _become(name: str, function: Callable[..., Any]) -> Callable[..., Tensor]:
    """The in-place form of a view function."""

    def method(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if state.trace is not None:
            raise CaptureError(
                message(f"{name}_ while tracing", expected="a view of its own", got=f"{name}_",
                        hint=f"write x = x.{name}(...)")
            )
        if input.requires_grad and input.is_leaf:
            raise AutogradError(
                message(f"{name}_: in place on a leaf that requires a gradient",
                        expected="the result of an operation", got=str(input.meta.type),
                        hint=f"write y = x.{name}(...)")
            )
        before = same_value(input, input.node)
        before.alias = input.alias
        view = function(before, *args, **kwargs)
        input.meta, input.ptr, input.alias = view.meta, view.ptr, view.alias
        input.node = view.node
        register_view(input)  # so that writes refresh its history
        return input

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"`{name}` in place: the same memory under the new shape."
    return method


METHODS: dict[str, Any] = {
    f"{name}_": _become(name, function)
    for name, function in {
        "squeeze": shaping.squeeze, "unsqueeze": shaping.unsqueeze, "t": shaping.t,
        "transpose": shaping.transpose, "swapaxes": shaping.transpose,
        "swapdims": shaping.transpose, "as_strided": as_strided,
    }.items()
}


def sum_to_size(input: Tensor, *size: Any) -> Any:
    """The sum over the dimensions in which `size` broadcasts to the tensor's shape."""
    target = shaping.sizes(size)
    extra = input.ndim - len(target)
    wide = (1,) * extra + tuple(target)
    fits = extra >= 0 and all(m in (1, n) for m, n in zip(wide, input.shape, strict=True))
    if not fits:
        raise ShapeError(
            message("sum_to_size", expected=f"a shape that broadcasts to {list(input.shape)}",
                    got=str(list(target)))
        )
    dims = [i for i, (m, n) in enumerate(zip(wide, input.shape, strict=True)) if m == 1 != n]
    # Of bool, sums count; without target sizes PyTorch sums over no dimension.
    found = total(input, tuple(dims), True) if dims or not target else input
    return shaping.reshape(found, tuple(target))


def resize_(input: Tensor, *size: Any) -> Tensor:
    """Another shape for the same memory, if it has as many elements.

    ArgumentError otherwise: storages keep their size.
    """
    target = shaping.sizes(size)
    count = 1
    for n in target:
        count *= n
    if count != input.numel():
        raise ArgumentError(
            message("resize_: another number of elements", expected=str(input.numel()),
                    got=str(count), hint="make a new tensor, e.g. with new_empty(...)")
        )
    return _become("view", shaping.view)(input, tuple(target))


def refused(name: str) -> Callable[..., Any]:
    """A method of PyTorch that calls Python for every element, and what to do instead."""

    def method(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        raise ArgumentError(
            message(f"{name}: Python functions of single elements are not run",
                    expected="operations on whole tensors", got=f"x.{name}(function)",
                    hint="write the function with tensor operations, or use x.numpy()")
        )

    method.__name__ = method.__qualname__ = name
    method.__doc__ = "Refused: it would call Python for every element."
    return method


METHODS.update({name: refused(name) for name in ("apply_", "map_", "map2_")})
METHODS.update(sum_to_size=sum_to_size, resize_=resize_)
METHODS.update(
    is_nonzero=lambda input: bool(input), is_same_size=lambda x, y: x.shape == y.shape,
    is_signed=lambda x: x.dtype.is_signed or not (x.dtype.is_integer or x.dtype.kind == "bool"),
    is_set_to=lambda x, y: x.ptr == y.ptr and x.meta is y.meta, get_device=lambda x: -1,
    const_data_ptr=Tensor.data_ptr, is_inference=lambda x: False, is_pinned=lambda x: False,
    is_shared=lambda x: False, is_neg=lambda x: False, resolve_neg=lambda x: x,
)
"""Questions of PyTorch's that have one answer here, or are asked of another attribute."""
