"""tf.sparse."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "framework.sparse": "SparseTensor",
    "ops.creation": "placeholder=sparse_placeholder",
    "ops.segments": """
        segment_mean=sparse_segment_mean segment_sqrt_n=sparse_segment_sqrt_n
        segment_sum=sparse_segment_sum""",
    "ops.sparse": """
        add=sparse_add concat=sparse_concat expand_dims=sparse_expand_dims eye=sparse_eye
        fill_empty_rows=sparse_fill_empty_rows from_dense mask=sparse_mask maximum=sparse_maximum
        merge=sparse_merge minimum=sparse_minimum reduce_max=sparse_reduce_max
        reduce_max_sparse=sparse_reduce_max_sparse reduce_sum=sparse_reduce_sum
        reduce_sum_sparse=sparse_reduce_sum_sparse reorder=sparse_reorder
        reset_shape=sparse_reset_shape reshape=sparse_reshape retain=sparse_retain
        slice=sparse_slice softmax=sparse_softmax sparse_dense_matmul=sparse_tensor_dense_matmul
        matmul=sparse_tensor_dense_matmul split=sparse_split to_dense=sparse_tensor_to_dense
        to_indicator=sparse_to_indicator transpose=sparse_transpose""",
})
