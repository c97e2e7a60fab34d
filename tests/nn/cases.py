"""Every module of torch.nn, and functions that the comparison of ops leaves out (test_parity.py).

`nn` is either framework's; what is written here is spelled alike in both. A case: what makes the
module (or function), the operands, and options: train (True), lazy (called once before its state
is set), grad (False: the result has no gradient). Operands: f normal, p within (0, 1), i whole
numbers below the first number, s signs, b truth values, logp log-probabilities, and plain values.
"""

import zlib

import numpy as np


def f(*shape):
    """Normal numbers."""
    return ("f", shape)


def p(*shape):
    """Numbers within (0, 1)."""
    return ("p", shape)


def i(high, *shape):
    """Whole numbers below `high`."""
    return ("i", shape, high)


def s(*shape):
    """Signs."""
    return ("s", shape)


def logp(*shape):
    """Log-probabilities along the last axis."""
    return ("logp", shape)


def drawn(rng, spec):
    """The array of an operand."""
    kind, shape = spec[:2]
    if kind == "f":
        return rng.standard_normal(shape)
    if kind == "p":
        return rng.uniform(0.05, 0.95, shape)
    if kind == "i":
        return rng.integers(0, spec[2], shape)
    if kind == "s":
        return np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    scores = rng.standard_normal(shape)
    return scores - np.log(np.exp(scores).sum(-1, keepdims=True))


def operand(lib, rng, spec):
    """A tensor (with a gradient where it may have one), or the plain value."""
    if not (isinstance(spec, tuple) and spec and isinstance(spec[0], str)):
        return spec
    t = lib.tensor(np.asarray(drawn(rng, spec)))
    return t.requires_grad_() if spec[0] in ("f", "p", "logp") else t


def fill(lib, module, rng):
    """Give every entry of a module's state a value; the values."""
    state = module.state_dict()
    for name in sorted(state):
        shape = tuple(state[name].shape)
        if name.endswith("num_batches_tracked"):
            state[name] = lib.tensor(3)
        if name.endswith(("num_batches_tracked", "_random_samples")):
            continue
        value = rng.standard_normal(shape) * 0.5
        value = np.abs(value) + 0.5 if "var" in name else value
        state[name] = lib.tensor(np.asarray(value))
    module.load_state_dict(state)
    return state


def leaves(result):
    """The tensors of a result, in order."""
    if result is None:
        return []
    if isinstance(result, (tuple, list)):
        return [t for part in result for t in leaves(part)]
    return [result]


def layout(module):
    """[name, dtype, shape] of each entry of a state."""
    return [[k, str(v.dtype).rpartition(".")[2], list(v.shape)]
            for k, v in module.state_dict().items()]


def evaluated(lib, name):
    """({what: array}, layout of the state) of a case: results, gradients, the state afterwards."""
    make, given, *rest = CASES[name]
    options = rest[0] if rest else {}
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    module = make(lib.nn)
    given = [operand(lib, rng, spec) for spec in given]
    stateful = hasattr(module, "state_dict")
    shapes = []
    if stateful:
        module.double()
        module.train(options.get("train", True))
        if options.get("lazy"):
            module(*given)
        shapes = layout(module)
        before = fill(lib, module, rng)
    results = leaves(module(*given))
    found = {f"out{n}": t.detach().numpy() for n, t in enumerate(results)}
    if options.get("grad", True):
        total = 0
        for t in results:
            if t.is_floating_point():
                total = total + (t * lib.tensor(rng.standard_normal(tuple(t.shape)))).sum()
        total.backward()
        for n, t in enumerate(given):
            if getattr(t, "grad", None) is not None:
                found[f"grad{n}"] = t.grad.numpy()
        for key, parameter in module.named_parameters() if stateful else ():
            if parameter.grad is not None:
                found[f"grad {key}"] = parameter.grad.numpy()
    for key, value in module.state_dict().items() if stateful else ():
        after = value.detach().numpy()
        if not np.array_equal(after, before[key].numpy()):
            found[f"after {key}"] = after
    return found, shapes


