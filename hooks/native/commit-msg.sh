
if [ -x "$kept" ]; then
  "$kept" "$@" || exit
fi

guard hook-commit-msg "$@"
