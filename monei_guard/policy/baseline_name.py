"""What a repository's baseline is called; apart from it, since most repositories have none."""

DEFAULT_NAME = ".monei-guard-baseline.json"
