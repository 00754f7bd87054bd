"""The files of the corpus before and after each change, as other readers see them.

usage: trees.py CORPUS MADE

Prints TAP: the two readings differ in exactly the entries that the change names.
"""

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace

from corpus import Change, Corpus, Tap, read_bytes
from readers import EMPTY, Refused, readers_of


def path_of(edit, kind):
    """Where a reader finds the entry of an edit; of a flag where its words are."""
    name = re.sub(r"\[\d+\]", "[]", edit.name)
    if edit.what == "flag":
        return {"compose": f"services.{edit.group}.command[]",
                "plist": "ProgramArguments[]",
                "systemd": f"{edit.group}.ExecStart[]"}[kind]
    if edit.what == "variable":
        return {"compose": f"services.{edit.group}.environment.{name}",
                "plist": f"EnvironmentVariables.{name}",
                "systemd": f"{edit.group}.Environment.{name}",
                "env": name}[kind]
    if kind == "compose" and edit.group:
        return f"services.{edit.group}.{name}"
    return f"{edit.group}.{name}" if kind == "systemd" else name


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def without_flag(items, path, edit, has_value):
    """The items less a flag of a command, and the values that it had."""
    rest, values, skip = [], [], False
    for item in items:
        if skip and item[0] == path:
            values[-1] = item[1]
            skip = False
            continue
        if item[0] == path and item[1] == edit.name:
            values.append(None)
            skip = has_value
            continue
        if item[0] == path and str(item[1]).startswith(edit.name + "="):
            values.append(item[1].partition("=")[2])
            continue
        rest.append(item)
    return rest, values


def without_list_item(items, path, edit):
    """An item of a list is told by its place: less the one at that place."""
    place = [int(one) for one in re.findall(r"\[(\d+)\]", edit.name)]
    seen, rest, values = -1, [], []
    for item in items:
        if item[0] == path:
            seen += 1
        if item[0] == path and seen == place[-1 if path.endswith("[]") else 0]:
            values.append(text_of(item[1]))
        else:
            rest.append(item)
    return rest, values


def without(items, kind, edit, has_value):
    path = path_of(edit, kind)
    if edit.what == "flag":
        return without_flag(items, path, edit, has_value)
    if "[" in edit.name:
        return without_list_item(items, path, edit)
    return ([item for item in items if item[0] != path],
            [text_of(value) for at, value in items if at == path])


def same_kind(before, after):
    """A number stays a number, a text a text."""
    return type(before) is type(after) or before is None or (
        isinstance(before, (int, float)) and isinstance(after, (int, float))
        and not isinstance(before, bool) and not isinstance(after, bool))


def judge_words(before, after, edits):
    """Of a script only the words are known, in their order: as many differ as there are edits."""
    before, after = [item[1] for item in before], [item[1] for item in after]
    if len(before) != len(after):
        return [f"{len(before)} words became {len(after)}"]
    wanted = [edit.value if edit.what == "flag" else f"{edit.name}={edit.value}" for edit in edits]
    new = [b for a, b in zip(before, after) if a != b]
    return [] if sorted(new) == sorted(wanted) else [f"other words: {new}, not {wanted}"]


def judge(kind, before, after, edits):
    if kind == "shell":
        return judge_words(before, after, edits)
    complaints = []
    paths = [path_of(edit, kind) for edit in edits]
    had = dict(before)
    has = dict(after)
    for edit, path in zip(edits, paths):
        has_value = edit.value is not None
        if edit.what == "flag" and edit.act == "remove":
            words = [item[1] for item in before if item[0] == path]
            at = words.index(edit.name) if edit.name in words else -1
            has_value = 0 <= at < len(words) - 1 and not words[at + 1].startswith("-")
        before, _ = without(before, kind, edit, has_value)
        after, values = without(after, kind, edit, has_value)
        wanted = [] if edit.act == "remove" else [edit.value]
        if values != wanted:
            complaints.append(f"{edit.name}: {values}, not {wanted}")
        if kind == "compose" and edit.what == "variable" and isinstance(has.get(path), bool):
            complaints.append(f"{edit.name} is a truth value, not a text")
        if kind in ("json", "yaml", "plist") and path in had and path in has and \
                not same_kind(had[path], has[path]):
            complaints.append(f"{edit.name} was {type(had[path])}, is {type(has[path])}")
    # A section that was empty and is not, or the other way round.
    def counts(item):
        return item[0] and not (item[1] in EMPTY and any((path + ".").startswith(item[0] + ".") or path.startswith(item[0] + "[")
                                           for path in paths))
    before = [item for item in before if counts(item)]
    after = [item for item in after if counts(item)]
    if sorted(map(repr, before)) != sorted(map(repr, after)):
        complaints += [f"no more: {item}" for item in before if item not in after]
        complaints += [f"new: {item}" for item in after if item not in before]
        complaints = complaints or ["something is there more or less often"]
    return complaints


