# SPDX-License-Identifier: MIT
"""A rush as a picture: what came, what was planned for, who served it.

    python3 picture.py RECORD > rush.svg

draws the lines that `contrib/quickstart --record RECORD` has written.
"""
import json
import sys

WIDTH, HEIGHT = 860, 420
LEFT, RIGHT, TOP, MIDDLE, BOTTOM = 60, 20, 44, 300, 388


def path(points):
    return 'M' + ' L'.join('%.1f,%.1f' % p for p in points)


def steps(points):
    out = points[:1]
    for (_, y), (x2, y2) in zip(points, points[1:]):
        out += [(x2, y), (x2, y2)]
    return out


def nice(most):
    """The first round number above."""
    size = 1.0
    while True:
        for m in (1, 2, 5):
            if m * size >= most:
                return m * size
        size *= 10


def axis(y, top, base, name):
    out = []
    for share in (0.0, 0.5, 1.0):
        v = top * share
        out.append('<text x="%d" y="%.1f" text-anchor="end">%g</text>'
                   % (LEFT - 8, y(v) + 4, v))
        out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" class="grid"/>'
                   % (LEFT, WIDTH - RIGHT, y(v), y(v)))
    out.append('<text x="%d" y="%d" class="name">%s</text>'
               % (LEFT, base, name))
    return out


STYLE = '''text{font:12px sans-serif;fill:#444}.name{font-weight:bold}
.grid{stroke:#ddd;stroke-width:1}path{fill:none;stroke-width:2}
.load{stroke:#1f6fb2}.plan{stroke:#e08a00;stroke-dasharray:5 3}
.serve{stroke:#2a8a3e}.exist{stroke:#9bc7a4}.lost{fill:#c22}
.l-load{fill:#1f6fb2}.l-plan{fill:#e08a00}.l-serve{fill:#2a8a3e}
.l-lost{fill:#c22}'''


def svg(rows, onset=None):
    end = max(r['t'] for r in rows)
    loads = [r['load'] or 0 for r in rows]
    plans = [r['forecast'] or 0 for r in rows]
    errors = [r['errors'] + r['slow'] for r in rows]
    top = nice(max(loads + plans + errors))
    exist = [(r['serving'] or 0) + (r['pending'] or 0) for r in rows]
    most = nice(max(exist))

    def x(t):
        return LEFT + (WIDTH - LEFT - RIGHT) * t / end

    def y(v):
        return MIDDLE - (MIDDLE - TOP) * v / top

    def z(v):
        return BOTTOM - (BOTTOM - MIDDLE - 30) * v / most

    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d">'
           % (WIDTH, HEIGHT), '<style>%s</style>' % STYLE,
           '<rect width="%d" height="%d" fill="#fff"/>' % (WIDTH, HEIGHT)]
    out += axis(y, top, 16, 'requests/s')
    out += axis(z, most, MIDDLE + 20, 'servers')
    for text, cls, at in (('load', 'l-load', 180),
                          ('provisioned for', 'l-plan', 240),
                          ('lost or slow', 'l-lost', 370)):
        out.append('<text x="%d" y="16" class="%s">%s</text>'
                   % (at, cls, text))
    out.append('<text x="180" y="%d" class="l-serve">serving (dark), '
               'with those on their way (light)</text>' % (MIDDLE + 20))
    for r, n in zip(rows, errors):
        if n:
            out.append('<rect class="lost" x="%.1f" y="%.1f" width="2.5" '
                       'height="%.1f"/>' % (x(r['t']) - 1.2, y(n),
                                            MIDDLE - y(n)))
    out.append('<path class="load" d="%s"/>' % path(
        [(x(r['t']), y(v)) for r, v in zip(rows, loads)]))
    planned = [(x(r['t']), y(r['forecast'])) for r in rows
               if r['forecast'] is not None]
    if planned:
        out.append('<path class="plan" d="%s"/>' % path(planned))
    out.append('<path class="exist" d="%s"/>' % path(steps(
        [(x(r['t']), z(v)) for r, v in zip(rows, exist)])))
    out.append('<path class="serve" d="%s"/>' % path(steps(
        [(x(r['t']), z(r['serving'] or 0)) for r in rows])))
    for t in range(0, end + 1, 30 if end > 90 else 10):
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%d s</text>'
                   % (x(t), HEIGHT - 12, t))
    if onset is not None:
        out.append('<text x="%.1f" y="%d" text-anchor="middle">onset</text>'
                   % (x(onset), TOP - 8))
        out.append('<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" class="grid"/>'
                   % (x(onset), x(onset), TOP, BOTTOM))
    out.append('</svg>')
    return '\n'.join(out) + '\n'


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        rows = [json.loads(line) for line in f]
    sys.stdout.write(svg([r for r in rows if 'summary' not in r]))


if __name__ == '__main__':
    main()
