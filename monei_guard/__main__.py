"""Entry point: `python -m monei_guard` and the `monei-guard` command."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    if sys.argv[1:] == ["staged"]:
        # What a hook runs on every commit; nearly always there is nothing to say, in half the time.
        from monei_guard.commands.clean_commit import is_clean_commit  # noqa: PLC0415 - for this case alone

        try:
            if is_clean_commit():
                sys.exit(0)
        except KeyboardInterrupt:
            sys.exit(130)
    from monei_guard.commands.cli import run  # noqa: PLC0415 - builds the command line

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
