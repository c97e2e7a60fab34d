"""tf.gfile: files by name."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {"platform.file_io": """
    Copy DeleteRecursively Exists GFile FastGFile=GFile Open=GFile Glob IsDirectory ListDirectory
    MakeDirs MkDir Remove Rename Stat Walk"""})
