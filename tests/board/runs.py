"""Runs that show one of each kind, for the tests that read them back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import pentad as pt
from pentad import nn
from pentad.board import SummaryWriter

STEPS = 20


class Block(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.first, self.second = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x):
        return x + self.second(self.first(x).relu())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.entry = nn.Linear(6, 8)
        self.blocks = nn.Sequential(Block(8), Block(8))
        self.exit = nn.Linear(8, 3)

    def forward(self, x):
        return nn.functional.softmax(self.exit(self.blocks(self.entry(x))), dim=1)


class Figure:
    """What add_figure asks of a figure of Matplotlib."""

    dpi = 50

    class bbox:
        size = (6.0, 4.0)

    def savefig(self, out, format, dpi):
        assert (format, dpi) == ("rgba", 50)
        pixels = np.zeros((4, 6, 4), np.uint8)
        pixels[..., :3], pixels[..., 3] = (10, 200, 30), 255
        out.write(pixels.tobytes())


def picture(height=16, width=24):
    """Red from left to right, green from top to bottom."""
    image = np.zeros((3, height, width), np.float32)
    image[0], image[1] = np.linspace(0, 1, width), np.linspace(0, 1, height)[:, None]
    return image


def cube():
    """Corners, colours and triangles of a cube."""
    corners = np.array([[(i >> k & 1) * 2 - 1 for k in range(3)] for i in range(8)], np.float32)
    colors = np.array((corners + 1) * 127, np.uint8)
    sides = [[i for i in range(8) if i >> k & 1 == end] for k in range(3) for end in range(2)]
    faces = [triangle for a, b, c, d in sides for triangle in ((a, b, d), (a, d, c))]
    return corners[None], colors[None], np.array(faces, np.int32)[None]


def write(folder: str | Path) -> None:
    """A run with something of every kind."""
    random = np.random.default_rng(0)
    with SummaryWriter(folder) as writer:
        for step in range(STEPS):
            writer.add_scalar("loss/train", 1 / (step + 1), step)
            writer.add_scalar("accuracy", pt.tensor(1 - 0.9**step), step, new_style=True)
            writer.add_scalars("waves", {"sine": np.sin(step / 3), "cosine": np.cos(step / 3)},
                               step)
            writer.add_histogram("weights", random.normal(step / 10, 1, 1000), step)
            if step % 5 == 0:
                true = random.integers(0, 2, 200)
                guess = (0.4 * true + random.random(200) * 0.6).clip(0, 1)
                writer.add_pr_curve("judge", true, guess, step)
        writer.add_image("gradient", picture())
        writer.add_images("batch", np.stack([picture(), picture()[::-1]] * 3))
        writer.add_image_with_boxes("boxes", picture(64, 64), pt.tensor([[8.0, 8, 40, 50]]),
                                    labels=["one"])
        writer.add_figure("figure", Figure())
        writer.add_video("video", np.stack([picture()] * 8)[None] * np.linspace(
            0, 1, 8, dtype=np.float32)[None, :, None, None, None], fps=8)
        writer.add_audio("tone", np.sin(np.arange(4410) / 20, dtype=np.float32)[None],
                         sample_rate=22050)
        writer.add_text("notes", "A **bold** word\n\n| a | b |\n|---|---|\n| 1 | 2 |")
        writer.add_tensor("raw", pt.arange(6).reshape(2, 3))
        writer.add_custom_scalars({"charts": {
            "both": ["Multiline", ["loss/train", "accuracy"]],
            "margin": ["Margin", ["loss/train", "accuracy", "loss/train"]]}})
        corners, colors, faces = cube()
        writer.add_mesh("cube", corners, colors, faces)
        writer.add_graph(Net(), pt.zeros(5, 6))
        points = random.normal(size=(30, 5)) + np.repeat([[0], [4], [8]], 10, 0)
        writer.add_embedding(points, metadata=[f"point {i}" for i in range(30)],
                             label_img=random.random((30, 3, 8, 8)), tag="points")
        for i, rate in enumerate((0.1, 0.01)):
            writer.add_hparams({"lr": rate, "optimizer": "Adam" if i else "SGD", "nesterov": not i},
                               {"hparam/accuracy": 0.5 + i / 4}, run_name=f"trial {i}")
