"""The wheel as a user gets it: built, installed into a clean environment, run."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from made_up_keys import api_key

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("wheel")  # one build for the module


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)], check=True, capture_output=True
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(scripts / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    return scripts / "monei-guard"


def test_the_wheel_carries_rules_hooks_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    rules = {
        f"monei_guard/bundled/rules/{path.relative_to(ROOT / 'rules').as_posix()}" for path in ROOT.glob("rules/*/*")
    }

    assert rules
    assert rules <= names
    assert {
        "monei_guard/bundled/hooks/native/pre-commit.sh",
        "monei_guard/bundled/hooks/pre-receive",
        "monei_guard/py.typed",
    } <= names


def test_the_installed_command_lists_the_same_rules_as_the_checkout(command: Path) -> None:
    listed = [
        subprocess.run([*prefix, "rules", "list", "--all"], capture_output=True, text=True, check=True).stdout
        for prefix in ([str(command)], [sys.executable, "-m", "monei_guard"])
    ]

    assert listed[0] == listed[1]


def test_the_installed_command_finds_a_key(command: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(f'client = MoneiClient(api_key="{api_key()}")\n')

    done = subprocess.run(
        [str(command), "scan", "--format", "json", str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stderr
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["code"], finding["vendor"], finding["location"]["path"]) == ("MG101", "monei", "app.py")
    assert api_key() not in done.stdout + done.stderr
