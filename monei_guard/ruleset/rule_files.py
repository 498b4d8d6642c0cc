"""Reading rule files: TOML in, frozen `Rule` out. Unknown keys and missing text are errors that name the file."""

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, TypeVar

import tomli

from monei_guard.errors import GuardError
from monei_guard.model.rule import (
    Confidence,
    Context,
    Example,
    Rule,
    RuleKind,
    RuleText,
    Severity,
    Unattributed,
    VendorEvidence,
    VerifyPolicy,
    VerifyScheme,
)
from monei_guard.ruleset.bundled import OWN_PROVIDER, bundled_rules, is_bundled, toml_files

_MAX_FILE = 1 << 20
_EXAMPLES = re.compile(rb"^\[\[(?:counter-)?example\]\]", re.MULTILINE)


_T = TypeVar("_T")

_TOP = frozenset({
    "code", "id", "kind", "title", "vendor", "severity", "confidence", "pattern", "keywords", "prefixes", "within-line",
    "value-run", "line-sign", "anchors", "precedence", "guessable", "unattributed", "hint", "context", "evidence",
    "verify", "text", "example", "counter-example",
})  # fmt: skip
_CONTEXT = frozenset({"name", "not-name", "vendor", "value", "random"})
_EVIDENCE = frozenset({"names", "hosts", "imports", "packages", "anywhere", "shape"})
_VERIFY = frozenset({"scheme", "because", "vouches"})
_BUILT_IN_ONLY = {
    "verify": "whether a key may be sent to the API is not for a rule file to say",
    "prefixes": "only the prefixes of the built-in rules are masked everywhere",
    "within-line": "the tests prove it of the built-in rules' patterns",
    "value-run": "the tests prove it of the built-in rules' patterns",
    "line-sign": "the tests prove it of the built-in rules' patterns",
    "anchors": "the tests prove it of the built-in rules' patterns",
}
_TEXT = frozenset({"what", "why", "instead", "references"})
_EXAMPLE = frozenset({"text", "because", "path", "vendor", "environment"})


class RuleError(GuardError):
    """A rule file that cannot be used."""


def load_bundled() -> tuple[Rule, ...]:
    """Return every built-in rule, examples included, in path order. Raises RuleError."""
    return tuple(_parse(_read(path), path, built_in=True) for path in rule_paths(bundled_rules()))


def load_credential_rules() -> tuple[Rule, ...]:
    """Return the built-in rules detection runs, without their examples. Raises RuleError."""
    return _of_kind(RuleKind.CREDENTIAL, toml_files(os.path.join(bundled_rules(), OWN_PROVIDER)))


def load_verify_policies() -> dict[str, VerifyPolicy]:
    """Return whether what each built-in credential rule finds may be sent to the API, by code. Raises RuleError."""
    return {rule.code: rule.verify for rule in load_credential_rules() if rule.verify is not None}


def load_evidence_rules() -> tuple[Rule, ...]:
    """Return the signs and key formats of every known company, without their examples. Raises RuleError."""
    return _of_kind(RuleKind.EVIDENCE, rule_paths(bundled_rules()))


def load_hygiene_rules() -> tuple[Rule, ...]:
    """Return the built-in rules about repositories (MG2xx). Raises RuleError."""
    return _of_kind(RuleKind.HYGIENE, toml_files(os.path.join(bundled_rules(), OWN_PROVIDER)))


def load_lint_rules() -> tuple[Rule, ...]:
    """Return the built-in rules about code (MG3xx, MG4xx), without their examples. Raises RuleError."""
    return _of_kind(RuleKind.LINT, toml_files(os.path.join(bundled_rules(), OWN_PROVIDER)))


def load_directory(folder: str) -> tuple[Rule, ...]:
    """Return every rule below `folder` (`<provider>/<rule>.toml`), in path order. Raises RuleError."""
    return tuple(load_file(path) for path in rule_paths(folder))


