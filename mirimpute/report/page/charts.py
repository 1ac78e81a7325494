"""The charts of the page as Vega-Lite specifications; the page's script fills the named data and the colours."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_SIZE: Spec = {"width": "container", "height": 340, "autosize": {"type": "fit-x", "contains": "padding"}}


def chart_specs() -> dict[str, Spec]:
    """Return name -> specification; the names are those of the elements that hold the charts."""
    return {"tradeoff": tradeoff(), "front": distortion(), "rounds": rounds()}


def tradeoff() -> Spec:
    """Quality against seconds, a mark per method, a line through those that no other beats in both."""
    x = {"field": "seconds", "type": "quantitative", "scale": {"type": "log"}, "axis": _log_axis("x_title")}
    y = _quantity("value", "y_title")
    front: Spec = {
        "data": {"name": "front"},
        "mark": {
            "type": "line",
            "interpolate": "linear",
            "strokeDash": [4, 3],
            "color": {"expr": "ink"},
            "opacity": 0.6,
        },
        "encoding": {"x": x, "y": y, "order": {"field": "seconds", "type": "quantitative"}},
    }
    bars: Spec = {
        "data": {"name": "points"},
        "mark": {"type": "rule", "strokeWidth": 1.5},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "stroke": _as_is("colour")},
    }
    names: Spec = {
        "data": {"name": "front"},
        "mark": {
            "type": "text",
            "opacity": {"expr": "width < 500 ? 0 : 1"},
            "dy": -13,
            "fontSize": 12,
            "color": {"expr": "ink"},
            "limit": 180,
        },
        "encoding": {"x": x, "y": y, "text": {"field": "method", "type": "nominal"}},
    }
    return _layered([front, bars, _markers("points", x, y), names])


def distortion() -> Spec:
    """Distribution against distortion: from the point estimate over the shrunk draw to the draw of each method."""
    x, y = _quantity("distortion", "x_title"), _quantity("value", "y_title")
    path: Spec = {
        "data": {"name": "points"},
        "mark": {"type": "line", "strokeWidth": 1.8},
        "encoding": {
            "x": x,
            "y": y,
            "stroke": _as_is("colour"),
            "detail": {"field": "method", "type": "nominal"},
            "order": {"field": "step", "type": "quantitative"},
        },
    }
    stages: Spec = {
        "data": {"name": "points"},
        "transform": [{"filter": "datum.labelled"}],
        "mark": {"type": "text", "dx": 9, "dy": -7, "align": "left", "fontSize": 11, "color": {"expr": "ink"}},
        "encoding": {"x": x, "y": y, "text": {"field": "stage", "type": "nominal"}},
    }
    return _layered([path, _markers("points", x, y), stages])


def rounds() -> Spec:
    """One quantity of the traces by round with its standard error, a line per method; dashed: the truth's own value."""
    x = {"field": "round", "type": "quantitative", "axis": {**_axis("x_title"), "tickMinStep": 1, "format": "d"}}
    y = _quantity("value", "y_title")
    band: Spec = {
        "data": {"name": "points"},
        "mark": {"type": "area", "opacity": 0.18},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "fill": _as_is("colour")},
    }
    band["encoding"]["detail"] = {"field": "method", "type": "nominal"}
    line: Spec = {
        "data": {"name": "points"},
        "mark": {"type": "line", "strokeWidth": 1.8},
        "encoding": {"x": x, "y": y, "stroke": _as_is("colour"), "detail": {"field": "method", "type": "nominal"}},
    }
    truth: Spec = {
        "data": {"name": "truth"},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": {"expr": "ink"}},
        "encoding": {"y": y},
    }
    return _layered([band, line, _markers("points", x, y), truth])


def _layered(layers: list[Spec]) -> Spec:
    names = {layer["data"]["name"] for layer in layers}
    return {
        "$schema": _SCHEMA,
        **_SIZE,
        "params": [{"name": name, "value": ""} for name in ("x_title", "y_title", "ink")],
        "datasets": {name: [] for name in sorted(names)},
        "layer": layers,
    }


def _markers(data: str, x: Spec, y: Spec) -> Spec:
    return {
        "data": {"name": data},
        "mark": {"type": "point", "size": 90, "strokeWidth": 1.6, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y,
            "stroke": _as_is("colour"),
            "fill": _as_is("fill"),
            "shape": _as_is("shape"),
            "tooltip": {"field": "tip", "type": "nominal"},
            "description": {"field": "tip", "type": "nominal"},
        },
    }


def _as_is(field: str) -> Spec:
    """Return an encoding whose data are colours or shapes already, so that a method looks the same everywhere."""
    return {"field": field, "type": "nominal", "scale": None}


def _quantity(field: str, title: str) -> Spec:
    return {"field": field, "type": "quantitative", "scale": {"zero": False, "padding": 12}, "axis": _axis(title)}


def _axis(title: str) -> Spec:
    return {"title": {"expr": title}, "labelFlush": False, "tickCount": 6}


def _log_axis(title: str) -> Spec:
    """Return an axis whose lines are faint except at powers of ten."""
    power = "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-6"
    return {**_axis(title), "gridOpacity": {"condition": {"test": power, "value": 1}, "value": 0.3}}
