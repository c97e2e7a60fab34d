"""tf.bitwise."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "ops.comparison": "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift",
})
