"""What differs between versions of ComfyUI, and the test nodes that the stand-in knows."""

OUTPUT_NODES = {"Show", "ShowBad"}
KNOWN_NODES = OUTPUT_NODES | {"Source", "Sampler", "Raise"}
SECRET_NAMES = ("auth_token_comfy_org", "api_key_comfy_org")


class Variant:
    def __init__(self, version, secrets_apart, without=()):
        self.version = version
        self.secrets_apart = secrets_apart  # credentials in a sixth element of the item, and create_time
        self.without = frozenset(without)  # names that this ComfyUI does not have


V0_3_64 = Variant("0.3.64", secrets_apart=False)
V0_8_0 = Variant("0.8.0", secrets_apart=True)
