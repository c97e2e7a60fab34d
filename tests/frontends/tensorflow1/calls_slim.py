"""tf.contrib.layers, framework, training, slim: layers with scopes of arguments."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import IMAGE, A, close, same, table, tf, value

calls = table()
VIDEO, LINE = IMAGE[:, None], IMAGE[:, 0]
ONES = tf.ones_initializer()

# -- scopes of arguments ---------------------------------------------------------------------------


@calls("tf.contrib.framework", "arg_scope add_arg_scope current_arg_scope has_arg_scope "
       "arg_scoped_arguments")
def scopes(f):
    frame = tf.contrib.framework

    @frame.add_arg_scope
    def scaled(x, factor=1):
        return x * factor

    assert frame.has_arg_scope(scaled)
    assert frame.arg_scoped_arguments(scaled) == ("factor",)
    with frame.arg_scope([scaled], factor=3) as kept:
        assert scaled(2) == 6
        assert scaled(2, factor=5) == 10
        assert frame.current_arg_scope() is kept
    assert scaled(2) == 2
    with frame.arg_scope(kept):
        assert scaled(2) == 6


calls("tf.contrib.slim", "arg_scope_func_key", lambda f: isinstance(f(tf.contrib.slim.conv2d), str))

# -- variables of models ---------------------------------------------------------------------------


@calls("tf.contrib.framework", "model_variable get_model_variables get_variables "
       "get_trainable_variables get_variables_by_name get_variables_by_suffix "
       "get_unique_variable get_variable_full_name get_variables_to_restore filter_variables "
       "add_model_variable")
def variables(f):
    frame = tf.contrib.framework
    with tf.variable_scope("net"):
        w = frame.model_variable("w", [2], initializer=ONES)
    b = tf.get_variable("b", [1])
    frame.add_model_variable(b)
    assert frame.get_model_variables() == [w, b]
    assert frame.get_variables("net") == frame.get_variables_by_name("w") == [w]
    assert frame.get_variables_by_suffix("b") == [b]
    assert frame.get_trainable_variables() == [w, b]
    assert frame.get_unique_variable("net/w") is w
    assert frame.get_variable_full_name(w) == "net/w"
    assert frame.get_variables_to_restore(exclude=["net"]) == [b]
    assert frame.filter_variables([w, b], ["net"]) == [w]


calls("tf.contrib.slim", "variable", lambda f: f("v", [2]).shape.as_list() == [2])
calls("tf.contrib.framework", "local_variable",
      lambda f: f(1.0) in tf.contrib.framework.get_local_variables())
calls("tf.contrib.framework", "get_local_variables", lambda f: f() == [])
calls("tf.contrib.framework", "global_variable", lambda f: f(1.0) in tf.global_variables())
calls("tf.contrib.framework", "VariableDeviceChooser", lambda f: f()(None).startswith("/device"))


@calls("tf.contrib.framework", "assign_from_values assign_from_values_fn zero_initializer")
def given_values(f):
    frame = tf.contrib.framework
    w = tf.get_variable("w", [2])
    op, feed = frame.assign_from_values({"w": np.array([1.0, 2.0], np.float32)})
    zero = frame.zero_initializer(w)
    with tf.Session() as sess:
        sess.run(op, feed)
        assert sess.run(w).tolist() == [1, 2]
        frame.assign_from_values_fn({"w": np.array([3.0, 4.0], np.float32)})(sess)
        assert sess.run(w).tolist() == [3, 4]
        sess.run(zero)
        assert sess.run(w).tolist() == [0, 0]


@calls("tf.contrib.framework", "assign_from_checkpoint assign_from_checkpoint_fn")
def from_checkpoint(f, name):
    import tempfile

    w = tf.get_variable("w", [2], initializer=ONES)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(sess, tempfile.mkdtemp() + "/model")
    with tf.Session() as sess:
        if name.endswith("fn"):
            f(path, [w])(sess)
        else:
            sess.run(*f(path, {"w": w}))
        assert sess.run(w).tolist() == [1, 1]


# -- checks ----------------------------------------------------------------------------------------

calls("tf.contrib.framework", "assert_scalar", lambda f: f(tf.constant(1.0)).shape.ndims == 0)
calls("tf.contrib.framework", "assert_scalar_int", lambda f: f(tf.constant(1)).dtype is tf.int32)
calls("tf.contrib.framework", "assert_same_float_dtype",
      lambda f: f([tf.constant(1.0)]) is tf.float32)
calls("tf.contrib.framework", "assert_or_get_global_step",
      lambda f: f(global_step_tensor=tf.train.create_global_step()) is tf.train.get_global_step())
calls("tf.contrib.framework", "create_global_step get_or_create_global_step",
      lambda f: f() is tf.train.get_global_step())
calls("tf.contrib.framework", "get_global_step", lambda f: f() is None)
calls("tf.contrib.framework", "assert_global_step", lambda f: f(tf.Variable(0)) is None)
calls("tf.contrib.framework", "reduce_sum_n", lambda f: close(f([tf.constant(A)] * 2), A.sum() * 2))
calls("tf.contrib.framework", "remove_squeezable_dimensions", lambda f: f(
    tf.constant(A), tf.constant(A[..., None]))[0].shape.as_list() == [2, 3])
calls("tf.contrib.framework", "with_shape", lambda f: f([2, 3], tf.constant(A)).shape[0] == 2)
calls("tf.contrib.framework", "with_same_shape", lambda f: close(f(tf.constant(A), A), A))
calls("tf.contrib.framework", "is_tensor", lambda f: f(tf.constant(1)) and not f(1))
calls("tf.contrib.framework", "strip_name_scope", lambda f: f("a/b", "a") == "b")
calls("tf.contrib.framework", "prepend_name_scope", lambda f: f("b", "a") == "a/b")
calls("tf.contrib.framework", "get_placeholders", lambda f: f(tf.get_default_graph()) == [])
calls("tf.contrib.framework", "get_graph_from_inputs",
      lambda f: f([tf.constant(1)]) is tf.get_default_graph())
calls("tf.contrib.framework", "smart_cond", lambda f: f(tf.constant(True), lambda: 1, lambda: 2)
      == 1)
calls("tf.contrib.framework", "smart_constant_value", lambda f: bool(f(tf.constant(True))))
calls("tf.contrib.framework", "py_func", lambda f: close(
    f(np.sin, [tf.constant(A)], tf.float32), np.sin(A)))
calls("tf.contrib.framework", "deprecated_args deprecated_arg_values",
      lambda f: f("2020-01-01", "no")(len)([1]) == 1)
calls("tf.contrib.framework", "convert_to_tensor_or_sparse_tensor", lambda f: close(f(A), A))


@calls("tf.contrib.framework", "get_name_scope")
def name_scope(f):
    with tf.name_scope("a"):
        assert f() == "a"


# -- layers ----------------------------------------------------------------------------------------

calls("tf.contrib.layers", "fully_connected", lambda f: close(
    f(tf.constant(A), 4, weights_initializer=ONES), np.maximum(A.sum(1), 0)[:, None] * np.ones(4)))
calls("tf.contrib.layers", "linear", lambda f: close(
    f(tf.constant(A), 2, weights_initializer=ONES), A.sum(1)[:, None] * np.ones(2)))
calls("tf.contrib.layers", "relu relu6 elu",
      lambda f: value(f(tf.constant(A), 2)).shape == (2, 2))
calls("tf.contrib.layers", "legacy_fully_connected legacy_linear legacy_relu",
      lambda f: value(f(tf.constant(A), 2)).shape == (2, 2))
calls("tf.contrib.layers", "conv1d convolution1d",
      lambda f: value(f(tf.constant(LINE), 5, 3)).shape == (2, 4, 5))
calls("tf.contrib.layers", "conv2d convolution2d convolution",
      lambda f: value(f(tf.constant(IMAGE), 5, [3, 3], 2)).shape == (2, 2, 2, 5))
calls("tf.contrib.layers", "conv3d convolution3d",
      lambda f: value(f(tf.constant(VIDEO), 5, [1, 3, 3])).shape == (2, 1, 4, 4, 5))
calls("tf.contrib.layers", "conv2d_transpose convolution2d_transpose",
      lambda f: value(f(tf.constant(IMAGE), 5, 3, 2)).shape == (2, 8, 8, 5))
calls("tf.contrib.layers", "conv3d_transpose convolution3d_transpose",
      lambda f: value(f(tf.constant(VIDEO), 5, 3, [1, 2, 2])).shape == (2, 1, 8, 8, 5))
calls("tf.contrib.layers", "separable_conv2d separable_convolution2d",
      lambda f: value(f(tf.constant(IMAGE), None, 3, 2)).shape == (2, 4, 4, 6))
calls("tf.contrib.layers", "max_pool2d", lambda f: close(f(IMAGE, 2), IMAGE[:, 1::2, 1::2]))
calls("tf.contrib.layers", "avg_pool2d", lambda f: value(f(IMAGE, [2, 2])).shape == (2, 2, 2, 3))
calls("tf.contrib.layers", "max_pool3d avg_pool3d",
      lambda f: value(f(VIDEO, [1, 2, 2], [1, 2, 2])).shape == (2, 1, 2, 2, 3))
calls("tf.contrib.slim", "pool", lambda f: close(
    f(tf.constant(IMAGE), [2, 2], "MAX", stride=2), IMAGE[:, 1::2, 1::2]))
calls("tf.contrib.layers", "batch_norm", lambda f: close(
    f(tf.constant(A)), (A - A.mean(0)) / np.sqrt(A.var(0) + 1e-3), 1e-4)
    and len(tf.get_collection("update_ops")) == 2)
calls("tf.contrib.layers", "layer_norm", lambda f: close(
    f(tf.constant(A)), (A - A.mean(1, keepdims=True)) / A.std(1, keepdims=True), 1e-4))
calls("tf.contrib.layers", "instance_norm", lambda f: close(
    f(tf.constant(IMAGE)), (IMAGE - IMAGE.mean((1, 2), keepdims=True))
    / np.sqrt(IMAGE.var((1, 2), keepdims=True) + 1e-6), 1e-3))
calls("tf.contrib.layers", "group_norm", lambda f: abs(value(
    f(tf.constant(IMAGE), groups=3)).mean()) < 1e-4)
calls("tf.contrib.layers", "unit_norm", lambda f: close(
    f(tf.constant(A), 1), A / np.linalg.norm(A, axis=1, keepdims=True), 1e-4))
calls("tf.contrib.layers", "maxout", lambda f: same(f(tf.constant(A), 1), A.max(1, keepdims=True)))
calls("tf.contrib.layers", "softmax", lambda f: close(f(tf.constant(A)), value(tf.nn.softmax(A))))
calls("tf.contrib.layers", "dropout", lambda f: close(f(tf.constant(A), is_training=False), A))
calls("tf.contrib.layers", "flatten", lambda f: same(f(tf.constant(IMAGE)), IMAGE.reshape(2, -1)))
calls("tf.contrib.layers", "one_hot_encoding", lambda f: same(f(tf.constant([1, 0]), 2),
                                                              [[0, 1], [1, 0]]))
calls("tf.contrib.layers", "bias_add", lambda f: close(f(tf.constant(A), initializer=ONES), A + 1))
calls("tf.contrib.layers", "embed_sequence", lambda f: value(
    f(tf.constant([[1, 2]]), 5, 3)).shape == (1, 2, 3))
calls("tf.contrib.layers", "stack", lambda f: value(
    f(tf.constant(A), tf.contrib.layers.fully_connected, [4, 5])).shape == (2, 5))
calls("tf.contrib.layers", "repeat", lambda f: value(
    f(tf.constant(A), 2, tf.contrib.layers.fully_connected, 4)).shape == (2, 4))


@calls("tf.contrib.layers", "scale_gradient")
def scaled_gradient(f):
    x = tf.constant(A)
    y = f(x, 0.5)
    assert close(y, A)
    assert close(tf.gradients(y, x)[0], np.full_like(A, 0.5))


calls("tf.contrib.layers", "images_to_sequence", lambda f: value(f(IMAGE)).shape == (4, 8, 3))
calls("tf.contrib.layers", "sequence_to_images", lambda f: same(
    f(tf.contrib.layers.images_to_sequence(IMAGE), 4), IMAGE))

# -- regularizers, initializers, optimising --------------------------------------------------------

calls("tf.contrib.layers", "l1_regularizer", lambda f: close(f(0.5)(A), 0.5 * abs(A).sum()))
calls("tf.contrib.layers", "l2_regularizer", lambda f: close(f(0.5)(A), 0.25 * (A ** 2).sum()))
calls("tf.contrib.layers", "l1_l2_regularizer", lambda f: close(
    f(0.5, 0.5)(A), 0.5 * abs(A).sum() + 0.25 * (A ** 2).sum()))
calls("tf.contrib.layers", "sum_regularizer", lambda f: close(
    f([tf.contrib.layers.l1_regularizer(1.0)])(A), abs(A).sum()))
calls("tf.contrib.layers", "apply_regularization", lambda f: close(
    f(tf.contrib.layers.l1_regularizer(1.0), [tf.constant(A)]), abs(A).sum()))
calls("tf.contrib.layers", "xavier_initializer xavier_initializer_conv2d "
      "variance_scaling_initializer", lambda f: value(f()([30, 30])).std() > 0.05)
calls("tf.contrib.layers", "OPTIMIZER_CLS_NAMES", lambda d: d["SGD"](0.1).get_name()
      == "GradientDescent")
calls("tf.contrib.layers", "OPTIMIZER_SUMMARIES", lambda names: "loss" in names)


@calls("tf.contrib.layers", "optimize_loss")
def optimized(f):
    w = tf.Variable([2.0])
    train = f(tf.reduce_sum(w * w), tf.train.create_global_step(), 0.25, "SGD",
              clip_gradients=100.0)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(train)
        assert sess.run(w).tolist() == [1.0]


calls("tf.contrib.slim", "adaptive_clipping_fn", lambda f: value(
    f(static_max_norm=1.0)([(tf.constant([3.0, 4.0]), None)])[0][0]).max() < 4.0)
calls("tf.contrib.layers", "summarize_tensor summarize_activation",
      lambda f: isinstance(value(f(tf.nn.relu(tf.constant(A)))), bytes))
calls("tf.contrib.layers", "summarize_tensors", lambda f: len(f([tf.constant(A)])) == 1)
calls("tf.contrib.layers", "summarize_collection", lambda f: f("none") == [])
calls("tf.contrib.layers", "summarize_activations", lambda f: f() == [])
calls("tf.contrib.slim", "summarize_variables summarize_weights summarize_biases",
      lambda f: f() == [])
calls("tf.contrib.layers", "embedding_lookup_unique",
      lambda f: same(f(tf.constant(A), [1, 1]), A[[1, 1]]))

# -- tf.contrib.training ---------------------------------------------------------------------------


@calls("tf.contrib.training", "create_train_op")
def train_op(f):
    w = tf.Variable([2.0])
    optimizer = tf.train.GradientDescentOptimizer(0.25)
    made = f(tf.reduce_sum(w * w), optimizer, summarize_gradients=True)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        assert sess.run(made) == 4.0
        assert sess.run(tf.train.get_global_step()) == 1


PAIR = [(np.array([3.0, 4.0], np.float32), "v")]
calls("tf.contrib.training", "clip_gradient_norms",
      lambda f: close(f([(tf.constant(PAIR[0][0]), "v")], 1.0)[0][0], [0.6, 0.8]))
calls("tf.contrib.training", "clip_gradient_norms_fn",
      lambda f: close(f(1.0)([(tf.constant(PAIR[0][0]), "v")])[0][0], [0.6, 0.8]))


@calls("tf.contrib.training", "multiply_gradients add_gradients_summaries")
def of_gradients(f, name):
    w = tf.Variable([2.0, 1.0])
    pairs = [(tf.constant(PAIR[0][0]), w)]
    if name == "multiply_gradients":
        assert close(f(pairs, {w: 2.0})[0][0], [6.0, 8.0])
    else:
        assert len(f(pairs)) == 2


@calls("tf.contrib.training", "HParams")
def hyper(f):
    found = f(rate=0.1, sizes=[1, 2], name="x")
    found.parse("rate=0.5,sizes=[3,4]")
    assert (found.rate, found.sizes) == (0.5, [3, 4])
    assert found.values()["name"] == "x"
    assert f(a=1).parse_json('{"a": 3}').to_json() == '{"a": 3}'


calls("tf.contrib.training", "parse_values",
      lambda f: f("a=1,b=[2,3]", {"a": int, "b": float}) == {"a": 1, "b": [2.0, 3.0]})
