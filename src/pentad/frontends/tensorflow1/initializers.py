"""tf.initializers: what variables begin with."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "variables.initializers": """
        zeros=Zeros ones=Ones constant=Constant random_uniform=RandomUniform
        random_normal=RandomNormal truncated_normal=TruncatedNormal orthogonal=Orthogonal
        identity=Identity variance_scaling=VarianceScaling glorot_uniform=GlorotUniform
        glorot_normal=GlorotNormal uniform_unit_scaling=UniformUnitScaling he_normal he_uniform
        lecun_normal lecun_uniform""",
    "variables.lists": """
        global_variables=global_variables_initializer local_variables=local_variables_initializer
        variables=variables_initializer tables_initializer""",
})
