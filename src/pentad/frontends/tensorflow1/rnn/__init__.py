"""Recurrent networks: cells, and how they are run along sequences."""
