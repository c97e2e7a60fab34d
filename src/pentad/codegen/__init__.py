"""Kernel spec -> code."""
