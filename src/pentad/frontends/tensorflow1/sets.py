"""tf.sets."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "ops.sets": """
        set_size set_intersection set_difference set_union size=set_size
        intersection=set_intersection difference=set_difference union=set_union""",
})
