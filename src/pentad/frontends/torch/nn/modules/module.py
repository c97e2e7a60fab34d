"""torch.nn.modules.module: Module, and hooks of all modules at once."""

import pentad as pt
from pentad.frontends.missing import absent

Module, _hooks = pt.nn.Module, pt.nn.hooks
register_module_forward_pre_hook = _hooks.register_module_forward_pre_hook
register_module_forward_hook = _hooks.register_module_forward_hook
register_module_full_backward_pre_hook = _hooks.register_module_full_backward_pre_hook
register_module_full_backward_hook = _hooks.register_module_full_backward_hook
register_module_backward_hook = _hooks.register_module_backward_hook

__getattr__ = absent(__name__)
