"""TensorFlow's inner modules, tensorflow.python.* and its like, from which programs take names.

Here they give what is public of the front end; its own modules are none of them, though some have
the same names.
"""

from __future__ import annotations

_HOMES = {
    "tf_logging": "logging", "math_ops": "math", "gen_math_ops": "math", "linalg_ops": "linalg",
    "linalg_impl": "linalg", "image_ops": "image", "image_ops_impl": "image",
    "gen_image_ops": "image", "sparse_ops": "sparse", "string_ops": "strings",
    "random_ops": "random", "losses_impl": "losses", "metrics_impl": "metrics",
    "errors_impl": "errors", "init_ops": "initializers", "lookup_ops": "lookup",
    "data_flow_ops": "queue", "parsing_ops": "io", "file_io": "gfile", "tf_record": "python_io",
    "sets_impl": "sets", "bitwise_ops": "bitwise", "summary_iterator": "train",
    "saver": "train", "feature_column_lib": "feature_column", "tensor_forest": "contrib",
    **dict.fromkeys(("rnn_cell_impl", "rnn_cell", "core_rnn_cell", "core_rnn_cell_impl"),
                    "nn.rnn_cell"),
    **dict.fromkeys(("nn_ops", "nn_impl", "gen_nn_ops", "ctc_ops", "rnn", "embedding_ops",
                     "candidate_sampling_ops", "core_rnn"), "nn"),
}
"""Inner modules whose names are those of a public module with another name."""

_FOLDERS = frozenset({
    "python", "core", "ops", "framework", "training", "client", "util", "platform", "layers",
    "summary", "writer", "lib", "io", "eager", "saved_model", "tools", "debug", "cli", "wrappers",
    "data", "experimental", "estimator", "estimators", "export", "inputs", "canned",
    "feature_column", "keras", "distribute", "losses", "linalg", "distributions", "signal",
    "ragged", "tracking", "profiler", "protobuf", "example", "learn", "datasets", "preprocessing",
    "learn_io", "nets", "slim", "metrics", "utils", "plugins", "tensorboard", "seq2seq", "rnn",
    "crf", "image", "bijectors",
})
_FILES = frozenset({
    ("framework", "ops"), ("summary", "summary"), ("layers", "layers"), ("losses", "losses"),
    ("metrics", "metrics"), ("training", "training"), ("learn", "estimators"), ("ops", "rnn"),
    ("ops", "seq2seq"), ("ops", "metrics"), ("ops", "crf"), ("summary", "writer", "writer"),
})
"""Of these the last part is a file, though folders have such names."""

_BARE = frozenset({
    "ops", "framework", "training", "client", "util", "platform", "lib", "io", "eager",
})
"""Folders that have no names of their own."""


def is_inner(rest: str) -> bool:
    """Is it such a module, by its path below `tensorflow`?"""
    parts = rest.split(".")
    return parts[0] == "core" or "python" in parts


def is_within(rest: str, name: str) -> bool:
    """May there be a module of that name in it, since it is a folder or a file that imports it?"""
    return is_folder(rest) or name in _HOMES or name.endswith(("_ops", "_impl", "_util"))


def is_folder(rest: str) -> bool:
    """May there be modules below it?"""
    parts = tuple(rest.split("."))
    return parts[-1] in _FOLDERS and parts[-2:] not in _FILES and parts[-3:] not in _FILES


def holds_modules(rest: str) -> bool:
    """Is all that it holds a module? Folders of tf.contrib hand on the names of their files."""
    return not rest.startswith("contrib") and is_folder(rest) and rest.rpartition(".")[2] in _BARE


def homes(rest: str) -> list[str]:
    """The public modules where its names are looked for first, the nearest in front."""
    parts = rest.split(".")
    place = parts.index("python") if "python" in parts else 0
    room, below = ".".join(parts[:place]), parts[place + 1:]
    found = [room] if room else []
    for count, part in enumerate(below):
        found.insert(0, _HOMES.get(part, part))
        if room:
            found[:0] = [".".join([room, part]), ".".join([room, *below[:count + 1]]),
                         ".".join([room, *below[1:count + 1]])]
    return list(dict.fromkeys(found))
