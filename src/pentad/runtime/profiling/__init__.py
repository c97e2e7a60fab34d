"""Where the time goes: kernels timed one by one, the machine's peaks, tables and traces."""
