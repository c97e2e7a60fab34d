"""tf.strings, tf.sparse and the names of `tensorflow` for the same."""

from __future__ import annotations

import numpy as np

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.values import close, refused, same, table, value

calls = table()
T, S, P = "tf", "tf.strings", "tf.sparse"
WORDS = [b"one", b"Two ", b"thr\xc3\xa9e"]


# -- texts -----------------------------------------------------------------------------------------

calls(S, "length", lambda f: same(f(WORDS), [3, 4, 6]) is None and same(
    f(WORDS, unit="UTF8_CHAR"), [3, 4, 5]) is None)
calls(S, "lower", lambda f: same(f(WORDS), [b"one", b"two ", WORDS[2]]))
calls(S, "upper", lambda f: same(f(WORDS), [b"ONE", b"TWO ", "THRÉE".encode()]))
calls(S, "strip", lambda f: same(f([b" a b\n"]), [b"a b"]))
calls(T, "string_strip", lambda f: same(f([b" a b\n"]), [b"a b"]))
calls(S, "join", lambda f: same(f([WORDS, "x"], "-"), [w + b"-x" for w in WORDS]))
calls(T, "string_join", lambda f: same(f(["a", ["b", "c"]]), [b"ab", b"ac"]))
calls(S, "reduce_join", lambda f: same(f([["a", "b"], ["c", "d"]], 1, separator="+"),
                                       [b"a+b", b"c+d"]))
calls(T, "reduce_join", lambda f: same(f([["a", "b"], ["c", "d"]]), b"abcd"))
calls(S, "regex_replace", lambda f: same(f(["a1b22"], "[0-9]+", "<\\0>"), [b"a<1>b<22>"]))
calls(T, "regex_replace", lambda f: same(f(["aa"], "a", "b", replace_global=False), [b"ba"]))
calls(S, "regex_full_match", lambda f: same(f(["ab", "abc"], "a."), [True, False]))
calls(S, "substr", lambda f: same(f(["hello", "world"], [1, -2], 2), [b"el", b"ld"]))
calls(T, "substr", lambda f: refused(lambda: f(["abc"], 5, 1), tf.errors.InvalidArgumentError))
calls(S, "to_number", lambda f: same(f(["1.5", "-2"]), [1.5, -2]))
calls(T, "string_to_number", lambda f: same(f(["7"], tf.int64), [7]) is None and refused(
    lambda: f(["seven"])))
calls(S, "as_string", lambda f: same(f([1.5, 2.0], precision=2), [b"1.50", b"2.00"]))
calls(T, "as_string", lambda f: same(f([True, False]), [b"true", b"false"]))
calls(S, "format", lambda f: same(f("a {} b {}", [tf.constant([1, 2]), 3]), b"a [1 2] b 3"))
calls(T, "encode_base64", lambda f: same(f(["a?>"]), [b"YT8-"]))
calls(T, "decode_base64", lambda f: same(f(["YT8-", "YQ"]), [b"a?>", b"a"]))


@calls(S, "to_hash_bucket to_hash_bucket_fast to_hash_bucket_strong")
def buckets(f, name):
    more = {"key": [1, 2]} if name.endswith("strong") else {}
    found = value(f(["a", "b", "a"], 1000, **more))
    assert found[0] == found[2] != found[1]
    assert (found >= 0).all()
    assert (found < 1000).all()


calls(T, "string_to_hash_bucket string_to_hash_bucket_fast",
      lambda f: value(f(["a"], 1))[0] == 0)
calls(T, "string_to_hash_bucket_strong", lambda f: value(f(["a"], 1, [3, 4]))[0] == 0)


@calls(T, "string_split")
def string_split(f):
    found = value(f(["a b", "c", ""]))
    assert found.indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert found.values.tolist() == [b"a", b"b", b"c"]
    assert found.dense_shape.tolist() == [3, 2]
    assert value(f(["a,,b"], ",", skip_empty=False)).values.tolist() == [b"a", b"", b"b"]


@calls(S, "split")
def split(f):
    assert value(f(["a  b", " c "])).values.tolist() == [b"a", b"b", b"c"]
    assert value(f(["a--b--c"], "--", 1)).values.tolist() == [b"a", b"b--c"]


# -- sparse tensors --------------------------------------------------------------------------------

DENSE = np.array([[0, 5, 0], [2, 0, 3]], np.float32)


def sparse(dense=DENSE):
    places = np.argwhere(dense)
    return tf.SparseTensor(places, dense[tuple(places.T)], dense.shape)


