"""`theano.compile.pfunc`: where `function` was once."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "compile.function: pfunc", "compile.io: In Param", "compile.cloning",
       "compile.sharedvalue: SharedVariable shared")
__getattr__ = absent(__name__)
