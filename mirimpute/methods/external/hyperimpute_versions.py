"""Which versions of other packages hyperimpute works with; with others it gives wrong results without a warning."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from mirimpute.errors import NotInstalledError, UserError

INSTALL = 'pip install "mirimpute[hyperimpute]"'
TESTED_VERSION = "0.1.17"


class Limit(NamedTuple):
    """The first version of a package with which plugins break; ``plugins`` is empty when that may be any of them."""

    package: str
    below: tuple[int, int]
    consequence: str
    plugins: tuple[str, ...] = ()


LIMITS = (
    Limit("pandas", (3, 0), "its iterative methods return mean imputation without a word"),
    Limit("scikit-learn", (1, 8), "it raises on columns with few distinct values"),
    Limit("numpy", (2, 1), "its EM raises in the first step", plugins=("EM",)),
)


def require_library(plugin: str) -> None:
    """Check that the library is there in versions that work; imports nothing.

    Raises:
        NotInstalledError: it is absent; names the extra.
        UserError: a version is outside of what works; names the one found and the one wanted.
    """
    found = _version("hyperimpute")
    if found is None:
        raise NotInstalledError(f"method 'hyperimpute/{plugin}' needs the library hyperimpute: {INSTALL}")
    if found != TESTED_VERSION:
        raise UserError(f"method 'hyperimpute/{plugin}' needs hyperimpute {TESTED_VERSION}, found {found}: {INSTALL}")
    for limit in LIMITS:
        if limit.plugins and plugin not in limit.plugins:
            continue
        found = _version(limit.package)
        if found is not None and _major_minor(found) >= limit.below:
            wanted = ".".join(str(number) for number in limit.below)
            raise UserError(
                f"method 'hyperimpute/{plugin}' needs {limit.package} below {wanted}, found {found}, with which "
                f"{limit.consequence}: {INSTALL}"
            )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _major_minor(text: str) -> tuple[int, int]:
    """Return the first two numbers of a version.

    >>> _major_minor("2.1.0rc1"), _major_minor("3"), _major_minor("1.10")
    ((2, 1), (3, 0), (1, 10))
    """
    numbers = [int(number) for number in re.findall(r"\d+", text.split("+")[0])[:2]]
    major, minor = [*numbers, 0, 0][:2]
    return major, minor
