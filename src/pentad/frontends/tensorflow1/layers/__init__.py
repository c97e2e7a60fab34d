"""tf.layers: layers, as classes and as functions."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "layers.base": "Layer InputSpec",
    "layers.core": "Dense Dropout Flatten dense dropout flatten",
    "layers.convolutional": """
        Conv1D Conv2D Conv3D Conv2DTranspose Conv3DTranspose SeparableConv1D SeparableConv2D
        conv1d conv2d conv3d conv2d_transpose conv3d_transpose separable_conv1d
        separable_conv2d""",
    "layers.pooling": """
        MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
        max_pooling1d max_pooling2d max_pooling3d average_pooling1d average_pooling2d
        average_pooling3d""",
    "layers.normalization": "BatchNormalization batch_normalization",
}

__getattr__, __dir__ = exports(__name__, NAMES)
