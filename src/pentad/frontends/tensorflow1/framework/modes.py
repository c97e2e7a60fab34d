"""The switches between TensorFlow 1 and 2: there is 1 only, and asking for 2 is an error."""

from __future__ import annotations

import logging
from typing import Any

from pentad import static
from pentad.frontends.tensorflow1.errors import UnimplementedError


def executing_eagerly() -> bool:
    """Are operations run as they are made? They are not."""
    return False


def control_flow_v2_enabled() -> bool:
    """Are branches and loops functions? It makes no difference here."""
    return False


def resource_variables_enabled() -> bool:
    """Are variables resources? They are not."""
    return False


def _kept(name: str) -> Any:
    def call() -> None:
        return None

    call.__name__ = name
    call.__doc__ = "Does nothing: it is so already, or makes no difference here."
    return call


def _refused(name: str, hint: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> None:
        raise UnimplementedError(None, None, static.message(
            f"tensorflow.{name} is not supported", expected="a program that builds a graph first",
            hint=hint))

    call.__name__ = name
    call.__doc__ = "Is not there: graphs are built first, and run afterwards."
    return call


disable_eager_execution, disable_v2_behavior = (
    _kept("disable_eager_execution"), _kept("disable_v2_behavior"))
disable_resource_variables, disable_tensor_equality = (
    _kept("disable_resource_variables"), _kept("disable_tensor_equality"))
disable_v2_tensorshape, disable_control_flow_v2 = (
    _kept("disable_v2_tensorshape"), _kept("disable_control_flow_v2"))
enable_resource_variables, enable_control_flow_v2 = (
    _kept("enable_resource_variables"), _kept("enable_control_flow_v2"))
_EAGER = "pentad itself runs operations as they are called (import pentad as pt)"
enable_eager_execution = _refused("enable_eager_execution", _EAGER)
enable_v2_behavior = _refused("enable_v2_behavior", _EAGER)
enable_tensor_equality = _refused("enable_tensor_equality", "use tf.equal")
enable_v2_tensorshape = _refused("enable_v2_tensorshape", "use shape.as_list()")
load_library = _refused("load_library", "tf.py_func calls functions of Python")
load_op_library = _refused("load_op_library", "tf.py_func calls functions of Python")
load_file_system_library = _refused("load_file_system_library", "files are read where they are")


def get_logger() -> logging.Logger:
    """The logger of the module."""
    return logging.getLogger("tensorflow")
