"""Writes the numbers of tf.image for the tests: with TensorFlow 1.15.5, on Python 3.7,

    python tests/frontends/regenerate/tensorflow1_images.py
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parents[1] / "tensorflow1"
sys.path.insert(0, str(HERE))

if __name__ == "__main__":
    import image_cases

    tensors = image_cases.cases(tf)
    with tf.Session() as session:
        np.savez_compressed(str(HERE / "fixtures" / "images.npz"), **session.run(tensors))
