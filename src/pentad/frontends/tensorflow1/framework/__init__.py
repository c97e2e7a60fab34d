"""What TensorFlow 1 programs are made of: graphs, tensors, types, sessions."""
