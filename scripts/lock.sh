#!/usr/bin/env bash
# Write requirements.lock anew: exact versions of every package for Python 3.10 to 3.12, from pyproject.toml and the pins
# below. Needs uv. The CUDA packages that some builds of torch ask for are left out of the lock: pip installs them
# where the build of torch that it finds wants them, and a CPU build stays small.
set -euo pipefail
cd "$(dirname "$0")/.."
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT
# The set that was measured: hyperimpute 0.1.17 fails, some of it in silence, with newer pandas, scikit-learn or numpy.
cat > "$pins" <<'TXT'
torch==2.13.0
numpy==2.0.2
pandas==2.3.3
scikit-learn==1.7.2
hyperimpute==0.1.17
TXT
find_links=()
[ -n "${PIP_FIND_LINKS:-}" ] && find_links=(--find-links "$PIP_FIND_LINKS")
{
  echo "# Made by scripts/lock.sh; do not edit. Python 3.10 to 3.12, extras hyperimpute, cluster, tune and dev."
  uv pip compile pyproject.toml --extra hyperimpute --extra cluster --extra tune --extra dev --universal --python-version 3.10 \
    --constraint "$pins" "${find_links[@]}" --no-annotate --no-header --quiet \
    | grep -v -E '^(nvidia-|cuda-|triton==|--)'
} > requirements.lock
