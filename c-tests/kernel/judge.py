#!/usr/bin/env python3
"""Compares what ours and the reference library did in the guests, and sums up.

    judge.py SERIES:JOB,JOB...=DIRECTORY...

DIRECTORY is what a guest with the kernel SERIES left of the JOBs (guest.sh). Prints a line for each case,
"ok NAME", "not ok NAME: why" or "skip NAME: reason", tables of the pyverbs results and of the
costs, and at the end "kernel: N passed, N failed, N skipped". Exit status 1 if a case failed.

The reference library decides what a kernel does; a case in which it fails itself counts only where
EXPECTED_FAILURES says so, because two failures that look alike prove little.
"""

import difflib
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent

# Programs that fail with the reference library too: this device has no XRC.
EXPECTED_FAILURES = ("xsrq-pingpong",)

# IBV_EVENT_DEVICE_FATAL, as ibv_event_type_str() calls it.
DEVICE_FATAL = "event: local catastrophic error"

CALLS_LIMIT = 1.0
INSTRUCTIONS_LIMIT = 1.2
UNSTABLE_LIMIT = 3

# So many tests of pyverbs 44 pass on rxe, with the reference library and so with ours; of the part
# that is run in the modes, so many. Fewer would mean that the suite did not find its device.
PYVERBS_OK = {"pyverbs": 86, "": 58}

KERNEL_TROUBLE = re.compile(
    r"WARNING:|BUG:|Oops|general protection|refcount_t|blocked for more than|lockup|"
    r"segfault|KASAN|Restrack|leaked|invalid opcode|unregister_netdevice: waiting")


