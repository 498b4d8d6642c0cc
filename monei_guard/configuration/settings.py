"""Configuration: `.monei-guard.toml`, or `[tool.monei-guard]` in pyproject.toml, beside what is scanned.

Every key is known or an error; the file in force and what it turns off are part of every report.
"""

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from monei_guard.configuration.location import LARGEST, PYPROJECT, configuration_in
from monei_guard.errors import GuardError
from monei_guard.model.levels import Confidence, Severity
from monei_guard.policy.selection import Selection
from monei_guard.sources.containers.signatures import ARCHIVE_DEPTH, ArchiveLimits
from monei_guard.sources.source import MAX_SIZE

_DEEPEST = 16


class ConfigurationError(GuardError):
    """A configuration that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides what is scanned and what counts. `source` is the file it came from, None for the defaults."""

    selection: Selection = field(default_factory=Selection)
    fail_on: Severity = Severity.LOW
    exclude: tuple[str, ...] = ()  # gitignore patterns, relative to the scanned root
    extend_rules: tuple[str, ...] = ()  # absolute paths
    max_size: int = MAX_SIZE  # bytes
    archive_depth: int = ARCHIVE_DEPTH  # archives inside one another; 0: none is opened
    baseline: str | None = None  # absolute path
    require_reason: bool = True  # in suppressions
    markers_of: tuple[str, ...] = ()  # tools whose suppressions are honoured too
    source: str | None = None

    @property
    def archives(self) -> ArchiveLimits:
        """Return how far archives are opened."""
        return ArchiveLimits(depth=self.archive_depth, member=self.max_size)

    @property
    def turned_off(self) -> tuple[str, ...]:
        """Return, in words, each thing the configuration file switches off."""
        said = []
        if self.selection.select:
            said.append(f"only {', '.join(self.selection.select)}")
        if self.selection.ignore:
            said.append(f"without {', '.join(self.selection.ignore)}")
        if self.selection.min_confidence > Confidence.LOW:
            said.append(f"nothing below {self.selection.min_confidence.label} confidence")
        if self.fail_on > Severity.LOW:
            said.append(f"findings below {self.fail_on.label} severity do not fail the run")
        if self.exclude:
            said.append(f"paths excluded: {', '.join(self.exclude)}")
        if self.archive_depth < ARCHIVE_DEPTH:
            said.append(f"archives opened {self.archive_depth} deep")
        if not self.require_reason:
            said.append("suppressions need no reason")
        if self.markers_of:
            said.append(f"suppressions for {', '.join(self.markers_of)} hold too")
        return tuple(said)


def find_settings(folder: str) -> Settings:
    """Return the settings in `folder`, the defaults where it has none. Raises ConfigurationError."""
    path = configuration_in(folder)
    table = None if path is None else _own_table(path)
    return Settings() if path is None or table is None else _settings(table, path)


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
    import tomli  # noqa: PLC0415 - most repositories have no configuration

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
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
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
    from monei_guard.policy.inline_suppression import FOREIGN_MARKERS  # noqa: PLC0415 - only if set

    tools = _strings(value)
    for tool in tools:
        if tool not in FOREIGN_MARKERS:
            raise _BadValueError(f"names {tool!r}; known are {', '.join(FOREIGN_MARKERS)}")
    return tools


def severity(value: Any) -> Severity:
    """Return the severity of that name. Raises ConfigurationError through the settings reader."""
    names = [one.label for one in Severity]
    if value not in names:
        raise _BadValueError(f"must be one of: {', '.join(names)}")
    return Severity[value.upper()]


def confidence(value: Any) -> Confidence:
    """Return the confidence of that name. Raises ConfigurationError through the settings reader."""
    names = [one.label for one in Confidence]
    if value not in names:
        raise _BadValueError(f"must be one of: {', '.join(names)}")
    return Confidence[value.upper()]


_SIZE = r"(\d{1,12})\s*(B|KB|MB|GB)?"
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def size(value: Any) -> int:
    """Return a number of bytes given as such or as "64 MB"; raises ValueError with the rule."""
    found = (
        re.fullmatch(_SIZE, str(value).strip(), re.IGNORECASE)
        if isinstance(value, int | str) and value is not True
        else None
    )
    if found is None:
        raise ValueError("must be a size such as 64MB")
    return int(found[1]) * _UNITS[(found[2] or "").upper()]


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
    return replace(settings, extend_rules=tuple(_beside(settings, one) for one in _strings(value)))


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
