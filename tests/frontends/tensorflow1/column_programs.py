"""Feature columns that are compared with TensorFlow's; read on Python 3.7 too."""

import numpy as np


def found(tf):
    """The numbers of a layer and a linear model of many columns, and their variables."""
    fc = tf.feature_column
    with tf.Graph().as_default(), tf.Session() as session:
        features = {key: tf.constant(value) for key, value in {
            "price": [[1.0], [5.0], [12.0]], "color": [["red"], ["blue"], ["green"]],
            "n": [[3], [0], [7]], "word": [["a"], ["bb"], ["ccc" * 40]],
        }.items()}
        price = fc.numeric_column("price", normalizer_fn=lambda x: x / 2.0)
        intervals = fc.bucketized_column(fc.numeric_column("price"), [2.0, 10.0])
        color = fc.categorical_column_with_vocabulary_list(
            "color", ["red", "green"], num_oov_buckets=2)
        number = fc.categorical_column_with_identity("n", 5, default_value=4)
        word = fc.categorical_column_with_hash_bucket("word", 7)
        pair = fc.crossed_column(["color", "word"], 11)
        mixed = fc.crossed_column([intervals, "word"], 13)
        both = fc.shared_embedding_columns(
            [color, fc.categorical_column_with_vocabulary_list("word", ["a", "bb", "c", "d"])], 2,
            "sum", tf.constant_initializer(0.25))
        layer = fc.input_layer(features, [
            price, intervals, *map(fc.indicator_column, (color, number, word, pair, mixed)),
            fc.embedding_column(number, 2, initializer=tf.constant_initializer(0.5)), *both[:1]])
        model = fc.linear_model(features, [price, intervals, color, word, pair], units=2)
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        variables = tf.global_variables()
        for v in variables:
            shape = v.shape.as_list()
            session.run(v.assign(np.arange(np.prod(shape), dtype="f4").reshape(shape)))
        return {"layer": session.run(layer).tolist(), "model": session.run(model).tolist(),
                "variables": [[v.name, v.shape.as_list()] for v in variables]}
