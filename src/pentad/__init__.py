"""Pentad: one computational graph, two modes, native code of its own.

    import pentad as pt

The names are PyTorch's; each is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

from pentad.graph.config import VERSION

__version__ = VERSION

_MODULES = (
    "amp", "array_api", "board", "data", "distributions", "fft", "formats", "func", "infer",
    "linalg", "nn", "optim", "signal", "special", "static", "tensor", "train",
)

_NAMES: dict[str, str] = {
    "pentad.graph.dtypes": "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 "
    "uint32 uint64 complex64 complex128",
    "pentad.graph.errors": "PentadError ShapeError DTypeError ArgumentError IndexOutOfRange "
    "GraphError LinAlgError AutogradError NonFiniteError CaptureError CompileError FormatError "
    "DataError ResourceError SharingError MissingExtra",
    "pentad.graph.config": "config",
    "pentad.tensor.tensor": "Tensor",
    "pentad.tensor.state": "no_grad enable_grad set_grad_enabled inference_mode is_grad_enabled "
    "get_default_dtype set_default_dtype",
    "pentad.tensor.functions.creation": "as_tensor from_numpy full zeros ones empty zeros_like "
    "ones_like full_like empty_like scalar_tensor",
    "pentad.tensor.functions.ranges": "arange linspace logspace eye",
    "pentad.tensor.legacy": "FloatTensor DoubleTensor HalfTensor BFloat16Tensor LongTensor "
    "IntTensor ShortTensor CharTensor ByteTensor BoolTensor",
    "pentad.tensor.memory_format": "contiguous_format preserve_format channels_last "
    "channels_last_3d",
    "pentad.tensor.functions.strided": "empty_permuted",
    "pentad.tensor.functions.complex": "complex polar",
    "pentad.tensor.dlpack": "from_dlpack",
    "pentad.tensor.functions.shaping": "cat stack broadcast_tensors",
    "pentad.tensor.functions.einsum": "einsum",
    "pentad.tensor.promotion": "promote_types",
    "pentad.tensor.devices": "device Size",
    "pentad.tensor.limits": "finfo iinfo result_type can_cast",
    "pentad.tensor.functions.older": "chain_matmul frobenius_norm nuclear_norm norm_except_dim "
    "lobpcg nonzero_static slice_inverse typename",
    "pentad.nn.functional": "avg_pool1d bilinear celu celu_ channel_shuffle conv1d conv2d conv3d "
    "conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity hardshrink max_pool1d "
    "max_pool2d max_pool3d pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu rms_norm "
    "rrelu rrelu_ selu selu_ threshold threshold_ adaptive_avg_pool1d conv_tbc "
    "max_pool1d_with_indices",
    "pentad.nn.functional.native": "alpha_dropout batch_norm "
    "binary_cross_entropy_with_logits cosine_embedding_loss ctc_loss dropout embedding "
    "embedding_bag feature_alpha_dropout feature_dropout grid_sampler group_norm "
    "hinge_embedding_loss instance_norm kl_div layer_norm margin_ranking_loss "
    "poisson_nll_loss triplet_margin_loss",
    "pentad.distributions.draws": "binomial poisson",
    "pentad.tensor.functions.random": "manual_seed seed initial_seed rand randn randint randperm "
    "bernoulli rand_like randn_like randint_like normal Generator get_rng_state set_rng_state "
    "default_generator",
    "pentad.tensor.functions.pointwise": "adjust_gradient",
    "pentad.tensor.functions.special": "polygamma",
    "pentad.tensor.functions.windows": "bartlett_window blackman_window hamming_window hann_window "
    "kaiser_window",
    "pentad.tensor.functions.lowrank": "svd_lowrank pca_lowrank",
    "pentad.nn.functional.padding": "constant_pad_nd",
    "pentad.tensor.printing": "set_printoptions",
    "pentad.formats.weights": "save load",
    "pentad.tensor.capture.compile": "compile",
    "pentad.tensor.capture.explain": "capture explain",
    "pentad.tensor.transforms.derivatives": "grad value_and_grad vjp jvp linearize",
    "pentad.tensor.transforms.jacobians": "jacrev jacfwd hessian",
    "pentad.tensor.transforms.vmap": "vmap",
    "pentad.tensor.autocast": "autocast is_autocast_enabled get_autocast_dtype",
    "pentad.tensor.function": "custom_vjp",
    "pentad.tensor.transforms.checkpoint": "checkpoint",
    "pentad.tensor.control.flow": "cond fori_loop map scan while_loop",
    "pentad.nn.anatomy.summary": "summary",
    "pentad.pictures.draw": "draw",
    "pentad.pictures.plot": "plot",
    "pentad.runtime.profiling.profile": "profile",
    "pentad.runtime.thread_pool": "set_num_threads get_num_threads",
}
_METHODS = """
abs acos acosh add addcdiv addcmul addmm adjoint all allclose amax amin angle any argmax argmin
argsort asin asinh atan atan2 atanh bitwise_and bitwise_not bitwise_or bitwise_xor bmm broadcast_to
ceil cholesky cholesky_inverse cholesky_solve chunk clamp clip clone conj conj_physical cos cosh
count_nonzero cumsum det detach digamma div divide dot eq equal erf erfc erfinv exp exp2 expm1
flatten flip floor floor_divide fmod gather ge geqrf gt i0 igamma igammac imag index_add
index_select inverse is_complex is_conj is_tensor isclose isfinite isinf isnan isreal istft kron le
lerp lgamma log log10 log1p log2 log_softmax logdet logical_and logical_not logical_or logical_xor
logit logsumexp lt lu lu_solve lu_unpack masked_fill masked_select matmul matrix_exp matrix_power
max maximum mean min minimum mm moveaxis movedim mul multiply mv mvlgamma narrow narrow_copy ne neg
negative nonzero norm numel orgqr ormqr outer permute pinverse pow prod qr ravel real reciprocal
relu remainder reshape resolve_conj roll round rsqrt rsub scatter scatter_add select sgn sigmoid
sign sin sinc sinh slogdet softmax sort split sqrt square squeeze std stft sub subtract sum svd
swapaxes swapdims t tan tanh tile topk trace transpose triangular_solve tril triu true_divide trunc
unbind unflatten unsqueeze var view_as_complex view_as_real where xlogy
is_floating_point get_device is_inference is_neg is_nonzero is_same_size is_signed resolve_neg smm
spmm dsmm hsmm saddmm
"""
_FAMILIES = """
absolute addbmm addmv addr aminmax arccos arccosh arcsin arcsinh arctan arctan2 arctanh argwhere
as_strided as_strided_scatter atleast_1d atleast_2d atleast_3d baddbmm bincount bitwise_left_shift
bitwise_right_shift block_diag broadcast_shapes bucketize cartesian_prod cdist clamp_max clamp_min
column_stack combinations concat concatenate copysign corrcoef cov cross cummax cummin cumprod
cumulative_trapezoid deg2rad diag diag_embed diagflat diagonal diagonal_scatter diff dist dsplit
dstack empty_strided fill fix fliplr flipud float_power fmax fmin frac frexp gcd ger gradient
greater greater_equal hash_tensor heaviside histc histogram histogramdd hsplit hstack hypot
index_copy index_fill index_put index_reduce inner isin isneginf isposinf kthvalue lcm ldexp less
less_equal logaddexp logaddexp2 logcumsumexp masked_scatter median meshgrid mode msort multinomial
nan_to_num nanmean nanmedian nanquantile nansum nextafter not_equal positive put quantile rad2deg
renorm repeat_interleave rot90 row_stack scatter_reduce searchsorted select_scatter signbit
slice_scatter split_with_sizes std_mean take take_along_dim tensor_split tensordot trapezoid trapz
tril_indices triu_indices unique unique_consecutive unravel_index unsafe_chunk unsafe_split
unsafe_split_with_sizes vander var_mean vdot vsplit vstack
"""
_WITH_OUT = frozenset((_FAMILIES + " max min sort topk var std").split())
"""Functions made of others that take `out=`; surfaces take it anyhow."""
_FUNCTIONS = frozenset((_METHODS + _FAMILIES).split())
_ALIASES: dict[str, tuple[str, str]] = {
    "bool": ("pentad.graph.dtypes", "bool_"),
    "float": ("pentad.graph.dtypes", "float32"),
    "double": ("pentad.graph.dtypes", "float64"),
    "half": ("pentad.graph.dtypes", "float16"),
    "cfloat": ("pentad.graph.dtypes", "complex64"),
    "cdouble": ("pentad.graph.dtypes", "complex128"),
    "long": ("pentad.graph.dtypes", "int64"),
    "int": ("pentad.graph.dtypes", "int32"),
    "short": ("pentad.graph.dtypes", "int16"),
    "dtype": ("pentad.graph.dtypes", "DType"),
    "adaptive_max_pool1d": ("pentad.nn.functional", "adaptive_max_pool1d_with_indices"),
    "affine_grid_generator": ("pentad.nn.functional", "affine_grid"),
    "convolution": ("pentad.nn.functional.native", "convolve"),
    "grid_sampler_2d": ("pentad.nn.functional.native", "grid_sampler"),
    "grid_sampler_3d": ("pentad.nn.functional.native", "grid_sampler"),
}
_PLACES: dict[str, tuple[str, str]] = {
    **_ALIASES,
    **{name: (module, name) for module, names in _NAMES.items() for name in names.split()},
}

# Called so often that even a call more counts; what they call checks its operands.
_QUICK = frozenset(("add", "sub", "div", "pow"))
# Modules of functions of tensors; the rest call what users hand them, or take no tensors.
_GUARDED = frozenset(
    f"pentad.tensor.{name}"
    for name in (
        "functions.creation", "functions.ranges", "functions.shaping", "functions.linalg",
        "functions.random", "functions.complex", "functions.lowrank", "functions.older",
        "promotion", "legacy",
    )
) | {"pentad.formats.weights", "pentad.nn.functional.native"}

__all__ = sorted([*_PLACES, *_FUNCTIONS, *_MODULES, "autograd", "__version__"])


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name in _MODULES:
        return importlib.import_module(f"pentad.{name}")
    if name == "autograd":
        value: Any = importlib.import_module("pentad.tensor.gradients")
    elif name in _PLACES:
        importlib.import_module("pentad.tensor.methods")
        module, attribute = _PLACES[name]
        value = getattr(importlib.import_module(module), attribute)
        if module in _GUARDED:
            value = _guarded(value)
    elif name in _FUNCTIONS:
        value = importlib.import_module("pentad.tensor.methods").FUNCTIONS[name]
        if name in _WITH_OUT and not hasattr(value, "surface"):
            value = importlib.import_module("pentad.tensor.out").with_out(value)
        value = value if name in _QUICK else _guarded(value)
    else:
        raise AttributeError(f"module 'pentad' has no attribute {name!r}")
    globals()[name] = value
    return value


def _guarded(function: Any) -> Any:
    return importlib.import_module("pentad.tensor.misfit").guarded(function)


def __dir__() -> list[str]:
    return __all__
