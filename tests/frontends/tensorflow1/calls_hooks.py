"""Hooks and monitored sessions, switches between TensorFlow's two ways, gradients of one's own."""

from __future__ import annotations

import tempfile

import numpy as np

from tests.frontends.tensorflow1.values import close, refused, table, tf, value

calls = table()
T = "tf.train"


def trained(*hooks, steps=3):
    """The steps that a monitored session makes with these hooks."""
    step = tf.train.get_or_create_global_step()
    loss = tf.cast(step, tf.float32) * 1.0
    bump = tf.assign_add(step, 1)
    made = [hook(step, loss) for hook in hooks]
    count = 0
    with tf.train.MonitoredSession(hooks=made) as session:
        while not session.should_stop() and count < steps:
            session.run([bump, loss])
            count += 1
    return count


calls(T, "SessionRunHook", lambda f: trained(lambda s, x: f()) == 3)
calls(T, "StopAtStepHook", lambda f: trained(lambda s, x: f(last_step=2)) == 2)
calls(T, "NanTensorHook", lambda f: trained(lambda s, x: f(x)) == 3)
calls(T, "LoggingTensorHook", lambda f: trained(lambda s, x: f([x], every_n_iter=100)) == 3)
calls(T, "FinalOpsHook", lambda f: trained(lambda s, x: f([x])) == 3)
calls(T, "FeedFnHook", lambda f: trained(lambda s, x: f(lambda: {x: 1.0})) == 3)
calls(T, "GlobalStepWaiterHook", lambda f: trained(lambda s, x: f(0)) == 3)


@calls(T, "StepCounterHook SummarySaverHook CheckpointSaverHook")
def saving(f, name):
    with tempfile.TemporaryDirectory() as folder:
        make = {"StepCounterHook": lambda s, x: f(every_n_steps=2, output_dir=folder),
                "CheckpointSaverHook": lambda s, x: f(folder, save_steps=2),
                "SummarySaverHook": lambda s, x: f(
                    save_steps=1, output_dir=folder, summary_op=tf.summary.scalar("a", x))}[name]
        assert trained(make) == 3


calls(T, "MonitoredSession", lambda f: trained() == 3)
calls(T, "MonitoredTrainingSession SingularMonitoredSession", lambda f: single(f) == 1)


def single(make):
    step = tf.train.get_or_create_global_step()
    with make() as session:
        return 1 + session.run(step)


calls(T, "SessionRunArgs", lambda f: f(3, {4: 5}).feed_dict == {4: 5})
calls(T, "SessionRunValues", lambda f: f(1, 2, 3).results == 1)
calls(T, "SessionRunContext", lambda f: f(None, None).stop_requested is False)
calls(T, "SecondOrStepTimer", lambda f: f(every_steps=2).should_trigger_for_step(1))
calls(T, "NanLossDuringTrainingError", lambda e: issubclass(e, RuntimeError))
calls(T, "CheckpointSaverListener", lambda f: f().begin() is None)
calls(T, "SessionCreator", lambda f: issubclass(tf.train.ChiefSessionCreator, f))
calls(T, "ChiefSessionCreator", lambda f: tf.constant(3.0) is not None
      and f().create_session().run("Const:0") == 3)
calls(T, "Scaffold", lambda f: tf.train.get_or_create_global_step() is not None
      and f().finalize().init_op is not None)
calls(T, "SessionManager", lambda f: (v := tf.Variable(2.0)) is not None
      and f().prepare_session("", init_op=v.initializer).run(v) == 2)

# -- the other way ---------------------------------------------------------------------------------

calls("tf", "executing_eagerly control_flow_v2_enabled resource_variables_enabled",
      lambda f: f() is False)
calls("tf", "disable_control_flow_v2 disable_eager_execution disable_resource_variables "
            "disable_tensor_equality disable_v2_behavior disable_v2_tensorshape",
      lambda f: f() is None)
calls("tf", "enable_eager_execution enable_v2_behavior",
      lambda f: refused(f, Exception))
calls("tf", "get_logger", lambda f: f().name == "tensorflow")
calls("tf", "timestamp", lambda f: value(f()) > 1e9)
calls("tf", "load_library load_op_library load_file_system_library",
      lambda f: refused(lambda: f("nothing.so"), Exception))


# -- gradients of one's own ------------------------------------------------------------------------


@calls("tf", "RegisterGradient")
def register_gradient(f):
    @f("PentadTestTimesTen")
    def rule(op, grad):
        return grad * 10.0

    x = tf.constant(2.0)
    with tf.get_default_graph().gradient_override_map({"Identity": "PentadTestTimesTen"}):
        y = tf.identity(x)
    assert close(tf.gradients(y, x)[0], 10.0)


calls("tf", "NoGradient NotDifferentiable no_gradient",
      lambda f: f("PentadTestNothing" + str(np.random.randint(1 << 30))) is None)
calls("tf", "recompute_grad", lambda f: close(f(lambda x: x * 2.0)(tf.constant(3.0)), 6.0))
calls(T, "match_filenames_once", lambda f: value(f("/nowhere/*")).tolist() == [])
calls("tf.flags", "DEFINE_multi", callable)
