"""Skip-gram word2vec: NCE and sampled softmax; the sampled words are fed, not drawn."""

import numpy as np
import tensorflow as tf

VOCABULARY, WIDTH, BATCH, SAMPLED = 20, 6, 8, 5


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(3)
    train_inputs = tf.placeholder(tf.int32, shape=[BATCH])
    train_labels = tf.placeholder(tf.int32, shape=[BATCH, 1])
    drawn = tf.placeholder(tf.int64, shape=[SAMPLED])
    valid = tf.constant([1, 4, 9], dtype=tf.int32)
    with tf.name_scope("embeddings"):
        embeddings = tf.Variable(
            rng.uniform(-1.0, 1.0, (VOCABULARY, WIDTH)).astype(np.float32))
        embed = tf.nn.embedding_lookup(embeddings, train_inputs)
    with tf.name_scope("weights"):
        nce_weights = tf.Variable(rng.randn(VOCABULARY, WIDTH).astype(np.float32) * 0.3)
        nce_biases = tf.Variable(tf.zeros([VOCABULARY]))
    chance = tf.fill([BATCH, 1], 0.1), tf.fill([SAMPLED], 0.2)
    values = (drawn, chance[0], chance[1])
    labels = tf.cast(train_labels, tf.int64)
    nce = tf.reduce_mean(tf.nn.nce_loss(
        weights=nce_weights, biases=nce_biases, labels=labels, inputs=embed,
        num_sampled=SAMPLED, num_classes=VOCABULARY, sampled_values=values))
    sampled = tf.reduce_mean(tf.nn.sampled_softmax_loss(
        nce_weights, nce_biases, labels, embed, SAMPLED, VOCABULARY, sampled_values=values))
    loss = nce + sampled
    optimizer = tf.train.MomentumOptimizer(0.5, 0.9).minimize(loss)
    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keepdims=True))
    normalized = embeddings / norm
    similarity = tf.matmul(tf.nn.embedding_lookup(normalized, valid), normalized,
                           transpose_b=True)
    losses = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(4):
            feed = {train_inputs: rng.randint(0, VOCABULARY, BATCH),
                    train_labels: rng.randint(0, VOCABULARY, (BATCH, 1)),
                    drawn: rng.permutation(VOCABULARY)[:SAMPLED]}
            _, value, first, second = session.run([optimizer, loss, nce, sampled], feed)
            losses.append([value, first, second])
        last = session.run([embeddings, nce_weights, nce_biases, similarity])
    return {"losses": np.array(losses), "embeddings": last[0], "weights": last[1],
            "biases": last[2], "similarity": last[3]}
