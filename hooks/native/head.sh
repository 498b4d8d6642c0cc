#!/bin/sh
# Written by 'monei-guard hook install' (monei-guard @VERSION@); 'monei-guard hook uninstall' takes it away again.
# A hook that was here before stands beside this one, with the ending @KEPT@, and runs first.
python=@PYTHON@
@KEPT_HOOK@
# Exit codes: 0 clean, 1 findings; anything else means that something was not checked, which stops what git does
# unless MONEI_GUARD_ON_ERROR=warn says otherwise.
guard() {
  if [ -x "$python" ]; then
    "$python" -P -c 'import sys
try:
    from monei_guard.__main__ import main
except ImportError:
    sys.exit(127)
sys.exit(main())' "$@"
    code=$?
  else
    code=127
  fi
  [ "$code" -gt 1 ] || exit "$code"
  [ "$code" -ne 127 ] ||
    echo "monei-guard is no longer at $python: nothing was checked. Run 'monei-guard hook install' again, or 'hook uninstall'." >&2
  case ${MONEI_GUARD_ON_ERROR:-}$code in
  warn2 | warn3 | warn126 | warn127) ;; # an interrupt is nobody's consent
  *) exit "$code" ;;
  esac
  echo "monei-guard: goes on all the same (MONEI_GUARD_ON_ERROR=warn)" >&2
  exit 0
}
