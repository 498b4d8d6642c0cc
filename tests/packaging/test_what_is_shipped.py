"""What the checks say that a tool would ship, against what it ships: real npm, real builds, Docker's own rules."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hygiene_corpus import run_git

from monei_guard.hygiene.checks.env_file_published import leaks
from monei_guard.hygiene.collection import work_tree_files
from monei_guard.hygiene.readers.dockerfile import instructions
from monei_guard.hygiene.readers.image_stages import stages
from monei_guard.hygiene.readers.ship_patterns import dockerignore_patterns

_PLACES = (".env", "src/.env", "src/fixtures/.env", "tests/src/.env", "config/prod.env", "dist/.env", "pkg/dist/.env")


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def places(more: Mapping[str, str]) -> dict[str, str]:
    """Return an environment file at every place, each with a value of its own, and more files."""
    kept = {f"{place.rpartition('/')[0] or 'src'}/keep.txt": "" for place in _PLACES}  # git has no empty folders
    return {place: f"PLACE={place}\n" for place in _PLACES} | kept | dict(more)


def claimed(root: Path, ships: str) -> set[str]:
    """Return what the check says is shipped, asked about one environment file at a time: it names one for a list."""
    run_git(root, "init", "-q")
    files = work_tree_files(os.fsencode(root), lambda _content, _path: ())
    found = set()
    for path, kind in files.env_kinds.items():
        alone = replace(files, env_kinds={path: kind})
        found |= {leak.env_file.decode() for leak in leaks(alone) if leak.exists and ships in leak.ships}
    return found


NPM: Sequence[tuple[str, list[str] | None, dict[str, str]]] = [
    ("a folder, at the root alone", ["src/"], {}),
    ("a folder of a name that others have", ["dist"], {}),
    ("everything below", ["src/**/*"], {}),
    ("a dot before it", ["./src", "!src/fixtures"], {}),
    ("everything", ["*"], {}),
    ("files of a kind anywhere", ["**/*.env"], {}),
    ("files of a kind at the root", ["*.env"], {}),
    ("a name anywhere is no folder", ["**/dist"], {}),
    ("taken back by its name", ["src", "!.env"], {}),
    ("listed by its name, which nothing takes back", ["src/.env", "!src/.env"], {}),
    ("an ignore file of the folder counts", ["src/"], {"src/.npmignore": ".env\n"}),
    ("so does a .gitignore there", ["src/"], {"src/fixtures/.gitignore": "*\n"}),
    (".npmignore goes before .gitignore", ["src/"], {"src/.gitignore": ".env\n", "src/.npmignore": "x\n"}),
    ("that of the root does not", ["src/"], {".npmignore": ".env\n"}),
    ("a list by exclusion", None, {".npmignore": "src\n", ".gitignore": ".env\n"}),
    ("one with another below", None, {".npmignore": "x\n", "src/.npmignore": "fixtures\n"}),
]


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
@pytest.mark.parametrize(("listed", "more"), [case[1:] for case in NPM], ids=[case[0] for case in NPM])
def test_npm_packs_what_the_check_says(tmp_path: Path, listed: list[str] | None, more: dict[str, str]) -> None:
    manifest: dict[str, object] = {"name": "shop", "version": "1.0.0"} | ({} if listed is None else {"files": listed})
    write(tmp_path, places(more) | {"package.json": json.dumps(manifest), "src/index.js": ""})
    command = ["npm", "pack", "--dry-run", "--json", "--ignore-scripts", "--offline"]
    packed = json.loads(subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout)
    (package,) = packed if isinstance(packed, list) else packed.values()
    assert claimed(tmp_path, "npm publish") == {file["path"] for file in package["files"]} & set(_PLACES)


_PROJECT = '[project]\nname = "src"\nversion = "1"\ndescription = "x"\n'
_BACKENDS = {
    "hatch": ("hatchling", "hatchling.build"),
    "setuptools": ("setuptools", "setuptools.build_meta"),
    "pdm": ("pdm-backend", "pdm.backend"),
    "flit": ("flit_core", "flit_core.buildapi"),
}
# Build tool, its tables, other files; and what it ships by itself in these (the folder of a package, all that git has),
# of which the check says nothing.
PYTHON: Sequence[tuple[str, str, str, dict[str, str]]] = [
    ("hatch includes", "hatch", '[tool.hatch.build]\ninclude = ["src", ".env"]\nexclude = ["fixtures"]\n', {}),
    ("hatch minds .gitignore", "hatch", '[tool.hatch.build]\ninclude = ["src", "config"]\n', {".gitignore": ".env\n"}),
    ("hatch artifacts", "hatch", '[tool.hatch.build]\nartifacts = ["dist/.env"]\ninclude = ["src/*.py"]\n',
     {".gitignore": ".env\n"}),
    ("hatch force-include", "hatch",
     '[tool.hatch.build]\ninclude = ["src/*.py"]\n[tool.hatch.build.force-include]\n".env" = "src/.env"\n', {}),
    ("setuptools data", "setuptools", '[tool.setuptools.package-data]\nsrc = ["*", "fixtures/*"]\n', {}),
    ("setuptools data by its name", "setuptools", '[tool.setuptools.package-data]\n"pkg.dist" = [".env"]\n', {}),
    ("setuptools data-files", "setuptools", '[tool.setuptools.data-files]\nshare = [".env", "config/*"]\n', {}),
    ("MANIFEST.in takes all", "setuptools", "", {"MANIFEST.in": "global-include *\nprune dist\n"}),
    ("MANIFEST.in takes one folder", "setuptools", "", {"MANIFEST.in": "graft src\nprune src/fixtures\n"}),
    ("MANIFEST.in stars do not cross folders", "setuptools", "", {"MANIFEST.in": "include */.env\n"}),
    ("MANIFEST.in excludes", "setuptools", "", {"MANIFEST.in": "recursive-include src *\nglobal-exclude .env\n"}),
    ("pdm includes", "pdm", '[tool.pdm.build]\nincludes = ["config", "dist"]\nexcludes = ["dist/.env"]\n', {}),
    ("flit includes", "flit", '[tool.flit.sdist]\ninclude = ["config/", "dist/"]\nexclude = ["dist/.env"]\n', {}),
]  # fmt: skip
_OF_ITSELF = {"flit": {"src/.env", "src/fixtures/.env"}, "pdm": {"src/.env", "src/fixtures/.env", "tests/src/.env"}}


@pytest.mark.parametrize(("tool", "tables", "more"), [case[1:] for case in PYTHON], ids=[case[0] for case in PYTHON])
def test_a_build_ships_what_the_check_says(tmp_path: Path, tool: str, tables: str, more: dict[str, str]) -> None:
    requires, backend = _BACKENDS[tool]
    head = f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
    packages = '[tool.setuptools]\npackages = ["src", "config", "pkg.dist"]\n' if tool == "setuptools" else ""
    root = tmp_path / "project"
    write(root, places(more) | {"src/__init__.py": "", "pyproject.toml": head + _PROJECT + packages + tables})
    expected = claimed(root, "")
    out = str(tmp_path / "out")
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "-o", out, str(root)]
    subprocess.run(command, capture_output=True, check=True)
    assert expected == set(_contents(tmp_path / "out")) - _OF_ITSELF.get(tool, set())


def _contents(out: Path) -> Iterator[str]:
    """Yield the places whose environment files are in an sdist or a wheel, by what they hold: they may have moved."""
    texts: list[bytes] = []
    for path in out.iterdir():
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                texts += [wheel.read(name) for name in wheel.namelist()]
        else:
            with tarfile.open(path) as sdist:
                files = [sdist.extractfile(member) for member in sdist.getmembers() if member.isfile()]
                texts += [file.read() for file in files if file is not None]
    for text in texts:
        if text.startswith(b"PLACE="):
            yield text.decode().strip().removeprefix("PLACE=")


# docs.docker.com/build/concepts/context ".dockerignore files": patterns, and what they leave of the context.
DOCKERIGNORE = [
    ("a comment", "# comment\n", {".env", "a/.env", "a/b/.env", "tempa"}),
    ("*/temp*", "*/.env*\n", {".env", "a/b/.env", "tempa"}),
    ("*/*/temp*", "*/*/.env*\n", {".env", "a/.env", "tempa"}),
    ("temp?", "temp?\n", {".env", "a/.env", "a/b/.env"}),
    ("a pattern is anchored", ".env\n", {"a/.env", "a/b/.env", "tempa"}),
    ("a leading slash says nothing", "/.env\n", {"a/.env", "a/b/.env", "tempa"}),
    ("**/*.go", "**/.env\n", {"tempa"}),
    ("an exception", "**/.env\n!a/.env\n", {"a/.env", "tempa"}),
    ("the last line wins", "!a/.env\n**/.env\n", {"tempa"}),
    ("a file below an excluded folder", "a\n!a/b/.env\n", {".env", "a/b/.env", "tempa"}),
    ("everything but", "*\n!tempa\n", {"tempa"}),
]


@pytest.mark.parametrize(("text", "left"), [case[1:] for case in DOCKERIGNORE], ids=[case[0] for case in DOCKERIGNORE])
def test_a_dockerignore_leaves_what_docker_documents(text: str, left: set[str]) -> None:
    ignored = dockerignore_patterns(text.splitlines())
    assert {name for name in (".env", "a/.env", "a/b/.env", "tempa") if not ignored.match_file(name)} == left


# docs.docker.com/build/building/multi-stage and reference/dockerfile (COPY, COPY --from, WORKDIR).
_X = "FROM a AS x\n"
STAGES = [
    ("one stage", "FROM a\nCOPY . .\n", True),
    ("thrown away", "FROM a AS build\nCOPY . .\nFROM b\nCOPY --from=build /app/dist /srv\n", False),
    ("taken over whole", "FROM a AS build\nWORKDIR /app\nCOPY . .\nFROM b\nCOPY --from=build /app /app\n", True),
    ("by the stage's number", "FROM a\nWORKDIR /app\nCOPY . ./\nFROM b\nCOPY --from=0 /app/ .\n", True),
    ("the root of the stage", _X + "COPY . /srv/\nFROM b\nCOPY --from=x / /old\n", True),
    ("a folder beside it", _X + "COPY . /srv/in\nFROM b\nCOPY --from=x /srv/inner /srv\n", False),
    ("the file itself", _X + "COPY . /srv\nFROM b\nCOPY --from=x /srv/.env /srv/\n", True),
    ("under another name", _X + "COPY .env /conf\nFROM b\nCOPY --from=x /conf /conf\n", True),
    ("the last stage begins from it", "FROM a AS base\nCOPY . .\nFROM base\nRUN x\n", True),
    ("over two stages", _X + "COPY . /s\nFROM b AS y\nCOPY --from=x /s /t\nFROM c\nCOPY --from=y /t /u\n", True),
    ("as far as the second", _X + "COPY . /s\nFROM b AS y\nCOPY --from=x /s /t\nFROM c\nCOPY --from=y /z /u\n", False),
    ("from another image", _X + "COPY . /s\nFROM b\nCOPY --from=nginx /s /s\n", False),
    ("with wildcards", _X + "COPY .* /s/\nFROM b\nCOPY --from=x /s/.e* /s/\n", True),
    ("a working folder that is a variable", _X + "WORKDIR $APP\nCOPY . .\nFROM b\nCOPY --from=x $APP $APP\n", True),
    ("a stage's own working folder", _X + "WORKDIR /w\nFROM x AS y\nCOPY . .\nFROM b\nCOPY --from=y /w /w\n", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "is_shipped"), [case[1:] for case in STAGES], ids=[case[0] for case in STAGES])
def test_what_the_last_stage_has_is_in_the_image(text: str, is_shipped: bool) -> None:
    steps = instructions(text.encode())
    (copied,) = [step for step in steps if step.keyword == "COPY" and not step.flags]
    assert stages(steps).is_shipped(copied, ".env") is is_shipped


def test_stages_without_end_are_taken_to_ship_and_take_no_time() -> None:
    doubling = "".join(
        f"FROM b AS s{n}\nCOPY --from=s{n - 1} / /a/\nCOPY --from=s{n - 1} / /b/\n" for n in range(1, 60)
    )
    many = "FROM a AS s0\nCOPY . .\n" + doubling + "FROM c\n"
    steps = instructions(many.encode())
    start = time.process_time()
    assert stages(steps).is_shipped(steps[1], ".env")
    assert time.process_time() - start < 1
