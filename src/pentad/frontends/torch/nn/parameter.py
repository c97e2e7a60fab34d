"""torch.nn.parameter: what modules train and keep."""

import pentad as pt
from pentad.frontends.missing import absent

Parameter, Buffer = pt.nn.Parameter, pt.nn.Buffer
UninitializedParameter, UninitializedBuffer = (
    pt.nn.UninitializedParameter, pt.nn.UninitializedBuffer)
__getattr__ = absent(__name__)
