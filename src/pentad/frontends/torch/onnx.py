"""torch.onnx: models are not written as ONNX."""

from pentad.frontends.missing import absent

__getattr__ = absent(__name__)
