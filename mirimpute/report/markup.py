"""Numbers as text, and text that is safe in LaTeX and Markdown."""

from __future__ import annotations

import math
import re
import unicodedata

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "±": r"$\pm$",
    "√2": r"$\sqrt{2}$",
    "×": r"$\times$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "—": "---",
    "†": r"\dag{}",
    "½": r"$\frac{1}{2}$",
    "²": r"$^2$",
    "Σ": r"$\Sigma$",
    "τ": r"$\tau$",
}
_LATEX_TOKEN = re.compile("|".join(re.escape(token) for token in sorted(_LATEX, key=len, reverse=True)))
_MARKDOWN = re.compile(r"([\\`*_\[\]|#~$])")


def number(value: float) -> str:
    """Return ``value`` with three significant digits, in powers of ten outside 0.001 … 99,999.

    >>> [number(v) for v in (0.34512, 12.345, 1234.5, 0.0, 0.00031249, -1e14)]
    ['0.345', '12.3', '1234', '0.00', '3.12e-4', '-1.00e14']
    """
    if value == 0.0:
        return "0.00"
    decimals = _decimals(value)
    return _scientific(value, 2) if decimals is None else f"{value:.{decimals}f}"


def mean_sd(mean: float, sd: float | None) -> tuple[str, str | None]:
    """Return mean and sd as text, the sd with the decimals of the mean.

    >>> mean_sd(0.34512, 0.0101), mean_sd(3.1249e-4, 1.24e-5), mean_sd(0.5, None)
    (('0.345', '0.010'), ('3.12e-4', '1.2e-5'), ('0.500', None))
    """
    text = number(mean)
    if sd is None:
        return text, None
    decimals = _decimals(mean) if mean else 2
    if decimals is None or abs(sd) >= 1e5:
        return text, "0.0" if sd == 0.0 else _scientific(sd, 1)
    return text, f"{sd:.{decimals}f}"


def latex_number(text: str) -> str:
    """Return a number made by :func:`number` for math mode.

    >>> latex_number("3.12e-4")
    '3.12 \\\\cdot 10^{-4}'
    """
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def latex(text: str) -> str:
    """Return ``text`` as LaTeX that prints it and needs no package; one line.

    Characters that pdfLaTeX lacks are reduced to ASCII, or named by their code point where that is impossible.

    >>> print(latex("uci/wine_x & 50%"))
    uci/wine\\_x \\& 50\\%
    """
    out, rest = [], " ".join(text.split())
    while rest:
        found = _LATEX_TOKEN.match(rest)
        if found:
            out.append(_LATEX[found.group()])
            rest = rest[found.end() :]
            continue
        out.append(_ascii(rest[0]))
        rest = rest[1:]
    line = "".join(out)
    return "{}" + line if line[:1] in ("[", "*") else line  # \\ before it would take these for its own


def markdown(text: str) -> str:
    """Return ``text`` as Markdown that prints it, also within a table; one line.

    >>> print(markdown("two_moons|x <b>"))
    two\\_moons\\|x &lt;b&gt;
    """
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", line)


def _decimals(value: float) -> int | None:
    """Return the decimals that show three significant digits, None where powers of ten are better."""
    if not 1e-3 <= abs(value) < 99999.5:
        return None
    # By the exponent after rounding, so that 0.99961 is 1.00 and not 1.000.
    return max(0, 2 - int(f"{value:.2e}".partition("e")[2]))


def _scientific(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return str(value)
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def _ascii(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else f"[U+{ord(character):04X}]"
    reduced = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if reduced and reduced.isalnum():
        return reduced
    return f"[U+{ord(character):04X}]"
