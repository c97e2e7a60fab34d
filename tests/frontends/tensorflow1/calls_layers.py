"""tf.layers, tf.losses, recurrent cells, initializers."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import IMAGE, A, P, close, same, table, tf, value

calls = table()
SEQUENCE = np.ones((2, 5, 3), np.float32)
LABELS = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], np.float32)
VIDEO = IMAGE[:, None]
LINE = IMAGE[:, 0]

# -- layers ----------------------------------------------------------------------------------------

calls("tf.layers", "dense", lambda f: close(
    f(tf.constant(A), 4, kernel_initializer=tf.ones_initializer()), A.sum(1, keepdims=True)
    * np.ones(4)))
calls("tf.layers", "Dense", lambda f: value(f(4, activation=tf.nn.relu)(tf.constant(A))).shape
      == (2, 4))
calls("tf.layers", "flatten", lambda f: same(f(tf.constant(IMAGE)), IMAGE.reshape(2, -1)))
calls("tf.layers", "Flatten", lambda f: same(f()(tf.constant(IMAGE)), IMAGE.reshape(2, -1)))
calls("tf.layers", "dropout", lambda f: close(f(tf.constant(A), 0.5), A)
      and value(f(tf.constant(A), 0.5, training=True)).shape == A.shape)
calls("tf.layers", "Dropout", lambda f: close(f(0.5)(tf.constant(A)), A))
calls("tf.layers", "batch_normalization", lambda f: close(
    f(tf.constant(A), training=True), (A - A.mean(0)) / np.sqrt(A.var(0) + 1e-3), 1e-4))
calls("tf.layers", "BatchNormalization", lambda f: close(
    f()(tf.constant(A)), A / np.sqrt(1 + 1e-3), 1e-4))
INPUT = {"1d": LINE, "2d": IMAGE, "3d": VIDEO}


@calls("tf.layers", "conv1d conv2d conv3d conv2d_transpose conv3d_transpose separable_conv1d "
                    "separable_conv2d")
def convolutions(f, name):
    image = INPUT[name.replace("_transpose", "")[-2:]]
    made = f(tf.constant(image), 5, [1] * (image.ndim - 3) + [2] if image.ndim == 5 else 2,
             padding="same")
    assert value(made).shape == (*image.shape[:-1], 5)


@calls("tf.layers", "Conv1D Conv2D Conv3D Conv2DTranspose Conv3DTranspose SeparableConv1D "
                    "SeparableConv2D")
def convolution_classes(f, name):
    image = INPUT[name.replace("Transpose", "")[-2:].lower()]
    layer = f(5, 2 if image.ndim < 5 else (1, 2, 2), padding="same")
    assert value(layer(tf.constant(image))).shape == (*image.shape[:-1], 5)
    assert layer.count_params() > 0


@calls("tf.layers", "max_pooling1d max_pooling2d max_pooling3d average_pooling1d "
                    "average_pooling2d average_pooling3d")
def poolings(f, name):
    image = INPUT[name[-2:]]
    size = 2 if image.ndim < 5 else (1, 2, 2)
    assert value(f(tf.constant(image), size, size)).shape[-2] == 2


@calls("tf.layers", "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D "
                    "AveragePooling3D")
def pooling_classes(f, name):
    image = INPUT[name[-2:].lower()]
    size = 2 if image.ndim < 5 else (1, 2, 2)
    assert value(f(size, size)(tf.constant(image))).shape[-2] == 2


@calls("tf.layers", "Layer")
def own_layer(base):
    class Twice(base):
        def call(self, inputs):
            return inputs * 2

    assert close(Twice()(tf.constant(A)), A * 2)


calls("tf.layers", "InputSpec", lambda f: f(ndim=2).ndim == 2)

# -- losses ----------------------------------------------------------------------------------------


@calls("tf.losses", "absolute_difference mean_squared_error huber_loss log_loss hinge_loss "
                    "sigmoid_cross_entropy softmax_cross_entropy mean_pairwise_squared_error")
def losses(f, name):
    prediction = P / 4 if name == "log_loss" else A
    expected = {
        "absolute_difference": abs(A - LABELS).mean(),
        "mean_squared_error": ((A - LABELS) ** 2).mean(),
        "huber_loss": np.where(abs(A - LABELS) < 1, (A - LABELS) ** 2 / 2,
                               abs(A - LABELS) - 0.5).mean(),
        "log_loss": -(LABELS * np.log(P / 4 + 1e-7)
                      + (1 - LABELS) * np.log(1 - P / 4 + 1e-7)).mean(),
        "hinge_loss": np.maximum(1 - (2 * LABELS - 1) * A, 0).mean(),
    }.get(name)
    made = f(LABELS, tf.constant(prediction))
    assert tf.get_collection("losses") == [made]
    assert value(made) > 0
    assert expected is None or close(made, expected, 1e-4)


calls("tf.losses", "sparse_softmax_cross_entropy", lambda f: close(
    f([1, 0], tf.constant(A)), value(tf.losses.softmax_cross_entropy(LABELS, tf.constant(A)))))
calls("tf.losses", "cosine_distance", lambda f: close(
    f(tf.constant([[0.6, 0.8]]), tf.constant([[0.6, 0.8]]), axis=1), 0.0))
calls("tf.losses", "compute_weighted_loss", lambda f: close(f(tf.constant([1.0, 3.0])), 2.0))
calls("tf.losses", "Reduction", lambda r: r.SUM == "weighted_sum")
calls("tf.losses", "add_loss", lambda f: f(tf.constant(1.0)) is None
      and len(tf.losses.get_losses()) == 1)
calls("tf.losses", "get_losses get_regularization_losses", lambda f: f() == [])
calls("tf.losses", "get_total_loss", lambda f: tf.losses.add_loss(tf.constant(1.0))
      or close(f(), 1.0))
calls("tf.losses", "get_regularization_loss", lambda f: close(f(), 0.0))

# -- recurrent networks ----------------------------------------------------------------------------


@calls("tf.nn.rnn_cell", "BasicRNNCell BasicLSTMCell LSTMCell GRUCell")
def cells(make):
    cell = make(4)
    outputs, state = tf.nn.dynamic_rnn(cell, tf.constant(SEQUENCE), dtype=tf.float32)
    assert value(outputs).shape == (2, 5, 4)
    assert cell.output_size == 4


calls("tf.nn.rnn_cell", "LSTMStateTuple", lambda f: f(c=1, h=2).h == 2)
calls("tf.nn.rnn_cell", "RNNCell", lambda f: issubclass(tf.nn.rnn_cell.GRUCell, f))


@calls("tf.nn.rnn_cell", "DropoutWrapper ResidualWrapper DeviceWrapper")
def wrappers(wrap, name):
    more = {"DropoutWrapper": {"output_keep_prob": 0.5}, "DeviceWrapper": {"device": "/cpu:0"}}
    cell = wrap(tf.nn.rnn_cell.GRUCell(3), **more.get(name, {}))
    assert value(tf.nn.dynamic_rnn(cell, SEQUENCE, dtype=tf.float32)[0]).shape == (2, 5, 3)


@calls("tf.nn.rnn_cell", "MultiRNNCell")
def stacked(make):
    cell = make([tf.nn.rnn_cell.BasicLSTMCell(4), tf.nn.rnn_cell.BasicLSTMCell(2)])
    assert value(tf.nn.dynamic_rnn(cell, SEQUENCE, dtype=tf.float32)[0]).shape == (2, 5, 2)


calls("tf.nn", "dynamic_rnn", lambda f: value(
    f(tf.nn.rnn_cell.GRUCell(4), SEQUENCE, [2, 5], dtype=tf.float32)[0])[0, 2:].sum() == 0)
calls("tf.nn", "static_rnn", lambda f: value(f(
    tf.nn.rnn_cell.GRUCell(4), tf.unstack(tf.constant(SEQUENCE), axis=1), dtype=tf.float32)[1]
).shape == (2, 4))
calls("tf.nn", "bidirectional_dynamic_rnn", lambda f: value(f(
    tf.nn.rnn_cell.GRUCell(4), tf.nn.rnn_cell.GRUCell(2), SEQUENCE, dtype=tf.float32)[0][1]
).shape == (2, 5, 2))
calls("tf.nn", "static_bidirectional_rnn", lambda f: value(f(
    tf.nn.rnn_cell.GRUCell(4), tf.nn.rnn_cell.GRUCell(2),
    tf.unstack(tf.constant(SEQUENCE), axis=1), dtype=tf.float32)[0][0]).shape == (2, 6))


@calls("tf.nn", "raw_rnn")
def raw_rnn(f):
    cell = tf.nn.rnn_cell.GRUCell(3)
    inputs = tf.TensorArray(tf.float32, 5).unstack(tf.constant(SEQUENCE.swapaxes(0, 1)))

    def loop(time, output, state, loop_state):
        state = cell.zero_state(2, tf.float32) if output is None else state
        finished = time >= [5, 5]
        given = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([2, 3]),
                        lambda: inputs.read(time))
        return finished, given, state, output, None

    assert value(f(cell, loop)[0].stack()).shape == (5, 2, 3)


# -- initializers ----------------------------------------------------------------------------------


@calls("tf", "zeros_initializer ones_initializer constant_initializer random_normal_initializer "
             "random_uniform_initializer truncated_normal_initializer "
             "uniform_unit_scaling_initializer variance_scaling_initializer "
             "glorot_normal_initializer glorot_uniform_initializer")
def initializers(make, name):
    made = make(3.0) if name == "constant_initializer" else make()
    found = value(made([4, 4]))
    assert found.shape == (4, 4)
    exact = {"zeros_initializer": 0, "ones_initializer": 1, "constant_initializer": 3}
    assert name not in exact or (found == exact[name]).all()
    assert name in exact or len(set(found.ravel())) > 4


calls("tf.initializers", "he_normal he_uniform lecun_normal lecun_uniform",
      lambda f: value(f()([4, 4])).std() > 0)
calls("tf.initializers", "identity", lambda f: same(f()([2, 2]), np.eye(2)))
calls("tf.keras.initializers", "he_normal he_uniform lecun_normal lecun_uniform glorot_normal "
      "glorot_uniform RandomNormal RandomUniform TruncatedNormal normal uniform random_normal "
      "random_uniform truncated_normal VarianceScaling Orthogonal orthogonal",
      lambda f: value(f()([4, 4])).std() > 0)
calls("tf.keras.initializers", "Zeros Ones zeros ones",
      lambda f, name: same(f()([2]), [name.lower() == "ones"] * 2))
calls("tf.keras.initializers", "Constant constant", lambda f: same(f(2.0)([2]), [2, 2]))
calls("tf.keras.initializers", "Identity identity", lambda f: same(f()([2, 2]), np.eye(2)))
calls("tf.keras.initializers", "Initializer",
      lambda f: issubclass(tf.keras.initializers.Zeros, f))
calls("tf.keras.initializers", "get", lambda f: same(f("ones")([2]), [1, 1]))
calls("tf.keras.initializers", "serialize",
      lambda f: f(tf.keras.initializers.Ones())["class_name"] == "Ones")
calls("tf.keras.initializers", "deserialize",
      lambda f: same(f({"class_name": "Ones", "config": {}})([2]), [1, 1]))
