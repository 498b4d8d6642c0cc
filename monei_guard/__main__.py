"""Entry point: `python -m monei_guard` and the `monei-guard` command."""

import atexit
import gc
import os
import sys

from monei_guard.deferred import load

# Python looks for garbage after every 700 new objects. Nearly all that a hook makes is imported and stays: the search
# finds nothing there, and takes a twentieth of its time. A scan of much goes on as usual: it would need more memory.
_OBJECTS_BETWEEN_SEARCHES = 50_000


def main() -> None:
    """Run the command line and exit with its code."""
    # numpy's algebra, which nothing here uses, would start a thread for each processor that spins: 70 ms of its time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    atexit.register(gc.freeze)  # no search at exit, 15 ms: the system takes everything back at once
    if sys.argv[1:2] == ["staged"]:
        gc.set_threshold(_OBJECTS_BETWEEN_SEARCHES)
    if sys.argv[1:] == ["staged"]:
        # What a hook runs on every commit; nearly always there is nothing to say, in half the time.
        try:
            if load("monei_guard.fast_path:is_clean_commit")():
                sys.exit(0)
        except KeyboardInterrupt:
            sys.exit(130)
    if sys.argv[1:] in (["staged"], ["staged", "-C", "."]):
        # As hooks call it: no option to read, so nothing that reads options.
        sys.exit(load("monei_guard.application.scan_staged:run_without_options")())
    sys.exit(load("monei_guard.commands.cli:run")(sys.argv[1:]))


if __name__ == "__main__":
    main()
