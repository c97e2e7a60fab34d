"""Write tests/frontends/tensorflow1/fixtures/columns.json with TensorFlow 1.15 (Python 3.7)."""

import json
import os
import sys

import tensorflow as tf

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tensorflow1")
sys.path.insert(0, HERE)

import column_programs  # noqa: E402

if __name__ == "__main__":
    with open(os.path.join(HERE, "fixtures", "columns.json"), "w") as file:
        json.dump(column_programs.found(tf), file)
