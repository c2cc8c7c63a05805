#!/usr/bin/env python3
"""Compare our headers with those of release 44 and with the tables of release 65.

    compare.py REFERENCE OURS      directories with infiniband/ in them

Every name of a header, every size, offset, alignment and value, and every prototype. Both sets of
headers are compiled; what was recorded of release 44 must be what its headers say, so that the
tables can be trusted, and what differs in ours must be what is recorded of release 65.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CC = os.environ.get("CC", "cc")
HEADERS = ["verbs", "verbs_api", "arch", "ib_user_ioctl_verbs", "opcode", "sa", "sa-kern-abi",
           "tm_types"]
DRIVER_HEADERS = ["driver", "kern-abi", "cmd_ioctl", "cmd_write", "marshall", "dmabuf_heap"]


class Tally:
    """What was compared, by kind, and what was wrong."""

    def __init__(self):
        self.passed, self.failed, self.counts = 0, 0, {}

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"not ok abi/headers: {what}")

    def count(self, kind, number):
        self.counts[kind] = number


def rows(path):
    return [line.split("\t") for line in path.read_text().splitlines()
            if line and not line.startswith("#")]


def layout(release):
    """The table of a release: expression in C -> value, and how many of each kind."""
    return facts_of(HERE / f"public-{release}.tsv")


def facts_of(path):
    facts, counts, record = {}, {}, None
    kinds = {"record": "structs", "field": "fields", "enum": "enums", "value": "enum values",
             "macro": "macro values"}
    for kind, *rest in rows(path):
        counts[kinds[kind]] = counts.get(kinds[kind], 0) + 1
        if kind == "record":
            record = f"{rest[0]} {rest[1]}"
            facts[f"sizeof({record})"] = int(rest[2])
            facts[f"__alignof__({record})"] = int(rest[3])
        elif kind == "field" and (len(rest) < 5 or not rest[4]):
            facts[f"offsetof({record}, {rest[0]})"] = int(rest[1])
            # Of an array without a length there is no size.
            if rest[2] != "0":
                facts[f"sizeof((({record} *)0)->{rest[0]})"] = int(rest[2])
        elif kind == "enum" and rest[0] != "-":
            facts[f"sizeof(enum {rest[0]})"] = int(rest[1])
            facts[f"(enum {rest[0]})-1 < 0"] = int(rest[2] == "signed")
        elif kind in ("value", "macro"):
            value = int(rest[1])
            facts[rest[0]] = value - (1 << 64) if value >= 1 << 63 else value
    return facts, counts


def names(release):
    """Kind -> name -> what the table says of it: parameters of a macro, a prototype."""
    # `release` is a number, or driver- or static- and a number.
    found = {"macro": {}, "inline": {}, "function": {}}
    if str(release).startswith("static-"):
        found["object"] = {}
    for kind, name, _, what in rows(HERE / f"names-{release}.tsv"):
        found[kind][name] = what
    return found


def tags(release):
    """Names of records, enumerations and constants."""
    kinds = {"record": 2, "enum": 1, "value": 1}
    return {row[kinds[row[0]]] for row in rows(HERE / f"public-{release}.tsv")
            if row[0] in kinds} - {"-"}


class Compiler:
    """Compiles texts against one set of headers."""

    def __init__(self, include, work, headers, *defines):
        self.include, self.work, self.headers = include, work, headers
        self.defines = [f"#define {name}" for name in defines]

    def source(self, body):
        path = self.work / "text.c"
        lines = self.defines + [f"#include <infiniband/{header}.h>" for header in self.headers]
        path.write_text("\n".join(lines) + "\n#include <stddef.h>\n" + body)
        return path

    def run(self, *arguments):
        # Headers whose successor has another name say so in a warning.
        command = [CC, "-std=gnu11", "-w", f"-I{self.include}", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def preprocess(self, *flags):
        """Lines of the preprocessed text that come from infiniband/."""
        done = self.run("-E", *flags, self.source(""))
        if done.returncode:
            sys.exit(done.stderr)
        ours, inside = [], False
        for line in done.stdout.splitlines():
            mark = re.match(r'# \d+ "([^"]*)"', line)
            if mark:
                inside = "/infiniband/" in mark[1]
            elif inside:
                ours.append(line)
        return ours

    def values(self, expressions):
        """What a program says of each expression."""
        lines = [f'printf("%lld\\n", (long long)({what}));' for what in expressions]
        body = "#include <stdio.h>\nint main(void)\n{\n" + "\n".join(lines) + "\nreturn 0;\n}\n"
        program = self.work / "values"
        done = self.run("-o", program, self.source(body))
        if done.returncode:
            print(done.stderr)
            return None
        printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        return dict(zip(expressions, map(int, printed.split())))


def macros(lines):
    """Macros that are defined somewhere, with their parameters, and those still so at the end."""
    found, left = {}, set()
    for line in lines:
        known = re.match(r"#\s*(define|undef)\s+(\w+)(\([^)]*\))?", line)
        if not known:
            continue
        if known[1] == "undef":
            left.discard(known[2])
        else:
            found[known[2]] = re.sub(r"\s*,\s*", ", ", known[3] or "-")
            left.add(known[2])
    return found, left


def declared_tags(lines):
    """Structs, unions and enumerations with a body, and the constants."""
    text = " ".join(lines)
    found = set(re.findall(r"\b(?:struct|union|enum)\s+(\w+)\s*\{", text))
    for body in re.findall(r"\benum\b[^{;()]*\{([^}]*)\}", text):
        found |= set(re.findall(r"(?:^|,)\s*(\w+)\s*(?=[=,]|$)", body.strip()))
    return found


def functions(compiler):
    """Names of the functions that are declared and of those that have a body."""
    listing = compiler.work / "functions"
    # Without what the macros do to their names.
    compiler.run("-fsyntax-only", "-aux-info", listing, compiler.source(""))
    declared, defined = set(), set()
    for line in listing.read_text().splitlines():
        known = re.match(r"/\* (\S+):\d+:N([CF]) \*/ .*?\b(\w+) \(", line)
        if known and "/infiniband/" in known[1]:
            (defined if known[2] == "F" else declared).add(known[3])
    return declared - defined, defined


def objects(lines):
    """Name -> type of what is declared and is no function."""
    text = " ".join(lines)
    found = re.findall(r"\bextern\s+(const\s+struct\s+\w+)\s+(\w+)\s*;", text)
    return {name: " ".join(kind.split()) for kind, name in found}


def compare_static(tally, who, plain, release):
    """What a program sees that names its providers: the names of the table, and no others."""
    table = names(f"static-{release}")
    static = Compiler(plain.include, plain.work, HEADERS, "RDMA_STATIC_PROVIDERS rxe, siw")
    declared, defined = functions(static)
    had_declared, had_defined = functions(plain)
    had_macros, _ = macros(plain.preprocess("-dD"))
    have = {"macro": {name: what for name, what in macros(static.preprocess("-dD"))[0].items()
                      if name not in had_macros},
            "inline": dict.fromkeys(defined - had_defined),
            "function": dict.fromkeys(declared - had_declared),
            "object": objects(static.preprocess())}
    for kind, wanted in table.items():
        for name in sorted(set(wanted) | set(have[kind])):
            if name not in have[kind]:
                tally.check(False, f"{who}: static {kind} {name} is missing")
            elif name not in wanted:
                tally.check(False, f"{who}: static {kind} {name} is not of release {release}")
            else:
                # Of functions only the name is compared here; a macro may be empty, and that counts.
                says = have[kind][name]
                same = says is None or says == wanted[name]
                tally.check(same, f"{who}: static {kind} {name} is {says}")
    missing = declared_tags(plain.preprocess()) ^ declared_tags(static.preprocess())
    tally.check(not missing, f"{who}: types and constants change: {missing}")
    compare_prototypes(tally, who, static, f"static-{release}")
    # The providers named come first, the rest is `none`.
    providers = [f"&verbs_provider_{name}" for name in ("rxe", "siw")]
    providers += ["&verbs_provider_none"] * (len(table["object"]) - len(providers))
    done = static.run("-E", "-P", static.source("list: _RDMA_STATIC_PREFIX(RDMA_STATIC_PROVIDERS)"))
    expands = re.search(r"list:(.*)", done.stdout, re.S)[1]
    tally.check([item.strip() for item in expands.split(",")] == providers,
                f"{who}: the list of providers expands to {expands}")
    return sum(map(len, table.values()))


def compare_names(tally, who, compiler, release):
    """The headers have the names of the table, and no others."""
    table = names(release)
    declared, defined = functions(compiler)
    defines, left = macros(compiler.preprocess("-dD"))
    have = {"macro": defines, "inline": defined, "function": declared,
            "type or constant": declared_tags(compiler.preprocess())}
    want = {**table, "type or constant": tags(release)}
    for kind, wanted in want.items():
        for name in sorted(set(wanted) | set(have[kind])):
            if name not in have[kind]:
                tally.check(False, f"{who}: {kind} {name} is missing")
            elif name not in wanted:
                tally.check(False, f"{who}: {kind} {name} is not of release {release}")
            elif kind == "macro":
                same = have[kind][name] == wanted[name]
                tally.check(same, f"{who}: macro {name}{have[kind][name]}, not {wanted[name]}")
            else:
                tally.check(True, name)
    return left


def compare_prototypes(tally, who, compiler, release):
    """To declare a function again with the prototype of the table is no error."""
    table = names(release)
    for kind, before in (("function", ""), ("inline", "static inline ")):
        body = [f"#undef {name}" for name in table[kind]]
        body += [f"#line {at} \"prototypes\"\n{before}{prototype};"
                 for at, prototype in enumerate(table[kind].values(), 1)]
        done = compiler.run("-fsyntax-only", compiler.source("\n".join(body) + "\n"))
        wrong = re.findall(r"^prototypes:\d+:.*error: (.*)", done.stderr, re.M)
        for what in wrong:
            tally.check(False, f"{who}: {what}")
        if done.returncode and not wrong:
            tally.check(False, f"{who}: {done.stderr}")
        tally.passed += len(table[kind]) - len(wrong)


def compare_values(tally, reference, ours):
    old, _ = layout(44)
    new, counts = layout(65)
    says_reference, says_ours = reference.values(list(old)), ours.values(list(new))
    if says_reference is None or says_ours is None:
        tally.check(False, "the layouts do not compile")
        return
    changed = 0
    for what, value in old.items():
        tally.check(says_reference[what] == value,
                    f"reference: {what} is {says_reference[what]}, the table says {value}")
        if what not in new:
            tally.check(False, f"{what} is of release 44 and not in the table of release 65")
        elif says_ours[what] != says_reference[what]:
            changed += 1
            tally.check(says_ours[what] == new[what],
                        f"{what} is {says_ours[what]}, was {says_reference[what]} in release 44")
    for what, value in new.items():
        tally.check(says_ours[what] == value,
                    f"ours: {what} is {says_ours[what]}, the table says {value}")
    for kind, number in counts.items():
        tally.count(kind, number)
    tally.count("sizes and values that release 65 changed", changed)
    tally.count("sizes and values that release 65 added", len(set(new) - set(old)))


STANDARDS = [("c", "c99"), ("c", "c11"), ("c", "c17"),
             ("c++", "c++11"), ("c++", "c++17"), ("c++", "c++20")]


def compare_warnings(tally, reference, ours):
    """No header of ours makes a pedantic compiler say more than the reference's does."""
    compilers = [found for found in map(shutil.which, ("gcc", "clang")) if found]
    for header in HEADERS:
        for compiler in compilers:
            for language, standard in STANDARDS:
                said = []
                for include in (reference, ours):
                    done = subprocess.run(
                        [compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra",
                         "-pedantic", f"-I{include}", "-fsyntax-only", "-"], check=False,
                        input=f"#include <infiniband/{header}.h>\n", capture_output=True, text=True)
                    said.append(len(re.findall(r"(?:warning|error):", done.stderr)))
                tally.check(said[1] <= said[0], f"{header}.h, {pathlib.Path(compiler).name} "
                            f"-std={standard}: {said[1]} warnings, the reference's has {said[0]}")
    tally.count("headers under -pedantic", len(HEADERS) * len(compilers) * len(STANDARDS))


