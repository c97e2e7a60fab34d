"""Saving functions and variables: `dump(function, file)`, `load(file)`.

Theano writes pickles, which are programs. These files are archives of arrays (numpy.load shows
those of shared variables by their names) and one text: what is read is only ever data.
"""

from __future__ import annotations

import json
import zipfile
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.misc.encoding import Decoder, Encoder

LARGEST = 2 ** 33
"""How many bytes an archive may hold."""


def dump(obj: Any, file_handler: Any, protocol: Any = None, persistent_id: Any = None) -> None:
    """Write a function, variables, arrays, or lists and dictionaries of such to a file."""
    encoder = Encoder()
    text = json.dumps(encoder.document(obj))
    raw = np.frombuffer(text.encode(), np.uint8)
    np.savez(file_handler, **encoder.arrays, graph=raw)


def load(f: Any, persistent_load: Any = None) -> Any:
    """What `dump` wrote, made anew; FormatError if the file is none of these."""
    try:
        with zipfile.ZipFile(f) as archive:
            total = sum(info.file_size for info in archive.infolist())
        if total > LARGEST:
            raise pt.FormatError(static.message("the archive is too large", got=f"{total} bytes"))
        f.seek(0) if hasattr(f, "seek") else None
        with np.load(f, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        document = json.loads(arrays["graph"].tobytes().decode())
        return Decoder(document, arrays).result
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, TypeError, EOFError,
            RecursionError, AttributeError) as error:
        if isinstance(error, pt.FormatError):
            raise
        raise pt.FormatError(
            static.message("not a file that pkl_utils.dump wrote", got=f"{error}"[:200],
                           hint="pickles are programs, and are not read")
        ) from error


__all__ = ["dump", "load"]
__getattr__ = absent(__name__)
