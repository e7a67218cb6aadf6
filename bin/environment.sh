# Shared by bin/quickstart and bin/test: makes .venv and installs the project into it.
# Sourced, not run.

# make_environment EXTRA: "" or "[test]". Installs only when setup.cfg has changed.
make_environment() {
  local extra=$1 python=${PYTHON:-} stamp wanted name
  if [ ! -x .venv/bin/python ]; then
    for name in $python python3 python3.13 python3.12 python3.11 python3.10; do
      command -v "$name" >/dev/null 2>&1 || continue
      if "$name" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))'; then
        python=$name
        break
      fi
    done
    if [ -z "$python" ]; then
      echo "error: no Python 3.10 to 3.13 found; name one with PYTHON=... $0" >&2
      exit 1
    fi
    echo "making .venv with $python"
    "$python" -m venv .venv
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
