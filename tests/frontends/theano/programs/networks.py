"""Networks as the deep-learning tutorials wrote them: weights, data and noise are given."""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.nnet import conv2d
from theano.tensor.signal import pool

rng = np.random.RandomState(11)


def weights(*shape):
    bound = np.sqrt(6.0 / (shape[0] + shape[-1]))
    return theano.shared(rng.uniform(-bound, bound, shape), borrow=True)


def zeros(n):
    return theano.shared(np.zeros(n), borrow=True)


def trained(cost, params, x, y, data, labels, rate=0.1, steps=6, size=10):
    """The costs of some steps on minibatches of shared data, and the parameters afterwards."""
    index = T.lscalar()
    updates = [(p, p - rate * g) for p, g in zip(params, T.grad(cost, params))]
    batch = slice(index * size, (index + 1) * size)
    train = theano.function([index], cost, updates=updates,
                            givens={x: data[batch], y: labels[batch]})
    count = data.get_value(borrow=True).shape[0] // size
    costs = [train(i % count) for i in range(steps)]
    return np.array(costs), [p.get_value() for p in params]


def data(n, width, classes):
    shared_x = theano.shared(rng.uniform(size=(n, width)), borrow=True)
    labels = theano.shared(rng.randint(classes, size=n).astype("float64"), borrow=True)
    return shared_x, T.cast(labels, "int32")


def negative_log_likelihood(p, y):
    return -T.mean(T.log(p)[T.arange(y.shape[0]), y])


def mlp():
    """A hidden layer of tanh, logistic regression on it, both norms."""
    x, y = T.matrix("x", dtype="float64"), T.ivector("y")
    shared_x, shared_y = data(30, 8, 3)
    w1, b1, w2, b2 = weights(8, 6), zeros(6), weights(6, 3), zeros(3)
    hidden = T.tanh(T.dot(x, w1) + b1)
    p = T.nnet.softmax(T.dot(hidden, w2) + b2)
    cost = (negative_log_likelihood(p, y) + 0.001 * (abs(w1).sum() + abs(w2).sum())
            + 0.0001 * ((w1**2).sum() + (w2**2).sum()))
    costs, (found, _, _, _) = trained(cost, [w1, b1, w2, b2], x, y, shared_x, shared_y)
    wrong = theano.function([x, y], T.mean(T.neq(T.argmax(p, axis=1), y)))
    errors = wrong(shared_x.get_value(), np.arange(30, dtype="int32") % 3)
    return {"mlp": costs, "mlp_w": found, "mlp_errors": errors}


def lenet():
    """Two layers of convolution, pooling and tanh, and an MLP on them."""
    x, y = T.matrix("x", dtype="float64"), T.ivector("y")
    shared_x, shared_y = data(8, 144, 4)
    w0, b0, w1, b1 = weights(2, 1, 3, 3), zeros(2), weights(3, 2, 2, 2), zeros(3)
    w2, b2, w3, b3 = weights(12, 5), zeros(5), weights(5, 4), zeros(4)
    layer = x.reshape((4, 1, 12, 12))
    for w, b, shape in ((w0, b0, (4, 1, 12, 12)), (w1, b1, (4, 2, 5, 5))):
        out = conv2d(input=layer, filters=w, filter_shape=w.get_value().shape, input_shape=shape)
        pooled = pool.pool_2d(input=out, ws=(2, 2), ignore_border=True)
        layer = T.tanh(pooled + b.dimshuffle("x", 0, "x", "x"))
    hidden = T.tanh(T.dot(layer.flatten(2), w2) + b2)
    cost = negative_log_likelihood(T.nnet.softmax(T.dot(hidden, w3) + b3), y)
    params = [w3, b3, w2, b2, w1, b1, w0, b0]
    costs, found = trained(cost, params, x, y, shared_x, shared_y, size=4, steps=4)
    return {"lenet": costs, "lenet_w0": found[6], "lenet_w1": found[4], "lenet_b0": found[7]}


def autoencoder():
    """A denoising auto-encoder with tied weights; what is hidden is given."""
    x, mask = T.matrix("x", dtype="float64"), T.matrix("mask", dtype="float64")
    w, b, c = weights(8, 4), zeros(4), zeros(8)
    y = T.nnet.sigmoid(T.dot(mask * x, w) + b)
    z = T.nnet.sigmoid(T.dot(y, w.T) + c)
    cost = T.mean(-T.sum(x * T.log(z) + (1 - x) * T.log(1 - z), axis=1))
    params = [w, b, c]
    train = theano.function([x, mask], cost, updates=[
        (p, p - 0.1 * g) for p, g in zip(params, T.grad(cost, params))])
    costs = [train(rng.uniform(size=(5, 8)), 1.0 * (rng.uniform(size=(5, 8)) > 0.3))
             for _ in range(4)]
    return {"da": np.array(costs), "da_w": w.get_value(), "da_c": c.get_value()}


