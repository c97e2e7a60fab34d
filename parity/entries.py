"""Which entries of PyTorch's op_db are compared, and which are left out and why."""

from __future__ import annotations

import re
from typing import Any

DTYPES = ("float32", "int64", "bool", "complex64")
"""The dtypes of the forward cases, as far as PyTorch's op takes them."""

LEFT_OUT: tuple[tuple[str, str], ...] = (
    (r"jiterator_", "compiles CUDA source text at run time"),
    (r"sparse\.|to_sparse|.*sparse_", "sparse storage, which Pentad does not have"),
    (r".*nested|to_padded_tensor", "nested tensors, which are a storage of PyTorch's own"),
    (r".*quantize|.*fake_quant", "quantised storage, which Pentad does not have"),
    (r"masked\.", "torch.masked, a prototype beside the stable interface"),
    (r"_(?!_)|.*\._(?!_)|ops\.aten|torch\.ops\.|torch\._", "private to PyTorch (an underscore)"),
    (r"native_|.*_backward|.*without_cudnn|grid_sampler_|slice$",
     "an inner step of PyTorch's own functions"),
    (r"(alias|as_strided|diagonal|expand|permute|squeeze|split_with_sizes|t|transpose|unbind|"
     r"unfold|unsqueeze|view)_copy$", "a view's form for PyTorch's functionalisation"),
    (r"chalf$", "complex numbers of two float16, which NumPy does not have"),
    (r"nonzero_static", "a form for PyTorch's own compiler"),
    (r"resize_as_|resize_$", "gives a tensor's storage another size behind its views"),
)
"""Patterns of names (matched from the beginning), each with its reason."""



def _fall(sample: Any) -> bool:
    """Are there given edges that do not rise?"""
    edges = sample.args[0] if isinstance(sample.args[0], list) else []
    return any(hasattr(e, "diff") and bool((e.diff() < 0).any()) for e in edges)


def _always(sample: Any) -> bool:
    return True


CASES_LEFT_OUT: tuple[tuple[str, str, Any, str], ...] = (
    ("cholesky_inverse|cholesky_solve", "gradient", _always,
     "PyTorch's gradient is not 0 in the triangle of the factor that is never read"),
    ("as_strided_scatter", "gradient", _always,
     "PyTorch's gradient is not 0 for elements that are written over"),
    ("histogramdd", "forward", _fall, "edges that do not rise, which PyTorch does not notice"),
)
"""Names (a pattern), the kind of cases, which samples, the reason."""


def left_out(name: str, kind: str, sample: Any) -> bool:
    """Is a sample of an entry not compared?"""
    return any(
        re.fullmatch(pattern, name) and kind == k and which(sample)
        for pattern, k, which, _ in CASES_LEFT_OUT
    )


_RANDOM = """
bernoulli cauchy exponential geometric log_normal multinomial normal rand_like randint
randint_like randn randn_like uniform randperm
nn.functional.dropout nn.functional.dropout2d nn.functional.dropout3d
nn.functional.alpha_dropout nn.functional.feature_alpha_dropout
nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d
nn.functional.rrelu nn.functional.gumbel_softmax svd_lowrank pca_lowrank
"""
RANDOM = frozenset(_RANDOM.split())
"""Ops that draw random numbers: shapes, dtypes and, where there are many, mean and spread."""

_UNDEFINED = "empty empty_like empty_permuted empty_strided new_empty new_empty_strided"
UNDEFINED = frozenset(_UNDEFINED.split())
"""Ops whose values are whatever the memory held: shapes and dtypes."""

_CHOOSING = "topk sort argsort msort kthvalue median nanmedian mode max min cummax cummin"
CHOOSING = frozenset(_CHOOSING.split())
"""Ops whose indices may name any of several equal elements."""


def reason_to_leave_out(name: str) -> str | None:
    """Why an entry is not compared, or None."""
    for pattern, reason in LEFT_OUT:
        if re.match(pattern, name):
            return reason
    return None


def full_name(op: Any) -> str:
    """The name of an entry with its variant: `std_mean.unbiased`."""
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else str(op.name)


def database() -> dict[str, Any]:
    """Every entry of op_db by its full name (PyTorch's test tools must be installed)."""
    from torch.testing._internal.common_methods_invocations import op_db

    return {full_name(op): op for op in op_db}


def compared(names: list[str]) -> list[str]:
    """The names that are not left out, in alphabetical order."""
    return sorted(n for n in names if reason_to_leave_out(n) is None)
