"""Graph -> Graph, for graphs that nobody differentiates again; `pipeline` lists them in order."""
