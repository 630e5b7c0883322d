"""The package's version (also in pyproject.toml) and that of the wire format (docs/formats/telemetry-extension.md)."""

VERSION = "0.1.0"
PROTOCOL = 1
