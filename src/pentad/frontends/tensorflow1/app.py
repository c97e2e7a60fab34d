"""tf.app: running a program's main function with its flags read."""

from __future__ import annotations

import sys
from typing import Any

from pentad.frontends.tensorflow1 import flags
from pentad.frontends.tensorflow1.platform.flag_values import FLAGS, Error

__all__ = ["flags", "run"]


def run(main: Any = None, argv: Any = None) -> None:
    """Read the command line, call `main` with what is left of it, and end the program."""
    main = main or sys.modules["__main__"].main
    arguments = list(sys.argv if argv is None else argv)
    if "--help" in arguments[1:] or "-h" in arguments[1:]:
        sys.stdout.write(f"{arguments[0]}:\n{FLAGS.get_help()}\n")
        sys.exit(1)
    try:
        rest = FLAGS(arguments, known_only=True)
    except Error as error:
        sys.stderr.write(f"FATAL Flags parsing error: {error}\nPass --help to see the flags.\n")
        sys.exit(1)
    sys.exit(main(rest))
