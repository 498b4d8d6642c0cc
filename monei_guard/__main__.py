"""Entry point: `python -m monei_guard` and the `monei-guard` command."""

import sys

from monei_guard.commands.cli import run


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
