"""Write what real TensorFlow computes in the programs of tests/frontends/tensorflow1/programs.

Python 3.7 with TensorFlow 1.15.5:
    python tests/frontends/regenerate/tensorflow1_programs.py [program ...]
"""

import os
import runpy
import sys

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
PLACE = os.path.join(os.path.dirname(HERE), "tensorflow1")


def main(asked):
    """One .npz for each program."""
    folder = os.path.join(PLACE, "programs")
    for file in sorted(os.listdir(folder)):
        name = file[:-3]
        if file.endswith(".py") and not file.startswith("_") and (not asked or name in asked):
            with tf.Graph().as_default():
                found = runpy.run_path(os.path.join(folder, file))["results"]()
            path = os.path.join(PLACE, "numbers", name + ".npz")
            np.savez_compressed(path, **{k: np.asarray(v) for k, v in found.items()})
            print(name, os.path.getsize(path))


if __name__ == "__main__":
    main(sys.argv[1:])
