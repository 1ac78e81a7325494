#!/usr/bin/env bash
# Write the lock files anew, exact versions of every package; needs uv. The CUDA packages that some builds of torch and
# xgboost ask for are left out: pip installs torch's where the build that it finds wants them, and a CPU build stays small.
#   requirements.lock  the newest of what pyproject.toml allows, Python 3.10 and later
#   oldest.lock        the oldest of it for `make test-oldest`, Python 3.10 and 3.11; torch, whose old builds bring
#                      gigabytes, as in the first
#   rivals.lock        the rivals' own environment, Python 3.10 to 3.12, see scripts/rivals.sh
set -euo pipefail
cd "$(dirname "$0")/.."
torch=torch==2.13.0

lock() { # lock FILE WHAT [option ...]: reads requirements from standard input
  local file=$1 what=$2
  shift 2
  { echo "# Made by scripts/lock.sh; do not edit. $what."
    uv pip compile - --universal --constraint <(echo $torch) --no-annotate --no-header --quiet "$@" \
      | grep -v -E '^(nvidia-|cuda-|triton==|--)'
  } > "$file.part"
  mv "$file.part" "$file"
}

project=$(python3 -c 'import pathlib, tomllib
project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
print(*project["dependencies"], *extras["cluster"], *extras["tune"], *extras["docs"], *extras["dev"], sep="\n")')
lock requirements.lock "Python 3.10 and later, extras cluster, tune, docs and dev" --python-version 3.10 <<< "$project"
lock oldest.lock "The oldest versions that pyproject.toml allows, for make test-oldest" --python-version 3.10 \
  --resolution lowest-direct <<< "$project"
# What hyperimpute imports is named here: it also asks for TensorFlow and Jupyter, 4 GB that only its miracle needs.
# With newer pandas, scikit-learn or numpy it fails, some of it in silence; miceforest with newer lightgbm, utrees with
# newer scikit-learn, ForestDiffusion with numpy 2.
lock rivals.lock "The environment of the rivals, made by make rivals" --python-version 3.10 <<TXT
numpy==1.26.4
pandas==2.2.3
scikit-learn==1.5.2
scipy==1.13.1
pyarrow==17.0.0
lightgbm==4.3.0
xgboost==3.2.0
catboost==1.2.10
$torch
miceforest==6.0.5
utrees==0.3.0
ForestDiffusion==1.0.6
cloudpickle
geomloss
joblib
loguru==0.6.0
optuna
pydantic
redis
threadpoolctl
TXT
echo "hyperimpute==0.1.17" >> rivals.lock