class Judge:
    """Collects the cases of all guests."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def ok(self, name):
        self.passed += 1
        print(f"ok {name}")

    def not_ok(self, name, why):
        self.failed += 1
        print(f"not ok {name}: {why}")

    def case(self, name, wrong):
        """`wrong` is what went wrong, or nothing."""
        if wrong:
            self.not_ok(name, wrong)
        else:
            self.ok(name)


class Run:
    """What one library left of one kernel."""

    def __init__(self, directory):
        self.directory = directory

    def text(self, name):
        path = self.directory / name
        return path.read_text(errors="replace") if path.exists() else ""

    def status(self, name):
        """Exit status of a program, or None if it was never run to its end."""
        text = self.text(name + ".status").strip()
        return int(text) if text else None


def ended(status):
    if status is None:
        return "did not run"
    if status in (124, 137):
        return "did not end in time"
    if status > 128:
        return f"died of signal {status - 128}"
    return f"exit status {status}"


def first_difference(reference, ours):
    for line in difflib.unified_diff(reference.splitlines(), ours.splitlines(), lineterm="", n=0):
        if line.startswith(("---", "+++", "@@")):
            continue
        kind = "the reference says" if line[0] == "-" else "ours says"
        return f"{kind} '{line[1:].strip()}'"
    return ""


def complaint(run, name):
    """The last line a program wrote to say what was wrong."""
    for part in (".err", ".out"):
        lines = run.text(name + part).strip().splitlines()
        if lines:
            return f" ({lines[-1].strip()})"
    return ""


def same_end(name, reference, ours, may_fail=False):
    """Both programs ended alike, and well."""
    a, b = reference.status(name), ours.status(name)
    if a is None or (a != 0 and not may_fail):
        return f"the reference {ended(a)}{complaint(reference, name)}"
    if a != b:
        return f"{ended(b)}, the reference {ended(a)}{complaint(ours, name)}"
    return ""


def same_text(name, reference, ours, *must_contain):
    wrong = same_end(name, reference, ours)
    if wrong:
        return wrong
    a, b = reference.text(name + ".out"), ours.text(name + ".out")
    for words in must_contain:
        if words not in a:
            return f"the reference does not say '{words}'"
    return first_difference(a, b)


# --- one function for each job of guest.sh ------------------------------------------------------

def job_loaded(judge, prefix, reference, ours):
    """Each library is the one it is taken for."""
    staged = "build/kernel/stage/lib/libibverbs.so.1"
    judge.case(f"{prefix}/loaded/reference",
               "it is ours" if staged in reference.text("loaded.out") or
               "libibverbs.so.1 =>" not in reference.text("loaded.out") else "")
    judge.case(f"{prefix}/loaded/ours",
               "" if staged in ours.text("loaded.out") else "it is not build/kernel/stage/lib's")


def job_devinfo(judge, prefix, reference, ours):
    for name in ("devices", "devinfo-list", "devinfo"):
        judge.case(f"{prefix}/{name}", same_text(name, reference, ours, "rxe0"))


def pair(judge, prefix, name, reference, ours):
    may_fail = name in EXPECTED_FAILURES
    wrong = same_end(f"{name}-client", reference, ours, may_fail) or \
        same_end(f"{name}-server", reference, ours, may_fail)
    judge.case(f"{prefix}/{name}", wrong)


def job_pingpong(judge, prefix, reference, ours):
    for name in ("rc-pingpong", "rc-pingpong-events", "uc-pingpong", "ud-pingpong", "srq-pingpong",
                 "xsrq-pingpong"):
        pair(judge, prefix, name, reference, ours)


def job_perftest(judge, prefix, reference, ours):
    for name in ("ib-send-bw", "ib-write-bw", "ib-read-bw", "ib-atomic-bw", "ib-send-bw-events"):
        pair(judge, prefix, name, reference, ours)


def results(run, name):
    """Name of each test, with its outcome and reason."""
    found = {}
    for line in run.text(name + ".tsv").splitlines():
        if line.startswith("#"):
            continue
        test, outcome, reason = line.split("\t")
        found[test] = (outcome, reason)
    return found


def unstable_tests():
    """Tests that change between runs of the reference library itself."""
    lines = (HERE / "unstable.txt").read_text().splitlines()
    names = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    assert len(names) <= UNSTABLE_LIMIT, "unstable.txt lists too many tests"
    return names


def without_addresses(reason):
    return re.sub(r"0x[0-9a-f]+", "0x…", reason)


def suite(judge, prefix, name, reference, ours):
    """The list of results is that of the reference library, test by test."""
    a, b = results(reference, name), results(ours, name)
    if not a:
        judge.not_ok(f"{prefix}/{name}", "no results with the reference library")
        return
    loaded = re.search(r"# library\t(.*)", ours.text(name + ".tsv"))
    if not loaded or "build/kernel/stage" not in loaded[1]:
        judge.not_ok(f"{prefix}/{name}", "it did not run with our library")
        return
    unstable = unstable_tests()
    skipped_alike = 0
    for test in sorted(set(a) | set(b)):
        case = f"{prefix}/{name}/{test.removeprefix('tests.')}"
        was, now = a.get(test, ("missing", "")), b.get(test, ("missing", ""))
        alike = was[0] == now[0] and without_addresses(was[1]) == without_addresses(now[1])
        if alike and was[0] == "skipped":
            skipped_alike += 1
        elif not alike and test in unstable:
            judge.skipped += 1
            print(f"skip {case}: it changes between runs of the reference library")
        else:
            judge.case(case, "" if alike else
                       f"{' '.join(now)}; with the reference library: {' '.join(was)}")
    counts = {who: sum(outcome == "ok" for outcome, _ in found.values())
              for who, found in (("reference", a), ("ours", b))}
    enough = PYVERBS_OK.get(name, PYVERBS_OK[""]) - len(unstable)
    judge.case(f"{prefix}/{name}/enough", "" if counts["ours"] >= enough else
               f"{counts['ours']} tests are ok, {enough} were expected")
    print(f"# {prefix}/{name}: {len(a)} tests; ok: reference {counts['reference']}, "
          f"ours {counts['ours']}; skipped by both for the same reason: {skipped_alike}")


def job_pyverbs(judge, prefix, reference, ours):
    suite(judge, prefix, "pyverbs", reference, ours)


def job_modes(judge, prefix, reference, ours):
    for missing in ("ioctl", "invoke-write", "netlink"):
        judge.case(f"{prefix}/without-{missing}-devinfo",
                   same_text(f"without-{missing}-devinfo", reference, ours, "rxe0"))
        pair(judge, prefix, f"rc-pingpong-without-{missing}", reference, ours)
        suite(judge, prefix, f"without-{missing}-pyverbs", reference, ours)


def job_unplug(judge, prefix, reference, ours):
    # rxe waits for its users and tells them nothing; the device of our module is pulled out.
    judge.case(f"{prefix}/unplug", same_text(
        "unplug", reference, ours, "no event", "the command waits", "listed 0 times of 5, then not opened",
        "traffic and commands go on", "ibv_close_device(context): done", "the command: 0",
        "listed afterwards: no"))
    for allow in (0, 1):
        judge.case(f"{prefix}/unplug-plug-{allow}", same_text(
            f"unplug-plug-{allow}", reference, ours, DEVICE_FATAL, "the command: 0",
            "listed 0 times of 5, then not opened", "traffic ends; commands: Input/output error",
            "ibv_close_device(context): done", "listed afterwards: no"))
    judge.case(f"{prefix}/unplug-perftest", same_text(
        "unplug-perftest", reference, ours, "ibv_devices: 0", "the delete waits", "the programs run",
        "packets are sent", "the delete: 0"))
    pair(judge, prefix, "unplug-perftest", reference, ours)
    judge.case(f"{prefix}/reopen", same_text("reopen", reference, ours, "done"))


def job_plugins(judge, prefix, reference, ours):
    for kind in ("missing", "unreadable", "truncated", "empty", "directory", "generation",
                 "undefined", "silent"):
        for how in ("alone", "besides"):
            name = f"plugin-{kind}-{how}"
            judge.case(f"{prefix}/{name}", plugin(name, f"plugin-missing-{how}", reference, ours))
            if how == "alone":
                said = ours.text(name + ".err")
                judge.case(f"{prefix}/{name}/message",
                           "" if "rxe0" in said and "rxe-rdmav34" in said else
                           "standard error names not both the device and the plug-in: "
                           f"'{said.strip()}'")


def plugin(name, missing, reference, ours):
    """A bad plug-in does what it does in the reference library; where that one dies of it (the
    dynamic loader maps a truncated file and touches what is not there), what a missing one does."""
    a, b = reference.status(name), ours.status(name)
    like = missing if a is not None and a > 128 else name
    if a is None or reference.status(like) != 0:
        return f"the reference {ended(a)}"
    if b != 0:
        return f"{ended(b)}{complaint(ours, name)}"
    return first_difference(reference.text(like + ".out"), ours.text(name + ".out"))


def calls(run, name):
    """System calls in all: the last line of strace's table, or the kernel's own count."""
    lines = run.text(name + ".count").strip().splitlines()
    if lines and lines[-1].endswith(" total"):
        # "100.00 0.012 12 1034 7 total"; the fourth column is there whether there were errors or not
        return int(lines[-1].split()[3])
    # "{ common_pid:       1234 } hitcount:      30351", one for each process
    counts = [re.fullmatch(r"\{ common_pid: +\d+ \} hitcount: +(\d+)", line) for line in lines]
    counts = [int(count[1]) for count in counts if count]
    return counts[0] if len(counts) == 1 else None


def instructions(run, name):
    """What callgrind counted."""
    found = re.search(r"Collected : (\d+)", run.text(name + ".err"))
    return int(found[1]) if found else None


def of_three_runs(run, what, count, program):
    """What was counted in each run; nothing unless there were three."""
    names = [f"{what}-{program}-{number}" for number in (1, 2, 3)]
    counts = [count(run, name) if run.status(name) == 0 else None for name in names]
    return counts if all(counts) else None


def job_cost(judge, prefix, reference, ours):
    rows = []
    for program in ("devices", "devinfo", "control"):
        for what, count, limit in (("calls", calls, CALLS_LIMIT),
                                   ("instructions", instructions, INSTRUCTIONS_LIMIT)):
            case = f"{prefix}/cost/{program}/{what}"
            a = of_three_runs(reference, what, count, program)
            b = of_three_runs(ours, what, count, program)
            if not a or not b:
                judge.not_ok(case, "not counted with " + ("ours" if a else "the reference"))
                continue
            # Of three runs the worst ratio counts.
            low, high = min(a), max(b)
            ratio = high / low
            rows.append((program, what, low, high, ratio, limit))
            judge.case(case, f"{high} to {low}, {ratio:.3f} times, limit {limit}"
                       if ratio > limit else "")
    print(f"# {prefix}: cost of the control path, in system calls and instructions")
    print(f"# {'program':8} {'what':13} {'reference':>12} {'ours':>12} {'ratio':>7} limit")
    for program, what, low, high, ratio, limit in rows:
        print(f"# {program:8} {what:13} {low:12} {high:12} {ratio:7.3f} {limit}")
    opened = re.findall(r'"([^"]*-rdmav\d+\.so)"', ours.text("opens.list"))
    others = sorted({path for path in opened if "librxe-" not in path})
    judge.case(f"{prefix}/cost/opens-rxe-only",
               f"ibv_devices looked for {others[0]}" if others else
               "" if opened else "ibv_devices opened no plug-in")


def trouble(run, job):
    """Lines of the kernel log that a healthy run does not have, without what varies."""
    found = set()
    for line in run.text(f"dmesg-{job}.txt").splitlines():
        if KERNEL_TROUBLE.search(line):
            line = re.sub(r"^\[[^]]*\]\s*", "", line)
            found.add(re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+", "N", line))
    return found


def guest(judge, series, directory, jobs):
    reference, ours = Run(directory / "reference"), Run(directory / "ours")
    failed = directory / "failed"
    if failed.exists():
        judge.not_ok(f"{series}/guest", failed.read_text().strip())
        return
    judge.case(f"{series}/guest", "" if (directory / "ended").exists() else
               f"it did not run to its end, see {directory}/console and job.log")
    for job in jobs:
        globals()["job_" + job](judge, series, reference, ours)
        new = trouble(ours, job) - trouble(reference, job)
        judge.case(f"{series}/dmesg/{job}", f"the kernel says '{sorted(new)[0]}'" if new else
                   "" if (directory / "ours" / f"dmesg-{job}.txt").exists() else "no kernel log")


def main():
    judge = Judge()
    for argument in sys.argv[1:]:
        what, directory = argument.split("=", 1)
        series, jobs = what.split(":")
        guest(judge, series, pathlib.Path(directory), jobs.split(","))
    print(f"kernel: {judge.passed} passed, {judge.failed} failed, {judge.skipped} skipped")
    sys.exit(1 if judge.failed or not judge.passed else 0)


if __name__ == "__main__":
    main()
