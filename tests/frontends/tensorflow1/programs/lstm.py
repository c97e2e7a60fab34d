"""Language models: embeddings, an LSTM by dynamic_rnn with lengths, gradients clipped as one."""

import numpy as np
import tensorflow as tf

VOCABULARY, WIDTH, STEPS, BATCH = 15, 8, 6, 4


def model(tokens, targets, lengths, cell, scope):
    with tf.variable_scope(scope):
        embedding = tf.get_variable("embedding", [VOCABULARY, WIDTH])
        inputs = tf.nn.embedding_lookup(embedding, tokens)
        outputs, state = tf.nn.dynamic_rnn(
            cell, inputs, sequence_length=lengths, dtype=tf.float32)
        logits = tf.layers.dense(outputs, VOCABULARY, name="softmax")
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
        mask = tf.sequence_mask(lengths, STEPS, dtype=tf.float32)
        return tf.reduce_sum(losses * mask) / tf.reduce_sum(mask), outputs, state


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(2)
    tokens = tf.placeholder(tf.int32, [None, STEPS])
    targets = tf.placeholder(tf.int32, [None, STEPS])
    lengths = tf.placeholder(tf.int32, [None])
    cells = tf.nn.rnn_cell
    lstm = cells.MultiRNNCell([cells.BasicLSTMCell(WIDTH, forget_bias=0.0), cells.LSTMCell(
        6, use_peepholes=True, num_proj=5)])
    loss, outputs, state = model(tokens, targets, lengths, lstm, "lstm")
    gru_loss, _, _ = model(tokens, targets, lengths, cells.GRUCell(WIDTH), "gru")
    tvars = tf.trainable_variables()
    grads, norm = tf.clip_by_global_norm(tf.gradients(loss + gru_loss, tvars), 0.5)
    rate = tf.Variable(0.7, trainable=False)
    train_op = tf.train.GradientDescentOptimizer(rate).apply_gradients(
        zip(grads, tvars), global_step=tf.train.get_or_create_global_step())
    new_rate = tf.placeholder(tf.float32, shape=[], name="new_learning_rate")
    rate_update = tf.assign(rate, new_rate)
    found = {"losses": [], "norms": []}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for v in tf.trainable_variables():
            v.load(rng.randn(*v.shape.as_list()).astype(np.float32) * 0.4, sess)
        words = rng.randint(0, VOCABULARY, (BATCH, STEPS + 1))
        feed = {tokens: words[:, :-1], targets: words[:, 1:], lengths: [6, 2, 5, 3]}
        for step in range(4):
            sess.run(rate_update, feed_dict={new_rate: 0.7 * 0.5 ** step})
            cost, size, _ = sess.run([loss, norm, train_op], feed_dict=feed)
            found["losses"].append(cost)
            found["norms"].append(size)
        found["outputs"], found["state"] = sess.run([outputs, state[1].c], feed)
        for v in tvars:
            if "embedding" in v.name or "diag" in v.name:
                found[v.op.name.replace("/", "-")] = sess.run(v)
    return found
