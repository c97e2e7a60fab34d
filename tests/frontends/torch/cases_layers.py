"""Cases of the layers of torch.nn: their parameters are set to the same numbers."""

from tests.frontends.torch.cases import case


def filled(torch, module):
    """The module in float64, each parameter (and buffer of numbers) of the same numbers."""
    module = module.double()
    with torch.no_grad():
        for i, p in enumerate(module.parameters()):
            values = torch.arange(p.numel(), dtype=torch.float64)
            p.copy_((values * 0.7 + i).sin().reshape(p.shape) * 0.4)
    return module


def layer(names, operands, *args, **options):
    """Layers made with these arguments, called with values of these names."""
    def make(torch, v, n):
        torch.manual_seed(0)
        given = [a(torch, v) if callable(a) else a for a in args]
        inputs = operands(v) if callable(operands) else [getattr(v, p) for p in operands.split()]
        module = getattr(torch.nn, n)(*given, **options).double()
        if n.startswith("Lazy"):
            module(*inputs)
        filled(torch, module)
        return module(*inputs)

    case(" ".join(f"nn.{n}" for n in names.split()), make)


layer("CELU ELU GELU Hardshrink Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU "
      "ReLU ReLU6 SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink Identity "
      "Flatten", "x")
layer("Hardsigmoid", "z")
layer("Softmax LogSoftmax Softmin", "x", 1)
layer("Softmax2d", "image")
layer("GLU", lambda v: [v.x[:, :2]])
layer("Threshold", "x", 0.4, 2.0)
layer("Linear", "x", 3, 2)
layer("LazyLinear", "x", 2)
layer("Bilinear", "x z", 3, 3, 2)
layer("Unflatten", "x", 1, (3, 1))
IMAGES = {"1": "cube", "2": "image", "3": "video"}
for _rank, _name in IMAGES.items():
    _channels = 3 if _rank == "1" else 2
    layer(f"Conv{_rank}d ConvTranspose{_rank}d", _name, _channels, 2, 2)
    layer(f"LazyConv{_rank}d LazyConvTranspose{_rank}d", _name, 2, 2)
    layer(f"BatchNorm{_rank}d InstanceNorm{_rank}d", _name, _channels)
    layer(f"LazyBatchNorm{_rank}d LazyInstanceNorm{_rank}d", _name)
    layer(f"AvgPool{_rank}d MaxPool{_rank}d AdaptiveAvgPool{_rank}d AdaptiveMaxPool{_rank}d",
          _name, 2)
    layer(f"LPPool{_rank}d", _name, 2, 2)
    layer(f"ConstantPad{_rank}d", _name, 1, 2.0)
    layer(f"ZeroPad{_rank}d ReflectionPad{_rank}d ReplicationPad{_rank}d CircularPad{_rank}d",
          _name, 1)
case("nn.MaxUnpool1d nn.MaxUnpool2d nn.MaxUnpool3d", lambda torch, v, n: getattr(torch.nn, n)(2)(
    *getattr(torch.nn, f"MaxPool{n[-2:]}")(2, return_indices=True)(
        getattr(v, IMAGES[n[-2]]))))
case("nn.FractionalMaxPool2d nn.FractionalMaxPool3d", lambda torch, v, n: list(getattr(
    torch.nn, n)(2, output_size=2)(getattr(v, IMAGES[n[-2]])).shape))
