# Shared by bin/quickstart, bin/test and bin/test-addons: makes virtual environments and
# installs into them. Sourced, not run.

# find_python LOWEST HIGHEST: prints the first Python from 3.LOWEST to 3.HIGHEST; $PYTHON,
# if set, is the only candidate.
find_python() {
  local lowest=$1 highest=$2 name
  for name in ${PYTHON:-python3 $(seq -f python3.%g "$highest" -1 "$lowest")}; do
    if "$name" -c "import sys; sys.exit(not (3, $lowest) <= sys.version_info[:2] <= (3, $highest))" \
        2>/dev/null; then
      echo "$name"
      return
    fi
  done
}

# make_venv FOLDER LOWEST HIGHEST: makes it, if absent, with such a Python.
make_venv() {
  local folder=$1 lowest=$2 highest=$3 python
  if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python "$lowest" "$highest")
    if [ -z "$python" ]; then
      echo "error: ${PYTHON:-python3} is no Python 3.$lowest to 3.$highest; name one with PYTHON=... $0" >&2
      exit 1
    fi
    echo "making $folder with $python"
    "$python" -m venv --clear "$folder"
    # The pip that comes with Python 3.10 searches for minutes where a newer one does not.
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade pip
  fi
}

# install_once FOLDER WHAT FILES PIP_ARGUMENT...: installs WHAT, unless none of the files
# has changed since the last time.
install_once() {
  local folder=$1 what=$2 files=$3 stamp wanted
  shift 3
  wanted=$(cat $files | cksum)
  stamp="$folder/installed-$what"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "installing $what into $folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    echo "$wanted" >"$stamp"
  fi
}

# make_environment EXTRA: "" or "[test]". The project's own environment, .venv.
make_environment() {
  make_venv .venv 10 13
  install_once .venv "tfgan_contra$1" "setup.cfg pyproject.toml" -e ".$1"
  export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}
}
