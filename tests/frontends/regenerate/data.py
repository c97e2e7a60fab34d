"""Write tests/frontends/tensorflow1/fixtures/data.json with TensorFlow 1.15 (Python 3.7)."""

import json
import os
import sys

import tensorflow as tf

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tensorflow1")
sys.path.insert(0, HERE)

import data_programs  # noqa: E402

if __name__ == "__main__":
    found = {name: data_programs.elements(tf, name) for name in data_programs.PROGRAMS}
    with open(os.path.join(HERE, "fixtures", "data.json"), "w") as file:
        json.dump(found, file, indent=0, sort_keys=True)
