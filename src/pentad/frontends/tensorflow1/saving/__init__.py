"""Saved models: graphs, variables and signatures in one folder."""
