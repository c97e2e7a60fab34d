"""What `pentad demo` and `pentad train` do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pentad.data.dataset import TensorDataset
from pentad.data.digits import digits_split
from pentad.data.fashion_mnist import load_fashion_mnist
from pentad.data.images import ImageData
from pentad.data.loader import DataLoader
from pentad.nn.losses import CrossEntropyLoss
from pentad.nn.module import Module
from pentad.optim.adam import Adam
from pentad.pictures.plot import plot as draw_curves
from pentad.runtime.thread_pool import set_num_threads
from pentad.tensor.functions.creation import from_numpy
from pentad.tensor.functions.random import manual_seed
from pentad.tensor.serialize import save
from pentad.train.checkpoint import make_folder
from pentad.train.evaluation import evaluate
from pentad.train.fit import fit
from pentad.train.models import digits_cnn, lenet, mlp

CHECKPOINT = "last.safetensors"
WEIGHTS = "model.safetensors"
_EVALUATION_BATCH = 256
DEMO_EPOCHS, DEMO_BATCH, DEMO_LR = 12, 32, 2e-3


def image_sets(data: ImageData) -> tuple[TensorDataset, TensorDataset]:
    """Training and test images as float32 [N, 1, H, W], standardised by the training images."""
    scale = np.float32(data.white)
    mean = np.float32(data.train_images.mean(dtype=np.float64) / data.white)
    deviation = np.float32(data.train_images.std(dtype=np.float64) / data.white)

    def prepared(images: np.ndarray, labels: np.ndarray) -> TensorDataset:
        values = (images.astype(np.float32) / scale - mean) / deviation
        return TensorDataset(from_numpy(values[:, None]), from_numpy(labels.copy()))

    return (
        prepared(data.train_images, data.train_labels),
        prepared(data.test_images, data.test_labels),
    )


def build_model(name: str, data: ImageData) -> Module:
    """The network called "lenet" or "mlp" for images of this size."""
    height, width = data.train_images.shape[1:]
    classes = len(data.classes)
    if name == "mlp":
        hidden = 256 if height * width > 100 else 64
        return mlp([height * width, hidden, hidden // 2, classes])
    return digits_cnn(classes) if height < 12 else lenet(height, 1, classes)


def run_demo(out_dir: Path, threads: int | None, seed: int, console: Any) -> float:
    """Train the small network on the shipped digits, save it, and say how good it is: accuracy.

    Raises ResourceError if `out_dir` cannot be written.
    """
    if threads is not None:
        set_num_threads(threads)
    make_folder(out_dir)
    data = digits_split()
    train, test = image_sets(data)
    manual_seed(seed)
    model = digits_cnn(len(data.classes))
    _introduce(console, "the UCI handwritten digits", data, model)
    optimizer = Adam(model.parameters(), lr=DEMO_LR)
    loader = DataLoader(train, DEMO_BATCH, shuffle=True)
    checks = DataLoader(test, _EVALUATION_BATCH)
    fit(model, loader, CrossEntropyLoss(), optimizer, DEMO_EPOCHS, metrics=["accuracy"],
        validation=checks, console=console)
    path = out_dir / WEIGHTS
    save(model.state_dict(), path, metadata={"model": "digits_cnn"})
    accuracy = _conclude(console, model, checks)
    _say(console, f"checkpoint: {path}")
    _say(console, "next: pentad train --data fashion-mnist --model lenet --epochs 3")
    return accuracy


def run_training(
    data: str, data_dir: Path | None, model: str, epochs: int, batch_size: int, lr: float,
    checkpoint_dir: Path, resume: bool, seed: int, console: Any, precision: str | None = None,
    ema: float | None = None, plot: Path | None = None,
) -> float:
    """Train "lenet" or "mlp" on "fashion-mnist" or "digits" with checkpoints: test accuracy.

    epochs counts over all runs in the same folder. plot: a file for the curves. Raises what
    reading the data and the checkpoint raise: DataError, FormatError, ResourceError, ArgumentError.
    """
    make_folder(checkpoint_dir)
    images = digits_split() if data == "digits" else load_fashion_mnist(data_dir, console=console)
    train, test = image_sets(images)
    manual_seed(seed)
    network = build_model(model, images)
    _introduce(console, data, images, network)
    optimizer = Adam(network.parameters(), lr=lr)
    path = checkpoint_dir / CHECKPOINT
    if resume and path.exists():
        _say(console, f"going on from {path}")
    checks = DataLoader(test, _EVALUATION_BATCH)
    loader = DataLoader(train, batch_size, shuffle=True)
    notes = {"data": data, "model": model, "batch_size": batch_size, "lr": lr, "seed": seed}
    history = fit(
        network, loader, CrossEntropyLoss(), optimizer, epochs, metrics=["accuracy"],
        validation=checks, checkpoint=path, resume=resume, console=console, notes=notes,
        checkpoint_steps=max(1, len(loader) // 4), precision=precision, ema=ema)
    weights = checkpoint_dir / WEIGHTS
    # One note only: the order of several is not the same in every file.
    save(network.state_dict(), weights, metadata={"model": f"{model} for {data}"})
    accuracy = _conclude(console, network, checks)
    _say(console, f"weights: {weights}")
    _say(console, f"checkpoint: {path} (a larger --epochs goes on from it)")
    if plot is not None:
        draw_curves(history, plot, title=f"{model} on {data}")
        _say(console, f"curves: {plot}")
    return accuracy


def _introduce(console: Any, name: str, data: ImageData, model: Module) -> None:
    count = sum(p.numel() for p in model.parameters())
    _say(console, f"{name}: {len(data.train_labels):,} images to train on, "
                  f"{len(data.test_labels):,} to test with; a network of {count:,} parameters")


def _conclude(console: Any, model: Module, checks: DataLoader) -> float:
    found = evaluate(model, checks, CrossEntropyLoss(), metrics=["accuracy"])
    accuracy = float(found["accuracy"])
    _say(console, f"test accuracy: {accuracy:.1%}")
    return accuracy


def _say(console: Any, words: str) -> None:
    console.print(words, highlight=False, markup=False, soft_wrap=True)
