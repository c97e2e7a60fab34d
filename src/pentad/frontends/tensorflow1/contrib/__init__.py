"""tf.contrib, of which losses and rnn are here."""

from __future__ import annotations

from pentad.frontends.missing import absent

__getattr__ = absent(__name__, {
    name: f"{__name__}.{name}" for name in ("losses", "rnn")
})
