
# git tells what is pushed on standard input; the hook that was here before has to hear it too.
pushed=$(cat)
if [ -x "$kept" ]; then
  printf '%s' "${pushed:+$pushed
}" | "$kept" "$@" || exit
fi

[ -n "$pushed" ] || exit 0
guard hook-pre-push "$@" <<EOF
$pushed
EOF
