"""The classes of operations of layers and losses by Theano's names."""

from __future__ import annotations

from pentad.frontends.theano.gof.opclass import op_classes, plain
from pentad.frontends.theano.tensor.elemwise import ELEMWISE
from pentad.frontends.theano.tensor.nnet import nnet, sigm
from pentad.frontends.theano.tensor.nnet.nnet import prepend_scalar_to_each_row

CLASSES = op_classes({
    "Softmax": plain(nnet.softmax, "Softmax"),
    "SoftmaxWithBias": plain(nnet.softmax_with_bias, "SoftmaxWithBias"),
    "SoftmaxGrad": plain(nnet.softmax_grad, "SoftmaxGrad"),
    "LogSoftmax": plain(nnet.logsoftmax, "LogSoftmax"),
    "CrossentropySoftmaxArgmax1HotWithBias": plain(
        nnet.crossentropy_softmax_argmax_1hot_with_bias, "CrossentropySoftmaxArgmax1HotWithBias"),
    "CrossentropySoftmax1HotWithBiasDx": plain(
        nnet.crossentropy_softmax_1hot_with_bias_dx, "CrossentropySoftmax1HotWithBiasDx"),
    "CrossentropyCategorical1Hot": plain(
        nnet.crossentropy_categorical_1hot, "CrossentropyCategorical1Hot"),
    "CrossentropyCategorical1HotGrad": plain(
        nnet.crossentropy_categorical_1hot_grad, "CrossentropyCategorical1HotGrad"),
    "Prepend_scalar_constant_to_each_row": (
        "Prepend", lambda val=0: lambda matrix: prepend_scalar_to_each_row(val, matrix)),
    "Prepend_scalar_to_each_row": plain(prepend_scalar_to_each_row, "Prepend"),
    "ScalarSigmoid": plain(ELEMWISE["sigmoid"], "sigmoid"),
    "ScalarSoftplus": plain(ELEMWISE["softplus"], "softplus"),
    "UltraFastScalarSigmoid": plain(sigm.ultra_fast_sigmoid, "ultra_fast_sigmoid"),
}, __name__)
globals().update(CLASSES)
for _name, _class in CLASSES.items():
    setattr(sigm if _name.startswith(("Scalar", "Ultra")) else nnet, _name, _class)
__all__ = [*CLASSES]
