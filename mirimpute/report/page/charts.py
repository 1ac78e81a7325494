"""The charts of the page as Vega-Lite specifications; the page's script fills the named data and the colours."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_SIZE: Spec = {"width": "container", "height": 340, "autosize": {"type": "fit-x", "contains": "padding"}}
_LINE: Spec = {"type": "line", "strokeWidth": 1.8}


def chart_specs() -> dict[str, Spec]:
    """Return name -> specification; the names are those of the elements that hold the charts."""
    return {"tradeoff": tradeoff(), "front": distortion(), "rounds": rounds()}


def tradeoff() -> Spec:
    """Quality against seconds, a mark per method, a line through those that no other beats in both."""
    x = {"field": "seconds", "type": "quantitative", "scale": {"type": "log"}, "axis": _log_axis("x_title")}
    y = _quantity("value", "y_title")
    dashed = {"type": "line", "interpolate": "linear", "strokeDash": [4, 3], "color": {"expr": "ink"}, "opacity": 0.6}
    front = _layer("front", dashed, x=x, y=y, order=_number("seconds"))
    rule = {"type": "rule", "strokeWidth": 1.5}
    bars = _layer("points", rule, x=x, y={**y, "field": "low"}, y2={"field": "high"}, stroke=_as_is("colour"))
    text = {"type": "text", "opacity": {"expr": "width < 500 ? 0 : 1"}, "dy": -13, "fontSize": 12}
    names = _layer("front", {**text, "color": {"expr": "ink"}, "limit": 180}, x=x, y=y, text=_name("method"))
    return _layered([front, bars, _markers(x, y), names])


def distortion() -> Spec:
    """Distribution against distortion: from the point estimate over the shrunk draw to the draw of each method."""
    x, y = _quantity("distortion", "x_title"), _quantity("value", "y_title")
    path = _layer("points", _LINE, x=x, y=y, stroke=_as_is("colour"), detail=_name("method"), order=_number("step"))
    text = {"type": "text", "dx": 9, "dy": -7, "align": "left", "fontSize": 11, "color": {"expr": "ink"}}
    stages = _layer("points", text, x=x, y=y, text=_name("stage"))
    return _layered([path, _markers(x, y), {**stages, "transform": [{"filter": "datum.labelled"}]}])


def rounds() -> Spec:
    """One quantity of the traces by round with its standard error, a line per method; dashed: the truth's own value."""
    x = {**_number("round"), "axis": {**_axis("x_title"), "tickMinStep": 1, "format": "d"}}
    y, own = _quantity("value", "y_title"), {"detail": _name("method")}
    low, high = {**y, "field": "low"}, {"field": "high"}
    band = _layer("points", {"type": "area", "opacity": 0.18}, x=x, y=low, y2=high, fill=_as_is("colour"), **own)
    line = _layer("points", _LINE, x=x, y=y, stroke=_as_is("colour"), **own)
    truth = _layer("truth", {"type": "rule", "strokeDash": [5, 4], "color": {"expr": "ink"}}, y=y)
    return _layered([band, line, _markers(x, y), truth])


def _layer(data: str, mark: Spec, **encoding: Spec) -> Spec:
    return {"data": {"name": data}, "mark": mark, "encoding": encoding}


def _layered(layers: list[Spec]) -> Spec:
    names = {layer["data"]["name"] for layer in layers}
    return {
        "$schema": _SCHEMA,
        **_SIZE,
        "params": [{"name": name, "value": ""} for name in ("x_title", "y_title", "ink")],
        "datasets": {name: [] for name in sorted(names)},
        "layer": layers,
    }


def _markers(x: Spec, y: Spec) -> Spec:
    looks = {"stroke": _as_is("colour"), "fill": _as_is("fill"), "shape": _as_is("shape")}
    mark = {"type": "point", "size": 90, "strokeWidth": 1.6, "opacity": 1}
    return _layer("points", mark, x=x, y=y, **looks, tooltip=_name("tip"), description=_name("tip"))


def _name(field: str) -> Spec:
    return {"field": field, "type": "nominal"}


def _number(field: str) -> Spec:
    return {"field": field, "type": "quantitative"}


def _as_is(field: str) -> Spec:
    """Return an encoding whose data are colours or shapes already, so that a method looks the same everywhere."""
    return {**_name(field), "scale": None}


def _quantity(field: str, title: str) -> Spec:
    return {**_number(field), "scale": {"zero": False, "padding": 12}, "axis": _axis(title)}


def _axis(title: str) -> Spec:
    return {"title": {"expr": title}, "labelFlush": False, "tickCount": 6}


def _log_axis(title: str) -> Spec:
    """Return an axis whose lines are faint except at powers of ten."""
    power = "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-6"
    return {**_axis(title), "gridOpacity": {"condition": {"test": power, "value": 1}, "value": 0.3}}
