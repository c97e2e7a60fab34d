"""How the modules of tf.contrib are made: scopes of arguments, layers, variables, training."""
