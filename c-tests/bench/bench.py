#!/usr/bin/env python3
"""Our speed beside what a user would take instead, measured in the same run.

    bench.py            every row and the curves; writes docs/bench/results.md, its plots, and the
                        figures of README.md
    bench.py --check    the rows that have a target; exit 1 when one is missed; writes no file

Called by `make bench` and `make bench-check`. Ours is Debian's perftest on the embedded device; the
peers are ucx_perftest and a small program on libfabric's shared-memory provider. Every measurement
is two processes, the target on CPU 0 and the initiator on CPU 1. The rounds are interleaved: ours
and each peer, in the other order in every second round. A figure is the median of its rounds, a
ratio that of the ratios of the rounds.

Where a target is not met after that, ours and the peer it is about run until there are MOST_ROUNDS.
What is missed then is either "MISSED" or, when the rounds do not tell (pairs.py), "par". That
matters where both sides spend their time in the same system call: 1 MiB of process_vm_writev costs
everybody the same.

Environment: BENCH_ROUNDS (5), BENCH_ONLY (a pattern on row names, such as "send lat"),
BENCH_PEERS=off, BENCH_LIB (the directory of libibverbs.so.1), BENCH_CURVES=off, BENCH_CURVE_ROUNDS (3).

Counting: perftest and UCX print MB/s of 2^20 bytes; latency is half a round trip for WRITE and
SEND, a whole one for READ and atomics; medians of a run where the program knows them.
"""

import argparse
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pairs
import plot

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / "build" / "bench"
DOCS = TOP / "docs" / "bench"
DEB = TOP / "build" / "deb"
LIB = Path(os.environ.get("BENCH_LIB", TOP / "build" / "lib"))
DEVICE = os.environ.get("BENCH_DEVICE", "verbium0")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CURVE_ROUNDS = int(os.environ.get("BENCH_CURVE_ROUNDS", "3"))
LIMIT_SECONDS = 40  # one measurement
MOST_ROUNDS = max(15, ROUNDS)
MAX_RESOLUTION = 0.04  # rounds that tell less than this have to be repeated
BUSY = os.getloadavg()[0]  # other work on the machine; figures from a busy one are no figures
CURVE_SIZES = [8, 64, 512, 4096, 16384, 65536, 262144, 1048576, 4194304]


class Failed(Exception):
    """A measurement that gave no figure; the text says which program and why."""


# --- running two processes -----------------------------------------------------------------


def environment(ours):
    env = dict(os.environ)
    env["PATH"] += f":/usr/sbin:/sbin:{DEB}/usr/bin"
    libraries = [str(LIB)] if ours else []
    libraries += [str(p) for p in DEB.glob("usr/lib/*-linux-gnu")]
    libraries += [str(p) for p in DEB.glob("lib/*-linux-gnu")]
    if libraries:
        env["LD_LIBRARY_PATH"] = ":".join(libraries)
    if ours:
        env["VERBIUM_NIC"] = "on"
    return env


def pinned(cpu, command):
    # Root may ask for a little more than its share, so that other work disturbs all alike less.
    nice = ["nice", "-n", "-15"] if os.geteuid() == 0 else []
    return nice + ["taskset", "-c", str(cpu)] + command


_port = 20000 + os.getpid() % 20000


def listening(port):
    wanted = re.compile(rf"^ *\d+: [0-9A-F]+:{port:04X} [0-9A-F]+:0000 0A ", re.M)
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    return any(wanted.search(t.read_text()) for t in tables if t.exists())


def free_port():
    global _port
    _port += 1
    while listening(_port):
        _port += 1
    return _port


