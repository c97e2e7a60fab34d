"""What a machine can do: the only room with numbers about machines."""
