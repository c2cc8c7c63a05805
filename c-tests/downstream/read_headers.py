#!/usr/bin/env python3
"""Whose infiniband/ headers were read, by the compiler's own lists.

    read_headers.py LISTS OBJECTS OURS...

LISTS is a directory of files *.d as `cc` beside this file leaves them, OBJECTS the directory of
the build, OURS the directories whose headers may be read. Fails when any list names a file below
a directory `infiniband` that is not in one of OURS, when an object file of the build is in no
list, or when no list names our infiniband/verbs.h, in which case it would have proved nothing.
"""

import os
import sys


def names_of(text):
    """The targets and the files of one list: a make rule, with blanks escaped by a backslash."""
    words = text.replace("\\\n", " ").replace("\\ ", "\0").split()
    words = [word.replace("\0", " ") for word in words]
    targets = []
    while words:
        word = words.pop(0)
        targets.append(word.rstrip(":"))
        if word.endswith(":"):
            break
    # Rules without prerequisites, which -MP adds, name nothing new.
    return targets, [word.rstrip(":") for word in words]


def main():
    lists, objects, *ours = (os.path.realpath(name) for name in sys.argv[1:])
    wrong, compiled, headers, count = [], set(), set(), 0
    for name in sorted(os.listdir(lists)):
        if not name.endswith(".d"):
            continue
        count += 1
        with open(os.path.join(lists, name), encoding="utf-8", errors="surrogateescape") as file:
            text, _, directory = file.read().rpartition("# in ")
        directory = directory.strip()
        if not os.path.isabs(directory):
            wrong.append(f"{name} does not say where it was made")
            continue
        targets, files = names_of(text)
        compiled |= {os.path.realpath(os.path.join(directory, target)) for target in targets}
        for file in files:
            path = os.path.normpath(os.path.join(directory, file))
            if "infiniband" not in path.split("/")[:-1]:
                continue
            real = os.path.realpath(path)
            headers.add(real)
            if not any(real.startswith(tree + os.sep) for tree in ours):
                wrong.append(f"{targets[0]} read {path}")
    unlisted = 0
    for folder, _, names in os.walk(objects):
        for name in names:
            path = os.path.realpath(os.path.join(folder, name))
            if name.endswith(".o") and path not in compiled:
                unlisted += 1
                wrong.append(f"no list tells what {path} was made from")
    if not any(header.endswith("/infiniband/verbs.h") for header in headers):
        wrong.append("no list names an infiniband/verbs.h: nothing is proved")
    for line in wrong[:20]:
        print(line)
    print(f"{count} lists, {len(headers)} infiniband headers, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
