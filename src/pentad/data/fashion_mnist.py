"""Fashion-MNIST: 70,000 grey images of 28x28 pixels in ten classes of clothing.

H. Xiao, K. Rasul, R. Vollgraf (2017): Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms, arXiv:1708.07747. MIT licence, copyright 2017 Zalando SE.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pentad.data.idx import read_idx
from pentad.data.images import ImageData
from pentad.graph import errors
from pentad.graph.config import config
from pentad.graph.errors import DataError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

NAME = "fashion-mnist"
BASE_URL = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
           "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte",
         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
# Length and SHA-256 of the published .gz files; Debian's hold the same content, packed anew.
PUBLISHED = {
    PARTS[0]: (26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    PARTS[1]: (29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    PARTS[2]: (4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    PARTS[3]: (5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
}


def load_fashion_mnist(data_dir: str | os.PathLike[str] | None = None, *,
                       console: Console | None = None, base_url: str = BASE_URL) -> ImageData:
    """The 60,000 training and 10,000 test images.

    Looks in `data_dir` and nowhere else if that is given. Else in the folder named by PENTAD_DATA,
    where Debian's package dataset-fashion-mnist puts the files, and where an earlier download put
    them; if they are in none of these, they are downloaded, with a progress bar on `console`.

    Raises DataError if the files are not in `data_dir`, cannot be fetched or do not fit together,
    FormatError if one is damaged, ResourceError if a download cannot be stored.
    """
    files = _in_folder(Path(data_dir)) if data_dir is not None else find_files()
    if data_dir is not None and files is None:
        _missing(Path(data_dir))
    if files is None:
        files = _fetch_all(_download_folder(), base_url, console)
    return read_files(files)


def find_files() -> list[Path] | None:
    """The four files, in the order of PARTS, in the first folder that holds them all, or None."""
    found = (_in_folder(folder) for folder in _folders())
    return next((files for files in found if files is not None), None)


def read_files(files: list[Path]) -> ImageData:
    """Read the four IDX files, in the order of PARTS."""
    train_images, train_labels, test_images, test_labels = map(read_idx, files)
    return ImageData(
        train_images=train_images,
        train_labels=train_labels.astype(np.int64),
        test_images=test_images,
        test_labels=test_labels.astype(np.int64),
        classes=CLASSES,
        white=255,
    )


def _folders() -> Iterator[Path]:
    if config.data is not None:
        yield config.data
    yield DEBIAN_FOLDER
    yield _download_folder()


def _download_folder() -> Path:
    if config.data is not None:
        return config.data / NAME
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if os.path.isabs(cache) else Path(os.path.expanduser("~"), ".cache")
    # Not in the folder `pentad`, which holds machine code and has to stay private.
    return base / "pentad-data" / NAME


def _in_folder(folder: Path) -> list[Path] | None:
    """The four files, gzipped or not, in `folder` or its subfolder fashion-mnist."""
    for place in (folder, folder / NAME):
        files = [_present(place, part) for part in PARTS]
        if None not in files:
            return [file for file in files if file is not None]
    return None


def _present(folder: Path, part: str) -> Path | None:
    candidates = (folder / (part + ".gz"), folder / part)
    return next((path for path in candidates if os.path.exists(path)), None)


def _missing(folder: Path) -> None:
    absent = [part for part in PARTS if _present(folder, part) is None]
    raise DataError(errors.message(
        f"the folder {folder} does not hold Fashion-MNIST",
        expected=", ".join(part + "[.gz]" for part in PARTS),
        got="no such folder" if not folder.is_dir() else "without " + ", ".join(absent),
        hint="leave the folder out to use Debian's dataset-fashion-mnist or a download",
    ))


def _fetch_all(folder: Path, base_url: str, console: Console | None) -> list[Path]:
    """Download what is not yet in `folder`, with one progress bar a file."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from pentad.data.download import RemoteFile, download

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(),
               TimeRemainingColumn())
    files = []
    with Progress(*columns, console=console) as bars:
        for part, (size, sha256) in PUBLISHED.items():
            path = _present(folder, part)
            if path is None:
                remote = RemoteFile(part + ".gz", size, sha256)
                task = bars.add_task(part, total=size)
                path = download(remote, base_url, folder, progress=_follow(bars, task))
            files.append(path)
    return files


def _follow(bars: Progress, task: TaskID) -> Callable[[int], None]:
    return lambda done: bars.update(task, completed=done)
