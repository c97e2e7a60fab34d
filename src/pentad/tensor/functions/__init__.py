"""Functions of tensors, in files by family; `methods.py` above lists their public names."""
