"""A multilayer perceptron as the example collections write it: placeholders, dicts of weights."""

import numpy as np
import tensorflow as tf

learning_rate = 0.05
n_input, n_hidden_1, n_hidden_2, n_classes = 12, 16, 8, 3


def multilayer_perceptron(x, weights, biases):
    layer_1 = tf.add(tf.matmul(x, weights["h1"]), biases["b1"])
    layer_1 = tf.nn.relu(layer_1)
    layer_2 = tf.nn.sigmoid(tf.add(tf.matmul(layer_1, weights["h2"]), biases["b2"]))
    return tf.matmul(layer_2, weights["out"]) + biases["out"]


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(0)
    data = rng.randn(60, n_input).astype(np.float32)
    labels = np.eye(n_classes, dtype=np.float32)[rng.randint(0, n_classes, 60)]
    x = tf.placeholder("float", [None, n_input])
    y = tf.placeholder("float", [None, n_classes])

    def drawn(*shape):
        return tf.Variable(rng.randn(*shape).astype(np.float32) * 0.3)

    weights = {
        "h1": drawn(n_input, n_hidden_1),
        "h2": drawn(n_hidden_1, n_hidden_2),
        "out": drawn(n_hidden_2, n_classes),
    }
    biases = {"b1": drawn(n_hidden_1), "b2": drawn(n_hidden_2), "out": drawn(n_classes)}
    pred = multilayer_perceptron(x, weights, biases)
    cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=pred, labels=y))
    optimizer = tf.train.AdamOptimizer(learning_rate=learning_rate).minimize(cost)
    correct = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
    accuracy = tf.reduce_mean(tf.cast(correct, "float"))
    init = tf.global_variables_initializer()
    costs = []
    with tf.Session() as sess:
        sess.run(init)
        for _ in range(2):
            avg_cost = 0.0
            for i in range(3):
                batch_x, batch_y = data[i * 20:(i + 1) * 20], labels[i * 20:(i + 1) * 20]
                _, c = sess.run([optimizer, cost], feed_dict={x: batch_x, y: batch_y})
                avg_cost += c / 3
            costs.append(avg_cost)
        last = sess.run(weights)
        return {
            "costs": np.array(costs, np.float32), "h1": last["h1"], "out": last["out"],
            "accuracy": accuracy.eval({x: data, y: labels}),
        }
