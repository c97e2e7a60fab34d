"""Differentiation: Graph -> Graph, from the rules in the op records; no kernels here."""
