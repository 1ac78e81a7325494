"""Where the configuration files are, and the sentence that stands at the top of each."""

from __future__ import annotations

from pathlib import Path


def conf_dir() -> Path:
    """Return the folder of the configuration groups.

    A wheel carries it inside the package (``mirimpute/conf``); a checkout or an editable install has it beside the
    package (``conf``).
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "conf", package.parent / "conf"):
        if (folder / "dataset").is_dir():
            return folder
    raise RuntimeError(f"the installation of mirimpute is incomplete: no conf folder in or beside {package}")


def descriptions(group: str) -> dict[str, str]:
    """Return name -> sentence for every configuration file of ``group``, sorted by name.

    The name is what is typed on the command line (``uci/wine`` for ``conf/dataset/uci/wine.yaml``); the sentence is
    first comment of the file, below Hydra's own ``# @package`` where there is one; "" when the file has none.

    >>> descriptions("dataset")["breast_cancer"]
    'Breast cancer Wisconsin, cell nuclei of a biopsy (569 rows, 30 numeric columns)'
    """
    folder = conf_dir() / group
    found = {}
    for path in folder.rglob("*.yaml"):
        with path.open(encoding="utf-8") as lines:
            first = lines.readline().strip()
            if first.startswith("# @package"):
                first = lines.readline().strip()
        sentence = first.lstrip("#").strip() if first.startswith("#") else ""
        found[path.relative_to(folder).with_suffix("").as_posix()] = sentence
    return dict(sorted(found.items()))
