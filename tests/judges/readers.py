"""How others read configuration files: each file becomes a list of (path, value).

Nothing of tunetop is used here. A path is names with dots between; an item of a list has "[]" in
the place of its name, so that what is put in before it does not rename it. A variable of the environment
stands at the path of its service, in whichever form it is written; a command is its words.
"""

import io
import json
import plistlib
import shlex

import dotenv
import ruamel.yaml
import yaml

EMPTY = (None, "{}", "[]")


class Refused(Exception):
    """The reader does not take the file."""


def joined(path):
    return ".".join(path).replace(".[]", "[]")


def flatten(value, path=()):
    if isinstance(value, dict) and value:
        return [item for key, one in value.items() for item in flatten(one, path + (str(key),))]
    if isinstance(value, list) and value:
        return [item for one in value for item in flatten(one, path + ("[]",))]
    if isinstance(value, (dict, list)):
        return [(path, "{}" if isinstance(value, dict) else "[]")]
    return [(path, value)]


def words(command):
    if isinstance(command, str):
        return shlex.split(command)
    return [str(word) for word in command]


def variables(environment):
    """The environment of a service, as a list of (name, value)."""
    if isinstance(environment, dict):
        return list(environment.items())
    pairs = []
    for item in environment or []:
        name, equals, value = item.partition("=")
        pairs.append((name, value if equals else None))
    return pairs


def compose(tree):
    if not isinstance(tree, dict):
        raise Refused("it is no mapping")
    out = [item for key, one in tree.items() if key != "services" for item in flatten(one, (str(key),))]
    for name, service in (tree.get("services") or {}).items():
        base = ("services", str(name))
        for key, value in (service or {}).items():
            if key == "environment" and value:
                out += [(base + (key, pair[0]), pair[1]) for pair in variables(value)]
            elif key in ("command", "entrypoint") and value:
                out += [(base + (key, "[]"), word) for word in words(value)]
            else:
                out += flatten(value, base + (str(key),))
    return out


def yaml_1_2(text):
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    try:
        return reader.load(text)
    except (ruamel.yaml.error.YAMLError, ValueError) as error:
        raise Refused(str(error)) from error


def yaml_1_1(text):
    try:
        return yaml.load(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise Refused(str(error)) from error


def no_twice(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Refused("a name is there twice")
    return dict(pairs)


class Number(str):
    """A number as it is written."""


def read_json(text):
    try:
        # Without a byte order mark, numbers as they are written.
        return json.loads(text, object_pairs_hook=no_twice, parse_int=Number, parse_float=Number)
    except ValueError as error:
        raise Refused(str(error)) from error


def read_plist(data):
    try:
        tree = plistlib.loads(data)
    except Exception as error:  # expat and plistlib have many
        raise Refused(str(error)) from error
    out = []
    for key, value in tree.items():
        if key == "ProgramArguments":
            out += [((key, "[]"), word) for word in value]
        else:
            out += flatten(value, (key,))
    return out


def read_env(text):
    """As python-dotenv reads it; podman-compose does so."""
    found = list(dotenv.main.DotEnv(None, stream=io.StringIO(text), interpolate=False).parse())
    return [((name,), value) for name, value in found]


def read_shell(text):
    """The words; nothing is run."""
    try:
        return [((), word) for word in shlex.split(text, comments=True)]
    except ValueError as error:
        raise Refused(str(error)) from error


def joined_lines(text):
    """The lines of a unit: what ends with a backslash goes on, comments may stand between."""
    whole = None
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = line.strip()
        if bare.startswith(("#", ";")) or (not bare and whole is None):
            continue
        whole = line if whole is None else whole + " " + line
        if whole.rstrip().endswith("\\"):
            whole = whole.rstrip()[:-1]
            continue
        yield whole.strip()
        whole = None
    if whole is not None:
        yield whole.strip()


def read_unit(text):
    section = None
    out = []
    for line in joined_lines(text):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if not equals or section is None:
            raise Refused("this line is nothing: " + line)
        key, value = key.strip(), value.strip()
        if key == "Environment":
            if not value:
                out = [item for item in out if item[0][:2] != (section, key)]
            for word in shlex.split(value):
                name, _, one = word.partition("=")
                out.append(((section, key, name), one))
        elif key == "ExecStart" and value:
            out += [((section, key, "[]"), word) for word in shlex.split(value)]
        else:
            out.append(((section, key), value))
    return out


def readers_of(kind):
    """(name, function of bytes) of everybody who reads this kind."""

    def of_bytes(read):
        return lambda data: [(joined(path), value) for path, value in read(data)]

    def of_text(read):
        return of_bytes(lambda data: read(data.decode("utf-8-sig")))

    return {
        "compose": [
            ("YAML 1.2", of_text(lambda text: compose(yaml_1_2(text)))),
            ("YAML 1.1", of_text(lambda text: compose(yaml_1_1(text)))),
        ],
        "yaml": [
            ("YAML 1.2", of_text(lambda text: flatten(yaml_1_2(text)))),
            ("YAML 1.1", of_text(lambda text: flatten(yaml_1_1(text)))),
        ],
        "json": [("JSON", of_text(lambda text: flatten(read_json(text))))],
        "plist": [("plistlib", of_bytes(read_plist))],
        "env": [("dotenv", of_text(read_env))],
        "shell": [("words", of_text(read_shell))],
        "systemd": [("units", of_text(read_unit))],
    }[kind]