def stop(process):
    """Ends a process of ours and waits for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def last_words(text):
    lines = [line.strip() for line in text.splitlines() if line.strip(" -\t")]
    return lines[-1] if lines else "no output"


def run_pair(server_command, client_command, port, env):
    """Runs a server until it listens, then its client; gives what the client printed."""
    with open(BUILD / "server.log", "w+") as log:
        server = subprocess.Popen(
            pinned(0, server_command), env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 10
            while not listening(port):
                if server.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise Failed(f"{server_command[0]} did not start: {last_words(log.read())}")
                time.sleep(0.02)
            client = run_one(pinned(1, client_command), env)
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                pass
            return client
        finally:
            stop(server)


def run_one(command, env):
    try:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT_SECONDS, check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{' '.join(command)}: no end within {LIMIT_SECONDS} s") from late
    if done.returncode != 0:
        words = last_words(done.stdout + done.stderr)
        raise Failed(f"{' '.join(command)}: exit {done.returncode}: {words}")
    return done.stdout


_is_table = True  # what is measured: the rows of the table, then the points of the curves


# --- who is measured -----------------------------------------------------------------------


def iterations(kind, size):
    """How many operations: about a second of work for a row of the table, a fifth of that for a
    point of a curve. In less the start of a process and its first touch of memory would count."""
    if kind == "rate":
        return 4_000_000
    share = 1 if _is_table else 5
    if kind == "lat":
        return max(300, min(200_000, 8 * 1024**3 // (size + 8192)) // share)
    return max(500, min(1_000_000, 16 * 1024**3 // size) // share)


@dataclass
class Perftest:
    """Debian's perftest on our device."""

    program: str
    kind: str  # "lat" in us, "bw" in MB/s, "rate" in millions of messages per second
    label: str = "ours"

    def measure(self, size):
        port = free_port()
        command = [self.program, "-F", "-d", DEVICE, "-p", str(port), "-s", str(size)]
        command += ["-n", str(iterations(self.kind, size))]
        printed = run_pair(command, command + ["127.0.0.1"], port, environment(True))
        name = re.search(r"\sDevice +: *(\S+)", printed)
        if not name or name.group(1) != DEVICE:
            raise Failed(f"{self.program} did not run on {DEVICE}")
        for line in printed.splitlines():
            if re.match(rf"^ +{size} +\d+ +\d", line):
                columns = line.split()
                return float(columns[3 if self.kind == "bw" else 4])
        raise Failed(f"{self.program}: no result: {last_words(printed)}")


@dataclass
class Ucx:
    """ucx_perftest; settings are its environment (the UCP level) or its options (the UCT level)."""

    label: str
    kind: str
    options: list
    settings: dict = field(default_factory=dict)

    def measure(self, size):
        port = free_port()
        env = environment(False) | self.settings
        command = ["ucx_perftest", "-p", str(port)]
        client = command + ["127.0.0.1", "-f", "-v", "-s", str(size)]
        client += ["-n", str(iterations(self.kind, size))] + self.options
        printed = run_pair(command, client, port, env)
        # iterations, median latency, average, overall, MB/s now, MB/s overall, rate now, rate
        lines = [line.strip() for line in printed.splitlines()]
        numbers = [line.split(",") for line in lines if line[:1].isdigit()]
        if not numbers or len(numbers[-1]) < 8:
            raise Failed(f"{self.label}: no result: {last_words(printed)}")
        row = [float(n) for n in numbers[-1]]
        return {"lat": row[1], "bw": row[5], "rate": row[7] / 1e6}[self.kind]


@dataclass
class Fabric:
    """c-tests/bench/fabric_peer.c, which pins its own two processes."""

    label: str
    kind: str
    operation: str

    def measure(self, size):
        command = [str(BUILD / "fabric_peer"), self.operation, str(size)]
        command.append(str(iterations(self.kind, size)))
        nice = ["nice", "-n", "-15"] if os.geteuid() == 0 else []
        numbers = run_one(nice + command, environment(False)).split()
        return float(numbers[1 if self.kind == "rate" else 0])


@dataclass
class Row:
    """One line of the table: the first peer is the one the target is about."""

    name: str
    kind: str
    size: int
    ours: Perftest
    peers: list
    target: str = ""  # "<=" or ">=" and a ratio to the first peer, or an absolute figure
    bound: float = 0.0
    absolute: bool = False
    rounds: list = field(default_factory=list)  # what each measured, by label

    def values(self, label):
        return [seen[label] for seen in self.rounds if label in seen]

    def figure(self, label):
        values = self.values(label)
        return statistics.median(values) if values else None

    def ratios(self, label):
        return [seen["ours"] / seen[label] for seen in self.rounds
                if "ours" in seen and label in seen]


