"""tf.nest."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "framework.nest": """
        assert_same_structure flatten is_nested is_sequence map_structure pack_sequence_as
        flatten_up_to map_structure_up_to""",
})
