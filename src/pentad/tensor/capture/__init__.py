"""Tracing and `pentad.compile`: what a traced call collects, and what must hold to use it again."""
