"""tf.contrib.slim.learning: from a training operation to a trained, saved model."""

from __future__ import annotations

import os
from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.contrib.parts.optimizing import (
    add_gradients_summaries,
    clip_gradient_norms,
    create_train_op,
    multiply_gradients,
)
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.session import Session
from pentad.frontends.tensorflow1.train.steps import get_or_create_global_step
from pentad.frontends.tensorflow1.variables.lists import (
    global_variables_initializer,
    local_variables_initializer,
    tables_initializer,
)


def train_step(
    sess: Any, train_op: Any, global_step: Any, train_step_kwargs: Any
) -> tuple[Any, bool]:
    """One step: (the loss, is it the last one?)."""
    loss, step = sess.run([train_op, global_step])
    limit = (train_step_kwargs or {}).get("number_of_steps")
    return loss, limit is not None and int(step) >= limit


def train(
    train_op: Any, logdir: Any, train_step_fn: Any = train_step, train_step_kwargs: Any = None,
    log_every_n_steps: int = 1, graph: Any = None, master: str = "", is_chief: bool = True,
    global_step: Any = None, number_of_steps: Any = None, init_op: Any = None,
    init_feed_dict: Any = None, local_init_op: Any = None, init_fn: Any = None,
    ready_op: Any = None, summary_op: Any = None, save_summaries_secs: int = 600,
    summary_writer: Any = None, startup_delay_steps: int = 0, saver: Any = None,
    save_interval_secs: int = 600, **_: Any,
) -> Any:
    """Train until number_of_steps, going on from the checkpoint in logdir; the last loss."""
    from pentad.frontends.tensorflow1 import logging, summary
    from pentad.frontends.tensorflow1 import train as tf_train

    graph = graph or get_default_graph()
    with graph.as_default():
        step = get_or_create_global_step() if global_step is None else global_step
        saver = saver or tf_train.Saver()
        init = init_op if init_op is not None else global_variables_initializer()
        local = local_init_op if local_init_op is not None else [
            local_variables_initializer(), tables_initializer()]
        shown = graph.get_collection(GraphKeys.SUMMARIES) and summary.merge_all()
    given = {"number_of_steps": number_of_steps, **(train_step_kwargs or {})}
    loss: Any = None
    with Session(master, graph) as sess:
        sess.run(init, init_feed_dict)
        sess.run(local)
        found = tf_train.latest_checkpoint(logdir) if logdir else None
        if found:
            saver.restore(sess, found)
        elif init_fn is not None:
            init_fn(sess)
        coordinator = tf_train.Coordinator()
        threads = tf_train.start_queue_runners(sess=sess, coord=coordinator)
        stop = number_of_steps is not None and int(sess.run(step)) >= number_of_steps
        count = 0
        while not stop and not coordinator.should_stop():
            loss, stop = train_step_fn(sess, train_op, step, given)
            count += 1
            if log_every_n_steps and count % log_every_n_steps == 0:
                logging.info("global step %d: loss = %.4f", int(sess.run(step)), loss)
        coordinator.request_stop()
        coordinator.join(threads)
        if logdir:
            writer = summary.FileWriter(logdir, graph)
            if shown is not None and not isinstance(shown, list):
                writer.add_summary(sess.run(shown), int(sess.run(step)))
            writer.close()
            saver.save(sess, os.path.join(logdir, "model.ckpt"), global_step=step)
    return loss


__getattr__ = absent(__name__)
__all__ = ["add_gradients_summaries", "clip_gradient_norms", "create_train_op",
           "multiply_gradients", "train", "train_step"]
