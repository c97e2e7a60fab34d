"""tf.contrib.slim.utils: outputs of layers by their names."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.contrib.parts.network import collect as collect_named_outputs
from pentad.frontends.tensorflow1.framework.graph import get_default_graph


def append_tensor_alias(tensor: Any, alias: str) -> Any:
    """The tensor, which is found by one more name."""
    tensor.aliases = [*getattr(tensor, "aliases", ()), alias.rstrip("/")]
    return tensor


def get_tensor_aliases(tensor: Any) -> list[str]:
    """The names by which a tensor is found; its own if there are none."""
    return list(getattr(tensor, "aliases", ())) or [tensor.name.partition(":")[0]]


def convert_collection_to_dict(collection: Any, clear_collection: bool = False) -> Any:
    """The tensors of a collection by their names."""
    graph = get_default_graph()
    tensors = graph.get_collection(collection)
    if clear_collection:
        graph.clear_collection(collection)
    return OrderedDict((alias, t) for t in tensors for alias in get_tensor_aliases(t))


def last_dimension(shape: Any, min_rank: int = 1) -> Any:
    """The last size of a shape; ValueError if it has fewer axes or the size is unknown."""
    if shape.ndims is None or shape.ndims < min_rank or shape[-1].value is None:
        raise pt.ShapeError(static.message(
            f"rank of shape must be at least {min_rank}, and the last dimension known",
            got=str(shape)))
    return shape[-1].value


__getattr__ = absent(__name__)
__all__ = ["collect_named_outputs"]