layer("GroupNorm", "image", 1, 2)
layer("LayerNorm RMSNorm", "x", 3)
layer("LocalResponseNorm", "image", 2)
layer("CrossMapLRN2d", "image", 5)
layer("PixelShuffle", lambda v: [v.image.reshape(1, 4, 2, 4)], 2)
layer("PixelUnshuffle ChannelShuffle", "image", 2)
layer("Fold", lambda v: [v.image.reshape(1, 8, 4)], (3, 3), 2)
layer("Unfold", "image", 2)
layer("Upsample UpsamplingNearest2d UpsamplingBilinear2d", "image", scale_factor=2)
layer("Embedding", "labels", 3, 2)
layer("EmbeddingBag", lambda v: [v.j[None]], 3, 2)
layer("Dropout AlphaDropout FeatureAlphaDropout Dropout2d Dropout3d", "video", 0.0)
layer("Dropout1d", "cube", 0.0)
layer("CosineSimilarity PairwiseDistance", "x y")
layer("RNNCell GRUCell", "x", 3, 2)
layer("LSTMCell", "x", 3, 2)
layer("RNN GRU", "cube", 4, 2)
layer("LSTM", "cube", 4, 2)
layer("MultiheadAttention", lambda v: [v.cube, v.cube, v.cube], 4, 2)
layer("TransformerEncoderLayer", "cube", 4, 2, 8, 0.0)
layer("TransformerDecoderLayer", lambda v: [v.cube, v.cube], 4, 2, 8, 0.0)
layer("Transformer", lambda v: [v.cube, v.cube], 4, 2, 1, 1, 8, 0.0)
layer("TransformerEncoder", "cube", lambda torch, v: torch.nn.TransformerEncoderLayer(
    4, 2, 8, 0.0), 1)
layer("TransformerDecoder", lambda v: [v.cube, v.cube], lambda torch, v: torch.nn.
      TransformerDecoderLayer(4, 2, 8, 0.0), 1)
layer("AdaptiveLogSoftmaxWithLoss", lambda v: [v.cube[0], v.j[:3]], 4, 4, [2])
case("nn.RReLU", lambda torch, v, n: torch.nn.RReLU(0.25, 0.25)(v.x - 0.5))

# -- losses --------------------------------------------------------------------------------------

layer("MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss KLDivLoss PoissonNLLLoss",
      lambda v: [v.x, v.y - 1])
layer("BCEWithLogitsLoss MultiLabelSoftMarginLoss", lambda v: [v.x, v.b.double()])
layer("SoftMarginLoss HingeEmbeddingLoss", lambda v: [v.x, v.b.double() * 2 - 1])
layer("CrossEntropyLoss NLLLoss MultiMarginLoss", "x labels")
case("nn.NLLLoss2d", lambda torch, v, n: torch.nn.NLLLoss2d()(
    v.x.reshape(1, 2, 3, 1), v.labels[:1].reshape(1, 1, 1).expand(1, 3, 1) // 2))
layer("MultiLabelMarginLoss", lambda v: [v.x, v.k - 1])
layer("GaussianNLLLoss", lambda v: [v.x, v.y, v.z.abs()])
layer("MarginRankingLoss", lambda v: [v.x, v.y, v.b.double() * 2 - 1])
layer("CosineEmbeddingLoss", lambda v: [v.x, v.z, v.labels - 1])
layer("TripletMarginLoss TripletMarginWithDistanceLoss", "x y z")
layer("CTCLoss", lambda v: [v.cube[0].t().unsqueeze(1).log_softmax(2),
                            v.j.clamp(min=1)[None, :2], (4,), (2,)])

# -- containers ----------------------------------------------------------------------------------

case("nn.Sequential nn.ModuleList", lambda torch, v, n: [
    filled(torch, p)(v.x) for p in getattr(torch.nn, n)(
        *([torch.nn.Linear(3, 2), torch.nn.Tanh()] if n == "Sequential" else [
            [torch.nn.Linear(3, 2), torch.nn.Tanh()]]))])
case("nn.ModuleDict", lambda torch, v, n: filled(torch, torch.nn.ModuleDict(
    {"a": torch.nn.Linear(3, 2)})["a"])(v.x))
case("nn.ParameterList", lambda torch, v, n: sum(torch.nn.ParameterList([v.u, v.u])))
case("nn.ParameterDict", lambda torch, v, n: torch.nn.ParameterDict({"a": v.u})["a"])
case("nn.Parameter nn.Buffer", lambda torch, v, n: getattr(torch.nn, n)(v.u) * 2)