# Constants of the library alone.
NOT_FOR_DRIVERS = {"write_fallback", "TRY_WRITE", "TRY_WRITE_EX", "ERROR", "SUCCESS"}


def compare_drivers(tally, include, work):
    """The headers for drivers, of both generations, against their tables."""
    generations = {number: Compiler(include, work, DRIVER_HEADERS, f"IBVERBS_PABI_VERSION {number}")
                   for number in (65, 34)}
    facts, _ = facts_of(HERE / "private-65.tsv")
    facts = {what: value for what, value in facts.items()
             if not NOT_FOR_DRIVERS & set(re.findall(r"\w+", what))}
    # The table of 34 is of its first form; ours is the last one, whose queue pairs are as in 65.
    older, _ = facts_of(HERE / "private-34.tsv")
    older = {what: value for what, value in older.items()
             if re.search(r"struct verbs_context\b|struct verbs_context_ops\b", what)}
    for number, table in ((65, facts), (34, older)):
        says = generations[number].values(list(table))
        if says is None:
            tally.check(False, f"layouts of generation {number} do not compile")
            continue
        for what, value in table.items():
            tally.check(says[what] == value, f"generation {number}: {what} is {says[what]}, "
                        f"the table says {value}")
    compare_prototypes(tally, "drivers", generations[65], "driver-65")
    declared, defined = functions(generations[65])
    for kind, have in (("function", declared), ("inline", defined)):
        for name in names("driver-65")[kind]:
            tally.check(name in have, f"drivers: {kind} {name} is missing")
    tally.count("facts for drivers", len(facts) + len(older))
    tally.count("functions for drivers", sum(map(len, names("driver-65").values())))


def main(reference, ours):
    tally = Tally()
    with tempfile.TemporaryDirectory() as work:
        reference, ours, work = (pathlib.Path(of).resolve() for of in (reference, ours, work))
        compilers = [Compiler(of, work, HEADERS) for of in (reference, ours)]
        left = []
        for who, compiler, release in zip(("reference", "ours"), compilers, (44, 65)):
            left.append(compare_names(tally, who, compiler, release))
            compare_prototypes(tally, who, compiler, release)
            static = compare_static(tally, who, compiler, release)
        tally.count("names for static providers", static)
        for name in sorted((left[0] ^ left[1]) & set(names(44)["macro"])):
            tally.check(False, f"macro {name} is left defined by one side only")
        compare_values(tally, *compilers)
        compare_warnings(tally, reference, ours)
        compare_drivers(tally, ours, work)
    for kind, found in names(65).items():
        tally.count({"macro": "macros", "inline": "inline functions",
                     "function": "functions"}[kind], len(found))
    print("headers:", ", ".join(f"{number} {kind}" for kind, number in tally.counts.items()))
    print(f"headers: {tally.passed} passed, {tally.failed} failed, 0 skipped")
    return tally.failed != 0


if len(sys.argv) != 3:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
