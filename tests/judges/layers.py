"""Compose projects of several files before and after an apply, as the engines see them.

usage: layers.py CORPUS TUNETOP DOCKER-COMPOSE PODMAN-COMPOSE

tunetop applies a profile to projects with overrides, `extends` and `env_file`, in place and with
`write: override`. What `docker-compose config` and `podman-compose config` make of all files of the
project may then differ where the plan says it and nowhere else, and has the values of the plan.
Applied a second time nothing changes, and undo gives the bytes back. Prints TAP.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from compose import Docker, Podman, compare
from corpus import Tap
from readers import Refused

# What .env fills in them.
FILLED = {"QUEUE": ["services.ollama.environment.OLLAMA_MAX_QUEUE", "services.web.environment.JOBS"]}
# folder, arguments of the engine, its file(s) in tunetop.yaml, services (name, kind, of the file)
PROJECTS = [
    ("override", [], "file: docker-compose.yml", [("ollama", "ollama")]),
    ("override", ["-f", "docker-compose.yml"], "files: [docker-compose.yml]",
     [("ollama", "ollama")]),
    ("override", ["-f", "docker-compose.override.yml", "-f", "docker-compose.yml"],
     "files: [docker-compose.override.yml, docker-compose.yml]", [("ollama", "ollama")]),
    ("extends", ["-f", "compose.yml"], "file: compose.yml", [("ollama-small", "ollama")]),
    ("extends", ["-f", "compose.yml"], "file: compose.yml",
     [("ollama", "ollama"), ("ollama-small", "ollama")]),
    ("env-file", ["-f", "compose.yml"], "file: compose.yml",
     [("ollama", "ollama"), ("comfyui", "comfyui")]),
    ("layers", [], "file: compose.yaml", [("ollama", "ollama"), ("comfyui", "comfyui")]),
    ("layers", ["-f", "compose.yaml", "-f", "second.yaml"], "files: [compose.yaml, second.yaml]",
     [("ollama", "ollama"), ("comfyui", "comfyui")]),
    ("layers", ["-f", "compose.yaml", "-f", "second.yaml"], "files: [compose.yaml, second.yaml]",
     [("extra", "comfyui"), ("comfyui", "comfyui"), ("ollama", "ollama")]),
]


class Tunetop:
    def __init__(self, program, folder, home):
        self.program = program
        self.folder = folder
        self.environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=os.path.join(home, "config"),
                                XDG_STATE_HOME=os.path.join(home, "state"))
        self.config = os.path.join(home, "tunetop.yaml")

    def configure(self, files, services, write):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write("services:\n")
            for number, (name, kind) in enumerate(services):
                at = files.replace("file: ", f"file: {self.folder}/").replace(
                    "[", f"[{self.folder}/").replace(", ", f", {self.folder}/")
                out.write(f"  - {{name: s{number}, kind: {kind}, url: 'http://127.0.0.1:{11500 + number}'"
                          f", config: {{type: compose, {at}, service: {name}, write: {write}}}}}\n")

    def run(self, *arguments):
        done = subprocess.run([self.program, "--config", self.config, *arguments], cwd=self.folder,
                              env=self.environment, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=60, check=False)
        if done.returncode != 0:
            raise Refused(f"{' '.join(arguments)}: {done.stderr.decode() or done.stdout.decode()}")
        return done.stdout.decode()


def contents(folder):
    found = {}
    for base, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(base, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def path_of(group, setting):
    base = f"services.{group}."
    if setting.startswith("-"):
        return base + "command[]"
    if setting[0].isupper():
        return base + "environment." + setting
    return base + setting


def path_of_change(group, change):
    """An image may take its flags from a variable; the plan says from which."""
    variable = re.search(r"its image takes flags from (\w+)", change["reason"] or "")
    return path_of(group, variable.group(1) if variable else change["setting"])


def has_flag(change, path, after, now):
    """In the command, or in a line of flags: of the model, or of an env_file, which it may not show."""
    values = [str(value) for value in after.get(path, [])]
    if path.endswith(".command[]"):
        return change["setting"] in values
    if not change["file"].endswith((".yml", ".yaml")):
        name = path.rsplit(".", 1)[1]
        text = now[os.path.basename(change["file"])].decode()
        values = re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)
    return any(change["setting"] in value.split() for value in values)


def loaded(folder, arguments, override):
    """How the engine is told of our own file, where it does not find it itself."""
    for name in sorted(override):
        if name.endswith(".tunetop.yml"):
            given = arguments or [one for base in ("compose.yaml", "docker-compose.yml")
                                  for one in (base, base.split(".")[0] + ".override.yml")
                                  if os.path.exists(os.path.join(folder, one)) for one in ("-f", one)]
            return given + ["-f", name]
    if override and arguments:  # the override of the default name beside an only -f
        return arguments + [one for name in sorted(override) if "override" in name
                            for one in ("-f", name)]
    return arguments


def judge(project, write, profile, tunetop_program, corpus, engine):
    source, arguments, files, services = project
    with tempfile.TemporaryDirectory() as place:
        folder, home = os.path.join(place, "project"), os.path.join(place, "home")
        shutil.copytree(os.path.join(corpus, "compose", source), folder)
        os.makedirs(home)
        tunetop = Tunetop(tunetop_program, folder, home)
        tunetop.configure(files, services, write)
        before, was = engine.model(folder, ["-p", "judged"] + arguments), contents(folder)
        one = len([kind for _, kind in services if kind == "comfyui"]) == 1
        flag = ["--set", "--disable-xformers=1"] if one else []
        plan = json.loads(tunetop.run("plan", profile, "--json", *flag))
        tunetop.run("apply", profile, "--no-restart", "--yes", *flag)
        now = contents(folder)
        made = set(now) - set(was)
        complaints = [f"{name} was changed" for name in was
                      if write == "override" and was[name] != now[name]
                      and os.path.basename(name) != ".env"]
        after = engine.model(folder, ["-p", "judged"] + loaded(folder, arguments, made))
        groups = {f"s{number}": name for number, (name, _) in enumerate(services)}
        allowed = [path_of_change(groups[one["service"]], one) for one in plan["changes"]]
        for name, paths in FILLED.items():
            if any(one["setting"] == name for one in plan["changes"]):
                allowed += paths
        for one in plan["changes"]:  # who has it from there as well is said
            told = re.search(r"([\w, -]+?) reads? it there, too", one["reason"] or "")
            allowed += [path_of(name.strip(), one["setting"])
                        for name in (told.group(1).split(",") if told else [])]
        if not plan["changes"]:
            complaints.append("the plan changes nothing")
        complaints += compare(before, after, allowed)
        for one in plan["changes"]:
            path = path_of_change(groups[one["service"]], one)
            if one["setting"][0].isupper() and one["file"].endswith((".yml", ".yaml")):
                got = [str(value) for value in after.get(path, [])]
                if got != [one["to"]]:
                    complaints.append(f"{path} is {got}, not {one['to']}")
            if one["setting"].startswith("-") and one["to"] is not None and \
                    not has_flag(one, path, after, now):
                complaints.append(f"{path} has no {one['setting']}")
        again = json.loads(tunetop.run("plan", profile, "--json", *flag))
        complaints += [f"again: {one['setting']}" for one in again["changes"]]
        tunetop.run("undo", "--yes", "--no-restart")
        if contents(folder) != was:
            complaints.append("undo does not give the bytes back")
        return [f"{engine.name}: {one}" for one in complaints]


def main():
    corpus, program = sys.argv[1], sys.argv[2]
    engines = [Docker(sys.argv[3]), Podman(sys.argv[4])]
    tap = Tap()
    for project in PROJECTS:
        for write in ("in_place", "override"):
            for profile in ("high", "conservative"):
                complaints = []
                for engine in engines:
                    try:
                        complaints += judge(project, write, profile, program, corpus, engine)
                    except Refused as error:
                        complaints.append(f"{engine.name}: {error}")
                tap.result(f"{project[0]} {project[2]} {len(project[3])} services, {write}, {profile}",
                           complaints)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
