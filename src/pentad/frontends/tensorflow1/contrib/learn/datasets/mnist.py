"""tf.contrib.learn.datasets.mnist."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "mnist": "DataSet read_data_sets",
    "contrib.learn.datasets.base": "Datasets",
})
