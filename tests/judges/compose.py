"""The compose files of the corpus before and after each change, as the engines see them.

usage: compose.py CORPUS MADE DOCKER-COMPOSE PODMAN-COMPOSE

`docker-compose config` and `podman-compose config` print the model that they would act upon, and
`docker-compose config --hash` what decides whether a container is made anew. None of it needs an
engine. Prints TAP: the models differ where the change names it and nowhere else, and only services
that are named get another hash.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import yaml

from corpus import Change, Corpus, Tap, read_bytes
from readers import Refused, compose, flatten, joined, yaml_1_2

SECONDS = 60
PROFILES = [word for name in ("all", "gpu", "night") for word in ("--profile", name)]
# Nothing of this machine's environment answers a ${NAME}, nor is there a network to ask.
ENVIRONMENT = {"PATH": os.defpath, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


def run(argv, folder):
    try:
        done = subprocess.run(argv, cwd=folder, env=ENVIRONMENT, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{argv[0]} did not answer in {SECONDS} s") from error
    if done.returncode != 0:
        raise Refused(done.stderr.decode("utf-8", "replace").strip() or "it failed")
    return done.stdout.decode("utf-8").replace(folder, "/project")


class Docker:
    name = "docker"

    def __init__(self, program):
        self.program = program

    def model(self, folder, arguments):
        text = run([self.program, *arguments, "config", "--format", "json"], folder)
        return items_of(json.loads(text))

    def hashes(self, folder, arguments):
        text = run([self.program, *arguments, "config", "--hash", "*"], folder)
        return dict(line.split() for line in text.splitlines())


class Podman:
    name = "podman"

    def __init__(self, program):
        self.program = program

    def model(self, folder, arguments):
        # --dry-run: it looks for podman otherwise.
        text = run([self.program, "--dry-run", *arguments, "config"], folder)
        return items_of(yaml.load(text, Loader=yaml.CSafeLoader))

    def hashes(self, folder, arguments):
        return None


def items_of(tree):
    """{path: values}; what comes back doubled for "$" is taken back."""
    found = {}
    for path, value in compose(tree):
        if isinstance(value, str):
            value = value.replace("$$", "$")
        found.setdefault(joined(path), []).append(value)
    return found


class Project:
    """The folder of a file, copied, and how an engine is told of it."""

    # Files that are a project with others; every other file is one by itself.
    FOLDERS = {"compose/answered": [], "compose/override": [],
               "compose/extends": ["-f", "compose.yml"], "compose/env-file": ["-f", "compose.yml"]}

    def __init__(self, corpus, file, folder):
        source = os.path.dirname(file)
        self.folder = folder
        self.file = os.path.join(folder, os.path.basename(file))
        self.arguments = self.FOLDERS.get(source)
        if self.arguments is None:
            self.arguments = ["-f", os.path.basename(file)]
            shutil.copy(corpus.path(file), self.file)
        else:
            for name in os.listdir(corpus.path(source)):
                shutil.copy(os.path.join(corpus.path(source), name), folder)
        # All services; and a name that is not that of the folder, which is another each time.
        self.arguments = ["-p", "judged"] + PROFILES + self.arguments

    def put(self, data):
        with open(self.file, "wb") as out:
            out.write(data)


def services_with(corpus, folder, name):
    """The paths of values that ask for ${NAME}, in the compose files of a folder."""
    paths = []
    for file, row in corpus.files.items():
        if os.path.dirname(file) == folder and row.what == "compose":
            tree = yaml_1_2(read_bytes(corpus.path(file)).decode("utf-8-sig"))
            paths += [joined(path) for path, value in compose(tree)
                      if re.search(r"\$\{?" + re.escape(name) + r"\b", str(value))]
    return paths


def is_answers(file):
    """An env_file is not read by `config`; the .env beside a compose file is."""
    return os.path.basename(file) == ".env"


def allowed_paths(corpus, edit):
    """Where an edit may be seen."""
    folder = os.path.dirname(edit.file)
    if is_answers(edit.file):
        return services_with(corpus, folder, edit.name)
    if edit.what == "flag":
        return [f"services.{edit.group}.command[]"]
    if edit.what == "variable":
        return [f"services.{edit.group}.environment.{edit.name}"]
    return ["services." + edit.group + "." + re.sub(r"\[\d+\]", "[]", edit.name)]


def is_below(path, allowed):
    """At the path, below it, or a section above that was not there or is gone."""
    return any(path == one or path.startswith((one + ".", one + "[")) or
               one.startswith((path + ".", path + "[")) for one in allowed)


def compare(before, after, allowed):
    complaints = []
    for path in sorted(set(before) | set(after)):
        if before.get(path) != after.get(path) and not is_below(path, allowed):
            complaints.append(f"{path}: {before.get(path)} became {after.get(path)}")
    return complaints


def check_values(edits, model):
    """A variable must come out as it was meant."""
    complaints = []
    for edit in edits:
        if edit.what != "variable" or is_answers(edit.file):
            continue
        values = model.get(f"services.{edit.group}.environment.{edit.name}", [])
        wanted = [] if edit.act == "remove" else [edit.value]
        if [str(value) for value in values] != wanted:
            complaints.append(f"{edit.name} is {values}, not {wanted}")
    return complaints


def check_hashes(before, after, seen, differ):
    changed = {name for name in set(before) | set(after) if before.get(name) != after.get(name)}
    others = changed - seen
    if others:
        return [f"other services would be made anew: {', '.join(sorted(others))}"]
    if differ and not changed:
        return ["no service would be made anew"]
    return []


def judge(corpus, change, engine, project, before):
    allowed = [path for edit in change.edits for path in allowed_paths(corpus, edit)]
    seen = {path.split(".")[1] for path in allowed}
    project.put(read_bytes(change.after))
    try:
        after = engine.model(project.folder, project.arguments)
        complaints = compare(before[0], after, allowed) + check_values(change.edits, after)
        if before[1] is not None:
            hashes = engine.hashes(project.folder, project.arguments)
            complaints += check_hashes(before[1], hashes, seen, before[0] != after)
    except Refused as error:
        complaints = [f"it refuses what the file became: {error}"]
    return [f"{engine.name}: {one}" for one in complaints]


def judge_file(corpus, file, changes, engine):
    """The complaints about each change of a file."""
    refuses = engine.name in corpus.refused_by(corpus.files[file])
    with tempfile.TemporaryDirectory() as folder:
        project = Project(corpus, file, folder)
        try:
            before = (engine.model(folder, project.arguments),
                      engine.hashes(folder, project.arguments))
        except Refused as error:
            wrong = [] if refuses else [f"{engine.name} refuses the file as it was: {error}"]
            return [wrong for _ in changes]
        if refuses:
            return [[f"the table says that {engine.name} refuses the file"] for _ in changes]
        return [judge(corpus, change, engine, project, before) for change in changes]


def planted(corpus, engine):
    """What became of a file is taken for what another edit makes of it."""
    changes = [one for one in corpus.changes
               if one.row.file == "compose/ollama-map.yml" and len(one.edits) == 1][:4]
    swapped = [Change(one.row, one.edits, other.after)
               for one, other in zip(changes, changes[1:] + changes[:1])]
    found = judge_file(corpus, "compose/ollama-map.yml", swapped, engine)
    return [f"{change.title()}: nothing was seen" for change, seen in zip(changes, found) if not seen]


def main():
    corpus = Corpus(sys.argv[1], sys.argv[2])
    engines = [Docker(sys.argv[3]), Podman(sys.argv[4])]
    tap = Tap()
    files = {}
    for change in corpus.changes:
        file = change.row.file
        if change.profile not in ("", "high"):
            continue  # the same edits with other numbers
        if file.startswith("compose/") and (change.row.what == "compose" or is_answers(file)):
            files.setdefault(file, []).append(change)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        jobs = {file: [pool.submit(judge_file, corpus, file, changes, engine)
                       for engine in engines] for file, changes in files.items()}
        for file, changes in files.items():
            for change, *complaints in zip(changes, *(job.result() for job in jobs[file])):
                tap.result(change.title(), [one for some in complaints for one in some])
    for engine in engines:
        tap.result(f"planted: {engine.name} sees what was not meant", planted(corpus, engine))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
