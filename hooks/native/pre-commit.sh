
if [ -x "$kept" ]; then
  "$kept" "$@" || exit
fi

# Own configuration may bring own rules: then the program itself has to look.
configured() {
  [ -e .monei-guard.toml ] && return 0
  [ -f pyproject.toml ] || return 1
  grep -q monei-guard pyproject.toml
  [ $? -ne 1 ]
}

# Whether anything in the files to be committed may concern us: their whole content, for a name on an old line decides
# what a new one is. NUL and newline become tabs, so that UTF-16 and what goes on over lines are seen.
suspicious() {
  (
    unset GIT_DIFF_OPTS
    git --no-optional-locks -c core.fsmonitor=false -c core.quotePath=false -c diff.relative=false diff --cached \
      --no-color --no-ext-diff --no-textconv --no-renames --text --ignore-submodules=none --submodule=short \
      --src-prefix=a/ --dst-prefix=b/ -U1000000000 --output-indicator-new=' ' --output-indicator-old=' ' 2>/dev/null ||
      echo mni_ 2>/dev/null
  ) | (
    export LC_ALL=C
    head -c 33554432 | tr '\000\n' '\t\t' | grep -aqE @PATTERN@
    [ $? -eq 1 ] || exit 0
    IFS= read -r rest || [ -n "$rest" ] # more than 32 MB
  )
}

configured || suspicious || exit 0
guard staged -C . # with an argument it takes no quick look first: that was taken here