def memory(test, kind, transport, *more):
    """UCX's transport level over shared memory."""
    label = f"UCX {transport} {test.removesuffix('_lat').removesuffix('_bw')}"
    return Ucx(label, kind, ["-t", test, "-d", "memory", "-x", transport, *more])


def tag(kind):
    test = "tag_lat" if kind == "lat" else "tag_bw"
    return Ucx("UCX posix,cma tag", kind, ["-t", test], {"UCX_TLS": "posix,cma"})


def table():
    def ours(what, kind):
        return Perftest(f"ib_{what}_{'lat' if kind == 'lat' else 'bw'}", kind)

    def fabric(what, kind):
        operation = f"{what}_{'lat' if kind == 'lat' else 'bw'}"
        return Fabric(f"libfabric shm {what}", kind, operation)

    zcopy = ("-D", "zcopy")
    rows = [
        Row("write lat 8", "lat", 8, ours("write", "lat"),
            [memory("put_lat", "lat", "cma", *zcopy), fabric("write", "lat")], "<=", 1.0),
        Row("send lat 8", "lat", 8, ours("send", "lat"),
            [memory("am_lat", "lat", "posix"), fabric("send", "lat")], "<=", 1.5),
        Row("read lat 8", "lat", 8, ours("read", "lat"),
            [memory("get", "lat", "cma", *zcopy), fabric("read", "lat")], "<=", 1.2),
        Row("atomic lat 8", "lat", 8, ours("atomic", "lat"),
            [fabric("fadd", "lat"), memory("fadd", "lat", "posix")]),
    ]
    for size in (65536, 1048576):
        rows.append(Row(f"write bw {size}", "bw", size, ours("write", "bw"),
                        [memory("put_bw", "bw", "cma", *zcopy), fabric("write", "bw")], ">=", 1.0))
        rows.append(Row(f"read bw {size}", "bw", size, ours("read", "bw"),
                        [memory("get", "bw", "cma", *zcopy), fabric("read", "bw")], ">=", 1.0))
    rows += [
        Row("send bw 65536", "bw", 65536, ours("send", "bw"),
            [tag("bw"), fabric("send", "bw")], ">=", 0.9),
        Row("send rate 8", "rate", 8, ours("send", "rate"),
            [tag("rate"), fabric("send", "rate")], ">=", 4.0, absolute=True),
        Row("write rate 8", "rate", 8, ours("write", "rate"),
            [memory("put_bw", "rate", "cma", *zcopy), fabric("write", "rate")]),
    ]
    only = os.environ.get("BENCH_ONLY", "")
    rows = [row for row in rows if re.search(only, row.name)]
    if os.environ.get("BENCH_PEERS") == "off":
        for row in rows:
            row.peers = []
    return rows


def curves():
    """What the plots show: operation, then who, over CURVE_SIZES."""
    zcopy = ("-D", "zcopy")
    return {
        "latency": [
            ("ours, WRITE", Perftest("ib_write_lat", "lat")),
            ("ours, SEND", Perftest("ib_send_lat", "lat")),
            ("ours, READ (round trip)", Perftest("ib_read_lat", "lat")),
            ("UCX cma put", memory("put_lat", "lat", "cma", *zcopy)),
            ("UCX posix,cma tag", tag("lat")),
            ("libfabric shm send", Fabric("", "lat", "send_lat")),
        ],
        "bandwidth": [
            ("ours, WRITE", Perftest("ib_write_bw", "bw")),
            ("ours, SEND", Perftest("ib_send_bw", "bw")),
            ("ours, READ", Perftest("ib_read_bw", "bw")),
            ("UCX cma put", memory("put_bw", "bw", "cma", *zcopy)),
            ("UCX posix,cma tag", tag("bw")),
            ("libfabric shm send", Fabric("", "bw", "send_bw")),
        ],
    }


# --- measuring -----------------------------------------------------------------------------


def note(text):
    print(text, file=sys.stderr, flush=True)


def measure_round(row, who, failures):
    seen = {}
    for one in who:
        try:
            seen[one.label] = one.measure(row.size)
        except Failed as failed:
            failures.append(f"{row.name}: {failed}")
            note(f"bench: {row.name}: {failed}")
    row.rounds.append(seen)


