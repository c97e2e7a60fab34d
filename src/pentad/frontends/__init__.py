"""Other frameworks' names, served by Pentad: programs written for them run as they are.

Each package below is one framework, and imports nothing but Pentad's public names. `serving.py`
makes `import theano` find it; `missing.py` says what a front end does not have.
"""
