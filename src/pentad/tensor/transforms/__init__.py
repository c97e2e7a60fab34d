"""Transforms of functions: derivatives, Jacobians, vmap, checkpointing."""
