"""Shapes, slices, parts, sequences, sparse tensors."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import IMAGE, A, B, N, P, close, refused, same, table, tf
from tests.frontends.tensorflow1.values import value as value_of

calls = table()
T = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

# -- making ----------------------------------------------------------------------------------------

calls("tf", "constant", lambda f: same(f([1, 2], shape=[2]), [1, 2]))
calls("tf", "zeros ones", lambda f, name: same(f([2, 3]), getattr(np, name)((2, 3))))
calls("tf", "zeros_like ones_like", lambda f, name: same(f(A), getattr(np, name)(A)))
calls("tf", "fill", lambda f: same(f([2, 2], 7), [[7, 7], [7, 7]]))
calls("tf", "range", lambda f: same(f(2, 9, 3), [2, 5, 8]))
calls("tf", "linspace lin_space", lambda f: close(f(0.0, 1.0, 5), np.linspace(0, 1, 5)))
calls("tf", "one_hot", lambda f: same(f([1, 0], 3), [[0, 1, 0], [1, 0, 0]]))
calls("tf", "sequence_mask", lambda f: same(f([1, 3]), [[1, 0, 0], [1, 1, 1]]))
calls("tf", "meshgrid", lambda f: same(f([1, 2], [3, 4, 5])[1], np.meshgrid([1, 2], [3, 4, 5])[1]))
calls("tf", "convert_to_tensor convert_to_tensor_or_indexed_slices "
            "convert_to_tensor_or_sparse_tensor", lambda f: same(f(A), A))
calls("tf", "make_tensor_proto", lambda f: (tf.make_ndarray(f(A)) == A).all())
calls("tf", "make_ndarray", lambda f: f(tf.make_tensor_proto([1, 2])).tolist() == [1, 2])
calls("tf", "get_static_value", lambda f: np.array_equal(f(tf.constant([1, 2])), [1, 2]))
calls("tf", "is_tensor is_numeric_tensor",
      lambda f: f(tf.constant(1.0)) and not f(tf.constant("a") if "num" in f.__name__ else 3))

# -- shapes ----------------------------------------------------------------------------------------

calls("tf", "shape", lambda f: same(f(T), [2, 3, 4]))
calls("tf", "shape_n", lambda f: same(f([tf.constant(A), tf.constant(T)])[1], [2, 3, 4]))
calls("tf", "size rank", lambda f, name: same(f(T), {"size": 24, "rank": 3}[name]))
calls("tf", "reshape", lambda f: same(f(T, [4, -1]), T.reshape(4, 6)))
calls("tf", "expand_dims", lambda f: same(f(A, 1), A[:, None]))
calls("tf", "squeeze", lambda f: same(f(A[None, :, :]), A))
calls("tf", "transpose", lambda f: same(f(T, [2, 0, 1]), T.transpose(2, 0, 1)))
calls("tf", "matrix_transpose", lambda f: same(f(T), T.swapaxes(1, 2)))
calls("tf", "broadcast_to", lambda f: same(f([1, 2], [3, 2]), [[1, 2]] * 3))
calls("tf", "broadcast_dynamic_shape", lambda f: same(f([2, 1], [3]), [2, 3]))
calls("tf", "broadcast_static_shape",
      lambda f: f(tf.TensorShape([2, 1]), tf.TensorShape([3])).as_list() == [2, 3])
calls("tf", "ensure_shape", lambda f: same(f(A, [2, None]), A) and refused(lambda: f(A, [3, 3])))
calls("tf", "identity guarantee_const", lambda f: same(f(tf.constant(A)), A))
calls("tf", "grad_pass_through", lambda f: same(f(tf.round)(A), np.round(A)))
calls("tf", "identity_n tuple", lambda f: same(f([tf.constant(A), tf.constant(N)])[1], N))
calls("tf", "stop_gradient", lambda f: tf.gradients(f(tf.constant(A)) * 2, [tf.constant(A)])[0]
      is None)
calls("tf", "Dimension", lambda f: f(3) + 2 == f(5) and (f(None) + 1).value is None)
calls("tf", "TensorShape", lambda f: f([2, None]).merge_with([None, 3]).as_list() == [2, 3])
calls("tf", "dimension_value dimension_at_index", lambda f, name: f(
    *((tf.Dimension(3),) if name == "dimension_value" else (tf.TensorShape([3]), 0))) == 3)

# -- parts -----------------------------------------------------------------------------------------

calls("tf", "slice", lambda f: same(f(T, [0, 1, 1], [2, 1, -1]), T[:, 1:2, 1:]))
calls("tf", "strided_slice", lambda f: same(f(T, [0, 0, 0], [2, 3, 4], [1, 2, 3]), T[:, ::2, ::3]))
calls("tf", "newaxis", lambda f: f is None)
calls("tf", "gather", lambda f: same(f(T, [2, 0], axis=1), T[:, [2, 0]]))
calls("tf", "gather_nd", lambda f: same(f(A, [[1, 0], [0, 2]]), [A[1, 0], A[0, 2]]))
calls("tf", "batch_gather", lambda f: same(f(A, [[2], [0]]), [[A[0, 2]], [A[1, 0]]]))
calls("tf", "boolean_mask", lambda f: same(f(A, B), A[B]))
calls("tf", "where where_v2", lambda f: same(f(B, A, P), np.where(B, A, P)))
calls("tf", "concat", lambda f: same(f([A, P], 1), np.concatenate([A, P], 1)))
calls("tf", "stack parallel_stack", lambda f: same(f([A, P]), np.stack([A, P])))
calls("tf", "unstack", lambda f: same(f(A, axis=1)[2], A[:, 2]))
calls("tf", "split", lambda f: same(f(T, [1, 3], 2)[1], T[:, :, 1:]))
calls("tf", "tile", lambda f: same(f(A, [2, 1]), np.tile(A, (2, 1))))
calls("tf", "repeat", lambda f: same(f([1, 2], [2, 1], axis=0), [1, 1, 2]))
calls("tf", "pad", lambda f: same(f(A, [[1, 0], [0, 2]]), np.pad(A, [[1, 0], [0, 2]])))
calls("tf", "reverse reverse_v2", lambda f: same(f(A, [1]), A[:, ::-1]))
calls("tf", "reverse_sequence", lambda f: same(f(A, [2, 3], seq_axis=1, batch_axis=0),
                                               [A[0][[1, 0, 2]], A[1][::-1]]))
calls("tf", "roll", lambda f: same(f(A, 1, 1), np.roll(A, 1, 1)))
calls("tf", "unravel_index", lambda f: same(f([5], [2, 3]), [[1], [2]]))
calls("tf", "invert_permutation", lambda f: same(f([2, 0, 1]), [1, 2, 0]))
calls("tf", "space_to_depth", lambda f: tuple(f(tf.constant(IMAGE), 2).shape) == (2, 2, 2, 12))
calls("tf", "depth_to_space", lambda f: same(f(tf.space_to_depth(IMAGE, 2), 2), IMAGE))
calls("tf", "space_to_batch", lambda f: tuple(value_of(f(IMAGE, [[0, 0], [0, 0]], 2)).shape)
      == (8, 2, 2, 3))
calls("tf", "space_to_batch_nd",
      lambda f: value_of(f(IMAGE, [2, 2], [[0, 0], [0, 0]])).shape == (8, 2, 2, 3))
calls("tf", "batch_to_space", lambda f: same(
    f(tf.space_to_batch(IMAGE, [[0, 0], [0, 0]], 2), [[0, 0], [0, 0]], 2), IMAGE))
calls("tf", "batch_to_space_nd", lambda f: same(
    f(tf.space_to_batch_nd(IMAGE, [2, 2], [[0, 0], [0, 0]]), [2, 2], [[0, 0], [0, 0]]), IMAGE))
calls("tf", "required_space_to_batch_paddings", lambda f: same(f([5], [2])[0], [[0, 1]]))
calls("tf", "extract_image_patches", lambda f: value_of(
    f(IMAGE, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")).shape == (2, 2, 2, 12))
calls("tf", "extract_volume_patches", lambda f: value_of(
    f(IMAGE[None], [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "VALID")).shape == (1, 2, 2, 2, 12))

# -- order and counts ------------------------------------------------------------------------------

calls("tf", "argmax argmin", lambda f, name: same(f(A, 1), getattr(np, name)(A, 1)))
calls("tf", "arg_max arg_min",
      lambda f, name: same(f(A, 1), getattr(np, name.replace("_", ""))(A, 1)))
calls("tf", "sort", lambda f: same(f(A, direction="DESCENDING"), np.sort(A)[:, ::-1]))
calls("tf", "argsort", lambda f: same(f(A), np.argsort(A)))
calls("tf", "searchsorted", lambda f: same(f([1, 3, 5], [0, 3, 9]), [0, 1, 3]))
calls("tf", "unique", lambda f: same(f([3, 1, 3])[0], [3, 1]))
calls("tf", "unique_with_counts", lambda f: same(f([3, 1, 3])[2], [2, 1]))
calls("tf", "setdiff1d", lambda f: same(f([1, 2, 3], [2])[1], [0, 2]))
calls("tf", "bincount", lambda f: same(f([1, 1, 3]), [0, 2, 0, 1]))
calls("tf", "histogram_fixed_width",
      lambda f: same(f([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5), [2, 1, 1, 0, 2]))
calls("tf", "histogram_fixed_width_bins",
      lambda f: same(f([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5), [0, 0, 1, 2, 4, 4]))
calls("tf", "is_non_decreasing is_strictly_increasing",
      lambda f, name: same(f([1, 1, 2]), name == "is_non_decreasing"))
calls("tf", "edit_distance", lambda f: same(
    f(tf.SparseTensor([[0, 0]], ["a"], [1, 1]), tf.SparseTensor([[0, 0]], ["b"], [1, 1])), [1.0]))
calls("tf", "confusion_matrix",
      lambda f: same(f([1, 2, 2], [1, 2, 0]), [[0, 0, 0], [0, 1, 0], [1, 0, 1]]))

# -- reductions ------------------------------------------------------------------------------------


@calls("tf", "reduce_sum reduce_mean reduce_max reduce_min reduce_prod")
def reductions(f, name):
    expected = getattr(np, name[7:])
    assert close(f(A), expected(A))
    assert close(f(A, axis=1, keepdims=True), expected(A, 1, keepdims=True))
    assert close(f(A, reduction_indices=[0]), expected(A, 0))


calls("tf", "reduce_all reduce_any", lambda f, name: same(f(B, 0), getattr(np, name[7:])(B, 0)))
calls("tf", "reduce_logsumexp", lambda f: close(f(A, 1), np.log(np.exp(A).sum(1))))
calls("tf.math", "reduce_std reduce_variance",
      lambda f, name: close(f(A, 1), (np.std if name == "reduce_std" else np.var)(A, 1)))
calls("tf.math", "reduce_euclidean_norm", lambda f: close(f(A), np.sqrt((A ** 2).sum())))
calls("tf", "count_nonzero", lambda f: same(f([[0, 1], [2, 0]]), 2))
calls("tf", "cumsum cumprod", lambda f, name: close(f(A, 1), getattr(np, name)(A, 1)))
calls("tf.math", "cumulative_logsumexp",
      lambda f: close(f(A, 1), np.log(np.cumsum(np.exp(A), 1))))
calls("tf", "segment_sum segment_mean segment_max segment_min segment_prod",
      lambda f, name: close(f(tf.constant(T[0]), [0, 0, 1]),
                            [getattr(np, name[8:])(T[0][:2], 0), T[0][2]]))


@calls("tf", "unsorted_segment_sum unsorted_segment_mean unsorted_segment_max "
             "unsorted_segment_min unsorted_segment_prod")
def unsorted_segments(f, name):
    of = getattr(np, name.rpartition("_")[2])
    assert close(f(tf.constant(T[0]), [1, 0, 1], 2), [T[0][1], of(T[0][[0, 2]], 0)])


calls("tf", "unsorted_segment_sqrt_n",
      lambda f: close(f(T[0], [1, 0, 1], 2)[1], (T[0][0] + T[0][2]) / np.sqrt(2)))
calls("tf", "sparse_segment_sum sparse_segment_mean sparse_segment_sqrt_n", lambda f, name: close(
    f(tf.constant(T[0]), [0, 2], [0, 0])[0],
    (T[0][0] + T[0][2]) / {"sum": 1, "mean": 2, "sqrt_n": np.sqrt(2)}[name[15:]]))
calls("tf", "dynamic_partition", lambda f: same(f([1, 2, 3], [0, 1, 0], 2)[0], [1, 3]))
calls("tf", "dynamic_stitch", lambda f: same(f([[0, 2], [1]], [[1, 3], [2]]), [1, 2, 3]))

# -- placing ---------------------------------------------------------------------------------------

calls("tf", "scatter_nd", lambda f: same(f([[1], [3]], [5, 6], [4]), [0, 5, 0, 6]))
calls("tf", "tensor_scatter_update tensor_scatter_nd_update",
      lambda f: same(f(tf.constant([1, 2, 3]), [[1]], [9]), [1, 9, 3]))
calls("tf", "tensor_scatter_add tensor_scatter_nd_add",
      lambda f: same(f(tf.constant([1, 2, 3]), [[1]], [9]), [1, 11, 3]))
calls("tf", "tensor_scatter_sub tensor_scatter_nd_sub",
      lambda f: same(f(tf.constant([1, 2, 3]), [[1]], [9]), [1, -7, 3]))

# -- sets ------------------------------------------------------------------------------------------


@calls("tf.sets", "set_difference set_intersection set_union")
def sets(f, name):
    made = f(tf.constant([[1, 2, 3]]), tf.constant([[2, 3, 4]]))
    expected = {"set_difference": [1], "set_intersection": [2, 3], "set_union": [1, 2, 3, 4]}
    same(tf.sparse.to_dense(made), [expected[name]])


calls("tf.sets", "set_size", lambda f: same(
    f(tf.SparseTensor([[0, 0], [0, 1]], [1, 2], [1, 2])), [2]))

# -- nested structures -----------------------------------------------------------------------------

calls("tf.nest", "flatten", lambda f: f({"b": [1, (2,)], "a": 3}) == [3, 1, 2])
calls("tf.nest", "map_structure", lambda f: f(lambda x: x + 1, [1, (2,)]) == [2, (3,)])
calls("tf.nest", "pack_sequence_as", lambda f: f([0, (0,)], [1, 2]) == [1, (2,)])
calls("tf.nest", "is_nested", lambda f: f([1]) and not f(1))
calls("tf.nest", "assert_same_structure",
      lambda f: f([1, (2,)], [3, (4,)]) is None and refused(lambda: f([1], 2), ValueError,
                                                            TypeError))


@calls("tf", "edit_distance")
def _(f):
    a = tf.SparseTensor([[0, 0], [0, 1], [1, 0], [1, 1]], [1, 2, 3, 4], [3, 2])
    b = tf.SparseTensor([[0, 0], [0, 1], [0, 2], [1, 1], [3, 0]], [1, 3, 2, 3, 9], [4, 3])
    return (close(f(a, b), [1 / 3, 1, 0, 1]) and same(f(a, b, normalize=False), [1, 1, 0, 1])
            and same(f(b, a), [0.5, 0.5, 0, np.inf]))
