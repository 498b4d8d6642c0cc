"""Reading the configuration: `.monei-guard.toml`, or `[tool.monei-guard]` in pyproject.toml, beside what is scanned.

Every key is known or an error.
"""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import tomli

from monei_guard.configuration.location import LARGEST, PYPROJECT, lies_in
from monei_guard.configuration.settings import Settings
from monei_guard.configuration.sizes import size
from monei_guard.errors import GuardError
from monei_guard.model.levels import Confidence, Severity
from monei_guard.policy.inline_suppression import FOREIGN_MARKERS

_DEEPEST = 16


class ConfigurationError(GuardError):
    """A configuration that cannot be used."""


def found_settings(path: str) -> Settings:
    """Return the settings in a file that lies where ours do; the defaults if it does not name us.

    Raises ConfigurationError.
    """
    table = _own_table(path)
    settings = Settings() if table is None else _settings(table, path)
    if settings.baseline is not None and not lies_in(settings.baseline, os.path.dirname(os.path.abspath(path))):
        raise ConfigurationError(
            f"{path}: 'baseline' leads out of the repository", hint="name a file in it, or give --baseline FILE"
        )
    return settings


def load_settings(path: str) -> Settings:
    """Return the settings in the file `path` (its `[tool.monei-guard]` if it is a pyproject.toml).

    Raises ConfigurationError.
    """
    table = _own_table(path)
    return _settings({} if table is None else table, path)


def _own_table(path: str) -> Any:
    """Return what the file says to us: all of it, or our table of a pyproject.toml, None where it has none."""
    document = _parse(_read(path), path)
    if os.path.basename(path) != PYPROJECT:
        return document
    tool = document.get("tool", {})
    return tool.get("monei-guard") if isinstance(tool, dict) else None


def _read(path: str) -> bytes:
    try:
        # Opening a pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ConfigurationError(f"cannot read the configuration {path}: it is not a regular file")
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read the configuration {path}: {error.strerror}") from error
    if len(raw) > LARGEST:
        raise ConfigurationError(f"the configuration {path} is larger than 1 MiB")
    return raw


def _parse(raw: bytes, path: str) -> dict[str, Any]:
    try:
        return tomli.loads(raw.decode("utf-8-sig"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"the configuration {path} is not valid TOML: {error}") from error


def _settings(table: Any, path: str) -> Settings:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: [tool.monei-guard] must be a table")
    settings = Settings(source=path)
    for key, value in table.items():
        take = _KEYS.get(key)
        if take is None:
            near = get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"valid keys: {', '.join(_KEYS)}"
            raise ConfigurationError(f"{path}: unknown key {key!r}", hint=hint)
        try:
            settings = take(settings, value)
        except _BadValueError as error:
            raise ConfigurationError(f"{path}: {key!r} {error}") from error
    return settings


class _BadValueError(Exception):
    """A value of the wrong form; the message continues "the key …"."""


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _BadValueError("must be a list of strings")
    return tuple(value)


def _string(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _BadValueError("must be a string")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _BadValueError("must be true or false")
    return value


def _depth(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _DEEPEST:
        raise _BadValueError(f"must be a number from 0 to {_DEEPEST}")
    return value


def _tools(value: Any) -> tuple[str, ...]:
    tools = _strings(value)
    for tool in tools:
        if tool not in FOREIGN_MARKERS:
            raise _BadValueError(f"names {tool!r}; known are {', '.join(FOREIGN_MARKERS)}")
    return tools


def severity(value: Any) -> Severity:
    """Return the severity of that name. Raises ConfigurationError through the settings reader."""
    names = [level.label for level in Severity]
    if value not in names:
        raise _BadValueError(f"must be one of: {', '.join(names)}")
    return Severity[value.upper()]


def confidence(value: Any) -> Confidence:
    """Return the confidence of that name. Raises ConfigurationError through the settings reader."""
    names = [level.label for level in Confidence]
    if value not in names:
        raise _BadValueError(f"must be one of: {', '.join(names)}")
    return Confidence[value.upper()]


def _size_value(value: Any) -> int:
    try:
        return size(value)
    except ValueError as error:
        raise _BadValueError(str(error)) from error


def _with_selection(settings: Settings, **changes: Any) -> Settings:
    return replace(settings, selection=replace(settings.selection, **changes))


def _beside(settings: Settings, path: str) -> str:
    """Return a path given relative to the configuration file."""
    return os.path.join(os.path.dirname(os.path.abspath(settings.source or ".")), path)


def _rule_files(settings: Settings, value: Any) -> Settings:
    return replace(settings, extend_rules=tuple(_beside(settings, path) for path in _strings(value)))


_KEYS: Mapping[str, Callable[[Settings, Any], Settings]] = {
    "select": lambda settings, value: _with_selection(settings, select=_strings(value)),
    "ignore": lambda settings, value: _with_selection(settings, ignore=_strings(value)),
    "min-confidence": lambda settings, value: _with_selection(settings, min_confidence=confidence(value)),
    "fail-on": lambda settings, value: replace(settings, fail_on=severity(value)),
    "exclude": lambda settings, value: replace(settings, exclude=_strings(value)),
    "extend-rules": _rule_files,
    "baseline": lambda settings, value: replace(settings, baseline=_beside(settings, _string(value))),
    "require-reason": lambda settings, value: replace(settings, require_reason=_boolean(value)),
    "honour-markers-of": lambda settings, value: replace(settings, markers_of=_tools(value)),
    "archive-depth": lambda settings, value: replace(settings, archive_depth=_depth(value)),
    "max-size": lambda settings, value: replace(settings, max_size=_size_value(value)),
}
