"""Estimators: custom model functions, input functions, evaluation, prediction."""

from __future__ import annotations

import os
from types import SimpleNamespace

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from pentad.frontends.tensorflow1.estimator.averages import mean

X = np.arange(12.0, dtype=np.float32).reshape(6, 2)
Y = (X @ np.array([1.0, 2.0], np.float32) + 3).reshape(6, 1)
inputs = tf.estimator.inputs


def model_fn(features, labels, mode, params):
    w = tf.get_variable("w", [2, 1], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    found = tf.matmul(features["x"], w) + b
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"y": found, "twice": found * 2.0})
    loss = tf.reduce_mean(tf.square(found - labels))
    train = tf.train.GradientDescentOptimizer(params["rate"]).minimize(
        loss, tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(
        mode, loss=loss, train_op=train, eval_metric_ops={"error": mean(tf.abs(found - labels))})


def made(tmp_path, **config):
    return tf.estimator.Estimator(model_fn, str(tmp_path), tf.estimator.RunConfig(**config),
                                  {"rate": 0.005})


def training(epochs=None, size=3):
    return inputs.numpy_input_fn({"x": X}, Y, size, epochs, shuffle=False)


def test_training_evaluation_prediction(tmp_path):
    estimator = made(tmp_path, save_checkpoints_steps=5)
    estimator.train(training(), steps=7)
    w, b = np.zeros((2, 1)), 0.0
    for step in range(7):
        x, y = (X[:3], Y[:3]) if step % 2 == 0 else (X[3:], Y[3:])
        error = x @ w + b - y
        w, b = w - 0.005 * 2 * x.T @ error / 3, b - 0.005 * 2 * error.mean()
    np.testing.assert_allclose(estimator.get_variable_value("w"), w, rtol=1e-4)
    np.testing.assert_allclose(estimator.get_variable_value("b"), b, rtol=1e-4)
    assert estimator.get_variable_names() == ["b", "global_step", "w"]
    assert estimator.latest_checkpoint() == os.path.join(str(tmp_path), "model.ckpt-7")
    found = estimator.evaluate(training(1, 4))
    errors = X @ w + b - Y
    np.testing.assert_allclose(found["error"], np.abs(errors).mean(), rtol=1e-4)
    np.testing.assert_allclose(found["loss"], ((errors[:4]**2).mean() + (errors[4:]**2).mean()) / 2,
                               rtol=1e-4)
    assert found["global_step"] == 7
    assert os.listdir(estimator.eval_dir())
    rows = list(estimator.predict(inputs.numpy_input_fn({"x": X}, shuffle=False)))
    np.testing.assert_allclose([r["y"] for r in rows], X @ w + b, rtol=1e-4)
    [batch] = estimator.predict(inputs.numpy_input_fn({"x": X}, shuffle=False), ["y"],
                                yield_single_examples=False)
    assert list(batch) == ["y"]
    estimator.train(training(), max_steps=7)
    estimator.train(training(), max_steps=9)
    assert estimator.get_variable_value("global_step") == 9


def test_data_sets_as_inputs(tmp_path):
    def input_fn(params):
        data = tf.data.Dataset.from_tensor_slices(({"x": X}, Y))
        return data.repeat(params["rate"] > 0 and 2).batch(4)

    estimator = made(tmp_path)
    estimator.train(input_fn)
    assert estimator.get_variable_value("global_step") == 3


def test_training_with_evaluations(tmp_path):
    estimator = made(tmp_path, save_checkpoints_steps=2)
    result, _ = tf.estimator.train_and_evaluate(
        estimator, tf.estimator.TrainSpec(training(), max_steps=4),
        tf.estimator.EvalSpec(training(1), None, throttle_secs=0))
    assert result["global_step"] == 4
    with pytest.raises(ValueError, match="max_steps > 0"):
        tf.estimator.TrainSpec(training(), max_steps=0)


def test_arrays_as_inputs():
    def rows(input_fn):
        with tf.Graph().as_default(), tf.Session() as session:
            asked, found = input_fn(), []
            try:
                while True:
                    found.append(session.run(asked))
            except tf.errors.OutOfRangeError:
                return found

    found = rows(inputs.numpy_input_fn({"a": np.arange(5)}, np.arange(5) * 2, 3, 2, shuffle=False))
    assert [f["a"].tolist() for f, _ in found] == [[0, 1, 2], [3, 4, 0], [1, 2, 3], [4]]
    assert [y.tolist() for _, y in found] == [[0, 2, 4], [6, 8, 0], [2, 4, 6], [8]]
    shuffled = rows(inputs.numpy_input_fn(np.arange(50), batch_size=50, shuffle=True))
    assert sorted(shuffled[0].tolist()) == list(range(50)) != shuffled[0].tolist()

    class Frame(dict):
        columns = property(list)
        index = np.arange(2)

    frame = Frame(p=SimpleNamespace(values=[1, 2]), q=SimpleNamespace(values=["u", "v"]))
    labels = SimpleNamespace(values=[0, 1], index=np.arange(2))
    [(features, y)] = rows(inputs.pandas_input_fn(frame, labels, shuffle=False))
    assert features["q"].tolist() == [b"u", b"v"]
    assert y.tolist() == [0, 1]
    with pytest.raises(ValueError, match="same length"):
        rows(inputs.numpy_input_fn({"a": np.arange(3)}, np.arange(2), shuffle=False))
    with pytest.raises(ValueError, match="shuffle must be provided"):
        inputs.numpy_input_fn(X)


def test_what_does_not_fit(tmp_path):
    estimator = made(tmp_path)
    with pytest.raises(ValueError, match="has not been trained"):
        estimator.get_variable_names()
    with pytest.raises(ValueError, match="both steps and max_steps"):
        estimator.train(training(), steps=1, max_steps=1)
    with pytest.raises(ValueError, match="features argument"):
        tf.estimator.Estimator(lambda x: x)
    with pytest.raises(ValueError, match="not expected args: \\['other'\\]"):
        tf.estimator.Estimator(lambda features, other: features)
    with pytest.raises(ValueError, match=r"Missing loss\."):
        tf.estimator.EstimatorSpec("train", train_op=1)
    with pytest.raises(TypeError, match="RunConfig"):
        tf.estimator.RunConfig(nothing=1)
    wrong = tf.estimator.Estimator(lambda features: features, str(tmp_path))
    with pytest.raises(ValueError, match="model_fn does not take labels"):
        wrong.train(training(), steps=1)
