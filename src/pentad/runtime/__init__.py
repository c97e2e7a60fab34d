"""What runs a Program: JIT, object cache, thread pool, launches, memory, devices, interpreter."""
