"""Variables: how they are made, shared between scopes, begun and assigned."""
