"""torch.autograd.grad_mode: whether operations are recorded."""

import pentad as pt
from pentad.frontends.missing import absent

no_grad, enable_grad = pt.no_grad, pt.enable_grad
inference_mode, set_grad_enabled = pt.inference_mode, pt.set_grad_enabled
__getattr__ = absent(__name__)
