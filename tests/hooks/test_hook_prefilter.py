"""The hook's shell side says "look" wherever the engine would find something, and lets ordinary commits pass.

The real hook runs in a real repository; in the place of Python stands a program that says that it was called.
"""

import gzip
import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from credential_corpus import load_corpus
from encoders import ALL, INNER, TEXT, WIDE
from joined_shapes import JOINED, filled
from made_keys import LINES, api_key, line_of

from monei_guard.application.hooks.script import hook_script
from monei_guard.hygiene.selection import IN_NAME, IN_PATH, NAME_STARTS
from monei_guard.model.rule import RuleKind
from monei_guard.ruleset.rule_files import load_bundled
from monei_guard.ruleset.templates import expand

CALLED = 42
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)] or ["sh"]
FRAME = b'# settings\nvalue = "%s"\nlast = 1\n'
Look = Callable[[dict[str, bytes]], bool]


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hook")
    called = folder / "python"
    called.write_text(f"#!/bin/sh\nexit {CALLED}\n")
    called.chmod(0o755)
    lines = hook_script("pre-commit").split(b"\n")
    number = next(number for number, line in enumerate(lines) if line.startswith(b"python="))
    lines[number] = b"python=" + os.fsencode(called)
    script = folder / "pre-commit"
    script.write_bytes(b"\n".join(lines))
    return script


def environment(home: Path, shell: str) -> dict[str, str]:
    """Return an environment whose tools are the shell's own where it brings any (busybox)."""
    path = os.environ["PATH"]
    if shell == "busybox":
        applets = home / "applets"
        applets.mkdir(exist_ok=True)
        for name in ("sh", "grep", "tr", "head", "cat"):
            if not (applets / name).exists():
                (applets / name).symlink_to(shutil.which("busybox") or "busybox")
        path = f"{applets}{os.pathsep}{path}"
    return {"PATH": path, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture(scope="module", params=SHELLS)
def look(request: pytest.FixtureRequest, hook: Path, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """Return what says whether the hook would start Python for these staged files."""
    shell = request.param
    home = tmp_path_factory.mktemp("home")
    repository = home / "repository"
    env = environment(home, shell)
    command = [shell, "sh", str(hook)] if shell == "busybox" else [shell, str(hook)]
    subprocess.run(["git", "init", "-q", str(repository)], check=True, env=env)

    def run(files: dict[str, bytes]) -> bool:
        index = repository / ".git" / "index"
        index.unlink(missing_ok=True)
        entries = b""
        for path, content in files.items():
            made = subprocess.run(
                ["git", "hash-object", "-w", "--stdin"], cwd=repository, env=env, input=content, capture_output=True,
                check=True,
            )  # fmt: skip
            entries += b"100644 %s\t%s\0" % (made.stdout.strip(), os.fsencode(path))
        subprocess.run(
            ["git", "update-index", "-z", "--index-info"], cwd=repository, env=env, input=entries, check=True
        )
        code = subprocess.run(command, cwd=repository, env=env, check=False, capture_output=True).returncode
        assert code in {0, CALLED}
        return code == CALLED

    return run


def test_every_example_of_every_rule_is_looked_at(look: Look) -> None:
    rules = [rule for rule in load_bundled() if rule.kind is RuleKind.CREDENTIAL]
    missed = [
        (rule.code, number)
        for rule in rules
        for number, example in enumerate(rule.examples, 1)
        if not look({example.path: expand(example.text, rule.id).encode()})
    ]
    assert rules
    assert missed == []


@pytest.mark.parametrize("part", range(4))
def test_every_file_of_the_corpus_with_a_secret_is_looked_at(look: Look, part: int) -> None:
    cases = [case for case in load_corpus() if case.expected][part::4]
    assert [case.name for case in cases if not look({os.fsdecode(case.path): case.content})] == []


@pytest.mark.parametrize("code", ["MG101", "MG107"])
def test_every_encoding_is_looked_at(look: Look, code: str) -> None:
    chains = [(name,) for name in ALL] + [(inner, outer) for inner in {**TEXT, **INNER} for outer in ("base64", "hex")]
    assert code in LINES
    assert [chain for chain in chains if not look({"notes.txt": _encoded(code, chain)})] == []


def _encoded(code: str, names: tuple[str, ...]) -> bytes:
    data = line_of(code, "/".join(names))[0].encode()
    for name in names:
        data = ALL[name](data)
    return data if names[-1] in INNER or names[-1] in WIDE else FRAME % data


@pytest.mark.parametrize("form", ["%%%02X", "=%02X", r"\u%04x", r"\x%02x", r"\%03o", "&#%d;", "&#x%x;"])
def test_a_prefix_with_some_characters_escaped_is_looked_at(look: Look, form: str) -> None:
    key = api_key(form)
    missed = []
    for places in [*((at,) for at in range(4)), *combinations(range(4), 2)]:
        text = "".join(form % ord(char) if at in places else char for at, char in enumerate(key))
        if not look({"notes.txt": f"x {text}\n".encode()}):
            missed.append(text)
    assert missed == []


def test_keys_in_parts_are_looked_at(look: Look) -> None:
    missed = [
        (name, encoding)
        for name, shape in JOINED.items()
        for encoding in ("utf-8", "utf-16")
        if not look({"a.js": filled(shape, api_key(name)).decode().encode(encoding)})
    ]
    assert missed == []


def test_what_hygiene_cares_for_is_looked_at(look: Look) -> None:
    words = [word.decode() for word in (*IN_NAME, *IN_PATH)]
    paths = [f"deep/a{word}x" for word in words] + [f"a{word.upper()}x" for word in words]
    paths += [f"{folder}{word.decode()}x" for word in NAME_STARTS for folder in ("", "with space/")]
    paths += [".env", "prod.ENV", "my env", "über/.env", 'quo"te/.env', "tab\t.env"]
    assert [path for path in paths if not look({path: b"A=1\n"})] == []
    assert look({".env": b""})


def test_archives_and_messages_are_looked_at(look: Look) -> None:
    plain = b"nothing in here\n" * 10
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", plain)
    rolled = io.BytesIO()
    with tarfile.open(fileobj=rolled, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo("a.txt"))
    files = {
        "a.zip": packed.getvalue(), "blob": packed.getvalue(), "b": rolled.getvalue(), "c.bin": gzip.compress(plain),
        "old.tar": plain, "mail.eml": plain, "box": b"From me\n\nhello\n", "chat.json": b'{"messages": []}',
        "chat.txt": b"1/2/26, 10:00 - Ann: hello\n", "teams.html": b"<p>from_name</p>",
    }  # fmt: skip
    assert [name for name, content in files.items() if not look({name: content})] == []


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": b"import os\n\n\ndef main() -> None:\n    print('hello', os.getcwd())\n"},
        {"src/app.js": b"const a = items.map((item) => item.price * 2);\nexport default a;\n", "README": b"# Title\n"},
        {"deep/er/style.css": b"body { color: #ff8800; background: url('a.png'); }\n"},
    ],
    ids=["python", "javascript", "css"],
)
def test_ordinary_files_start_no_python(look: Look, files: dict[str, bytes]) -> None:
    assert not look(files)


