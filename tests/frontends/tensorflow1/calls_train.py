"""Control flow, tf.train: optimisers, steps, checkpoints, threads."""

from __future__ import annotations

import os
import tempfile

import numpy as np

from tests.frontends.tensorflow1.values import A, close, refused, same, table, tf, value

calls = table()
M = "tf.train"

# -- branches and loops ----------------------------------------------------------------------------

calls("tf", "cond", lambda f: close(f(tf.constant(True), lambda: tf.constant(1.0),
                                      lambda: tf.constant(2.0)), 1.0))
calls("tf", "case", lambda f: close(f([(tf.constant(False), lambda: tf.constant(1.0))],
                                      default=lambda: tf.constant(2.0)), 2.0))
calls("tf", "switch_case", lambda f: close(
    f(tf.constant(1), [lambda: tf.constant(1.0), lambda: tf.constant(2.0)]), 2.0))
calls("tf", "while_loop", lambda f: same(
    f(lambda i, s: i < 4, lambda i, s: (i + 1, s + i), [0, 0])[1], 6))
calls("tf", "map_fn", lambda f: same(f(lambda x: x * 2, tf.constant([1, 2])), [2, 4]))
calls("tf", "vectorized_map", lambda f: same(f(lambda x: x * 2, tf.constant([1, 2])), [2, 4]))
calls("tf", "foldl foldr", lambda f, name: same(
    f(lambda s, x: 2 * s + x, tf.constant([1, 2])), {"foldl": 4, "foldr": 5}[name]))
calls("tf", "scan", lambda f: same(f(lambda s, x: s + x, tf.constant([1, 2, 3])), [1, 3, 6]))
calls("tf", "TensorArray", lambda f: same(
    f(tf.int32, 2).write(0, 3).write(1, 4).stack(), [3, 4]))
calls("tf", "Print", lambda f: close(f(tf.constant(A), []), A))
calls("tf", "Assert", lambda f: value(f(tf.constant(True), ["text"])) is None
      and refused(lambda: f(tf.constant(False), ["text"])))
calls("tf", "py_func py_function numpy_function", lambda f: close(
    f(lambda x: np.float32(2) * x, [tf.constant(3.0)], tf.float32), 6.0))
calls("tf", "custom_gradient", lambda f: close(tf.gradients(
    f(lambda x: (x * 2, lambda dy: dy * 10))(x := tf.constant(1.0)), x)[0], 10.0))
calls("tf", "assert_equal assert_less_equal assert_greater_equal", lambda f: value(
    f(tf.constant([1]), tf.constant([1]))) is None and refused(
        lambda: f(tf.constant([1]), tf.constant([1]) + tf.constant(
            {"assert_less_equal": [-1], "assert_greater_equal": [1]}.get(f.__name__, [1])))))
calls("tf", "assert_less assert_none_equal", lambda f: value(
    f(tf.constant([1]), tf.constant([2]))) is None)
calls("tf", "assert_greater", lambda f: value(f(tf.constant([2]), tf.constant([1]))) is None)
calls("tf", "assert_near", lambda f: value(f(tf.constant([2.0]), tf.constant([2.0]))) is None)
calls("tf", "assert_positive assert_non_negative", lambda f: value(f(tf.constant([1]))) is None
      and refused(lambda: f(tf.constant([-1]))))
calls("tf", "assert_negative assert_non_positive", lambda f: value(f(tf.constant([-1]))) is None
      and refused(lambda: f(tf.constant([1]))))
calls("tf", "assert_rank assert_rank_at_least", lambda f: refused(
    lambda: f(tf.constant(A), 3)) and f(tf.constant(A), 2) is not False)
calls("tf", "assert_rank_in", lambda f: refused(lambda: f(tf.constant(A), [1, 3])))
calls("tf", "assert_scalar", lambda f: f(tf.constant(1)) is not False)
calls("tf", "assert_type", lambda f: refused(lambda: f(tf.constant(1), tf.float32), TypeError))
calls("tf", "assert_integer", lambda f: refused(lambda: f(tf.constant(1.0)), TypeError))
calls("tf", "assert_same_float_dtype", lambda f: f([tf.constant(1.0)]) == tf.float32)
calls("tf", "assert_proper_iterable", lambda f: f([1]) is None)

# -- optimisers ------------------------------------------------------------------------------------


@calls(M, "GradientDescentOptimizer AdamOptimizer AdagradOptimizer AdadeltaOptimizer "
          "RMSPropOptimizer FtrlOptimizer ProximalAdagradOptimizer "
          "ProximalGradientDescentOptimizer")
def optimizers(make):
    w = tf.Variable([1.0, -2.0])
    loss = tf.reduce_sum(w * w)
    step = make(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(loss)
        session.run(step)
        assert session.run(loss) < before


@calls(M, "MomentumOptimizer")
def momentum(make):
    w = tf.Variable(1.0)
    step = make(0.1, 0.9).minimize(w * w)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([step])
        session.run([step])
        np.testing.assert_allclose(session.run(w), 0.8 - 0.1 * (1.6 + 0.9 * 2), rtol=1e-5)


@calls(M, "AdagradDAOptimizer")
def dual_averaging(make):
    w = tf.Variable([1.0])
    step = make(0.1, tf.train.get_or_create_global_step()).minimize(tf.reduce_sum(w * w))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)


calls(M, "Optimizer", lambda f: issubclass(tf.train.AdamOptimizer, f))


