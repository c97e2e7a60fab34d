"""Which variables TensorBoard's projector shows, and the names of their rows."""

from __future__ import annotations

import os
from typing import Any

import pentad as pt
from pentad import formats, static
from pentad.frontends.missing import absent


class SpriteMetadata(formats.messages.Message):
    """An image of which each row has a part."""

    FIELDS = """
        1 image_path string
        2 single_image_dim uint32*
    """


class EmbeddingInfo(formats.messages.Message):
    """A variable whose rows are shown."""

    FIELDS = """
        1 tensor_name string
        2 metadata_path string
        3 bookmarks_path string
        4 tensor_shape uint32*
        5 sprite SpriteMetadata
        6 tensor_path string
    """


class ProjectorConfig(formats.messages.Message):
    """All of them, and the checkpoint with their values."""

    FIELDS = """
        1 model_checkpoint_path string
        2 embeddings EmbeddingInfo*
        3 model_checkpoint_dir string
    """


def visualize_embeddings(summary_writer: Any, config: ProjectorConfig) -> None:
    """Write projector_config.pbtxt into the folder of the writer, or into that folder."""
    folder = summary_writer if isinstance(summary_writer, str) else summary_writer.get_logdir()
    if not folder:
        raise pt.ArgumentError(static.message(
            "Summary writer must have a logdir", expected="a writer to a folder",
            got=repr(folder)))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "projector_config.pbtxt"), "w") as file:
        file.write(formats.text_format.printed(config))


__getattr__ = absent(__name__)
