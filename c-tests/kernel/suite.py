#!/usr/bin/env python3
"""Runs the pyverbs suite of rdma-core and writes what came of each test, one line a test.

    suite.py TESTS DEVICE OUT [MODULE...]

TESTS is the directory of the suite, DEVICE the device it uses, OUT the file to write:
"NAME <tab> OUTCOME <tab> REASON", where OUTCOME is ok, skipped, failure, error, hung or crashed;
a line that begins with "#" names the library that was loaded. With MODULEs (test_cq ...) only
their tests run.

The tests run in a child process. If it dies, or is silent for too long, that is the outcome of the
test it was in, and another child goes on with the next one. Runs inside the guest of
`make kernel-test`, once for each library.
"""

import os
import signal
import sys
import time
import unittest

SILENCE_SECONDS = 60


def load(directory, device, modules):
    """The tests of the suite in its own order."""
    sys.path[:0] = [directory, os.path.dirname(directory)]
    sys.argv[1:] = ["--dev", device]
    from args_parser import parser
    parser.parse_args()
    import tests

    def flat(suite):
        for item in suite:
            if isinstance(item, unittest.TestSuite):
                yield from flat(item)
            else:
                yield item
    found = list(flat(unittest.defaultTestLoader.loadTestsFromModule(tests)))
    if modules:
        found = [test for test in found if test.id().split(".")[1] in modules]
    return found


def reason_of(error):
    """Type and first line of an exception, without what differs from run to run."""
    kind, value = error[0], error[1]
    lines = str(value).strip().splitlines()
    return f"{kind.__name__}: {lines[0] if lines else ''}"


class Recorder(unittest.TestResult):
    """Hands the outcome of each test to a function; what is not ok overrides ok."""

    def __init__(self, write):
        super().__init__()
        self.write = write

    def startTest(self, test):
        super().startTest(test)
        self.outcome = ("ok", "")
        self.write("start", test.id(), "")

    def stopTest(self, test):
        super().stopTest(test)
        self.write(self.outcome[0], test.id(), self.outcome[1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcome = ("skipped", reason)

    def addError(self, test, err):
        super().addError(test, err)
        self.outcome = ("error", reason_of(err))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.outcome = ("failure", reason_of(err))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.outcome = ("failure", reason_of(err))

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.outcome = ("failure", "expected: " + reason_of(err))

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.outcome = ("failure", "unexpected success")


def library():
    """The libibverbs this process has loaded."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            if "libibverbs.so" in line:
                return line.split()[-1]
    return "none"


def child(tests, first, pipe):
    """Runs the tests from number `first` on and tells the parent through `pipe`."""
    def write(word, name, reason):
        text = " ".join(reason.split())
        os.write(pipe, f"{word}\t{name}\t{text}\n".encode())

    write("library", library(), "")
    result = Recorder(write)
    for test in tests[first:]:
        test.run(result)
    # What is left over is the kernel's to clean up: no destructor may change what was written.
    os._exit(0)


class Parent:
    """Starts children until every test has an outcome."""

    def __init__(self, tests, out):
        self.tests, self.out = tests, out
        self.done = 0        # tests with an outcome
        self.running = None  # the test a child said it began

    def line(self, *words):
        self.out.write("\t".join(words) + "\n")
        self.out.flush()

    def take(self, text):
        word, name, reason = text.split("\t", 2)
        if word == "library":
            self.line("# library", name)
        elif word == "start":
            self.running = name
        else:
            self.line(name, word, reason)
            self.done, self.running = self.done + 1, None

    def round(self):
        """One child; returns when it has ended."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os.setpgid(0, 0)
            child(self.tests, self.done, writing)
        os.close(writing)
        hung = self.listen(reading, pid)
        os.close(reading)
        _, status = os.waitpid(pid, 0)
        try:
            os.killpg(pid, signal.SIGKILL)  # what the test may have started
        except ProcessLookupError:
            pass
        if self.done < len(self.tests):
            name = self.running or self.tests[self.done].id()
            code = os.waitstatus_to_exitcode(status)
            what = f"signal {-code}" if code < 0 else f"exit status {code}"
            if hung:
                self.line(name, "hung", f"silent for {SILENCE_SECONDS} s")
            else:
                self.line(name, "crashed", what)
            self.done, self.running = self.done + 1, None

    def listen(self, reading, pid):
        import select
        rest = b""
        last = time.monotonic()
        while True:
            ready, _, _ = select.select([reading], [], [], 1)
            if ready:
                data = os.read(reading, 65536)
                if not data:
                    return False
                last = time.monotonic()
                *lines, rest = (rest + data).split(b"\n")
                for text in lines:
                    self.take(text.decode())
            elif os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return False  # a grandchild may still hold the pipe
            elif time.monotonic() - last > SILENCE_SECONDS:
                os.kill(pid, signal.SIGKILL)
                return True


def main():
    directory, device, path, *modules = sys.argv[1:]
    tests = load(directory.rstrip("/"), device, modules)
    with open(path, "w", encoding="utf-8") as out:
        parent = Parent(tests, out)
        while parent.done < len(tests):
            parent.round()


if __name__ == "__main__":
    main()
