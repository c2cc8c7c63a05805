"""A line chart as SVG text, both axes logarithmic. Used by bench.py; needs nothing but Python."""

import math
from html import escape

WIDTH, HEIGHT = 860, 480
LEFT, RIGHT, TOP, BOTTOM = 76, 230, 46, 56
# Told apart also without colour: each line has its own marker and dash.
STYLES = [
    ("#0b6e4f", "", "circle"), ("#1f5fbf", "", "square"), ("#7a3ea1", "", "diamond"),
    ("#c2570c", "7 4", "circle"), ("#b01e3c", "3 3", "square"), ("#555555", "9 3 2 3", "diamond"),
]


def size_name(size):
    for unit, name in ((1 << 20, "Mi"), (1 << 10, "Ki")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size:g}"


def decades(low, high):
    """The powers of ten from at or below `low` to at or above `high`."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def marker(shape, x, y, colour):
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{colour}"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if shape == "diamond" else ""
    return (f'<rect x="{x - 3.2:.1f}" y="{y - 3.2:.1f}" width="6.4" height="6.4" '
            f'fill="{colour}"{turn}/>')


def chart(title, x_name, y_name, lines):
    """`lines` is [(label, [(x, y), ...]), ...]; empty lines and values of zero are left out."""
    lines = [(label, [(x, y) for x, y in points if y > 0]) for label, points in lines]
    lines = [(label, points) for label, points in lines if points]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="bold">{escape(title)}</text>',
    ]
    if not lines:
        return "\n".join([*out, f'<text x="{LEFT}" y="80">no data</text>', "</svg>", ""])
    xs = sorted({x for _, points in lines for x, _ in points})
    ys = [y for _, points in lines for _, y in points]
    ticks = decades(min(ys), max(ys))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    x_low, x_span = math.log2(xs[0]), max(math.log2(xs[-1]) - math.log2(xs[0]), 1)
    y_low, y_span = math.log10(ticks[0]), math.log10(ticks[-1]) - math.log10(ticks[0])

    def at(x, y):
        return (LEFT + (math.log2(x) - x_low) / x_span * (right - LEFT),
                bottom - (math.log10(y) - y_low) / y_span * (bottom - TOP))

    for tick in ticks:
        for step in range(1, 10) if tick != ticks[-1] else [1]:
            _, y = at(xs[0], tick * step)
            colour = "#c4c4c4" if step == 1 else "#eeeeee"
            out.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" '
                       f'stroke="{colour}"/>')
        _, y = at(xs[0], tick)
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for x_value in xs:
        x, _ = at(x_value, ticks[0])
        out.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#eeeeee"/>')
        out.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">'
                   f'{size_name(x_value)}</text>')
    out.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 14}" text-anchor="middle">'
               f'{escape(x_name)}</text>')
    out.append(f'<text x="18" y="{(TOP + bottom) / 2}" text-anchor="middle" '
               f'transform="rotate(-90 18 {(TOP + bottom) / 2})">{escape(y_name)}</text>')

    for index, (label, points) in enumerate(lines):
        colour, dash, shape = STYLES[index % len(STYLES)]
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                   f'stroke-width="2"{dashes}/>')
        out += [marker(shape, *at(*point), colour) for point in points]
        y = TOP + 14 + 24 * index
        out.append(f'<line x1="{right + 18}" y1="{y}" x2="{right + 52}" y2="{y}" '
                   f'stroke="{colour}" stroke-width="2"{dashes}/>')
        out.append(marker(shape, right + 35, y, colour))
        out.append(f'<text x="{right + 60}" y="{y + 4}">{escape(label)}</text>')
    return "\n".join([*out, "</svg>", ""])
