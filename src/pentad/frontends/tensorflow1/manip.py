"""tf.manip: other names of what rearranges tensors."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "": "batch_to_space_nd gather_nd reshape reverse roll scatter_nd space_to_batch_nd tile",
})
