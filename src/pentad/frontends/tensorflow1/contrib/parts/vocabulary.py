"""Texts as rows of numbers of words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

_WORD = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|['\w\-]+", re.UNICODE)


def tokenizer(iterator: Iterable[str]) -> Iterator[list[str]]:
    """The words of each text."""
    for text in iterator:
        yield _WORD.findall(text)


class CategoricalVocabulary:
    """Words and their numbers; 0 stands for all that it does not know."""

    def __init__(self, unknown_token: str = "<UNK>", support_reverse: bool = True) -> None:
        self._numbers, self._words = {unknown_token: 0}, [unknown_token]
        self._counts: Counter[str] = Counter()
        self._frozen = False

    def __len__(self) -> int:
        return len(self._words)

    @property
    def _mapping(self) -> dict[str, int]:
        return self._numbers

    def freeze(self, freeze: bool = True) -> None:
        """From now on words that it does not know are unknown."""
        self._frozen = freeze

    def get(self, category: str) -> int:
        """The number of a word, a new one unless it is frozen."""
        if category not in self._numbers:
            if self._frozen:
                return 0
            self._numbers[category] = len(self._words)
            self._words.append(category)
        return self._numbers[category]

    def add(self, category: str, count: int = 1) -> None:
        """Count a word; what is unknown while it is frozen is not counted."""
        if self.get(category) > 0:
            self._counts[category] += count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Keep the words that come so often, the most frequent first."""
        ordered = sorted(sorted(self._counts.items()), key=lambda pair: pair[1], reverse=True)
        kept = [(w, n) for w, n in ordered
                if n > min_frequency and (max_frequency < 0 or n < max_frequency)]
        self._words = [self._words[0], *[w for w, _ in kept]]
        self._numbers = {w: i for i, w in enumerate(self._words)}
        self._counts = Counter(dict(kept))

    def reverse(self, class_id: int) -> str:
        """The word of a number."""
        return self._words[class_id]


class VocabularyProcessor:
    """Texts to rows of one length, 0 where they are shorter."""

    def __init__(
        self, max_document_length: int, min_frequency: int = 0,
        vocabulary: CategoricalVocabulary | None = None,
        tokenizer_fn: Callable[[Any], Any] | None = None,
    ) -> None:
        self.max_document_length, self.min_frequency = max_document_length, min_frequency
        self.vocabulary_ = CategoricalVocabulary() if vocabulary is None else vocabulary
        self._tokenizer = tokenizer_fn or tokenizer

    def fit(self, raw_documents: Iterable[str], unused_y: Any = None) -> VocabularyProcessor:
        """Learn the words of the texts."""
        for words in self._tokenizer(raw_documents):
            for word in words:
                self.vocabulary_.add(word)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents: Any, unused_y: Any = None) -> Any:
        """Learn the words, and give the rows."""
        documents = list(raw_documents)
        return self.fit(documents).transform(documents)

    def transform(self, raw_documents: Iterable[str]) -> Iterator[Any]:
        """The rows."""
        for words in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for i, word in enumerate(words[:self.max_document_length]):
                row[i] = self.vocabulary_.get(word)
            yield row

    def reverse(self, documents: Iterable[Any]) -> Iterator[str]:
        """The words of the rows."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(int(n)) for n in row)

    def save(self, filename: str) -> None:
        """Write it as JSON (TensorFlow pickles it, which runs whatever a file says)."""
        known = self.vocabulary_
        with open(filename, "w") as file:
            json.dump({"length": self.max_document_length, "frequency": self.min_frequency,
                       "words": known._words, "counts": known._counts}, file)

    @classmethod
    def restore(cls, filename: str) -> VocabularyProcessor:
        """The one that was saved, with the tokenizer of this class."""
        with open(filename) as file:
            saved = json.load(file)
        words = [str(w) for w in saved["words"]]
        known = CategoricalVocabulary(words[0])
        for word in words[1:]:
            known.add(word, int(saved["counts"].get(word, 0)))
        known.freeze()
        return cls(int(saved["length"]), int(saved["frequency"]), known)
