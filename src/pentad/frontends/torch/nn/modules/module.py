"""torch.nn.modules.module: Module, and hooks of all modules at once."""

from pentad.frontends.missing import absent
from pentad.nn.hooks import (  # noqa: F401
    register_module_backward_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
)
from pentad.nn.module import Module  # noqa: F401

__getattr__ = absent(__name__)
