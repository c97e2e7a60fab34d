"""Benchmarks of Pentad beside its peers: `python -m bench --help`."""
