"""What MG210 advises: in the words of the file, and never what the line says already."""

import pytest
from git_repository import GitRepository
from guard_process import run_process
from made_keys import api_key

KEY = api_key("hints")
WORKFLOW = ".github/workflows/ci.yml"
CASES = {
    "a literal": (WORKFLOW, f"env:\n  MONEI_API_KEY: {KEY}\n", "write here instead: ${{ secrets.MONEI_API_KEY }}"),
    "its own name": (WORKFLOW, f"env:\n  SHOP_KEY: {KEY}\n", "write here instead: ${{ secrets.SHOP_KEY }}"),
    "no name": (WORKFLOW, f"steps:\n  - run: pay {KEY}\n", "write here instead: ${{ secrets.MONEI_API_KEY }}"),
    "a fallback": (
        WORKFLOW, f"env:\n  MONEI_API_KEY: ${{{{ secrets.MONEI_API_KEY || '{KEY}' }}}}\n",
        "delete it from this line, which names the stored MONEI_API_KEY as well",
    ),
    "a shell's fallback": (
        ".gitlab-ci.yml", f'pay:\n  script: ["MONEI_API_KEY=${{MONEI_API_KEY:-{KEY}}} ./pay"]\n',
        "delete it from this line, which names the stored MONEI_API_KEY as well",
    ),
    "a print": (WORKFLOW, "steps:\n  - run: echo ${{ secrets.MONEI_API_KEY }}\n", "print that it is set or how long"),
    "Terraform": ("prod.tfvars", f'shop_api_key = "{KEY}"\n', "'variable \"shop_api_key\" { sensitive = true }'"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "advice"), CASES.values(), ids=CASES.keys())
def test_the_advice_fits_the_line(repository: GitRepository, path: str, text: str, advice: str) -> None:
    repository.stage(path, text)
    done = run_process("scan", "--format", "json", "--select", "MG210", cwd=repository.top)
    (hint,) = [one["hint"] for one in done.findings]
    assert hint.startswith("Rotate the key, and ")
    assert advice in hint
    assert "${{ secrets" not in hint or "secrets." not in text
