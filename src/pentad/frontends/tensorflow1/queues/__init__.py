"""Queues, the threads that fill them, readers of files: input as the old examples wrote it."""
