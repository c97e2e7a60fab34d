from __future__ import annotations

import gzip
import hashlib
import io
import struct

import numpy as np
import pytest

from pentad.data import fashion_mnist
from pentad.data.fashion_mnist import PARTS, load_fashion_mnist
from pentad.graph.config import config
from pentad.graph.errors import DataError, FormatError
from tests.data.server import serving


def idx(array):
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def contents(train=20, test=10, seed=0):
    random = np.random.default_rng(seed)
    arrays = (random.integers(0, 256, (train, 28, 28)), np.arange(train) % 10,
              random.integers(0, 256, (test, 28, 28)), np.arange(test) % 10)
    return {part: idx(array) for part, array in zip(PARTS, arrays, strict=True)}


def write(folder, files, packed=True):
    folder.mkdir(parents=True, exist_ok=True)
    for part, content in files.items():
        name, data = (part + ".gz", gzip.compress(content)) if packed else (part, content)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No data set of this machine is in sight."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path / "debian")
    with config.override(data=None):
        yield


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("below", ["", "fashion-mnist"])
def test_reads_the_folder_it_is_given(tmp_path, packed, below):
    write(tmp_path / "mine" / below, contents(), packed)
    data = load_fashion_mnist(tmp_path / "mine")
    assert data.train_images.shape == (20, 28, 28)
    assert data.test_labels.tolist() == list(range(10))
    assert data.test_labels.dtype == np.int64
    assert (data.white, len(data.classes)) == (255, 10)


def test_the_order_of_the_search(tmp_path):
    write(tmp_path / "argument", contents(train=11))
    write(tmp_path / "variable", contents(train=12))
    write(tmp_path / "debian", contents(train=13))
    write(tmp_path / "cache" / "pentad-data" / "fashion-mnist", contents(train=14))
    sizes = [len(load_fashion_mnist(tmp_path / "argument").train_labels)]
    with config.override(data=tmp_path / "variable"):
        sizes.append(len(load_fashion_mnist().train_labels))
    sizes.append(len(load_fashion_mnist().train_labels))
    for file in (tmp_path / "debian").iterdir():
        file.unlink()
    sizes.append(len(load_fashion_mnist().train_labels))
    assert sizes == [11, 12, 13, 14]


def test_a_given_folder_without_the_files_is_an_error_that_names_them(tmp_path):
    files = contents()
    del files[PARTS[3]]
    write(tmp_path / "mine", files)
    with pytest.raises(DataError, match=f"without {PARTS[3]}"):
        load_fashion_mnist(tmp_path / "mine")
    with pytest.raises(DataError, match="no such folder"):
        load_fashion_mnist(tmp_path / "absent")


def test_a_truncated_file_is_a_format_error(tmp_path):
    folder = write(tmp_path / "mine", contents())
    path = folder / (PARTS[0] + ".gz")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match=PARTS[0]):
        load_fashion_mnist(folder)


@pytest.mark.parametrize(("part", "array", "words"), [
    (0, np.zeros((0, 28, 28)), "non-empty"),
    (0, np.zeros(20), "non-empty"),
    (1, np.arange(19) % 10, r"labels of shape \[20\]"),
    (1, np.full(20, 10), "label 10 at position 0"),
    (2, np.arange(7560).reshape(10, 27, 28) % 251, "27x28"),
])
def test_files_that_do_not_fit_together(tmp_path, part, array, words):
    folder = write(tmp_path / "mine", contents() | {PARTS[part]: idx(array)})
    with pytest.raises(DataError, match=words):
        load_fashion_mnist(folder)


@pytest.fixture
def published(monkeypatch):
    """A server with a small release, and its lengths and checksums."""
    with serving() as server:
        table = {}
        for part, content in contents().items():
            packed = gzip.compress(content, mtime=0)
            server.files[part + ".gz"] = packed
            table[part] = (len(packed), hashlib.sha256(packed).hexdigest())
        monkeypatch.setattr(fashion_mnist, "PUBLISHED", table)
        yield server


def test_downloads_once_into_the_cache_with_a_bar(tmp_path, published):
    from rich.console import Console

    output = io.StringIO()
    console = Console(file=output, width=100, force_terminal=True)
    first = load_fashion_mnist(console=console, base_url=published.url)
    assert len(first.train_labels) == 20
    assert len(published.requests) == 4
    assert PARTS[0] in output.getvalue()
    again = load_fashion_mnist(console=console, base_url=published.url)
    np.testing.assert_array_equal(first.train_images, again.train_images)
    assert len(published.requests) == 4
    folder = tmp_path / "cache" / "pentad-data" / "fashion-mnist"
    assert sorted(path.name for path in folder.iterdir()) == sorted(p + ".gz" for p in PARTS)


def test_downloads_into_the_folder_of_the_variable(tmp_path, published):
    from rich.console import Console

    with config.override(data=tmp_path / "variable"):
        load_fashion_mnist(console=Console(quiet=True), base_url=published.url)
    assert (tmp_path / "variable" / "fashion-mnist" / (PARTS[0] + ".gz")).exists()


def test_only_the_missing_files_are_fetched(tmp_path, published):
    from rich.console import Console

    folder = tmp_path / "cache" / "pentad-data" / "fashion-mnist"
    folder.mkdir(parents=True)
    for part in PARTS[:3]:
        (folder / (part + ".gz")).write_bytes(published.files[part + ".gz"])
    load_fashion_mnist(console=Console(quiet=True), base_url=published.url)
    assert [path for path, _ in published.requests] == [f"/{PARTS[3]}.gz"]


def test_the_published_table_is_complete():
    assert tuple(fashion_mnist.PUBLISHED) == PARTS
    for size, sha256 in fashion_mnist.PUBLISHED.values():
        assert size > 0
        assert len(bytes.fromhex(sha256)) == 32
