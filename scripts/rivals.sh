#!/usr/bin/env bash
# Make the environment of the rivals, .venv-rivals: scripts/rivals.sh PYTHON [python]. With the second word only its
# Python part. What cannot be had is said in a sentence; its methods then are rows that say how to get it.
set -uo pipefail
cd "$(dirname "$0")/.."
python=$1 part=${2:-all} rivals=${MIRIMPUTE_RIVALS:-.venv-rivals}

make_python() {
  "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' || return 1
  "$python" -m venv --clear "$rivals" || return 1
  "$rivals/bin/python" -m pip install --quiet "$(grep -m 1 -o '^torch==[0-9.]*' rivals.lock)" || return 1
  # without dependencies: the lock has them all, and leaves out what hyperimpute asks for and does not import
  "$rivals/bin/python" -m pip install --quiet --no-deps --requirement rivals.lock || return 1
  cp rivals.lock "$rivals/.installed"
}

has() { R_LIBS="$rivals/R" Rscript -e "for (p in commandArgs(TRUE)) library(p, character.only = TRUE)" "$@" > /dev/null 2>&1; }

make_r() {
  local debian="r-base-core r-cran-jsonlite r-cran-mice r-cran-ranger r-cran-rpart r-cran-vim r-cran-amelia"
  if ! has jsonlite mice ranger rpart VIM Amelia && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    { apt-get install --yes --no-install-recommends $debian \
      || { apt-get update && apt-get install --yes --no-install-recommends $debian; }; } > /dev/null 2>&1
  fi
  has jsonlite mice ranger rpart VIM Amelia \
    || echo "rivals: no r/mice_*, r/irmi, r/amelia: install R with mice, ranger, rpart, VIM, Amelia and jsonlite (Debian: apt-get install $debian)"
  command -v Rscript > /dev/null || return
  mkdir -p "$rivals/R"
  for package in missForest missRanger; do
    has "$package" || timeout 600 Rscript -e 'install.packages(commandArgs(TRUE)[1], lib = commandArgs(TRUE)[2])' \
      "$package" "$rivals/R" > /dev/null 2>&1
    has "$package" || echo "rivals: no r/${package,,}: in R, install.packages(\"$package\", lib = \"$rivals/R\")"
  done
}

if ! cmp --silent rivals.lock "$rivals/.installed" && ! make_python; then
  rm -rf "$rivals/bin" "$rivals/.installed"
  echo "rivals: no hyperimpute, miceforest, utrees, forestdiffusion: $rivals needs Python 3.10 to 3.12 and the packages of rivals.lock (PYTHON=python3.12 make rivals)"
fi
[ "$part" = python ] || make_r
exit 0
