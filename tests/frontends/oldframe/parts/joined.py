from __future__ import annotations


def join(*words):
    return " ".join(words)