def measure_rows(rows):
    failures = []
    for row in rows:
        who = [row.ours, *row.peers]
        for index in range(ROUNDS):
            measure_round(row, who if index % 2 == 0 else who[::-1], failures)
        if verdict(row)[1] in ("par", "MISSED") and not failures:
            for index in range(ROUNDS, MOST_ROUNDS):
                measure_round(row, who[:2] if index % 2 == 0 else who[1::-1], failures)
        note(f"bench: {row.name}: " + ", ".join(
            f"{one.label} {figure(row.kind, row.figure(one.label))} "
            f"({spread(row.kind, row.values(one.label))})"
            for one in who if row.values(one.label)))
    return failures


def measure_curves():
    global _is_table
    _is_table = False
    points, failures = {}, []
    for title, lines in curves().items():
        for label, who in lines:
            line = []
            for size in CURVE_SIZES:
                values = []
                for _ in range(CURVE_ROUNDS):
                    try:
                        values.append(who.measure(size))
                    except Failed as failed:
                        failures.append(f"{title}, {label}, {size} B: {failed}")
                        break
                if values:
                    line.append((size, statistics.median(values)))
            points.setdefault(title, []).append((label, line))
            note(f"bench: {title}, {label}: "
                 + " ".join(f"{size}:{value:g}" for size, value in line))
    return points, failures


# --- saying it -----------------------------------------------------------------------------

UNITS = {"lat": "µs", "bw": "MB/s", "rate": "M msg/s"}
NAMES = {
    "write lat": "WRITE latency, half a round trip",
    "send lat": "SEND latency, half a round trip",
    "read lat": "READ latency, round trip",
    "atomic lat": "fetch-and-add latency, round trip",
    "write bw": "WRITE bandwidth",
    "read bw": "READ bandwidth",
    "send bw": "SEND bandwidth",
    "send rate": "SEND rate",
    "write rate": "WRITE rate",
}
SIZES = {8: "8 B", 65536: "64 KiB", 1048576: "1 MiB"}


def figure(kind, value):
    digits = {"lat": f"{value:.2f}" if value >= 0.2 else f"{value:.3f}",
              "bw": f"{value:.0f}", "rate": f"{value:.2f}"}[kind]
    return f"{digits} {UNITS[kind]}"


def spread(kind, values):
    low, high = (figure(kind, v).split()[0] for v in (min(values), max(values)))
    return f"{low}..{high}"


def verdict(row):
    """The target in words, and "met", "par", "MISSED" or "" (there is none, or nothing to compare)."""
    if not row.target:
        return "", ""
    if row.absolute:
        text, values = f"{row.target} {row.bound:g} {UNITS[row.kind]}", row.values("ours")
    else:
        text = f"{row.target} {row.bound:g} ×"
        if not row.peers:
            return text, ""
        values = row.ratios(row.peers[0].label)
    if not values:
        return text, "MISSED"
    return text, pairs.judge(values, row.target, row.bound, MAX_RESOLUTION)


def lines_of(rows, first_peer_only=False):
    header = ["what", "size", "ours", "peer", "ratio", "target", ""]
    lines = []
    for row in rows:
        operation = row.name.rsplit(" ", 1)[0]
        ours = row.figure("ours")
        target, mark = verdict(row)
        first = [NAMES[operation], SIZES[row.size], "failed" if ours is None
                 else figure(row.kind, ours)]
        shown = [(p.label, row.figure(p.label)) for p in row.peers] or [("", None)]
        for index, (label, value) in enumerate(shown[:1] if first_peer_only else shown):
            peer = f"{figure(row.kind, value)} {label}" if value else label and f"failed {label}"
            ratios = row.ratios(label)
            ratio = f"{statistics.median(ratios):.2f}" if ratios else ""
            lines.append((first if index == 0 else ["", "", ""])
                         + [peer, ratio] + ([target, mark] if index == 0 else ["", ""]))
    return header, lines


