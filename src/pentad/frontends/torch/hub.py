"""torch.hub: where files of weights lie. Nothing is downloaded, no program of others is run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message

_set: dict[str, str] = {}


def get_dir() -> str:
    """$TORCH_HOME/hub; TORCH_HOME is ~/.cache/torch unless it is set."""
    if "dir" in _set:
        return _set["dir"]
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Look there from now on."""
    _set["dir"] = os.path.expanduser(d)


def load_state_dict_from_url(
    url: str, model_dir: str | None = None, map_location: Any = None, progress: bool = True,
    check_hash: bool = False, file_name: str | None = None, weights_only: bool = False,
) -> Any:
    """The weights in the file that PyTorch would keep of an address; DataError that says where it
    is expected if it is not there."""
    folder = Path(model_dir or os.path.join(get_dir(), "checkpoints"))
    path = folder / (file_name or os.path.basename(urlparse(url).path))
    if not path.is_file():
        raise pt.DataError(message(
            f"the weights {path.name} are not there, and nothing is downloaded",
            expected=str(path), got="no such file", hint=f"put the file of {url} there"))
    return pt.formats.torch.load(path)


class _Plain:
    """What tqdm is where it is not installed: the items, and no bar."""

    def __init__(self, iterable: Any = None, *args: Any, **kwargs: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __enter__(self) -> _Plain:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is shown."""

    update = close = set_postfix = set_description = _nothing


_lacking = absent(__name__)


def __getattr__(name: str) -> Any:
    """tqdm, which programs take from here, or what stands for it."""
    if name == "tqdm":
        try:
            from tqdm import tqdm
        except ImportError:
            return _Plain
        return tqdm
    return _lacking(name)