def test_names_are_looked_at(look: Look) -> None:
    assert look({"src/monei/pay.js": b"x\n"})
    assert look({f"keys/{api_key(1)}": b"x\n"})


def test_a_name_on_an_old_line_counts_for_a_new_one(hook: Path, tmp_path: Path) -> None:
    env = environment(tmp_path, "sh") | {"GIT_DIFF_OPTS": "--unified=1"}
    old = "const client = connect('https://api.monei.cc');\n" + "x();\n" * 50

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, env=env, check=True, capture_output=True)

    git("init", "-q")
    (tmp_path / "a.js").write_text(old)
    git("add", "a.js")
    git("commit", "-qm", "one")
    assert subprocess.run(["sh", str(hook)], cwd=tmp_path, env=env, check=False).returncode == 0
    (tmp_path / "a.js").write_text(old + "y();\n")
    git("add", "a.js")
    assert subprocess.run(["sh", str(hook)], cwd=tmp_path, env=env, check=False).returncode == CALLED


def test_configuration_much_content_and_a_broken_index_are_looked_at(look: Look, hook: Path, tmp_path: Path) -> None:
    env = environment(tmp_path, "sh")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, env=env, check=True)

    def code() -> int:
        return subprocess.run(["sh", str(hook)], cwd=tmp_path, env=env, check=False).returncode

    assert code() == 0
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert code() == 0
    (tmp_path / "pyproject.toml").write_text("[tool.monei-guard]\n")
    assert code() == CALLED
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / ".git" / "index").write_bytes(b"nonsense")
    assert code() == CALLED
    assert look({"large.bin": b"abc \n" * 7_000_000})
