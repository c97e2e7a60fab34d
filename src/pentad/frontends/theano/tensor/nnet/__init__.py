"""Layers and losses: `theano.tensor.nnet`."""

import importlib

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(
    __name__, "tensor.nnet.sigm", "tensor.nnet.nnet", "tensor.nnet.bn: batch_normalization",
    "tensor.nnet.neighbours: images2neibs", "tensor.nnet.conv", "tensor.nnet.ctc: ctc",
    "tensor.nnet.abstract_conv: conv3d conv2d_transpose conv2d_grad_wrt_inputs separable_conv2d",
    "tensor.nnet.abstract_conv: abstract_conv2d conv2d", "tensor.nnet.opclasses",
)
importlib.import_module(f"{__name__}.bn_classes")
__getattr__ = absent(__name__)
