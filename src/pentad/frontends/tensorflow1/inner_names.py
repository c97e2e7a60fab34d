"""Names of TensorFlow's inner modules that are not public, and that programs take all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import control_dependencies, name_scope
from pentad.frontends.tensorflow1.ops.elementwise import pow as power
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.shaping import concat
from pentad.frontends.tensorflow1.ops.state import assign_add, assign_sub
from pentad.frontends.tensorflow1.variables.initializers import Zeros
from pentad.frontends.tensorflow1.variables.scope import (
    get_variable,
    get_variable_scope,
    variable_scope,
)
from pentad.frontends.tensorflow1.variables.variable import Variable as ResourceVariable


class DeviceAttributes(NamedTuple):
    """What device_lib.list_local_devices tells of a device."""

    name: str = "/device:CPU:0"
    device_type: str = "CPU"
    memory_limit: int = 268435456
    physical_device_desc: str = ""


def list_local_devices(session_config: Any = None) -> list[DeviceAttributes]:
    """The one device."""
    return [DeviceAttributes()]


def with_dependencies(dependencies: Any, output_tensor: Any, name: Any = None) -> Any:
    """The tensor, computed after the operations."""
    with (
        name_scope(name, "control_dependency", [*dependencies, output_tensor]),
        control_dependencies(dependencies),
    ):
        return identity(convert_to_tensor(output_tensor))


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: Any = None
) -> Any:
    """The operation `variable = decay * variable + (1 - decay) * value`.

    zero_debias: an average that began with zeros is divided by the sum of its weights; that is
    kept in variables of its own, `biased` and `local_step`.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        rate = convert_to_tensor(1.0 - decay, variable.dtype.base_dtype)
        value = convert_to_tensor(value, variable.dtype.base_dtype)
        if not zero_debias:
            return assign_sub(variable, (variable - value) * rate, name=scope)
        return assign_sub(variable, _unbiased_change(variable, value, rate), name=scope)


def _unbiased_change(variable: Any, value: Any, rate: Any) -> Any:
    with variable_scope(variable.op.name, values=[variable, value, rate]):
        biased = get_variable("biased", variable.shape, variable.dtype.base_dtype, Zeros(),
                              trainable=False)
        steps = get_variable("local_step", [], variable.dtype.base_dtype, Zeros(),
                             trainable=False)
    less = assign_sub(biased, (biased - value) * rate)
    more = assign_add(steps, 1.0)
    with control_dependencies([less, more]):
        return variable - identity(less) / (1.0 - power(1.0 - rate, identity(more)))


def _linear(
    args: Any, output_size: int, bias: bool, bias_initializer: Any = None,
    kernel_initializer: Any = None, scope: Any = None,
) -> Any:
    """The tensors side by side, times a variable `kernel`, plus a variable `bias`.

    ArgumentError if there is none, or one is no matrix of known width.
    """
    values = list(args) if isinstance(args, Sequence) else [args]
    if not values or (len(values) == 1 and values[0] is None):
        raise pt.ArgumentError(static.message("`args` must be specified"))
    widths = [v.shape.as_list()[-1] if v.shape.ndims == 2 else None for v in values]
    if None in widths:
        raise pt.ArgumentError(static.message(
            "linear is expecting 2D arguments of known width", got=str([v.shape for v in values])))
    with variable_scope(scope or get_variable_scope()):
        kernel = get_variable("kernel", [sum(widths), output_size], values[0].dtype,
                              kernel_initializer)
        found = matmul(values[0] if len(values) == 1 else concat(values, 1), kernel)
        if not bias:
            return found
        return found + get_variable("bias", [output_size], values[0].dtype,
                                    bias_initializer or Zeros())


__all__ = ["DeviceAttributes", "ResourceVariable", "assign_moving_average", "list_local_devices",
           "with_dependencies"]