def samples(nn, *shape):
    """Numbers within (0, 1) for pooling at random places."""
    from importlib import import_module

    lib = import_module(nn.__name__.partition(".")[0])
    return lib.tensor(np.random.default_rng(9).random(shape))


EVAL, LAZY = {"train": False}, {"lazy": True}
X = f(2, 3, 4)
ACTIVATIONS = {
    "CELU": (0.7,), "ELU": (0.5,), "GELU": (), "Hardshrink": (0.3,), "Hardsigmoid": (),
    "Hardswish": (), "Hardtanh": (-0.5, 0.7), "LeakyReLU": (0.2,), "LogSigmoid": (),
    "LogSoftmax": (1,), "Mish": (), "PReLU": (3,), "ReLU": (), "ReLU6": (), "SELU": (),
    "SiLU": (), "Sigmoid": (), "Softmax": (1,), "Softmax2d": (), "Softmin": (1,),
    "Softplus": (2.0, 1.0), "Softshrink": (0.3,), "Softsign": (), "Tanh": (), "Tanhshrink": (),
    "Threshold": (0.2, -1.0), "Identity": (), "Flatten": (), "GLU": (),
}
CASES = {
    name: ((lambda nn, name=name, args=args: getattr(nn, name)(*args)), [X])
    for name, args in ACTIVATIONS.items()
}
CASES.update({
    "GELU/tanh": (lambda nn: nn.GELU("tanh"), [X]),
    "RReLU": (lambda nn: nn.RReLU(), [X], EVAL),
    "Unflatten": (lambda nn: nn.Unflatten(1, (2, 3)), [f(2, 6, 2)]),
    # -- linear, convolution -------------------------------------------------------------------
    "Linear": (lambda nn: nn.Linear(4, 2), [X]),
    "Linear/bare": (lambda nn: nn.Linear(4, 2, bias=False), [f(4)]),
    "Bilinear": (lambda nn: nn.Bilinear(3, 4, 2), [f(2, 3), f(2, 4)]),
    "Conv1d": (lambda nn: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), [f(2, 4, 7)]),
    "Conv1d/same": (lambda nn: nn.Conv1d(2, 3, 4, padding="same", dilation=2), [f(2, 8)]),
    "Conv2d": (lambda nn: nn.Conv2d(2, 3, (3, 2), dilation=(1, 2)), [f(2, 2, 5, 5)]),
    "Conv2d/reflect": (lambda nn: nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"),
                       [f(1, 1, 4, 4)]),
    "Conv2d/circular": (lambda nn: nn.Conv2d(1, 2, 3, padding=(0, 2), padding_mode="circular"),
                        [f(1, 1, 4, 4)]),
    "Conv3d": (lambda nn: nn.Conv3d(2, 2, 2), [f(1, 2, 3, 3, 3)]),
    "ConvTranspose1d": (lambda nn: nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1,
                                                      output_padding=1, groups=2), [f(2, 4, 4)]),
    "ConvTranspose2d": (lambda nn: nn.ConvTranspose2d(2, 3, (2, 3), dilation=2), [f(1, 2, 3, 3)]),
    "ConvTranspose3d": (lambda nn: nn.ConvTranspose3d(2, 2, 2, bias=False), [f(1, 2, 2, 2, 2)]),
    "LazyLinear": (lambda nn: nn.LazyLinear(3), [f(2, 4)], LAZY),
    "LazyConv1d": (lambda nn: nn.LazyConv1d(3, 2), [f(2, 2, 5)], LAZY),
    "LazyConv2d": (lambda nn: nn.LazyConv2d(2, 2), [f(1, 2, 3, 3)], LAZY),
    "LazyConv3d": (lambda nn: nn.LazyConv3d(2, 2), [f(1, 1, 3, 2, 2)], LAZY),
    "LazyConvTranspose1d": (lambda nn: nn.LazyConvTranspose1d(3, 2), [f(2, 2, 3)], LAZY),
    "LazyConvTranspose2d": (lambda nn: nn.LazyConvTranspose2d(2, 2), [f(1, 2, 2, 3)], LAZY),
    "LazyConvTranspose3d": (lambda nn: nn.LazyConvTranspose3d(1, 2), [f(1, 2, 2, 1, 2)], LAZY),
    "Fold": (lambda nn: nn.Fold((4, 5), (2, 2), padding=1, stride=2), [f(1, 8, 9)]),
    "Unfold": (lambda nn: nn.Unfold((2, 3), dilation=(1, 2), padding=1), [f(1, 2, 3, 4)]),
    # -- normalization -------------------------------------------------------------------------
    "BatchNorm1d": (lambda nn: nn.BatchNorm1d(3), [f(4, 3)]),
    "BatchNorm1d/mean": (lambda nn: nn.BatchNorm1d(3, momentum=None, eps=0.1), [f(2, 3, 4)]),
    "BatchNorm1d/plain": (lambda nn: nn.BatchNorm1d(3, affine=False, track_running_stats=False),
                          [f(4, 3)], EVAL),
    "BatchNorm2d": (lambda nn: nn.BatchNorm2d(2), [f(2, 2, 2, 3)]),
    "BatchNorm2d/eval": (lambda nn: nn.BatchNorm2d(2), [f(2, 2, 2, 3)], EVAL),
    "BatchNorm3d": (lambda nn: nn.BatchNorm3d(2), [f(2, 2, 2, 1, 3)]),
    "SyncBatchNorm": (lambda nn: nn.SyncBatchNorm(2), [f(2, 2, 3)], EVAL),
    "LazyBatchNorm1d": (lambda nn: nn.LazyBatchNorm1d(), [f(4, 3)], LAZY),
    "LazyBatchNorm2d": (lambda nn: nn.LazyBatchNorm2d(), [f(2, 2, 2, 3)], LAZY),
    "LazyBatchNorm3d": (lambda nn: nn.LazyBatchNorm3d(), [f(2, 2, 2, 1, 3)], LAZY),
    "InstanceNorm1d": (lambda nn: nn.InstanceNorm1d(3), [f(2, 3, 4)]),
    "InstanceNorm2d": (lambda nn: nn.InstanceNorm2d(2, affine=True, track_running_stats=True),
                       [f(2, 2, 2, 3)]),
    "InstanceNorm2d/eval": (lambda nn: nn.InstanceNorm2d(2, track_running_stats=True),
                            [f(2, 2, 2, 3)], EVAL),
    "InstanceNorm3d": (lambda nn: nn.InstanceNorm3d(2, affine=True), [f(1, 2, 2, 2, 2)]),
    "LazyInstanceNorm1d": (lambda nn: nn.LazyInstanceNorm1d(affine=True), [f(2, 3, 4)], LAZY),
    "LazyInstanceNorm2d": (lambda nn: nn.LazyInstanceNorm2d(affine=True), [f(1, 2, 2, 3)], LAZY),
    "LazyInstanceNorm3d": (lambda nn: nn.LazyInstanceNorm3d(affine=True), [f(1, 2, 2, 2, 2)], LAZY),
    "GroupNorm": (lambda nn: nn.GroupNorm(2, 4), [f(2, 4, 3)]),
    "LayerNorm": (lambda nn: nn.LayerNorm([3, 4]), [X]),
    "LayerNorm/bare": (lambda nn: nn.LayerNorm(4, eps=0.1, bias=False), [X]),
    "RMSNorm": (lambda nn: nn.RMSNorm(4), [X]),
    "RMSNorm/eps": (lambda nn: nn.RMSNorm((3, 4), eps=0.1, elementwise_affine=False), [X]),
    "LocalResponseNorm": (lambda nn: nn.LocalResponseNorm(2, 0.1), [f(2, 4, 3)]),
    # Of more channels PyTorch's windows never leave the first, and its gradients are not those of
    # its values.
    "CrossMapLRN2d": (lambda nn: nn.CrossMapLRN2d(3, 0.1), [f(1, 2, 2, 2)], {"grad": False}),
    # -- pooling -------------------------------------------------------------------------------
    "MaxPool1d": (lambda nn: nn.MaxPool1d(3, 2, 1, return_indices=True), [f(2, 2, 7)]),
    "MaxPool2d": (lambda nn: nn.MaxPool2d((2, 3), ceil_mode=True), [f(1, 2, 5, 4)]),
    "MaxPool3d": (lambda nn: nn.MaxPool3d(2, 1), [f(1, 1, 3, 2, 3)]),
    "MaxUnpool1d": (lambda nn: nn.MaxUnpool1d(2), [f(1, 1, 1), i(2, 1, 1, 1)]),
    "MaxUnpool2d": (lambda nn: nn.MaxUnpool2d(2), [f(1, 1, 1, 1), i(4, 1, 1, 1, 1)]),
    "MaxUnpool3d": (lambda nn: nn.MaxUnpool3d(2), [f(1, 1, 1, 1, 1), i(8, 1, 1, 1, 1, 1)]),
    "AvgPool1d": (lambda nn: nn.AvgPool1d(3, 2, 1, count_include_pad=False), [f(2, 2, 7)]),
    "AvgPool2d": (lambda nn: nn.AvgPool2d(2, ceil_mode=True, divisor_override=3), [f(1, 2, 5, 4)]),
    "AvgPool3d": (lambda nn: nn.AvgPool3d(2, 1), [f(1, 1, 3, 2, 3)]),
    "LPPool1d": (lambda nn: nn.LPPool1d(2, 3, 2), [f(1, 2, 7)]),
    "LPPool2d": (lambda nn: nn.LPPool2d(1.5, 2), [p(1, 2, 4, 5)]),
    "LPPool3d": (lambda nn: nn.LPPool3d(2, 2), [f(1, 1, 2, 4, 2)]),
    "AdaptiveAvgPool1d": (lambda nn: nn.AdaptiveAvgPool1d(3), [f(1, 2, 7)]),
    "AdaptiveAvgPool2d": (lambda nn: nn.AdaptiveAvgPool2d((None, 3)), [f(1, 2, 2, 7)]),
    "AdaptiveAvgPool3d": (lambda nn: nn.AdaptiveAvgPool3d(2), [f(1, 1, 3, 2, 4)]),
    "AdaptiveMaxPool1d": (lambda nn: nn.AdaptiveMaxPool1d(3, return_indices=True), [f(1, 2, 7)]),
    "AdaptiveMaxPool2d": (lambda nn: nn.AdaptiveMaxPool2d((2, None)), [f(1, 2, 5, 2)]),
    "AdaptiveMaxPool3d": (lambda nn: nn.AdaptiveMaxPool3d(2), [f(1, 1, 3, 2, 4)]),
    "FractionalMaxPool2d": (lambda nn: nn.FractionalMaxPool2d(
        2, output_size=(2, 3), _random_samples=samples(nn, 1, 2, 2)), [f(1, 2, 5, 6)]),
    "FractionalMaxPool3d": (lambda nn: nn.FractionalMaxPool3d(
        2, output_ratio=0.6, _random_samples=samples(nn, 1, 1, 3)), [f(1, 1, 4, 4, 5)]),
})
PADS = {
    "ReflectionPad1d": 2, "ReflectionPad2d": (1, 2, 0, 1), "ReflectionPad3d": 1,
    "ReplicationPad1d": (1, 2), "ReplicationPad2d": 2, "ReplicationPad3d": (0, 1, 2, 1, 1, 0),
    "CircularPad1d": (1, 2), "CircularPad2d": (1, 2, 0, 1), "CircularPad3d": 1,
    "ZeroPad1d": (1, 0), "ZeroPad2d": (1, -1, 0, 2), "ZeroPad3d": 1,
}
for _name, _pad in PADS.items():
    _shape = (1, 2, *(4, 3, 3)[: int(_name[-2])])
    CASES[_name] = ((lambda nn, name=_name, pad=_pad: getattr(nn, name)(pad)), [f(*_shape)])
