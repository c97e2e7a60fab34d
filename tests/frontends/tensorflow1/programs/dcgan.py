"""A DCGAN of tf.layers: two networks in scopes, batch normalisation with its update operations."""

import numpy as np
import tensorflow as tf


def generator(x, training, reuse=False):
    with tf.variable_scope("Generator", reuse=reuse):
        x = tf.layers.dense(x, units=4 * 4 * 8)
        x = tf.reshape(x, shape=[-1, 4, 4, 8])
        x = tf.nn.relu(tf.layers.batch_normalization(x, training=training))
        x = tf.layers.conv2d_transpose(x, 4, 5, strides=2, padding="same")
        x = tf.nn.relu(tf.layers.batch_normalization(x, training=training))
        x = tf.layers.conv2d_transpose(x, 1, 5, strides=2, padding="same")
        return tf.nn.tanh(x)


def discriminator(x, training, reuse=False):
    with tf.variable_scope("Discriminator", reuse=reuse):
        x = tf.layers.conv2d(x, 4, 5, strides=2, padding="same")
        x = tf.nn.leaky_relu(x, 0.2)
        x = tf.layers.conv2d(x, 8, 5, strides=2, padding="same")
        x = tf.nn.leaky_relu(tf.layers.batch_normalization(x, training=training), 0.2)
        x = tf.reshape(x, shape=[-1, 4 * 4 * 8])
        return tf.layers.dense(x, 2)


def xent(labels, logits):
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels))


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(4)
    noise_input = tf.placeholder(tf.float32, shape=[None, 6])
    real_image_input = tf.placeholder(tf.float32, shape=[None, 16, 16, 1])
    is_training = True
    gen_sample = generator(noise_input, is_training)
    disc_real = discriminator(real_image_input, is_training)
    disc_fake = discriminator(gen_sample, is_training, reuse=True)
    count = tf.shape(noise_input)[0]
    disc_loss = xent(tf.ones([count], tf.int32), disc_real) + xent(
        tf.zeros([count], tf.int32), disc_fake)
    gen_loss = xent(tf.ones([count], tf.int32), disc_fake)
    gen_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="Generator")
    disc_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="Discriminator")
    gen_updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope="Generator")
    disc_updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope="Discriminator")[:2]
    with tf.control_dependencies(gen_updates):
        train_gen = tf.train.AdamOptimizer(0.002, beta1=0.5, epsilon=1e-3).minimize(
            gen_loss, var_list=gen_vars)
    with tf.control_dependencies(disc_updates):
        train_disc = tf.train.AdamOptimizer(0.002, beta1=0.5, epsilon=1e-3).minimize(
            disc_loss, var_list=disc_vars)
    found = {"losses": []}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for v in tf.trainable_variables():
            v.load((rng.randn(*v.shape.as_list()) * 0.2).astype(np.float32), sess)
        for step in range(3):
            images = rng.rand(4, 16, 16, 1).astype(np.float32) * 2 - 1
            noise = rng.uniform(-1.0, 1.0, size=[4, 6]).astype(np.float32)
            feed = {real_image_input: images, noise_input: noise}
            _, one = sess.run([train_disc, disc_loss], feed_dict=feed)
            found["losses"].append(one)
            if step == 0:  # three steps of the one network for each of the other
                found["losses"].append(sess.run([gen_loss, train_gen], feed_dict=feed)[0])
        for v in tf.global_variables():
            if "moving" in v.name or v.name.startswith("Generator/conv2d_transpose_1/kernel:"):
                found[v.op.name.replace("/", "-")] = sess.run(v)
    found["names"] = np.array(sorted(v.name for v in tf.global_variables()))
    return found
