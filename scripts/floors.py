"""Draw the floors of the package from its imports into CONTRIBUTING.md; refuse an arrow that does not go down.

    python scripts/floors.py            writes the drawing
    python scripts/floors.py --check    fails unless the drawing is the one that stands there

The order of the floors is that of the layers in pyproject.toml, which `lint-imports` holds every import to.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PACKAGE = "mirimpute"
BEGIN, END = "<!-- floors: written by scripts/floors.py -->", "<!-- end of the floors -->"


def floors() -> list[list[str]]:
    """Return the floors from the top, each with its parts."""
    (layers,) = re.findall(
        r"^layers = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), flags=re.DOTALL | re.MULTILINE
    )
    return [line.split(" | ") for line in re.findall(r'"(.*?)"', layers)]


def arrows() -> dict[str, set[str]]:
    """Return for each part of the package the parts that it imports."""
    graph = grimp.build_graph(PACKAGE)
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        part = module.split(".")[1:2]
        for target in graph.find_modules_directly_imported_by(module):
            if part and part != target.split(".")[1:2]:
                found.setdefault(part[0], set()).update(target.split(".")[1:2])
    return found


def upward(order: list[list[str]], imports: dict[str, set[str]]) -> list[str]:
    """Return the arrows that do not go down.

    >>> upward([["cli"], ["table"]], {"cli": {"table"}, "table": {"cli"}})
    ['table -> cli']
    """
    level = {part: number for number, floor in enumerate(order) for part in floor}
    return [f"{a} -> {b}" for a, targets in imports.items() for b in sorted(targets) if level[b] <= level[a]]


def says(file: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def drawing(order: list[list[str]], imports: dict[str, set[str]]) -> str:
    """Return the floors from the top: a line per folder, and under each part what it imports."""
    package, rank = ROOT / PACKAGE, [part for floor in order for part in floor]
    lines = []
    for number, floor in enumerate(order):
        lines += ["", f"{len(order) - number:2} " + "─" * 70]
        for part in floor:
            if (package / f"{part}.py").is_file():
                lines.append(f"   {part + '.py':<24}{says(package / f'{part}.py')}")
            for init in sorted((package / part).rglob("__init__.py")):
                folder = init.parent.relative_to(package)
                lines.append(f"   {'  ' * (len(folder.parts) - 1) + folder.name + '/':<24}{says(init)}")
            below = sorted(imports.get(part, ()), key=rank.index)
            lines += [f"     ↓ {' '.join(below)}"] if below else []
    return "\n".join(["```text", *(line.rstrip() for line in lines[1:]), "```"])


def main(arguments: list[str] | None = None) -> int:
    """Write or check the drawing; return 0, or 1 where an arrow goes up or the drawing is not up to date."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail unless it is up to date")
    check, target = parser.parse_args(arguments).check, ROOT / "CONTRIBUTING.md"
    order, imports = floors(), arrows()
    wrong = upward(order, imports)
    if wrong:
        print(f"these imports do not go down: {', '.join(wrong)}", file=sys.stderr)
        return 1
    before = target.read_text(encoding="utf-8")
    head, _, rest = before.partition(BEGIN)
    after = f"{head}{BEGIN}\n{drawing(order, imports)}\n{END}{rest.partition(END)[2]}"
    if after != before and check:
        print(
            "the floors in CONTRIBUTING.md are not those of the package: run python scripts/floors.py", file=sys.stderr
        )
    elif after != before:
        target.write_text(after, encoding="utf-8")
    return int(after != before and check)


if __name__ == "__main__":
    sys.exit(main())
