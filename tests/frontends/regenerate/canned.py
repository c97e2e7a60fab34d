"""Write tests/frontends/tensorflow1/fixtures/canned.json with TensorFlow 1.15 (Python 3.7)."""

import json
import os
import sys

import tensorflow as tf

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tensorflow1")
sys.path.insert(0, HERE)

import canned_programs  # noqa: E402

if __name__ == "__main__":
    tf.logging.set_verbosity(tf.logging.ERROR)
    with open(os.path.join(HERE, "fixtures", "canned.json"), "w") as file:
        json.dump(canned_programs.results(tf), file, sort_keys=True)
