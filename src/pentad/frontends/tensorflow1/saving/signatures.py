"""Signatures: which tensors a served model takes and gives."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.messages import (
    SignatureDef,
    TensorInfo,
    TensorShapeProto,
)
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor

PREDICT, CLASSIFY, REGRESS = (
    f"tensorflow/serving/{kind}" for kind in ("predict", "classify", "regress"))


def build_tensor_info(tensor: Any) -> Any:
    """A tensor as signatures name it."""
    made = TensorInfo(dtype=tensor.dtype.as_datatype_enum)
    if isinstance(tensor, SparseTensor):
        made.coo_sparse.values_tensor_name = tensor.values.name
        made.coo_sparse.indices_tensor_name = tensor.indices.name
        made.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
        sizes = tensor.get_shape().known()
    else:
        made.name, sizes = tensor.name, tensor.shape.known()
    shape = TensorShapeProto(unknown_rank=True) if sizes is None else TensorShapeProto(
        dim=[{"size": -1 if n is None else n} for n in sizes])
    made.tensor_shape.CopyFrom(shape)
    return made


def get_tensor_from_tensor_info(
    tensor_info: Any, graph: Any = None, import_scope: str | None = None
) -> Any:
    """The tensor that a TensorInfo names."""
    graph = graph or get_default_graph()
    prefix = f"{import_scope}/" if import_scope else ""

    def element(name: str) -> Any:
        return graph.as_graph_element(prefix + name, allow_operation=False)

    if tensor_info.WhichOneof("encoding") == "coo_sparse":
        sparse = tensor_info.coo_sparse
        return SparseTensor(element(sparse.indices_tensor_name), element(sparse.values_tensor_name),
                            element(sparse.dense_shape_tensor_name))
    return element(tensor_info.name)


def build_signature_def(
    inputs: Any = None, outputs: Any = None, method_name: str | None = None
) -> Any:
    """A signature of TensorInfos by name."""
    return SignatureDef(inputs=inputs or {}, outputs=outputs or {}, method_name=method_name)


def _infos(tensors: Any) -> dict[str, Any]:
    return {name: build_tensor_info(t) for name, t in tensors.items()}


def predict_signature_def(inputs: Any, outputs: Any) -> Any:
    """The signature of tensors by name."""
    if not inputs or not outputs:
        raise pt.ArgumentError("Prediction inputs and outputs cannot be None or empty.")
    return build_signature_def(_infos(inputs), _infos(outputs), PREDICT)


def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """The signature of classes of serialized examples."""
    if examples.dtype.base_dtype is not dtypes.string:
        raise pt.ArgumentError(static.message(
            "Classification input tensors must be of type string.", got=examples.dtype.name))
    found = {k: v for k, v in (("classes", classes), ("scores", scores)) if v is not None}
    if not found:
        raise pt.ArgumentError("Classification classes and scores cannot both be None.")
    return build_signature_def(_infos({"inputs": examples}), _infos(found), CLASSIFY)


def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """The signature of numbers of serialized examples."""
    if examples.dtype.base_dtype is not dtypes.string:
        raise pt.ArgumentError(static.message(
            "Regression input tensors must be of type string.", got=examples.dtype.name))
    return build_signature_def(_infos({"inputs": examples}), _infos({"outputs": predictions}),
                               REGRESS)


def is_valid_signature(signature_def: Any) -> bool:
    """Has it what its method needs?"""
    if signature_def is None or not signature_def.inputs or not signature_def.outputs:
        return False
    if signature_def.method_name == PREDICT:
        return True
    texts = all(i.dtype == 7 for i in signature_def.inputs.values())
    if signature_def.method_name == CLASSIFY:
        return texts and set(signature_def.outputs) <= {"classes", "scores"}
    return signature_def.method_name == REGRESS and texts and set(
        signature_def.outputs) == {"outputs"}
