"""Watched sessions, their hooks, supervisors."""

from __future__ import annotations

import logging
import os

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import graph as graph


def counting():
    """A global step that each run raises, and what it is after that."""
    step = tf.train.get_or_create_global_step()
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
    return step, tf.group(tf.assign_add(step, 1), tf.assign_add(w, 0.5)), w


class Recorder(tf.train.SessionRunHook):
    def __init__(self, fetch):
        self.fetch, self.seen = fetch, []

    def begin(self):
        self.seen.append("begin")

    def after_create_session(self, session, coord):
        self.seen.append("created")

    def before_run(self, run_context):
        assert run_context.original_args.fetches is not None
        return tf.train.SessionRunArgs(self.fetch)

    def after_run(self, run_context, run_values):
        self.seen.append(int(run_values.results))

    def end(self, session):
        self.seen.append("end")


def test_hooks_are_called_and_steps_stop_it():
    step, train, _ = counting()
    recorder = Recorder(tf.identity(step))
    hooks = [recorder, tf.train.StopAtStepHook(last_step=3)]
    with tf.train.MonitoredTrainingSession(hooks=hooks) as session:
        while not session.should_stop():
            session.run(train)
        assert session.graph.finalized
    assert recorder.seen[:2] == ["begin", "created"]
    assert recorder.seen[-1] == "end"
    assert len(recorder.seen) == 6
    with pytest.raises(RuntimeError, match="should_stop"):
        session.run(train)


def test_training_goes_on_from_checkpoints(tmp_path):
    folder = str(tmp_path / "log")
    for last in (2, 5):
        with tf.Graph().as_default():
            step, train, w = counting()
            tf.summary.scalar("w", w)
            hooks = [tf.train.StopAtStepHook(last_step=last)]
            with tf.train.MonitoredTrainingSession(
                    checkpoint_dir=folder, hooks=hooks, save_checkpoint_steps=2,
                    save_summaries_steps=1, log_step_count_steps=1) as session:
                while not session.should_stop():
                    session.run(train)
    tf.summary.FileWriterCache.clear()
    assert tf.train.latest_checkpoint(folder) == os.path.join(folder, "model.ckpt-5")
    assert tf.train.load_variable(folder, "w") == 2.5
    files = [f for f in os.listdir(folder) if "tfevents" in f]
    events = [e for f in files for e in tf.train.summary_iterator(os.path.join(folder, f))]
    tags = {v.tag for e in events for v in e.summary.value}
    assert tags == {"w_1", "global_step/sec"}
    assert any(e.HasField("graph_def") for e in events)


def test_the_end_of_data_ends_it_quietly():
    data = tf.data.Dataset.range(3).make_one_shot_iterator().get_next()
    found = []
    with tf.train.MonitoredSession() as session:
        while not session.should_stop():
            found.append(session.run(data))
    assert found == [0, 1, 2]
    session = tf.train.SingularMonitoredSession()
    assert session.__exit__(ZeroDivisionError, ZeroDivisionError(), None) is False
    assert session.should_stop()


def test_a_scaffold_says_how_it_begins():
    w = tf.get_variable("w", [])
    scaffold = tf.train.Scaffold(init_op=w.assign(3.0).op, init_fn=lambda s, session: None,
                                 local_init_op=tf.no_op())
    with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(scaffold)) as session:
        assert session.run(w) == 3.0
        assert session.run_step_fn(lambda c: c.run_with_hooks(w) + c.session.run(w)) == 6.0
    with tf.Graph().as_default():
        tf.get_variable("v", [])
        scaffold = tf.train.Scaffold(init_op=tf.no_op())
        with pytest.raises(RuntimeError, match=r"(?s)did not make model ready.*: v"):
            tf.train.MonitoredSession(tf.train.ChiefSessionCreator(scaffold))


def test_logging_and_watching_for_nan(caplog):
    x = tf.placeholder(tf.float32, [], name="x")
    hooks = [tf.train.LoggingTensorHook({"value": x}, every_n_iter=2),
             tf.train.NanTensorHook(x), tf.train.FinalOpsHook(tf.constant(7))]
    tf.logging.set_verbosity(tf.logging.INFO)
    session = tf.train.MonitoredSession(hooks=hooks)
    with caplog.at_level(logging.INFO, "tensorflow"):
        for value in (1.0, 2.0, 3.0):
            session.run(x, {x: value})
        with pytest.raises(tf.train.NanLossDuringTrainingError, match="NaN loss"):
            session.run(x, {x: np.nan})
    session.close()
    tf.logging.set_verbosity(tf.logging.WARN)
    shown = [r.getMessage() for r in caplog.records]
    assert shown[0] == "value = 1.0"
    assert shown[1].startswith("value = 3.0 (")


def test_timers_and_wrong_arguments():
    timer = tf.train.SecondOrStepTimer(every_steps=3)
    assert timer.should_trigger_for_step(0)
    timer.update_last_triggered_step(0)
    assert [timer.should_trigger_for_step(i) for i in (1, 2, 3)] == [False, False, True]
    with pytest.raises(ValueError, match="num_steps or last_step"):
        tf.train.StopAtStepHook()
    with pytest.raises(RuntimeError, match="Global step should be created"):
        tf.train.MonitoredSession(hooks=[tf.train.StopAtStepHook(3)])


def test_supervisors(tmp_path):
    step, train, w = counting()
    tf.summary.scalar("w", w)
    supervisor = tf.train.Supervisor(logdir=str(tmp_path), save_model_secs=100)
    with supervisor.managed_session() as session:
        while not supervisor.should_stop():
            session.run(train)
            if session.run(step) == 3:
                supervisor.request_stop()
    assert tf.train.load_variable(str(tmp_path), "w") == 1.5
    assert any("tfevents" in f for f in os.listdir(tmp_path))
