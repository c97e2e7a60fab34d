"""Ready estimators that begin with zeros, compared with TensorFlow's; read on Python 3.7 too."""

import tempfile

import numpy as np


def columns(tf):
    fc = tf.feature_column
    color = fc.categorical_column_with_vocabulary_list("color", ["r", "g", "b"])
    return [fc.numeric_column("x", shape=[2]), color, fc.crossed_column(["color", "size"], 10)]


def data():
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(12, 2)
    features = {"x": x, "color": np.array(list("rgbrgbrrggbb")), "w": np.linspace(0.5, 1, 12),
                "size": np.array(["s", "m"] * 6)}
    return features, (x[:, 0] * 2 - x[:, 1] + np.arange(12) % 2).astype(np.float32)


def results(tf):
    features, y = data()
    kinds = {
        "regressor": (tf.estimator.LinearRegressor, y, {}),
        "binary": (tf.estimator.LinearClassifier, (y > 0).astype(np.int64),
                   {"weight_column": "w"}),
        "classes": (tf.estimator.LinearClassifier, np.digitize(y, [-0.5, 0.5]),
                    {"n_classes": 3, "optimizer": tf.train.GradientDescentOptimizer(0.01)}),
        "texts": (tf.estimator.LinearClassifier, np.where(y > 0, "yes", "no"),
                  {"label_vocabulary": ["no", "yes"]}),
        "baseline": (tf.estimator.BaselineClassifier, (y > 0).astype(np.int64), {}),
    }
    found = {}
    for name, (kind, labels, more) in kinds.items():
        given = (columns(tf),) if name != "baseline" else ()
        estimator = kind(*given, model_dir=tempfile.mkdtemp(), **more)
        inputs = tf.estimator.inputs
        estimator.train(inputs.numpy_input_fn(features, labels, 5, None, shuffle=False), steps=6)
        evaluation = estimator.evaluate(inputs.numpy_input_fn(features, labels, 5, shuffle=False))
        weights = {n: estimator.get_variable_value(n).tolist()
                   for n in estimator.get_variable_names() if "Ftrl" not in n}
        rows = estimator.predict(inputs.numpy_input_fn(features, shuffle=False))
        predictions = [{k: v.tolist() for k, v in row.items()} for row in rows][:3]
        for row in predictions:
            for key, value in row.items():
                row[key] = [v.decode() if isinstance(v, bytes) else v for v in value]
        found[name] = {"weights": weights, "predictions": predictions,
                       "evaluation": {k: float(v) for k, v in evaluation.items()}}
    return found
