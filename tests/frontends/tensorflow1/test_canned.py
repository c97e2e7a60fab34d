"""Ready estimators against TensorFlow 1.15; exported models loaded again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1 import canned_programs
from tests.frontends.tensorflow1.common import graph as graph


def same(found, expected):
    if isinstance(expected, dict):
        assert set(found) == set(expected)
        for key in expected:
            same(found[key], expected[key])
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict | str):
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            same(a, b) if isinstance(b, dict) else None
            assert isinstance(b, dict) or a == b
    else:
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-6)


def test_linear_models_are_those_of_tensorflow():
    expected = json.loads((Path(__file__).parent / "fixtures" / "canned.json").read_text())
    same(canned_programs.results(tf), expected)


def test_networks_learn(tmp_path):
    features, y = canned_programs.data()
    fc, inputs = tf.feature_column, tf.estimator.inputs
    color = fc.categorical_column_with_vocabulary_list("color", ["r", "g", "b"])
    deep = [fc.numeric_column("x", shape=[2]), fc.embedding_column(color, 2)]
    config = tf.estimator.RunConfig(tf_random_seed=1)
    estimators = [
        tf.estimator.DNNClassifier([8], deep, str(tmp_path / "a"), config=config),
        tf.estimator.DNNLinearCombinedClassifier(
            model_dir=str(tmp_path / "b"), linear_feature_columns=[color], dnn_feature_columns=deep,
            dnn_hidden_units=[4], config=config),
    ]
    labels = (y > 0).astype(np.int64)
    for estimator in estimators:
        training = inputs.numpy_input_fn(features, labels, 12, None, shuffle=False)
        once = inputs.numpy_input_fn(features, labels, 12, shuffle=False)
        estimator.train(training, steps=1)
        before = estimator.evaluate(once)["loss"]
        estimator.train(training, steps=15)
        assert estimator.evaluate(once)["loss"] < before
        assert estimator.get_variable_value("global_step") == 16
    names = estimators[0].get_variable_names()
    assert "dnn/hiddenlayer_0/kernel" in names
    assert "dnn/input_from_feature_columns/input_layer/color_embedding/embedding_weights" in names


def test_exported_models_predict(tmp_path):
    x, y = canned_programs.data()[0]["x"], canned_programs.data()[1]
    fc, inputs = tf.feature_column, tf.estimator.inputs
    columns = [fc.numeric_column("x", shape=[2])]
    estimator = tf.estimator.DNNRegressor([4], columns, str(tmp_path / "m"))
    estimator.train(inputs.numpy_input_fn({"x": x}, y, 4, shuffle=True), steps=3)
    with tf.Graph().as_default():
        receiver = tf.estimator.export.build_raw_serving_input_receiver_fn(
            {"x": tf.placeholder(tf.float32, [None, 2])})
    folder = estimator.export_saved_model(str(tmp_path / "out"), receiver).decode()
    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], folder)
        signature = meta.signature_def["predict"]
        found = session.run(signature.outputs["predictions"].name,
                            {signature.inputs["x"].name: x})
    rows = estimator.predict(inputs.numpy_input_fn({"x": x}, shuffle=False))
    np.testing.assert_allclose(found, [r["predictions"] for r in rows], rtol=1e-5)


def test_saved_models(tmp_path):
    x = tf.placeholder(tf.float32, [None], name="x")
    w = tf.get_variable("w", [], initializer=tf.constant_initializer(3.0))
    y = tf.multiply(x, w, name="y")
    folder = str(tmp_path / "model")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, folder, {"x": x}, {"y": y})
    assert tf.saved_model.contains_saved_model(folder)
    assert sorted(os.listdir(folder)) == ["saved_model.pb", "variables"]
    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], folder, import_scope="m")
        assert tf.saved_model.is_valid_signature(meta.signature_def["serving_default"])
        assert session.run("m/y:0", {"m/x:0": [2.0]}).tolist() == [6.0]
        info = meta.signature_def["serving_default"].outputs["y"]
        found = tf.saved_model.get_tensor_from_tensor_info(info, import_scope="m")
        assert found.name == "m/y:0"
        with pytest.raises(RuntimeError, match="could not be found"):
            tf.saved_model.load(session, ["train"], folder)
    with pytest.raises(AssertionError, match="already exists"):
        tf.saved_model.Builder(folder)
    with tf.Session() as session, pytest.raises(OSError, match="does not exist"):
        tf.saved_model.load(session, ["serve"], str(tmp_path / "none"))
