"""Writes the numbers of tf.contrib.seq2seq for the tests: with TensorFlow 1.15.5, on Python 3.7,

    python tests/frontends/regenerate/tensorflow1_seq2seq.py
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).resolve().parents[1] / "tensorflow1"
sys.path.insert(0, str(HERE))

if __name__ == "__main__":
    import seq2seq_cases

    np.savez_compressed(str(HERE / "fixtures" / "seq2seq.npz"), **seq2seq_cases.run(tf))