def rule_paths(folder: str) -> Iterator[str]:
    """Yield the rule files below `folder`, one level of providers deep, sorted."""
    try:
        for provider in sorted(entry.path for entry in os.scandir(folder) if entry.is_dir()):
            yield from toml_files(provider)
    except OSError as error:
        raise RuleError(f"cannot read the rules in {folder}: {error.strerror}", hint="reinstall monei-guard") from error


def load_file(path: str) -> Rule:
    """Return the rule in one file. Raises RuleError for anything that is not exactly a rule."""
    return _parse(_read(path), path, built_in=is_bundled(path))


def _of_kind(kind: RuleKind, paths: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules of one kind, parsing only what a scan needs of only the files it needs.

    A rule file says its kind on a line of its own and has its examples last (`rules check` holds both), so neither
    other kinds nor examples cost a commit anything.
    """
    line = f'\nkind = "{kind}"\n'.encode()
    heads = ((path, _read(path)) for path in paths)
    return tuple(_parse(_EXAMPLES.split(raw, maxsplit=1)[0], path, built_in=True) for path, raw in heads if line in raw)


def _read(path: str) -> bytes:
    if os.path.exists(path) and not os.path.isfile(path):
        raise RuleError(f"the rule file {path} is not a regular file", hint="check the path in extend-rules")
    try:
        with open(path, "rb") as file:
            raw = file.read(_MAX_FILE + 1)
    except OSError as error:
        raise RuleError(
            f"cannot read the rule file {path}: {error.strerror}", hint="check the path in extend-rules"
        ) from error
    if len(raw) > _MAX_FILE:
        raise RuleError(f"rule file {path} is larger than 1 MiB", hint="a rule is a page, not a data set")
    return raw


def _parse(raw: bytes, path: str, *, built_in: bool) -> Rule:
    try:
        document = tomli.loads(raw.decode("utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RuleError(f"rule file {path} is not valid TOML: {error}", hint="mend the line it names") from error
    return parse_rule(document, source=path, built_in=built_in)


def parse_rule(document: dict[str, Any], *, source: str, built_in: bool = False) -> Rule:
    """Return the rule in a parsed TOML document; `source` names it in errors. Raises RuleError."""
    read = _Reader(source)
    read.check_keys(document, _TOP, "")
    for key, reason in () if built_in else _BUILT_IN_ONLY.items():
        if key in document:
            raise RuleError(f"{source}: only a built-in rule may have {key!r}: {reason}", hint=f"remove {key!r}")
    context = read.table(document, "context", _CONTEXT)
    evidence = read.table(document, "evidence", _EVIDENCE)
    verify = read.table(document, "verify", _VERIFY)
    text = read.table(document, "text", _TEXT)
    return Rule(
        code=read.string(document, "code", default=""),
        id=read.string(document, "id"),
        kind=RuleKind(read.choice(document, "kind", [k.value for k in RuleKind], "credential")),
        title=read.string(document, "title"),
        vendor=read.string(document, "vendor", default="monei"),
        severity=Severity[read.choice(document, "severity", [s.label for s in Severity], "high").upper()],
        confidence=Confidence[read.choice(document, "confidence", [c.label for c in Confidence], "high").upper()],
        pattern=read.string(document, "pattern", default=""),
        keywords=tuple(k.lower() for k in read.strings(document, "keywords")),
        prefixes=tuple(k.lower() for k in read.strings(document, "prefixes")),
        within_line=read.boolean(document, "within-line"),
        value_run=read.string(document, "value-run", default=""),
        line_sign=read.string(document, "line-sign", default=""),
        anchors=tuple(read.strings(document, "anchors")),
        precedence=read.integer(document, "precedence"),
        guessable=read.boolean(document, "guessable"),
        unattributed=Unattributed(read.choice(document, "unattributed", [u.value for u in Unattributed], "keep")),
        hint=read.string(document, "hint", default=""),
        context=Context(
            name=read.string(context, "name", default=""),
            not_name=read.string(context, "not-name", default=""),
            vendor=read.string(context, "vendor", default=""),
            value=read.string(context, "value", default=""),
            random=read.boolean(context, "random"),
        ),
        evidence=VendorEvidence(
            names=read.string(evidence, "names", default=""),
            hosts=read.string(evidence, "hosts", default=""),
            imports=read.string(evidence, "imports", default=""),
            packages=read.string(evidence, "packages", default=""),
            anywhere=read.string(evidence, "anywhere", default=""),
            shape=read.integer(evidence, "shape"),
        ),
        verify=VerifyPolicy(
            scheme=VerifyScheme(read.choice(verify, "scheme", [s.value for s in VerifyScheme], "never")),
            because=read.string(verify, "because", default=""),
            vouches=read.boolean(verify, "vouches"),
        )
        if verify
        else None,
        text=RuleText(
            what=read.string(text, "what", default=""),
            why=read.string(text, "why", default=""),
            instead=read.string(text, "instead", default=""),
            references=read.strings(text, "references"),
        ),
        examples=read.examples(document, "example"),
        counter_examples=read.examples(document, "counter-example"),
        source=source,
    )


class _Reader:
    """Typed access to a TOML table, with errors that name the file and the key."""

    def __init__(self, source: str) -> None:
        self.source = source

    def check_keys(self, table: dict[str, Any], valid_keys: frozenset[str], where: str) -> None:
        for key in table:
            if key not in valid_keys:
                near = get_close_matches(key, valid_keys, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"valid keys: {', '.join(sorted(valid_keys))}"
                raise RuleError(f"{self.source}: unknown key {where}{key!r}", hint=hint)

    def table(self, document: dict[str, Any], key: str, valid_keys: frozenset[str]) -> dict[str, Any]:
        value = self._typed(document, key, dict, {})
        self.check_keys(value, valid_keys, f"{key}.")
        return value

    def string(self, table: dict[str, Any], key: str, default: str | None = None) -> str:
        if key not in table and default is None:
            raise RuleError(f"{self.source}: {key!r} is missing")
        return self._typed(table, key, str, default or "")

    def strings(self, table: dict[str, Any], key: str) -> tuple[str, ...]:
        values = self._typed(table, key, list, [])
        if not all(isinstance(value, str) for value in values):
            raise RuleError(f"{self.source}: {key!r} must be a list of strings")
        return tuple(values)

    def integer(self, table: dict[str, Any], key: str) -> int:
        return self._typed(table, key, int, 0)

    def boolean(self, table: dict[str, Any], key: str) -> bool:
        return self._typed(table, key, bool, False)

    def choice(self, table: dict[str, Any], key: str, choices: Iterable[str], default: str) -> str:
        value = self._typed(table, key, str, default)
        if value not in choices:
            raise RuleError(f"{self.source}: {key!r} is {value!r}", hint=f"one of: {', '.join(choices)}")
        return value

    def examples(self, document: dict[str, Any], key: str) -> tuple[Example, ...]:
        entries = self._typed(document, key, list, [])
        return tuple(self._example(entry, f"{key}[{number}]") for number, entry in enumerate(entries, 1))

    def _example(self, entry: Any, where: str) -> Example:
        if not isinstance(entry, dict):
            raise RuleError(f"{self.source}: {where} must be a table")
        self.check_keys(entry, _EXAMPLE, f"{where}.")
        return Example(
            text=self.string(entry, "text"),
            because=self.string(entry, "because"),
            path=self.string(entry, "path", default="example.txt"),
            vendor=self.string(entry, "vendor", default="") or None,
            environment=self.string(entry, "environment", default="") or None,
        )

    def _typed(self, table: dict[str, Any], key: str, kind: type[_T], default: _T) -> _T:
        value = table.get(key, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise RuleError(f"{self.source}: {key!r} must be a {kind.__name__}")
        return value