def dense(x):
    """A sparse tensor as it is fetched, as an array; its places must be in order."""
    found = value(x)
    assert found.indices.tolist() == sorted(found.indices.tolist())
    made = np.zeros(found.dense_shape, found.values.dtype)
    made[tuple(found.indices.T)] = found.values
    return made


def is_dense(x, expected):
    np.testing.assert_allclose(dense(x), expected, rtol=1e-5)
    return dense(x).shape == np.shape(expected)


calls(P, "to_dense", lambda f: close(f(sparse()), DENSE) and close(
    f(sparse(), -1.0), np.where(DENSE == 0, -1, DENSE)))
calls(T, "sparse_tensor_to_dense", lambda f: close(f(sparse()), DENSE))
calls(T, "sparse_to_dense", lambda f: close(f([1, 3], [4], [5.0, 7.0], 1.0), [1, 5, 1, 7]))
calls(P, "from_dense", lambda f: is_dense(f(tf.constant(DENSE)), DENSE))
calls(P, "SparseTensor", lambda f: is_dense(f([[0, 1]], [2.0], [1, 3]), [[0, 2, 0]]))
calls(P, "placeholder", lambda f: fed(f))
calls(P, "add", lambda f: is_dense(f(sparse(), sparse(DENSE[::-1])), DENSE + DENSE[::-1]))
calls(T, "sparse_add", lambda f: close(f(sparse(), tf.constant(DENSE)), DENSE * 2))
calls(P, "maximum", lambda f: is_dense(f(sparse(), sparse(-DENSE[::-1])), np.maximum(
    DENSE, -DENSE[::-1])))
calls(T, "sparse_maximum", lambda f: is_dense(f(sparse(), sparse()), DENSE))
calls(P, "minimum", lambda f: is_dense(f(sparse(), sparse(DENSE[::-1])), np.minimum(
    DENSE, DENSE[::-1])))
calls(T, "sparse_minimum", lambda f: is_dense(f(sparse(), sparse()), DENSE))
calls(P, "transpose", lambda f: is_dense(f(sparse()), DENSE.T))
calls(T, "sparse_transpose", lambda f: is_dense(f(sparse(), [1, 0]), DENSE.T))
calls(P, "reshape", lambda f: is_dense(f(sparse(), [3, -1]), DENSE.reshape(3, 2)))
calls(T, "sparse_reshape", lambda f: is_dense(f(sparse(), [6]), DENSE.reshape(6)))
calls(P, "reorder", lambda f: is_dense(f(tf.SparseTensor(
    [[1, 2], [0, 1], [1, 0]], [3.0, 5.0, 2.0], [2, 3])), DENSE))
calls(T, "sparse_reorder", lambda f: is_dense(f(sparse()), DENSE))
calls(P, "retain", lambda f: is_dense(f(sparse(), [True, False, True]), [[0, 5, 0], [0, 0, 3]]))
calls(T, "sparse_retain", lambda f: is_dense(f(sparse(), [True] * 3), DENSE))
calls(P, "slice", lambda f: is_dense(f(sparse(), [0, 1], [2, 2]), DENSE[:, 1:]))
calls(T, "sparse_slice", lambda f: is_dense(f(sparse(), [1, 0], [5, 5]), DENSE[1:]))
calls(P, "split", lambda f: [dense(p).tolist() for p in f(sp_input=sparse(), num_split=2, axis=1)]
      == [DENSE[:, :2].tolist(), DENSE[:, 2:].tolist()])
calls(T, "sparse_split", lambda f: len(f(sp_input=sparse(), num_split=2, axis=0)) == 2)
calls(P, "concat", lambda f: is_dense(f(1, [sparse(), sparse()]), np.hstack([DENSE, DENSE])))
calls(T, "sparse_concat", lambda f: is_dense(f(0, [sparse(), sparse()]), np.vstack([DENSE, DENSE])))
calls(P, "reduce_sum", lambda f: close(f(sparse(), 1), [5, 5]))
calls(T, "sparse_reduce_sum", lambda f: close(f(sparse()), 10))
calls(P, "reduce_max", lambda f: close(f(sparse(), 0), [2, 5, 3]))
calls(T, "sparse_reduce_max", lambda f: close(f(sparse(), 1, keepdims=True), [[5], [3]]))
calls(P, "reduce_sum_sparse", lambda f: is_dense(f(sparse(), 0), [2, 5, 3]))
calls(T, "sparse_reduce_sum_sparse", lambda f: is_dense(f(sparse(), 1), [5, 5]))
calls(P, "reduce_max_sparse", lambda f: is_dense(f(sparse(), 0), [2, 5, 3]))
calls(T, "sparse_reduce_max_sparse", lambda f: is_dense(f(sparse(), 1), [5, 3]))
calls(P, "softmax", lambda f: is_dense(f(sparse()), [[0, 1, 0], [
    1 / (1 + np.e), 0, np.e / (1 + np.e)]]))
