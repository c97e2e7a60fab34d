"""Graph -> Program: fusion into kernel specs, buffers, memory plan."""
