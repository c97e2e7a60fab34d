"""Files of images as torchvision's programs have them: CIFAR's pickles, torchvision.io."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import pentad as pt
from pentad.frontends.torch import compiler, hub, mps, mtia, xpu
from pentad.frontends.torch.utils import model_zoo
from pentad.frontends.torchvision import datasets, io


def batches(folder, names, key, rows):
    folder.mkdir()
    for number, name in enumerate(names):
        content = {b"data": rows + number, key: list(range(len(rows))), b"batch_label": b"one"}
        (folder / name).write_bytes(pickle.dumps(content, 2))


def test_cifar_in_the_form_for_python(tmp_path):
    rows = np.arange(2 * 3072, dtype=np.uint32).astype(np.uint8).reshape(2, 3072)
    with pytest.raises(pt.DataError, match="cifar-10-batches-py with data_batch_1"):
        datasets.CIFAR10(tmp_path, download=True)
    names = [f"data_batch_{i}" for i in range(1, 6)]
    batches(tmp_path / "cifar-10-batches-py", [*names, "test_batch"], b"labels", rows)
    found = datasets.CIFAR10(tmp_path, download=True)
    assert (len(found), found.targets[:4], found.class_to_idx["bird"]) == (10, [0, 1, 0, 1], 2)
    np.testing.assert_array_equal(found.data[1], rows[1].reshape(3, 32, 32).transpose(1, 2, 0))
    assert datasets.CIFAR10(tmp_path, train=False).data[0, 0, 0, 0] == 5
    batches(tmp_path / "cifar-100-python", ["train"], "fine_labels", rows)
    assert datasets.CIFAR100(tmp_path).targets == [0, 1]


@pytest.mark.parametrize("content", [
    b"\x80\x02cposix\nsystem\n.", pickle.dumps({b"data": np.zeros((1, 3), np.uint8)}, 2),
    pickle.dumps([1], 2), b"",
])
def test_damaged_batches(tmp_path, content):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "test_batch").write_bytes(content)
    with pytest.raises(pt.FormatError):
        datasets.CIFAR10(tmp_path, train=False)


def test_images_as_tensors(tmp_path):
    pytest.importorskip("PIL.Image", reason="images need Pillow")
    image = pt.arange(4 * 5 * 3).reshape(3, 4, 5).to(pt.uint8)
    path = str(tmp_path / "a.png")
    io.write_png(image, path)
    for found in (io.read_image(path), io.decode_image(io.read_file(path), "RGB")):
        np.testing.assert_array_equal(found.numpy(), image.numpy())
    assert io.read_image(path, io.ImageReadMode.GRAY).shape == (1, 4, 5)
    io.write_jpeg(image, str(tmp_path / "a.jpg"))
    assert io.read_image(str(tmp_path / "a.jpg")).shape == (3, 4, 5)
    with pytest.raises(pt.FormatError):
        io.decode_image(pt.zeros(9, dtype=pt.uint8))
    with pytest.raises(FileNotFoundError):
        io.read_image(str(tmp_path / "none.png"))


def test_devices_and_the_compiler_as_programs_ask_for_them(tmp_path):
    assert not any(device.is_available() or device.device_count() for device in (xpu, mps, mtia))
    xpu.manual_seed(1)
    assert not compiler.is_compiling()
    assert compiler.disable(len) is compiler.disable()(len) is len
    compiler.reset()
    hub.set_dir(tmp_path)
    assert hub.get_dir() == str(tmp_path)
    with pytest.raises(pt.DataError, match="net-1"):
        model_zoo.load_url("https://example.org/net-1.pth")
    hub._set.clear()
    assert list(hub.tqdm([1, 2], disable=True)) == [1, 2] == list(hub._Plain([1, 2]))