calls(T, "sparse_softmax", lambda f: is_dense(f(sparse()), dense(tf.sparse.softmax(sparse()))))
calls(P, "sparse_dense_matmul matmul", lambda f: close(
    f(sparse(), tf.constant(DENSE), adjoint_b=True), DENSE @ DENSE.T))
calls(T, "sparse_tensor_dense_matmul", lambda f: close(
    f(sparse(), tf.constant(DENSE), adjoint_a=True), DENSE.T @ DENSE))
calls(P, "eye", lambda f: is_dense(f(2, 3), np.eye(2, 3)))
calls(P, "expand_dims", lambda f: is_dense(f(sparse(), 1), DENSE[:, None]))
calls(P, "reset_shape", lambda f: is_dense(f(sparse(), [3, 3]), np.vstack([DENSE, [[0, 0, 0]]])))
calls(T, "sparse_reset_shape", lambda f: is_dense(f(sparse()), DENSE))
calls(P, "to_indicator", lambda f: same(f(ids(), 4), [[0, 1, 1, 0], [0, 0, 0, 1]]))
calls(T, "sparse_to_indicator", lambda f: value(f(ids(), 4)).dtype == np.bool_)
calls(P, "merge", lambda f: is_dense(f(ids(), scores(), 4), [[0, 0.5, 1.5, 0], [0, 0, 0, 2.5]]))
calls(T, "sparse_merge", lambda f: is_dense(f(ids(), scores(), 4), dense(
    tf.sparse.merge(ids(), scores(), 4))))
calls(P, "mask", lambda f: value(f(tf.IndexedSlices(
    tf.constant([[1.0], [2.0], [3.0]]), tf.constant([4, 5, 6])), [5])).indices.tolist() == [4, 6])
calls(T, "sparse_mask", lambda f: value(f(tf.IndexedSlices(
    tf.constant([[1.0], [2.0]]), tf.constant([4, 5])), [5])).values.tolist() == [[1]])


def ids():
    return tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [2, 1, 3], [2, 2])


def scores():
    return tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1.5, 0.5, 2.5], [2, 2])


def fed(make):
    x = make(tf.float32, [2, 3])
    places = np.argwhere(DENSE)
    given = tf.SparseTensorValue(places, DENSE[tuple(places.T)], DENSE.shape)
    with tf.Session() as session:
        y = tf.sparse.to_dense(x)
        np.testing.assert_array_equal(session.run(y, {x: given}), DENSE)
        return session.run(y, {x: tuple(given)}).shape == (2, 3)


@calls(P, "fill_empty_rows")
def fill_empty_rows(f):
    x = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2])
    filled, empty = f(x, 9.0)
    assert dense(filled).tolist() == [[0, 1], [9, 0], [2, 0]]
    assert value(empty).tolist() == [False, True, False]


calls(T, "sparse_fill_empty_rows", lambda f: value(f(sparse(), 0.0)[1]).tolist() == [False] * 2)


# -- sets ------------------------------------------------------------------------------------------

FIRST, SECOND = [[1, 2, 2], [3, 4, 5]], [[2, 9, 9], [5, 3, 0]]


def members(x):
    """The sets of a result, row by row."""
    found = value(x)
    rows = [[] for _ in range(found.dense_shape[0])]
    for (row, _), element in zip(found.indices, found.values):
        rows[row].append(int(element))
    return rows


calls("tf.sets", "set_intersection", lambda f: members(f(FIRST, SECOND)) == [[2], [3, 5]])
calls("tf.sets", "set_union", lambda f: members(f(FIRST, SECOND)) == [[1, 2, 9], [0, 3, 4, 5]])
calls("tf.sets", "set_difference", lambda f: members(f(FIRST, SECOND)) == [[1], [4]]
      and members(f(FIRST, SECOND, aminusb=False)) == [[9], [0]])
calls("tf.sets", "set_size", lambda f: same(f(FIRST), [2, 3]))
