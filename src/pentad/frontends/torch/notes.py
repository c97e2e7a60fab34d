"""What is not there of PyTorch, or only partly: name -> why, how. `a.*` speaks for all below it."""

from __future__ import annotations

_DENSE = "there is one layout, dense; to_sparse() gives the tensor itself"
_QUANTIZED = "tensors of quantized integers are not part of Pentad"
_FLOAT8 = "there are no float8 element types"

ABSENT: dict[str, str] = {
    **{f"torch.{name}": _QUANTIZED for name in (
        "q_scale", "q_zero_point", "Tensor.q_scale", "Tensor.q_zero_point", "Tensor.qscheme")},
    **{f"torch.Tensor.{name}": _DENSE for name in (
        "to_sparse_bsc", "to_sparse_bsr", "to_sparse_csc", "to_sparse_csr")},
    "torch.Tensor.to_mkldnn": "there is one layout, and no library of Intel's behind it",
    "torch.Tensor.chalf": "there is no complex number of two float16",
    "torch.Tensor.index": "first-class dimensions are an experiment of PyTorch's",
    "torch.Tensor.untyped_storage": "memory has no objects of its own; use data_ptr() or numpy()",
    "torch.nn.functional.scaled_mm": _FLOAT8, "torch.nn.functional.scaled_grouped_mm": _FLOAT8,
    "torch.autograd.NestedIOFunction": "PyTorch has replaced it by Function",
    "torch.autograd.enforce_grad_layout_policy": "gradients have the layout of their operation",
    "torch.onnx.*": "models are not written as ONNX",
    "torch.hub.*": "nothing is downloaded and run",
    "torch.fx.*": "graphs are Pentad's own; see pentad.explain",
    "torch.distributed.*": "programs run in one process",
}

PARTLY: dict[str, str] = {
    **{f"torch.Tensor.{name}": "refused: write the function with operations on whole tensors"
       for name in ("apply_", "map_", "map2_")},
    "torch.Tensor.resize_": "to as many elements as there are: storages keep their size",
    "torch.Tensor.storage": "an attribute: the memory, which has no methods of PyTorch's",
}
