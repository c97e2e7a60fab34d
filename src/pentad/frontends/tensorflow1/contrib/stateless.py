"""tf.contrib.stateless."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "random": """
        stateless_random_uniform=stateless_uniform stateless_random_normal=stateless_normal
        stateless_truncated_normal stateless_multinomial=stateless_categorical""",
})
