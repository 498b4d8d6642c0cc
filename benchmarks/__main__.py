"""`python -m benchmarks [NAME…]`: run all benchmarks, or those named."""

import sys
from importlib import import_module

# Every benchmark is a module with a `main()`.
BENCHMARKS = ("scan", "hooks", "hygiene", "lints", "decoders", "reports", "baseline", "verify", "history", "at_home")


def main() -> int:
    """Run them in order."""
    wanted = sys.argv[1:] or BENCHMARKS
    for name in wanted:
        if name not in BENCHMARKS:
            print(f"no benchmark {name!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
            return 2
        print(f"## {name}\n")
        import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
