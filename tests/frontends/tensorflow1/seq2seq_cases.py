"""Decoders of tf.contrib.seq2seq, for TensorFlow 1.15 and for Pentad."""

import numpy as np

BATCH, PLACES, DEPTH, UNITS, WORDS, BEAMS = 2, 4, 3, 5, 6, 3
RANDOM = np.random.RandomState(7)
MEMORY = RANDOM.uniform(-1, 1, (BATCH, PLACES, DEPTH)).astype(np.float32)
INPUTS = RANDOM.uniform(-1, 1, (BATCH, 3, DEPTH)).astype(np.float32)
EMBEDDING = RANDOM.uniform(-1, 1, (WORDS, DEPTH)).astype(np.float32)
LENGTHS = [3, 2]


def _mechanism(tf, kind, memory):
    make = getattr(tf.contrib.seq2seq, kind + "Attention")
    option = {"normalize": True} if kind == "Bahdanau" else {"scale": True}
    return make(UNITS, memory, memory_sequence_length=[4, 2], **option)


def training(tf, kind):
    """Tensors of a decoder along given inputs, with attention."""
    with tf.variable_scope(kind):
        s2s = tf.contrib.seq2seq
        cell = s2s.AttentionWrapper(
            tf.nn.rnn_cell.BasicLSTMCell(UNITS), _mechanism(tf, kind, tf.constant(MEMORY)),
            attention_layer_size=4, alignment_history=True)
        decoder = s2s.BasicDecoder(
            cell, s2s.TrainingHelper(tf.constant(INPUTS), LENGTHS),
            cell.zero_state(BATCH, tf.float32), tf.layers.Dense(WORDS, name="out"))
        outputs, state, lengths = s2s.dynamic_decode(decoder, impute_finished=True)
        loss = tf.reduce_sum(outputs.rnn_output ** 2)
        variables = tf.trainable_variables(kind + "/")
        return {"logits": outputs.rnn_output, "ids": outputs.sample_id, "lengths": lengths,
                "history": state.alignment_history.stack(), "attention": state.attention,
                "gradients": tf.gradients(loss, variables)}


def greedy(tf):
    """Tensors of a decoder along its own outputs."""
    with tf.variable_scope("greedy"):
        s2s = tf.contrib.seq2seq
        cell = tf.nn.rnn_cell.GRUCell(UNITS)
        helper = s2s.GreedyEmbeddingHelper(tf.constant(EMBEDDING), [1, 2], 0)
        decoder = s2s.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32),
                                   tf.layers.Dense(WORDS, name="out"))
        outputs, state, lengths = s2s.dynamic_decode(decoder, maximum_iterations=5)
        return {"logits": outputs.rnn_output, "ids": outputs.sample_id, "lengths": lengths,
                "state": state}


def beams(tf):
    """Tensors of a beam search with attention."""
    with tf.variable_scope("beams"):
        s2s = tf.contrib.seq2seq
        memory = s2s.tile_batch(tf.constant(MEMORY), BEAMS)
        cell = s2s.AttentionWrapper(tf.nn.rnn_cell.GRUCell(UNITS),
                                    s2s.LuongAttention(UNITS, memory))
        decoder = s2s.BeamSearchDecoder(
            cell, tf.constant(EMBEDDING), [1, 2], 0, cell.zero_state(BATCH * BEAMS, tf.float32),
            BEAMS, tf.layers.Dense(WORDS, name="out"), length_penalty_weight=0.6)
        outputs, state, lengths = s2s.dynamic_decode(decoder, maximum_iterations=6)
        return {"ids": outputs.predicted_ids, "lengths": lengths, "probs": state.log_probs,
                "scores": outputs.beam_search_decoder_output.scores,
                "parents": outputs.beam_search_decoder_output.parent_ids}


def cases(tf):
    """All of them: tensors by name."""
    made = {"Luong": training(tf, "Luong"), "Bahdanau": training(tf, "Bahdanau"),
            "greedy": greedy(tf), "beams": beams(tf)}
    found = {}
    for name, tensors in made.items():
        for key, tensor in tensors.items():
            several = tensor if isinstance(tensor, list) else [tensor]
            for i, one in enumerate(several):
                found[name + " " + key + (str(i) if len(several) > 1 else "")] = one
    tree = np.array([[[1, 2, 3]], [[4, 5, 0]], [[0, 6, 7]]], np.int32)
    parents = np.array([[[0, 0, 0]], [[0, 1, 1]], [[2, 1, 0]]], np.int32)
    found["tree"] = tf.contrib.seq2seq.gather_tree(tree, parents, [3], 0)
    return found


def values(shapes):
    """Values for variables, of these shapes."""
    random = np.random.RandomState(3)
    return [random.uniform(-0.9, 0.9, shape).astype(np.float32) for shape in shapes]


def run(tf):
    """The values of all of them, and the names of the variables."""
    tensors = cases(tf)
    variables = sorted(tf.trainable_variables(), key=lambda v: v.name)
    new = values([v.shape.as_list() for v in variables])
    with tf.Session() as session:
        session.run([tf.assign(v, x) for v, x in zip(variables, new)])
        found = session.run(tensors)
    found["names"] = np.array([v.name for v in variables])
    return found
