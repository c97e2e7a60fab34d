"""Lists of variables of one type: `theano.typed_list`.

A list is a value of Python; what is done with it runs outside of native code.
"""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "typed_list.type", "typed_list.basic")
__getattr__ = absent(__name__)
