"""Functions and variables saved: within pickles of programs, and as data."""

from __future__ import annotations

import copy
import io
import json
import pickle
import zipfile

import numpy as np
import pytest

import pentad as pt
import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano.misc.pkl_utils import dump, load

X = np.arange(20.0).reshape(5, 4) / 20
FAST = {"mode": "FAST_COMPILE"}


class Classifier:
    """A model as tutorials write it: parameters, and expressions of them."""

    def __init__(self, x):
        self.W = theano.shared(np.arange(12.0).reshape(4, 3) / 12, "W")
        self.p = T.nnet.softmax(T.dot(x, self.W))
        self.prediction = T.argmax(self.p, axis=1)
        self.params, self.input = [self.W], x


def test_a_model_is_pickled_with_its_graph():
    model = Classifier(T.dmatrix("x"))
    again = pickle.loads(pickle.dumps(model))
    assert again.params[0] is again.W
    assert again.W is not model.W
    assert (again.input.name, again.W.name) == ("x", "W")
    f = theano.function([again.input], [again.p, again.prediction], **FAST)
    expected = theano.function([model.input], model.p, **FAST)(X)
    again.W.set_value(again.W.get_value() * 1.0)
    np.testing.assert_array_equal(f(X)[0], expected)
    again.W.set_value(again.W.get_value() * 0.0)
    np.testing.assert_allclose(f(X)[0], 1 / 3)
    np.testing.assert_array_equal(theano.function([model.input], model.p, **FAST)(X), expected)


def test_loops_parts_and_streams_are_pickled():
    v = T.dvector("v")
    rows, _ = theano.scan(lambda a, b: a * b, sequences=[v[1:]], outputs_info=[v[0]])
    stream = T.shared_randomstreams.RandomStreams(3)
    noise = stream.uniform((2,))
    cost = T.inc_subtensor(rows[:1], 5).sum()
    pair = pickle.loads(pickle.dumps((v, cost, T.grad(cost, v), noise)))
    f = theano.function([pair[0]], list(pair[1:]), **FAST)
    whole = theano.function([v], [cost, T.grad(cost, v), noise], **FAST)
    for _ in range(2):
        for found, expected in zip(f([1.0, 2, 3]), whole([1.0, 2, 3]), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_deep_graph_is_pickled_and_copied():
    v = T.dvector("v")
    deep = v
    for _ in range(2000):
        deep = -deep
    assert pickle.loads(pickle.dumps(deep)).ndim == 1
    w = theano.shared(np.ones(2), "w")
    other = copy.deepcopy(w)
    other.set_value(np.zeros(2))
    assert w.get_value().tolist() == [1, 1]


def test_functions_are_saved_as_data():
    x, y = T.dmatrix("x"), T.ivector("y")
    W = theano.shared(np.arange(12.0).reshape(4, 3) / 12, "W")
    h = T.dot(x, W) * T.shared_randomstreams.RandomStreams(3).binomial((5, 3), p=0.5)
    sums, _ = theano.scan(lambda a, b: a * 0.5 + b, sequences=[h], outputs_info=[T.zeros((3,))])
    cost = -T.mean(T.log(T.nnet.softmax(sums))[T.arange(5), y])
    labels = theano.In(y, value=np.array([0, 1, 2, 0, 1], "int32"))
    f = theano.function([x, labels], {"cost": cost, "sums": sums[:, 1:]},
                        updates=[(W, W - 0.1 * T.grad(cost, W))], name="train", **FAST)
    with pytest.raises(TypeError, match=r"(?s)not pickled.*pkl_utils\.dump"):
        pickle.dumps(f)
    file = io.BytesIO()
    dump([f, W, {"a": (1, 2.5, None), "b": np.arange(3)}], file)
    file.seek(0)
    assert np.load(file)["W"].shape == (4, 3)
    file.seek(0)
    g, V, rest = load(file)
    assert rest["a"] == (1, 2.5, None)
    assert rest["b"].tolist() == [0, 1, 2]
    for _ in range(2):
        expected, found = f(X), g(X)
        np.testing.assert_array_equal(found["cost"], expected["cost"])
        np.testing.assert_array_equal(found["sums"], expected["sums"])
    np.testing.assert_array_equal(V.get_value(), W.get_value())
    assert V is not W


def test_what_is_no_such_file_is_refused():
    file = io.BytesIO()
    dump(theano.function([], T.constant(2.0) * theano.shared(3.0), **FAST), file)
    whole = file.getvalue()
    for bad in (b"", b"pickle", whole[:300], pickle.dumps([1])):
        with pytest.raises(pt.FormatError):
            load(io.BytesIO(bad))
    with np.load(io.BytesIO(whole)) as archive:
        document = json.loads(archive["graph"].tobytes())
    for change in (
        lambda d: d["nodes"][-1].update(op={"tuple": ["os:system"]}),
        lambda d: d["nodes"][-1].update(inputs=[[99, 0]]),
        lambda d: d["nodes"][-1].update(types={"list": [{"tuple": ["Tensor", None]}]}),
        lambda d: d.update(value={"object": ["Popen", {"dict": []}]}),
        lambda d: d.pop("nodes"),
    ):
        changed = json.loads(json.dumps(document))
        change(changed)
        made = io.BytesIO()
        np.savez(made, graph=np.frombuffer(json.dumps(changed).encode(), np.uint8))
        with zipfile.ZipFile(made) as archive:
            assert archive.namelist() == ["graph.npy"]
        with pytest.raises(pt.FormatError):
            load(made)
    with pytest.raises(pt.FormatError, match="not saved"):
        dump(len, io.BytesIO())
