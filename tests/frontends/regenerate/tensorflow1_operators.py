"""Writes the numbers of tf.linalg.LinearOperator: with TensorFlow 1.15.5, on Python 3.7,

    python tests/frontends/regenerate/tensorflow1_operators.py
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parents[1] / "tensorflow1"
sys.path.insert(0, str(HERE))

if __name__ == "__main__":
    import operator_cases

    with tf.Session() as session:
        values = session.run(operator_cases.cases(tf))
    np.savez_compressed(str(HERE / "fixtures" / "operators.npz"), **values)