def judge_change(change, corpus):
    kind = change.row.what
    complaints = []
    for name, read in readers_of(kind):
        try:
            before = read(read_bytes(corpus.path(change.row.file)))
        except Refused as error:
            if name not in corpus.refused_by(change.row):
                complaints.append(f"{name} refuses the file as it was: {error}")
            continue
        if name in corpus.refused_by(change.row):
            complaints.append(f"the table says that {name} refuses the file, and it does not")
            continue
        try:
            after = read(read_bytes(change.after))
        except Refused as error:
            complaints.append(f"{name} refuses what it became: {error}")
            continue
        complaints += [f"{name}: {one}" for one in judge(kind, before, after, change.edits)]
    return complaints


def verify_unit(change, corpus, folder):
    """What systemd itself says about it, where it is there."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder + "/judged.service.d")
    is_unit = change.row.file.endswith(".service")
    unit = change.after if is_unit else corpus.path("systemd/ollama.service")
    shutil.copy(unit, folder + "/judged.service")
    if not is_unit:
        shutil.copy(change.after, folder + "/judged.service.d/50-judged.conf")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", folder + "/judged.service"],
                          capture_output=True, text=True, timeout=60, check=False)
    # Programs that are not installed here are no fault of the file.
    lines = [line for line in done.stderr.split("\n") if folder + "/" in line]
    return [line.replace(folder, "") for line in lines]


def planted(corpus, tap):
    """An edit of another name or value than was made must be complained about by each reader."""
    for kind in sorted({change.row.what for change in corpus.changes}):
        change = next(one for one in corpus.changes if one.row.what == kind and
                      len(one.edits) == 1 and one.edits[0].what != "flag" and one.edits[0].value)
        edit = change.edits[0]
        others = [replace(edit, name=edit.name + "_OTHER"), replace(edit, value="another")]
        missed = []
        for name, read in readers_of(kind):
            before = read(read_bytes(corpus.path(change.row.file)))
            after = read(read_bytes(change.after))
            missed += [name for other in others if not judge(kind, before, after, [other])]
            missed += [name for other in others if not judge(kind, before, before, [other])]
        tap.result(f"planted: what was not meant is seen in {kind} files", missed)


def planted_unit(corpus, tap, folder):
    row = corpus.files["systemd/tunetop.conf"]
    with open(folder + "/planted", "wb") as out:
        out.write(read_bytes(corpus.path(row.file)) + b"MemoryMaxx=1G\n")
    seen = verify_unit(Change(row, [], folder + "/planted"), corpus, folder + "/unit")
    tap.result("planted: systemd sees a key that it does not know", [] if seen else ["it did not"])


def main():
    logging.disable()  # dotenv says what it makes of each line
    corpus = Corpus(sys.argv[1], sys.argv[2])
    tap = Tap()
    has_systemd = shutil.which("systemd-analyze") is not None
    with tempfile.TemporaryDirectory() as folder:
        for change in corpus.changes:
            complaints = judge_change(change, corpus)
            if change.row.what == "systemd" and has_systemd:
                complaints += verify_unit(change, corpus, folder + "/unit")
            tap.result(change.title(), complaints)
        planted(corpus, tap)
        if has_systemd:
            planted_unit(corpus, tap, folder)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
