"""Keys made from a seed at run time: no real-looking key stands in the repository."""

from monei_guard.ruleset.templates import expand


def api_key(seed: int = 0) -> str:
    """Return a key in the format of MG101."""
    return expand("mni_<<hex:32>>", f"key {seed}")
