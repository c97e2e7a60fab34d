"""Feature columns: how raw features become the inputs of models."""
