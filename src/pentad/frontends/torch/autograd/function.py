"""torch.autograd.function: operations with gradients of their own."""

import pentad as pt
from pentad.frontends.missing import absent

Function = pt.autograd.Function
InplaceFunction = Function
once_differentiable = pt.autograd.once_differentiable
__getattr__ = absent(__name__)
