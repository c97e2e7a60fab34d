"""What programs use around TensorFlow: flags, logging, files."""