@calls(M, "ExponentialMovingAverage")
def moving_average(make):
    v = tf.Variable(1.0)
    average = make(0.5)
    update = average.apply([v])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(v.assign(3.0))
        session.run(update)
        assert session.run(average.average(v)) == 2.0


# -- steps and rates -------------------------------------------------------------------------------

calls(M, "get_or_create_global_step create_global_step", lambda f: f().op.name == "global_step")
calls(M, "get_global_step", lambda f: f() is None
      and tf.train.get_or_create_global_step() is f())
calls(M, "assert_global_step", lambda f: f(tf.train.get_or_create_global_step()) is None)


@calls(M, "global_step")
def global_step(f):
    step = tf.train.get_or_create_global_step()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert f(session, step) == 0


calls(M, "exponential_decay natural_exp_decay inverse_time_decay", lambda f, name: close(
    f(1.0, 2, 1, 0.5), {"exponential_decay": 0.25, "natural_exp_decay": np.exp(-1.0),
                        "inverse_time_decay": 0.5}[name]))
calls(M, "polynomial_decay", lambda f: close(f(1.0, 5, 10, 0.0), 0.5))
calls(M, "piecewise_constant piecewise_constant_decay",
      lambda f: close(f(tf.constant(5), [3, 9], [1.0, 0.5, 0.1]), 0.5))
calls(M, "cosine_decay", lambda f: close(f(1.0, 5, 10), 0.5))
calls(M, "cosine_decay_restarts", lambda f: close(f(1.0, 0, 10), 1.0))
calls(M, "linear_cosine_decay", lambda f: close(f(1.0, 0, 10), 1.0, 1e-2))
calls(M, "noisy_linear_cosine_decay", lambda f: np.isfinite(value(f(1.0, 5, 10))))

# -- checkpoints -----------------------------------------------------------------------------------


@calls(M, "Saver latest_checkpoint checkpoint_exists get_checkpoint_state list_variables "
          "load_variable load_checkpoint NewCheckpointReader get_checkpoint_mtimes "
          "import_meta_graph remove_checkpoint update_checkpoint_state checkpoints_iterator "
          "init_from_checkpoint")
def checkpoints(f, name):
    v = tf.Variable([1.0, 2.0], name="v")
    with tempfile.TemporaryDirectory() as folder, tf.Session() as session:
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, os.path.join(folder, "model"), global_step=3)
        assert path.endswith("model-3")
        assert {
            "latest_checkpoint": lambda: f(folder) == path,
            "checkpoint_exists": lambda: f(path),
            "get_checkpoint_state": lambda: f(folder).model_checkpoint_path == path,
            "list_variables": lambda: f(path) == [("v", [2])],
            "load_variable": lambda: f(path, "v").tolist() == [1, 2],
            "load_checkpoint": lambda: f(path).has_tensor("v"),
            "NewCheckpointReader": lambda: f(path).get_tensor("v").tolist() == [1, 2],
            "get_checkpoint_mtimes": lambda: f([path])[0] > 0,
            "import_meta_graph": lambda: restored(path),
            "remove_checkpoint": lambda: f(path) is None and not tf.train.checkpoint_exists(path),
            "update_checkpoint_state": lambda: f(folder, path, [path]) is None,
            "checkpoints_iterator": lambda: next(iter(f(folder, timeout=0))) == path,
            "init_from_checkpoint": lambda: f(path, {"v": v}) is None,
        }.get(name, lambda: session.run(v.assign([0.0, 0.0])) is not None
              and f().restore(session, path) is None and session.run(v)[1] == 2)()


def restored(path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(path + ".meta").restore(session, path)
        return session.run("v:0")[1] == 2


calls(M, "generate_checkpoint_state_proto",
      lambda f: f("/a", "/a/m").model_checkpoint_path in ("m", "/a/m"))
calls(M, "export_meta_graph", lambda f: tf.Variable(1.0, name="v") is not None and any(
    node.name == "v" for node in f().graph_def.node))


@calls(M, "write_graph")
def write_graph(f):
    tf.constant(1.0, name="c")
    with tempfile.TemporaryDirectory() as folder:
        path = f(tf.get_default_graph(), folder, "g.pbtxt")
        with open(path) as file:
            assert 'name: "c"' in file.read()


calls("tf", "import_graph_def", lambda f: close(f(
    graph_def_of(), return_elements=["c:0"], name="")[0], 5.0))


def graph_def_of():
    with tf.Graph().as_default() as graph:
        tf.constant(5.0, name="c")
    return graph.as_graph_def()


# -- threads ---------------------------------------------------------------------------------------


@calls(M, "Coordinator LooperThread")
def coordinator(f):
    coord = tf.train.Coordinator()
    seen = []

    def work():
        seen.append(1)
        coord.request_stop()

    thread = tf.train.LooperThread.loop(coord, None, work)
    coord.join([thread])
    assert coord.should_stop()
    assert seen


@calls("tf.train", "Checkpoint CheckpointManager")
def checkpoints_of_objects(f, name):
    with tempfile.TemporaryDirectory() as folder, tf.Session() as session:
        v = tf.Variable(3.0)
        session.run(v.initializer)
        made = tf.train.Checkpoint(v=v)
        if name == "CheckpointManager":
            path = f(made, folder, 1).save()
        else:
            path = f(v=v).save(os.path.join(folder, "ckpt"))
        session.run(v.assign(0.0))
        tf.train.Checkpoint(v=v).restore(path).run_restore_ops()
        return session.run(v) == 3.0
