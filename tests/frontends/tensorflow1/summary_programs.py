"""Summaries that are compared with TensorFlow's; read on Python 3.7 too."""

import numpy as np


def made(tf):
    """The summary operations."""
    values = np.array([-1.5, 0.0, 0.5, 0.5, 3e5], np.float32)
    images = np.linspace(-1, 2, 24, dtype=np.float32).reshape(2, 2, 2, 3)
    with tf.name_scope("scope"):
        tf.summary.scalar("loss value", tf.constant(0.25))
        tf.summary.histogram("h", values, family="fam")
    tf.summary.scalar("loss", 3)
    tf.summary.scalar("loss", 4.0)
    tf.summary.histogram("empty", np.zeros(0))
    tf.summary.image("two", images)
    tf.summary.image("one", images[:, :, :, :1], max_outputs=1)
    tf.summary.image("bytes", (images * 50 + 60).astype(np.uint8), max_outputs=2)
    tf.summary.audio("tone", np.sin(np.arange(8.0)).astype(np.float32)[None, :, None], 8000.0, 1)
    tf.summary.text("words", tf.constant(["a", "b"]))
    return tf.summary.merge_all()


def summaries(tf):
    """Their values, without what is packed in them."""
    with tf.Graph().as_default(), tf.Session() as session:
        data = session.run(made(tf))
    found = []
    for value in tf.Summary.FromString(data).value:
        row = {"tag": value.tag, "sort": value.WhichOneof("value")}
        if row["sort"] == "simple_value":
            row["value"] = value.simple_value
        elif row["sort"] == "histo":
            h = value.histo
            row["value"] = [h.min, h.max, h.num, h.sum, h.sum_squares, list(h.bucket_limit),
                            list(h.bucket)]
        elif row["sort"] == "image":
            row["value"] = [value.image.height, value.image.width, value.image.colorspace]
        elif row["sort"] == "audio":
            a = value.audio
            row["value"] = [a.sample_rate, a.num_channels, a.length_frames, a.content_type,
                            a.encoded_audio_string.hex()]
        else:
            row["value"] = [v.decode() for v in value.tensor.string_val]
            row["plugin"] = value.metadata.plugin_data.plugin_name
        found.append(row)
    return found


def pixels(tf):
    """The images, decoded."""
    with tf.Graph().as_default(), tf.Session() as session:
        data = session.run(made(tf))
        images = [v.image.encoded_image_string for v in tf.Summary.FromString(data).value
                  if v.WhichOneof("value") == "image"]
        return [session.run(tf.image.decode_png(i)).tolist() for i in images]
