"""What programs take from the outer rooms of tf.contrib and tf.saved_model."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.common import close
from tests.frontends.tensorflow1.common import graph as graph


def test_modules_of_saved_models_have_the_names_of_one():
    saved = tf.saved_model
    assert saved.builder.SavedModelBuilder is saved.Builder
    assert saved.loader.load is saved.load
    assert saved.utils.build_tensor_info is saved.build_tensor_info
    assert saved.signature_def_utils.predict_signature_def is saved.predict_signature_def
    assert saved.tag_constants.SERVING == "serve"
    assert saved.signature_constants.PREDICT_METHOD_NAME == "tensorflow/serving/predict"


def test_older_names_say_what_they_became():
    for place, name, new in [(tf, "mul", "tf.multiply"), (tf, "pack", "tf.stack"),
                             (tf.train, "SummaryWriter", "tf.summary.FileWriter")]:
        with pytest.raises(AttributeError) as raised:
            getattr(place, name)
        assert f"it is {new} in the version" in str(raised.value)


def test_data_sets_of_contrib():
    rows = tf.contrib.data.Dataset.range(5).apply(tf.contrib.data.batch_and_drop_remainder(2))
    following = rows.make_one_shot_iterator().get_next()
    assert following.shape.as_list() == [2]
    with tf.Session() as session:
        assert [session.run(following).tolist() for _ in range(2)] == [[0, 1], [2, 3]]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(following)


def test_the_projector_is_told_what_to_show(tmp_path):
    from pentad.frontends.tensorflow1.contrib.tensorboard.plugins import projector

    config = projector.ProjectorConfig()
    shown = config.embeddings.add()
    shown.tensor_name = "embedding:0"
    shown.sprite.single_image_dim.extend([28, 28])
    projector.visualize_embeddings(tf.summary.FileWriter(str(tmp_path)), config)
    text = (tmp_path / "projector_config.pbtxt").read_text()
    assert text.split() == ["embeddings", "{", "tensor_name:", '"embedding:0"', "sprite", "{",
                            "single_image_dim:", "28", "single_image_dim:", "28", "}", "}"]


def test_words_become_numbers(tmp_path):
    words = tf.contrib.learn.preprocessing.VocabularyProcessor(4)
    rows = list(words.fit_transform(["I'm a cat", "the cat sat on the mat"]))
    np.testing.assert_array_equal(rows, [[1, 2, 3, 0], [4, 3, 5, 6]])
    assert len(words.vocabulary_) == 8
    path = str(tmp_path / "vocab")
    words.save(path)
    again = tf.contrib.learn.preprocessing.VocabularyProcessor.restore(path)
    assert next(again.transform(["the dog sat"])).tolist() == [4, 0, 5, 0]
    assert next(again.reverse(rows)) == "I'm a cat <UNK>"


def test_tables_are_read(tmp_path):
    base = tf.contrib.learn.datasets.base
    path = tmp_path / "t.csv"
    path.write_text("2,2,a,b\n1.5,2,0\n3,4,1\n")
    found = base.load_csv_with_header(str(path), np.int32, np.float32)
    assert [found.data.tolist(), found.target.tolist()] == [[[1.5, 2.0], [3.0, 4.0]], [0, 1]]
    path.write_text("3,2,a,b\n1.5,2,0\n")
    with pytest.raises(ValueError, match="not as its first line says"):
        base.load_csv_with_header(str(path), np.int32, np.float32)


EXPECTED = {False: [1.9901783, 1.7305071, 1.3076584], True: [1.9363837, 1.7325037, 1.2769270]}
"""What TensorFlow 1.15.5 gives for the graph below with the same values, feed_previous or not."""


def _weights():
    """Values that both frameworks are given; the names are TensorFlow's."""
    return [tf.assign(v, tf.reshape(tf.cos(tf.range(
        float(np.prod(v.shape.as_list()))) * 0.7 + i), v.shape))
        for i, v in enumerate(sorted(tf.trainable_variables(), key=lambda v: v.name))]


@pytest.mark.parametrize("feed_previous", [False, True])
def test_attention_over_the_encoder(feed_previous):
    sources = [tf.constant([1, 2]), tf.constant([3, 0])]
    targets = [tf.constant([1, 1]), tf.constant([2, 4]), tf.constant([0, 3])]
    outputs, losses = tf.contrib.legacy_seq2seq.model_with_buckets(
        sources, targets, targets, [tf.ones([2])] * 3, [(1, 2), (2, 3)],
        lambda x, y: tf.contrib.legacy_seq2seq.embedding_attention_seq2seq(
            x, y, tf.nn.rnn_cell.GRUCell(3), 5, 6, 2, feed_previous=feed_previous))
    names = [v.name for v in tf.trainable_variables()]
    inner = "embedding_attention_seq2seq/embedding_attention_decoder"
    assert f"{inner}/attention_decoder/Attention_0/kernel:0" in names
    assert f"{inner}/attention_decoder/AttnOutputProjection/bias:0" in names
    assert len(names) == 20
    with tf.Session() as session:
        session.run(_weights())
        found = session.run([*losses, tf.reduce_sum(outputs[1][-1])])
    close(found, EXPECTED[feed_previous], rtol=1e-5)
