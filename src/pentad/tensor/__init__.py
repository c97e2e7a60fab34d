"""What the user holds: Tensor and its methods by family, autograd, tracing, compile, random."""
