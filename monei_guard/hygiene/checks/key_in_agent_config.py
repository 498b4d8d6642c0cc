"""MG211 key-in-agent-config: a literal key in a file that configures an MCP client or an editor's agent.

The engine reads these files as text, so the comments and trailing commas that their JSON is full of (Monei's own
README has one) do not hide anything. An ignored file is where such a key may stand, so only others are reported.
"""

import re
from collections.abc import Iterator

from monei_guard.hygiene.findings import about_key, shown
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot, nearest_ignore_file
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.model.rule import Rule

_AGENT_FILE = re.compile(
    rb"(?:.*/)?(?:"
    rb"\.?mcp(?:[._-]?(?:config|servers|settings))?\.(?:jsonc?|ya?ml|toml)"  # .mcp.json, mcp_config.json
    rb"|claude_desktop_config\.json|\.claude\.json|cline_mcp_settings\.json|opencode\.jsonc?"
    rb"|\.claude/[^/]*\.json|\.vscode/(?:settings|tasks|launch)\.json|\.zed/settings\.json|\.amazonq/[^/]*\.json"
    rb"|\.(?:codex|gemini|cursor|continue|roo|kiro|junie|windsurf|goose|copilot|openhands|qwen|trae)/.*"
    rb"|\.(?:cursor|windsurf|cline)rules|\.aider\.conf\.ya?ml|(?:claude|agents|gemini)(?:\.local)?\.md"
    rb"|\.github/copilot-instructions\.md|\.idea/mcp[^/]*"
    rb")"
)


def is_agent_file(path: bytes) -> bool:
    """Whether `path` configures an MCP client or an editor's agent."""
    return _AGENT_FILE.fullmatch(path.lower()) is not None


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each key in an agent's configuration that no ignore rule covers."""
    for path, findings in files.findings.items():
        if not findings or not files.reports(path) or not is_agent_file(path):
            continue
        if files.states.get(path) is FileState.IGNORED:
            continue
        tracked = files.states.get(path) is FileState.TRACKED
        state = "committed with the repository" if tracked else "not ignored"
        for key in findings:
            message = f"the agent configuration {display_path(path)} holds a key and is {state}"
            yield about_key(
                rule,
                key,
                message,
                blanks={
                    "path": shown(path),
                    "name": shown(path.rpartition(b"/")[2]),
                    "ignore-file": shown(nearest_ignore_file(files, path)),
                },
            )
