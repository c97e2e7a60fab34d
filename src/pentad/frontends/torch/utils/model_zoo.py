"""torch.utils.model_zoo: weights in files, by the address that they once came from."""

from pentad.frontends.missing import absent
from pentad.frontends.torch.hub import load_state_dict_from_url

load_url = load_state_dict_from_url
__getattr__ = absent(__name__)
