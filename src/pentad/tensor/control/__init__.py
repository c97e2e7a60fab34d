"""Control flow: cond, scan, while_loop, map, fori_loop, eager and traced into sub-graphs."""
