#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
How often the load at the lead time exceeds what was provisioned for: the
policy's `objective.risk` against what one gets, in calm and in rushes apart.
And how many lines a second `plimsoll drive` answers.

The worlds are made here, from a seed.  PLIMSOLL_TRACES names a folder of
recorded traffic (CSV: seconds, requests/s) to be measured as well; a row is
then a sample, and a rush is whatever grows by a third within the lead time.
Intervals hold nineteen times in twenty, by drawing blocks of ten minutes (or
ten rows) anew.
"""
import glob
import json
import os
import re
import subprocess
import sys
import time

TOP = os.environ.get("top_builddir", ".")
POLICY = """groups: ( { name = "web"; min = 2; max = 1000;
    server: { rate = 100.0; utilization = %s; };
    objective: { latency = "1s"; risk = %s; };
    forecast: { lead_time = "60s"; }; } );
"""
HOUR = 3600


class Rng:
    def __init__(self, seed):
        self.x = seed * 2 + 1

    def one(self):
        self.x = (self.x * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.x >> 11) / 2**53

    def normal(self):
        return sum(self.one() for _ in range(12)) - 6


def steady(t):
    return 1000.0


def small(t):
    return 25.0


def day(t):
    x = t % 86400 / 86400
    return 300 + 4800 * x * (1 - x)


def rushes(t):
    """Five times within a minute, for ten, each hour."""
    x = t % HOUR - 1800
    return 400.0 * (1 if x < 0 or x > 800 else 1 + 4 * min(1, x / 60)
                    if x < 600 else 5 - 4 * (x - 600) / 200)


def growth(t):
    """Two per cent in ten seconds for a quarter of an hour, each two hours."""
    x = t % (2 * HOUR) - HOUR
    return 300.0 * (1.02 ** (min(x, 900) / 10) if 0 < x < 1500 else 1)


def made(rate, seconds, wander, seed):
    """Rows of (t, load, is it a rush by what made it)."""
    rng, level = Rng(seed), 0.0
    for t in range(seconds):
        level += -level / 30 + rng.normal() * wander * (2 / 30) ** 0.5
        r = rate(t) * max(0.1, 1 + level)
        yield (t, max(0.0, r + rng.normal() * r ** 0.5),
               rate(t) > 1.15 * rate(max(0, t - 90)))


def recorded(path):
    rows = []
    with open(path) as f:
        for line in list(f)[1:20001]:
            t, v = line.split(",")[:2]
            rows.append((float(t), float(v)))
    mean = sum(v for _, v in rows) / len(rows)
    scale = 1000 / mean if mean > 0 else 1
    step = rows[1][0] - rows[0][0]
    back = max(1, int(60 // step))
    for i, (t, v) in enumerate(rows):
        yield t, v * scale, v > 1.33 * rows[max(0, i - back)][1]


def play(rows, risk, utilization):
    """[(exceeded, rush)] of each forecast whose time came, and lines/s."""
    path = "bench_forecast.%d.cfg" % os.getpid()
    with open(path, "w") as f:
        f.write(POLICY % (utilization, risk))
    p = subprocess.Popen([TOP + "/plimsoll", "drive", "--policy", path],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    rows, lines = list(rows), []
    for i, (t, v, _) in enumerate(rows):
        line = dict(t=t, group="web", metrics=dict(
            requests=v, errors=0.0, queue=0.0, inflight=v * 0.05, latency=0.1,
            age=0.0, alive=True))
        if i == 0:
            line["instances"] = [dict(id="s%d" % k, phase="ready",
                                      since=t - 900) for k in range(60)]
        lines.append(json.dumps(line))
    began = time.monotonic()
    out, _ = p.communicate(("\n".join(lines) + "\n").encode())
    took = time.monotonic() - began
    os.unlink(path)
    if p.returncode != 0:
        sys.exit("plimsoll drive ended with %d" % p.returncode)
    got, lead, at = [], 60.0, 0
    loads = {round(t): (v, rush) for t, v, rush in rows}
    step = rows[1][0] - rows[0][0]
    for raw, (t, _, _) in zip(out.splitlines(), rows):
        a = json.loads(raw)
        m = re.search(r"in (\d+) s", a["reason"])
        lead = float(m.group(1)) if m else lead
        then = loads.get(round(t + max(1, round(lead / step)) * step))
        at += 1
        if then is not None and a["forecast"] is not None and at > 600 / step:
            got.append((then[0] > a["forecast"], then[1]))
    return got, len(rows) / took


def share(got, rush, block, rng):
    """The share of exceedances and its interval, by blocks."""
    blocks = [[x for x, r in got[i:i + block] if r == rush]
              for i in range(0, len(got), block)]
    blocks = [(sum(b), len(b)) for b in blocks if b]
    n = sum(b[1] for b in blocks)
    if n < 20:
        return None
    draws = []
    for _ in range(400):
        some = [blocks[int(rng.one() * len(blocks))] for _ in blocks]
        draws.append(sum(b[0] for b in some) / sum(b[1] for b in some))
    draws.sort()
    return sum(b[0] for b in blocks) / n, draws[10], draws[389], n


def tell(name, got, block):
    rng, text = Rng(9), []
    for rush in (False, True):
        s = share(got, rush, block, rng)
        text.append("%26s" % "-" if s is None else
                    "%6.2f %% (%5.2f to %5.2f)%4s" % (
                        100 * s[0], 100 * s[1], 100 * s[2], ""))
    print("%-34s %s %s" % (name, *text))


def main():
    print("share of seconds in which the load at the lead time exceeded the "
          "forecast")
    print("%-34s %-26s %s" % ("world, risk", "  calm", "  rush"))
    speed = []
    for rate, wander in ((steady, 0.0), (steady, 0.06), (small, 0.02),
                         (day, 0.03), (rushes, 0.03), (growth, 0.03)):
        for risk in (0.001, 0.01, 0.05):
            got, lines = play(made(rate, 6 * HOUR, wander, 5), risk, 0.95)
            speed.append(lines)
            tell("%s, wander %.2f, risk %.1f %%" % (
                rate.__name__, wander, 100 * risk), got, 600)
    folder = os.environ.get("PLIMSOLL_TRACES")
    for path in sorted(glob.glob(folder + "/*.csv")) if folder else ():
        rows = list(recorded(path))
        if rows[1][0] - rows[0][0] > 60:
            print("%-34s a sample each %d s: too coarse for a lead time of "
                  "60 s" % (os.path.basename(path)[:-4],
                            rows[1][0] - rows[0][0]))
            continue
        got, _ = play(rows, 0.01, 0.95)
        tell("%s, risk 1 %%" % os.path.basename(path)[:-4], got, 10)
    print("\nplimsoll drive: %.0f lines/s, %.0f in the slowest world "
          "(the reader included)" % (sum(speed) / len(speed), min(speed)))


if __name__ == "__main__":
    main()