for _name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout",
              "FeatureAlphaDropout"):
    CASES[_name] = ((lambda nn, name=_name: getattr(nn, name)(0.4)), [f(1, 2, 3)], EVAL)
CASES.update({
    "ConstantPad1d": (lambda nn: nn.ConstantPad1d((1, 2), 0.5), [f(1, 2, 3)]),
    "ConstantPad2d": (lambda nn: nn.ConstantPad2d((1, 2, -1, 1), 0.5), [f(1, 3, 2)]),
    "ConstantPad3d": (lambda nn: nn.ConstantPad3d(1, -1.0), [f(1, 1, 2, 1, 2)]),
    # -- sparse, images, distances -------------------------------------------------------------
    "Embedding": (lambda nn: nn.Embedding(5, 3, padding_idx=1), [i(5, 2, 4)]),
    "Embedding/norm": (lambda nn: nn.Embedding(5, 3, max_norm=0.5, scale_grad_by_freq=True),
                       [i(5, 6)]),
    "EmbeddingBag": (lambda nn: nn.EmbeddingBag(5, 3), [i(5, 2, 4)]),
    "EmbeddingBag/sum": (lambda nn: nn.EmbeddingBag(5, 3, mode="sum", padding_idx=2), [i(5, 2, 4)]),
    "EmbeddingBag/max": (lambda nn: nn.EmbeddingBag(5, 3, mode="max"), [i(5, 2, 4)]),
    "ChannelShuffle": (lambda nn: nn.ChannelShuffle(2), [f(1, 4, 2, 2)]),
    "PixelShuffle": (lambda nn: nn.PixelShuffle(2), [f(1, 4, 2, 3)]),
    "PixelUnshuffle": (lambda nn: nn.PixelUnshuffle(2), [f(1, 1, 4, 2)]),
    "Upsample": (lambda nn: nn.Upsample(scale_factor=2), [f(1, 1, 2, 3)]),
    "Upsample/bilinear": (lambda nn: nn.Upsample((3, 5), mode="bilinear"), [f(1, 1, 2, 4)]),
    "Upsample/bicubic": (lambda nn: nn.Upsample((3, 5), mode="bicubic", align_corners=True),
                         [f(1, 1, 3, 4)]),
    "UpsamplingNearest2d": (lambda nn: nn.UpsamplingNearest2d((4, 3)), [f(1, 1, 2, 3)]),
    "UpsamplingBilinear2d": (lambda nn: nn.UpsamplingBilinear2d(scale_factor=2), [f(1, 1, 2, 3)]),
    "CosineSimilarity": (lambda nn: nn.CosineSimilarity(1), [X, X]),
    "PairwiseDistance": (lambda nn: nn.PairwiseDistance(1.5, keepdim=True), [f(3, 4), f(3, 4)]),
})
PAIR = [f(3, 4), f(3, 4)]
LOSSES = {
    "L1Loss": ({}, PAIR), "MSELoss": ({"reduction": "sum"}, PAIR),
    "SmoothL1Loss": ({"beta": 0.5}, PAIR), "HuberLoss": ({"delta": 0.7}, PAIR),
    "KLDivLoss": ({"reduction": "batchmean"}, [logp(3, 4), p(3, 4)]),
    "KLDivLoss/log": ({"log_target": True}, [logp(3, 4), logp(3, 4)]),
    "BCELoss": ({}, [p(3, 4), p(3, 4)]),
    "BCEWithLogitsLoss": ({"reduction": "none"}, [f(3, 4), p(3, 4)]),
    "NLLLoss": ({"ignore_index": 1}, [logp(4, 3), i(3, 4)]),
    "NLLLoss2d": ({"reduction": "none"}, [f(2, 3, 2, 2), i(3, 2, 2, 2)]),
    "CrossEntropyLoss": ({"label_smoothing": 0.2}, [f(4, 3), i(3, 4)]),
    "CrossEntropyLoss/pixels": ({"ignore_index": 0, "reduction": "sum"},
                                [f(2, 3, 2, 2), i(3, 2, 2, 2)]),
    "CrossEntropyLoss/odds": ({}, [f(4, 3), p(4, 3)]),
    "PoissonNLLLoss": ({"full": True}, [f(3, 4), p(3, 4)]),
    "GaussianNLLLoss": ({"full": True}, [f(3, 4), f(3, 4), p(3, 4)]),
    "HingeEmbeddingLoss": ({"margin": 0.8}, [f(3, 4), s(3, 4)]),
    "MultiLabelMarginLoss": ({}, [f(2, 4), i(4, 2, 4)]),
    "MultiLabelSoftMarginLoss": ({}, [f(2, 4), p(2, 4)]),
    "MultiMarginLoss": ({"p": 2, "margin": 0.6}, [f(3, 4), i(4, 3)]),
    "SoftMarginLoss": ({}, [f(3, 4), s(3, 4)]),
    "CosineEmbeddingLoss": ({"margin": 0.1}, [f(3, 4), f(3, 4), s(3)]),
    "MarginRankingLoss": ({"margin": 0.2}, [f(4), f(4), s(4)]),
    "TripletMarginLoss": ({"swap": True, "p": 1.5}, [f(3, 4), f(3, 4), f(3, 4)]),
    "TripletMarginWithDistanceLoss": ({"margin": 0.5}, [f(3, 4), f(3, 4), f(3, 4)]),
}
for _name, (_options, _given) in LOSSES.items():
    _kind = _name.partition("/")[0]
    CASES[_name] = ((lambda nn, name=_kind, options=_options:
                     getattr(nn, name)(**options)), _given)
