# Shared by bin/quickstart and bin/test: makes .venv and installs the project into it.
# Sourced, not run.

# find_python: prints the first suitable Python; $PYTHON, if set, is the only candidate.
find_python() {
  local name
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10}; do
    if "$name" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
        2>/dev/null; then
      echo "$name"
      return
    fi
  done
}

# make_environment EXTRA: "" or "[test]". Installs only when setup.cfg has changed.
make_environment() {
  local extra=$1 python stamp wanted
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    if [ -z "$python" ]; then
      echo "error: ${PYTHON:-python3} is no Python 3.10 to 3.13; name one with PYTHON=... $0" >&2
      exit 1
    fi
    echo "making .venv with $python"
    "$python" -m venv --clear .venv
    # The pip that comes with Python 3.10 searches for minutes where a newer one does not.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
  fi
  wanted=$(cat setup.cfg pyproject.toml | cksum)
  stamp=.venv/installed$extra
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "installing tfgan_contra$extra into .venv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".$extra"
    echo "$wanted" >"$stamp"
  fi
  export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}
}
