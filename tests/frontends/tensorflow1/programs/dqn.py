"""Q-learning with a target network on a corridor: walk right to the end, each step costs."""

import numpy as np
import tensorflow as tf

LENGTH, ACTIONS, GAMMA = 6, 2, 0.9


class Corridor:
    def reset(self):
        self.place = 0
        return self.seen()

    def seen(self):
        return np.eye(LENGTH, dtype=np.float32)[self.place]

    def step(self, action):
        self.place = max(0, self.place + (1 if action == 1 else -1))
        done = self.place == LENGTH - 1
        return self.seen(), 1.0 if done else -0.1, done


def network(states, scope, trainable=True):
    with tf.variable_scope(scope):
        hidden = tf.layers.dense(states, 8, tf.nn.tanh, name="hidden", trainable=trainable)
        return tf.layers.dense(hidden, ACTIONS, name="q", trainable=trainable)


def results():
    """What the program computes, by names."""
    rng = np.random.RandomState(5)
    states = tf.placeholder(tf.float32, [None, LENGTH], "states")
    next_states = tf.placeholder(tf.float32, [None, LENGTH], "next_states")
    actions = tf.placeholder(tf.int32, [None], "actions")
    rewards = tf.placeholder(tf.float32, [None], "rewards")
    dones = tf.placeholder(tf.float32, [None], "dones")
    q = network(states, "main")
    q_next = network(next_states, "target", trainable=False)
    target = rewards + GAMMA * (1.0 - dones) * tf.reduce_max(q_next, axis=1)
    chosen = tf.reduce_sum(q * tf.one_hot(actions, ACTIONS), axis=1)
    errors = tf.stop_gradient(target) - chosen
    loss = tf.reduce_mean(tf.where(tf.abs(errors) < 1.0, 0.5 * tf.square(errors),
                                   tf.abs(errors) - 0.5))
    optimizer = tf.train.AdamOptimizer(0.02)
    pairs = optimizer.compute_gradients(loss)
    train = optimizer.apply_gradients(
        [(tf.clip_by_norm(g, 1.0), v) for g, v in pairs if g is not None])
    main = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="main/[hq]")
    main = [v for v in main if "Adam" not in v.name]
    copy = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="target/")
    sync = tf.group(*[t.assign(m) for m, t in zip(main, copy)])
    losses, memory, env = [], [], Corridor()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for v in main:
            v.load((rng.randn(*v.shape.as_list()) * 0.3).astype(np.float32), sess)
        sess.run(sync)
        state = env.reset()
        for step in range(30):
            values = sess.run(q, {states: state[None]})[0]
            action = rng.randint(ACTIONS) if rng.rand() < 0.5 else int(values.argmax())
            after, reward, done = env.step(action)
            memory.append((state, action, reward, after, float(done)))
            state = env.reset() if done else after
            if step >= 10:
                batch = [memory[i] for i in rng.randint(0, len(memory), 8)]
                s, a, r, n, d = (np.array(column) for column in zip(*batch))
                losses.append(sess.run([loss, train], {
                    states: s, actions: a, rewards: r, next_states: n, dones: d})[0])
            if step % 8 == 0:
                sess.run(sync)
        table = sess.run(q, {states: np.eye(LENGTH)})
    return {"losses": np.array(losses), "table": table}
