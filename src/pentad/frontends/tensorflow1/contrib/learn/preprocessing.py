"""tf.contrib.learn.preprocessing: texts as numbers of words."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "contrib.parts.vocabulary": "CategoricalVocabulary VocabularyProcessor tokenizer",
})