def print_table(header, lines):
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(len(header))]
    for line in [header, ["-" * width for width in widths], *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def machine():
    """The machine by what it is, never by its name."""
    info = Path("/proc/cpuinfo").read_text()
    found = {}
    for key in ("model name", "cpu family", "model", "stepping"):
        match = re.search(rf"^{key}\s*: (.*)$", info, re.M)
        found[key] = match.group(1).strip() if match else "?"
    virtual = " (virtual machine)" if " hypervisor" in info else ""
    kernel = re.match(r"\d+\.\d+(\.\d+)?", platform.release()).group(0)
    return (f"{found['model name']}, family {found['cpu family']} model {found['model']} "
            f"stepping {found['stepping']}, {os.cpu_count()} CPUs{virtual}, Linux {kernel}; "
            f"load average {BUSY:.1f} when it began")


def versions():
    wanted = ["perftest", "ucx-utils", "libfabric1"]
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *wanted],
        capture_output=True, text=True, check=False)
    return ", ".join(asked.stdout.split("\n")[:-1]) or "unknown versions"


def markdown_table(header, lines):
    rows = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return rows + ["| " + " | ".join(line) + " |" for line in lines]


def write_readme(rows):
    """The README shows what has a target, with the machine it was measured on."""
    header, lines = lines_of([row for row in rows if row.target], first_peer_only=True)
    figures = ["<!-- figures: written by make bench -->", *markdown_table(header, lines), "",
               f"{machine()}; medians of {ROUNDS} rounds, of {MOST_ROUNDS} where a target was near.",
               "<!-- end of figures -->"]
    path = TOP / "README.md"
    text = path.read_text()
    marked = re.compile(r"<!-- figures:.*?<!-- end of figures -->", re.S)
    path.write_text(marked.sub(lambda _: "\n".join(figures), text, count=1))


def write_results(rows, points):
    DOCS.mkdir(parents=True, exist_ok=True)
    header, lines = lines_of(rows)
    text = [
        "# Measured speed", "",
        "Written by `make bench`. Between two processes of one host, one connection, each process",
        f"pinned to its own CPU; medians of {ROUNDS} interleaved rounds, of {MOST_ROUNDS} where a "
        "target was near. The ratio is the median of the ratios of the rounds.", "",
        f"Machine: {machine()}.", f"Programs: {versions()}.", "",
        "MB are 2^20 bytes. WRITE and SEND latency is half a round trip, READ and fetch-and-add a",
        "whole one. The ratio is ours divided by the peer's: below 1 is better for latency, above 1",
        "for bandwidth and rate. Ours is Debian's perftest on the embedded device; a peer marked cma",
        "copies between ordinary memory of both processes as we do, posix is memory that both have",
        "mapped.", "",
    ]
    text += markdown_table(header, lines)
    titles = {"latency": ("Latency over message size", "µs"),
              "bandwidth": ("Bandwidth over message size", "MB/s")}
    for name, (title, unit) in titles.items():
        path = DOCS / f"{name}.svg"
        if points:
            path.write_text(plot.chart(title, "bytes", unit, points.get(name, [])))
        if path.exists():
            text += ["", f"![{title}]({name}.svg)"]
    (DOCS / "results.md").write_text("\n".join(text) + "\n")


def main():
    arguments = argparse.ArgumentParser(description="our speed beside that of the peers")
    arguments.add_argument("--check", action="store_true", help="only what has a target")
    check = arguments.parse_args().check
    if len(os.sched_getaffinity(0)) < 2:
        print("bench: two CPUs are needed, one for each side")
        return 1
    if not (LIB / "libibverbs.so.1").exists():
        print(f"bench: {LIB}/libibverbs.so.1 is not there: run `make lib` first")
        return 1
    BUILD.mkdir(parents=True, exist_ok=True)

    rows = [row for row in table() if row.target or not check]
    failures = measure_rows(rows)
    print_table(*lines_of(rows))
    partial = os.environ.get("BENCH_ONLY") or os.environ.get("BENCH_PEERS") == "off"
    if not check and not partial:
        # The table is kept also when the curves, which take most of the time, are cut short.
        write_results(rows, {})
        write_readme(rows)
        if os.environ.get("BENCH_CURVES") != "off":
            points, more = measure_curves()
            failures += more
            write_results(rows, points)
        print("\nwritten: docs/bench/results.md, the figures of README.md")
    missed = [row.name for row in rows if verdict(row)[1] == "MISSED"]
    for failure in failures:
        print(f"failed: {failure}")
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if failures or (check and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
