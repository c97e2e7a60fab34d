"""Summaries of tensors and collections."""

from __future__ import annotations

from typing import Any

from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.ops.normalizing import zero_fraction


def summarize_tensor(tensor: Any, tag: str | None = None) -> Any:
    """A histogram of a tensor, a scalar if it has no axes."""
    from pentad.frontends.tensorflow1 import summary

    name = tag or tensor.op.name
    make = summary.scalar if tensor.shape.ndims == 0 else summary.histogram
    return make(name, tensor)


def summarize_activation(op: Any) -> Any:
    """A histogram of an activation, and the share of its zeros if it is a relu."""
    from pentad.frontends.tensorflow1 import summary

    if op.op.type in ("Relu", "Softplus", "Relu6"):
        summary.scalar(f"{op.op.name}/zeros", zero_fraction(op))
    return summary.histogram(f"{op.op.name}/activation", op)


def summarize_tensors(tensors: Any, summarizer: Any = summarize_tensor) -> list[Any]:
    """A summary of each tensor."""
    return [summarizer(t) for t in tensors]


def summarize_collection(
    collection: str, name_filter: str | None = None, summarizer: Any = summarize_tensor
) -> list[Any]:
    """A summary of each member of a collection whose name fits."""
    found = get_default_graph().get_collection(collection)
    if name_filter is not None:
        import re

        found = [t for t in found if re.match(name_filter, t.op.name)]
    return summarize_tensors(found, summarizer)


def _of(collection: str, summarizer: Any, doc: str) -> Any:
    def call(name_filter: str | None = None, summarizer: Any = summarizer) -> list[Any]:
        return summarize_collection(collection, name_filter, summarizer)

    call.__doc__ = doc
    return call


summarize_variables = _of(GraphKeys.GLOBAL_VARIABLES, summarize_tensor, "Of all variables.")
summarize_weights = _of(GraphKeys.WEIGHTS, summarize_tensor, "Of the weights.")
summarize_biases = _of(GraphKeys.BIASES, summarize_tensor, "Of the biases.")
summarize_activations = _of(GraphKeys.ACTIVATIONS, summarize_activation, "Of the activations.")
