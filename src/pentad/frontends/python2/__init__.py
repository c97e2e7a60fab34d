"""Python 2 programs: translated to Python 3 when they are loaded, nothing on disk is changed.

`translate.py` turns text into text and says what it changed; `meaning.py` rewrites what is spelled
alike but means something else; `runtime.py` is what rewritten programs call; `loading.py` makes the
program and the modules beside it pass through them.
"""
