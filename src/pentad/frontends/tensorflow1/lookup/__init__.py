"""tf.lookup: tables from keys to values, which sessions hold."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "lookup.tables": "StaticHashTable StaticVocabularyTable",
    "lookup.initializers": "KeyValueTensorInitializer TextFileIndex TextFileInitializer",
}
__getattr__, __dir__ = exports(__name__, NAMES)
