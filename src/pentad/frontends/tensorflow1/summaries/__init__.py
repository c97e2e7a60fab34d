"""Summaries: what a run writes for TensorBoard."""