def boltzmann():
    """A restricted Boltzmann machine by contrastive divergence; the noise of Gibbs is given."""
    x = T.matrix("x", dtype="float64")
    noise_h, noise_v = T.dtensor3("noise_h"), T.dtensor3("noise_v")
    w, hbias, vbias = weights(6, 4), zeros(4), zeros(6)

    def free_energy(v):
        inner = T.dot(v, w) + hbias
        return -T.sum(T.log(1 + T.exp(inner)), axis=1) - T.dot(v, vbias)

    def gibbs(uh, uv, v):
        h = T.cast(uh < T.nnet.sigmoid(T.dot(v, w) + hbias), "float64")
        before = T.dot(h, w.T) + vbias
        return before, T.cast(uv < T.nnet.sigmoid(before), "float64")

    (before, chain), updates = theano.scan(gibbs, [noise_h, noise_v], [None, x])
    end = chain[-1]
    cost = T.mean(free_energy(x)) - T.mean(free_energy(end))
    params = [w, hbias, vbias]
    grads = T.grad(cost, params, consider_constant=[end])
    for p, g in zip(params, grads):
        updates[p] = p - g * T.cast(0.1, "float64")
    monitor = T.mean(T.sum(x * T.log(T.nnet.sigmoid(before[-1]))
                           + (1 - x) * T.log(1 - T.nnet.sigmoid(before[-1])), axis=1))
    train = theano.function([x, noise_h, noise_v], [monitor, end], updates=updates)
    seen = 1.0 * (rng.uniform(size=(5, 6)) > 0.5)
    steps = [train(seen, rng.uniform(size=(3, 5, 4)), rng.uniform(size=(3, 5, 6)))
             for _ in range(4)]
    return {"rbm": np.array([s[0] for s in steps]), "rbm_end": steps[-1][1],
            "rbm_w": w.get_value(), "rbm_v": vbias.get_value()}


def lstm():
    """A layer of LSTM with masks by scan, mean pooling, softmax; steps of Adadelta."""
    x, mask, y = T.tensor3("x", dtype="float64"), T.matrix("mask", dtype="float64"), T.ivector("y")
    dim = 4
    w, u, b, out = weights(3, 4 * dim), weights(dim, 4 * dim), zeros(4 * dim), weights(dim, 2)

    def part(v, n):
        return v[:, n * dim:(n + 1) * dim]

    def step(m, x, h, c):
        before = T.dot(h, u) + x
        i, f, o = (T.nnet.sigmoid(part(before, n)) for n in range(3))
        new = f * c + i * T.tanh(part(before, 3))
        new = m[:, None] * new + (1.0 - m)[:, None] * c
        again = o * T.tanh(new)
        return m[:, None] * again + (1.0 - m)[:, None] * h, new

    empty = T.alloc(np.asarray(0.0, dtype="float64"), x.shape[1], dim)
    (hs, _), _ = theano.scan(step, sequences=[mask, T.dot(x, w) + b],
                             outputs_info=[empty, empty], n_steps=x.shape[0])
    mean = (hs * mask[:, :, None]).sum(axis=0) / mask.sum(axis=0)[:, None]
    cost = negative_log_likelihood(T.nnet.softmax(T.dot(mean, out)), y)
    params = [w, u, b, out]
    updates = []
    for p, g in zip(params, T.grad(cost, params)):
        size, moved = (theano.shared(p.get_value() * 0.0) for _ in range(2))
        new_size = 0.95 * size + 0.05 * g**2
        change = -T.sqrt(moved + 1e-6) / T.sqrt(new_size + 1e-6) * g
        updates += [(size, new_size), (moved, 0.95 * moved + 0.05 * change**2), (p, p + change)]
    train = theano.function([x, mask, y], cost, updates=updates)
    costs = []
    for length in (5, 3, 5):
        keep = 1.0 * (np.arange(length)[:, None] < np.array([length, 2, length - 1]))
        costs.append(train(rng.randn(length, 3, 3), keep, np.array([0, 1, 1], "int32")))
    return {"lstm": np.array(costs), "lstm_u": u.get_value(), "lstm_out": out.get_value()}


def results():
    """What the programs compute, by names."""
    rng.seed(11)
    found = {}
    for part in (mlp, lenet, autoencoder, boltzmann, lstm):
        found.update(part())
    return found
