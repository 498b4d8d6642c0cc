#!/bin/sh
# Written by 'monei-guard hook install --global' (monei-guard @VERSION@): core.hooksPath hides the hooks that
# repositories have of their own, so this one runs them.
own=$(git rev-parse --git-common-dir)/hooks/@HOOK@
[ -x "$own" ] || exit 0
exec "$own" "$@"