CASES.update({
    "CTCLoss": (lambda nn: nn.CTCLoss(blank=3, zero_infinity=True),
                [logp(6, 2, 4), i(3, 2, 2), (6, 5), (2, 1)]),
    "AdaptiveLogSoftmaxWithLoss": (lambda nn: nn.AdaptiveLogSoftmaxWithLoss(
        4, 10, [3, 6], 2.0, head_bias=True), [f(16, 4), i(10, 16)]),
    "LinearCrossEntropyLoss": (lambda nn: nn.LinearCrossEntropyLoss(4, 3, bias=True),
                               [f(5, 4), i(3, 5)]),
    # -- recurrent -----------------------------------------------------------------------------
    "RNN": (lambda nn: nn.RNN(3, 4, 2, nonlinearity="relu"), [f(3, 2, 3), f(2, 2, 4)]),
    "LSTM": (lambda nn: nn.LSTM(2, 3, 2, bidirectional=True, batch_first=True), [f(2, 3, 2)]),
    "LSTM/proj": (lambda nn: nn.LSTM(2, 4, proj_size=2), [f(3, 2, 2)]),
    "GRU": (lambda nn: nn.GRU(2, 3, bidirectional=True, bias=False), [f(3, 2), f(2, 3)]),
    "RNNCell": (lambda nn: nn.RNNCell(3, 4), [f(2, 3), f(2, 4)]),
    "LSTMCell": (lambda nn: nn.LSTMCell(3, 2), [f(2, 3)]),
    "GRUCell": (lambda nn: nn.GRUCell(3, 2), [f(2, 3), f(2, 2)]),
    # -- attention -----------------------------------------------------------------------------
    "MultiheadAttention": (lambda nn: nn.MultiheadAttention(4, 2), [f(3, 2, 4)] * 3),
    "MultiheadAttention/sizes": (lambda nn: nn.MultiheadAttention(
        4, 2, kdim=3, vdim=2, add_bias_kv=True, batch_first=True),
        [f(2, 3, 4), f(2, 2, 3), f(2, 2, 2)]),
    "TransformerEncoderLayer": (lambda nn: nn.TransformerEncoderLayer(4, 2, 5, 0.0), [f(3, 2, 4)]),
    "TransformerEncoderLayer/eval": (lambda nn: nn.TransformerEncoderLayer(
        4, 2, 5, activation="gelu", batch_first=True, norm_first=True), [f(2, 3, 4)], EVAL),
    "TransformerDecoderLayer": (lambda nn: nn.TransformerDecoderLayer(4, 2, 5, 0.0),
                                [f(3, 2, 4), f(2, 2, 4)]),
    "TransformerEncoder": (lambda nn: nn.TransformerEncoder(
        nn.TransformerEncoderLayer(4, 2, 3, 0.0), 2, nn.LayerNorm(4), enable_nested_tensor=False),
        [f(3, 1, 4)]),
    "TransformerDecoder": (lambda nn: nn.TransformerDecoder(
        nn.TransformerDecoderLayer(4, 1, 3, 0.0), 2), [f(2, 1, 4), f(3, 1, 4)]),
    "Transformer": (lambda nn: nn.Transformer(4, 2, 1, 1, 3, 0.0), [f(3, 1, 4), f(2, 1, 4)]),
    # -- containers ----------------------------------------------------------------------------
    "Sequential": (lambda nn: nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3)),
                   [f(3, 4)]),
    "DataParallel": (lambda nn: nn.DataParallel(nn.Linear(4, 3)), [f(3, 4)]),
    # -- functions that PyTorch's samples of ops leave out -------------------------------------
    "affine_grid": (lambda nn: nn.functional.affine_grid, [f(1, 2, 3), [1, 1, 2, 3], False]),
    "affine_grid/3": (lambda nn: nn.functional.affine_grid, [f(1, 3, 4), [1, 1, 2, 1, 3], True]),
    "conv_tbc": (lambda nn: nn.functional.conv_tbc, [f(5, 2, 3), f(3, 3, 2), f(2), 1]),
    "native_channel_shuffle": (lambda nn: nn.functional.native_channel_shuffle,
                               [f(1, 4, 2, 2), 2], {"grad": False}),
    "upsample": (lambda nn: nn.functional.interpolate, [f(1, 1, 3), 5]),
    "max_pool1d_with_indices": (lambda nn: nn.functional.max_pool1d_with_indices,
                                [f(1, 2, 6), 2]),
    "max_pool2d_with_indices": (lambda nn: nn.functional.max_pool2d_with_indices,
                                [f(1, 2, 4, 3), 2, 1]),
    "max_pool3d_with_indices": (lambda nn: nn.functional.max_pool3d_with_indices,
                                [f(1, 1, 2, 4, 3), 2]),
    "adaptive_max_pool1d_with_indices": (
        lambda nn: nn.functional.adaptive_max_pool1d_with_indices, [f(1, 2, 6), 4]),
    "adaptive_max_pool2d_with_indices": (
        lambda nn: nn.functional.adaptive_max_pool2d_with_indices, [f(1, 2, 4, 3), (3, 2)]),
    "adaptive_max_pool3d_with_indices": (
        lambda nn: nn.functional.adaptive_max_pool3d_with_indices, [f(1, 1, 2, 4, 3), 2]),
    "fractional_max_pool2d_with_indices": (
        lambda nn: lambda x: nn.functional.fractional_max_pool2d_with_indices(
            x, 2, (2, 2), _random_samples=samples(nn, 1, 1, 2)), [f(1, 1, 5, 5)]),
    "fractional_max_pool3d_with_indices": (
        lambda nn: lambda x: nn.functional.fractional_max_pool3d_with_indices(
            x, 2, 2, _random_samples=samples(nn, 1, 1, 3)), [f(1, 1, 4, 4, 4)]),
    "fold": (lambda nn: nn.functional.fold, [f(1, 4, 4), (3, 3), 2]),
    "lp_pool1d": (lambda nn: nn.functional.lp_pool1d, [p(1, 2, 6), 3.0, 2]),
    "lp_pool2d": (lambda nn: nn.functional.lp_pool2d, [p(1, 2, 4, 3), 2.5, 2]),
    "lp_pool3d": (lambda nn: nn.functional.lp_pool3d, [p(1, 1, 2, 4, 2), 1.5, 2]),
})
INPLACE = {"celu_": (0.5,), "elu_": (0.5,), "hardtanh_": (), "leaky_relu_": (0.1,), "relu_": (),
           "rrelu_": (), "selu_": (), "threshold_": (0.1, 0.5)}
for _name, _args in INPLACE.items():
    CASES[_name] = ((lambda nn, name=_name, args=_args: lambda x: getattr(nn.functional, name)(
        x * 1, *args)), [X])
