#!/usr/bin/env python3
"""Turn the layout tables of this directory into checks.

    asserts.py rust           write src/abi/layout/*.rs
    asserts.py rust --check   exit 1 if those files are not what would be written
    asserts.py c              print a C (and C++) file of static assertions on the public headers

A table is tab-separated; its first lines say what the columns are.
"""

import pathlib
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
RUST_DIR = HERE.parent.parent / "src" / "abi" / "layout"
RUST_WORDS = {"type", "match", "priv"}

# Table, Rust file, what the file is about: structs, and constants where there are any.
RUST_FILES = [
    ("public-65.tsv", "public.rs", "Structs of the public headers of release 65."),
    ("public-65.tsv", "public_values.rs", "Constants of the public headers of release 65."),
    ("private-65.tsv", "private.rs", "Structs of the provider-facing interface."),
    ("private-65.tsv", "private_values.rs", "Constants of the provider-facing interface."),
    ("uapi.tsv", "uapi.rs", "Structs of the kernel interface."),
    ("uapi.tsv", "uapi_values.rs", "Constants of the kernel interface."),
    ("compat-1.0.tsv", "compat.rs", "Structs behind node `IBVERBS_1.0`."),
    ("verbium.tsv", "verbium.rs", "Structs of the extensions."),
    ("verbium.tsv", "verbium_values.rs", "Constants of the extensions."),
]


class Record:
    """A struct or union with its fields: (C path, offset, size, Rust path, bit or None)."""

    def __init__(self, kind, name, size, align):
        self.kind, self.name, self.size, self.align = kind, name, int(size), int(align)
        self.fields = []


class Enum:
    """An enumeration; `name` is None for one without a name."""

    def __init__(self, name, size, sign):
        self.name, self.size, self.signed = name, int(size), sign == "signed"
        self.values = []


def read(path):
    """The records, enumerations and macros (name, value, type) of a table."""
    records, enums, macros = [], [], []
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        word, *rest = line.split("\t")
        if word == "record":
            records.append(Record(*rest))
        elif word == "field":
            name, offset, size, rust, *bit = rest
            rust = name if rust == "-" else rust
            records[-1].fields.append((name, int(offset), int(size), rust, bit[0] if bit else None))
        elif word == "enum":
            enums.append(Enum(None if rest[0] == "-" else rest[0], rest[1], rest[2]))
        elif word == "value":
            enums[-1].values.append((rest[0], int(rest[1])))
        elif word == "macro":
            macros.append((rest[0], int(rest[1]), rest[2]))
        else:
            sys.exit(f"{path}: unknown line {line!r}")
    return records, enums, macros


def rust_path(path):
    return ".".join("r#" + part if part in RUST_WORDS else part for part in path.split("."))


def wrapped(items):
    """Items on lines of at most 100 columns, indented once."""
    text = " ".join(item.replace(" ", "\0") for item in items)
    lines = textwrap.wrap(text, 100, initial_indent="    ", subsequent_indent="    ",
                          break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def rust_file(table, name, title):
    records, enums, macros = read(HERE / table)
    if name.endswith("_values.rs"):
        records = []
    else:
        enums, macros = [], []
    out = [f"//! {title}",
           f"//! Written by c-tests/layout/asserts.py from {table}; not edited by hand.", "",
           "use crate::abi::*;", ""]
    for record in records:
        fields = {}
        for _, offset, size, rust, _ in record.fields:
            fields[rust_path(rust)] = (offset, size)
        items = [f"{path} {offset} {size}," for path, (offset, size) in fields.items()]
        out.append(f"layout! {{ {record.name}: {record.size}, {record.align};")
        out += wrapped(items)
        out.append("}")
    for enum in enums:
        of = enum.name or {(4, False): "u32", (4, True): "i32", (8, False): "u64"}[
            (enum.size, enum.signed)]
        out.append(f"values! {{ {of}: {enum.size}, {'true' if enum.signed else 'false'};")
        out += wrapped([f"{name} {value}," for name, value in enum.values])
        out.append("}")
    numbers = [f"{name} {value}," for name, value, kind in macros if kind != "pointer"]
    if numbers:
        out.append("macros! {")
        out += wrapped(numbers)
        out.append("}")
    return "\n".join(out) + "\n"


def rust(check):
    stale = []
    for table, name, title in RUST_FILES:
        path, text = RUST_DIR / name, rust_file(table, name, title)
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if check and stale:
        sys.exit(f"{RUST_DIR}: not what the tables say: {' '.join(stale)}")


def c():
    records, enums, macros = read(HERE / "public-65.tsv")
    for more, own in zip((records, enums, macros), read(HERE / "verbium.tsv")):
        more.extend(own)
    print("/* Written by asserts.py from public-65.tsv and verbium.tsv: the headers against them. */")
    for header in ("verbium", "verbs", "sa", "sa-kern-abi", "opcode", "tm_types", "arch"):
        print(f"#include <infiniband/{header}.h>")
    print("#include <stddef.h>\n#ifndef __cplusplus\n#define static_assert _Static_assert\n#endif")
    print("#define SIZE(type, field) sizeof(((type *)0)->field)")

    def say(condition, what):
        print(f'static_assert({condition}, "{what}");')

    for record in records:
        tag = f"{record.kind} {record.name}"
        say(f"sizeof({tag}) == {record.size}", f"size of {tag}")
        say(f"__alignof__({tag}) == {record.align}", f"alignment of {tag}")
        for name, offset, size, _, _ in record.fields:
            say(f"offsetof({tag}, {name}) == {offset}", f"offset of {record.name}.{name}")
            say(f"SIZE({tag}, {name}) == {size}", f"size of {record.name}.{name}")
    signs = []
    for enum in enums:
        if enum.name:
            say(f"sizeof(enum {enum.name}) == {enum.size}", f"size of enum {enum.name}")
            signs.append((enum.name, int(enum.signed)))
        for name, value in enum.values:
            say(f"(long long){name} == {value}LL", name)
    for name, value, kind in macros:
        cast = "(unsigned long long)(size_t)" if kind == "pointer" else "(unsigned long long)"
        if kind == "pointer":
            print(f"static inline int check_{name}(void) {{ return {cast}{name} == {value}ULL; }}")
        else:
            say(f"{cast}{name} == {value}ULL", name)
    # C++ calls -1 outside the range of most enumerations.
    print("#ifndef __cplusplus")
    for name, signed in signs:
        say(f"((long long)(enum {name})-1 < 0) == {signed}", f"sign of enum {name}")
    print("#endif")
    calls = " && ".join(f"check_{name}()" for name, _, kind in macros if kind == "pointer")
    print(f"int main(void) {{ return !({calls}); }}")


def main(arguments):
    if arguments[:1] == ["rust"] and arguments[1:] in ([], ["--check"]):
        rust(check=bool(arguments[1:]))
    elif arguments == ["c"]:
        c()
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
