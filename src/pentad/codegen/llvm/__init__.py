"""The CPU's code generator: kernel specs become LLVM IR text."""
