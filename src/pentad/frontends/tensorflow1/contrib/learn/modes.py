"""What a model function of contrib.learn is called for."""


class ModeKeys:
    """The values of `mode`."""

    TRAIN, EVAL, INFER = "train", "eval", "infer"
