"""The table of tests/fixtures/config, and what tests/tools/config_corpus made of its files."""

import os
import re
from dataclasses import dataclass


PROFILES = ("ultra", "high", "optimized", "balanced", "conservative")


@dataclass
class Row:
    line: int
    file: str
    act: str
    what: str
    group: str
    name: str
    value: str  # None: there is none
    expected: str

    def title(self):
        words = [self.file + ":", self.act, self.group, self.name, self.value or ""]
        return " ".join(word for word in words if word)


@dataclass
class Change:
    """One file that became another: by one edit, or by several at once."""

    row: Row  # of the file
    edits: list
    after: str  # path
    profile: str = ""

    def title(self):
        if self.profile:
            return f"{self.row.file}: profile {self.profile}, {len(self.edits)} edits"
        if len(self.edits) == 1:
            return self.edits[0].title()
        return f"{self.row.file}: {len(self.edits)} edits at once"


def read_rows(path):
    rows = []
    with open(path, encoding="utf-8") as table:
        for number, line in enumerate(table, 1):
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                file, act, what, group, name, value, expected = line.split("\t")
                group = "" if group == "-" else group
                value = None if value == "(none)" else value
                rows.append(Row(number, file, act, what, group, name, value, expected))
    return rows


class Corpus:
    def __init__(self, folder, made):
        self.folder = folder
        self.rows = read_rows(os.path.join(folder, "corpus.tsv"))
        self.files = {row.file: row for row in self.rows if row.act == "document"}
        self.changes = self._changes(made)

    def _profiles(self, row, made):
        changes = []
        for profile in PROFILES:
            edits = os.path.join(made, f"{row.line}-{profile}.edits")
            after = os.path.join(made, f"{row.line}-{profile}.after")
            if os.path.exists(after):
                changes.append(Change(self.files[row.file], read_rows(edits), after, profile))
        return changes

    def _changes(self, made):
        changes = []
        for row in self.rows:
            after = os.path.join(made, f"{row.line}.after")
            if row.act in ("set", "remove") and os.path.exists(after):
                changes.append(Change(self.files[row.file], [row], after))
            if row.act == "profile":
                changes += self._profiles(row, made)
            after = os.path.join(made, f"{row.line}-all.after")
            if row.act == "document" and os.path.exists(after):
                changes.append(Change(row, self._together(row.file), after))
        return changes

    def _together(self, file):
        """What config_corpus does at once: the plain edits, of each entry the first."""
        found = {}
        for row in self.rows:
            plain = re.match(r"(changed|added)\b", row.expected)
            if row.file == file and row.act == "set" and plain:
                found.setdefault((row.what, row.group, row.name), row)
        return list(found.values())

    def path(self, file):
        return os.path.join(self.folder, file)

    def refused_by(self, row):
        """Who is said to refuse the file: the words of the column of the value."""
        return set() if row.value in (None, "-") else set(row.value.split(","))


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def result(self, title, complaints):
        self.count += 1
        self.failed += bool(complaints)
        title = title.replace("#", "(hash)")  # which begins a directive
        print(("not " if complaints else "") + f"ok {self.count} - {title}")
        for one in complaints:
            for line in str(one).split("\n")[:6]:
                print("# " + line[:400])

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failed or not self.count else 0


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()
