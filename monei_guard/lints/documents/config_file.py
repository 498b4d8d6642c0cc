"""Lints for files that configure: .env, YAML, JSON, TOML, Dockerfile, gradle, strings.xml, Info.plist, Makefile ..."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from monei_guard.lints.analysis.names import is_credential_name, is_public_credential, looks_like_credential
from monei_guard.lints.plain_address import PLAIN_HTTP_MESSAGE, URL, is_judged
from monei_guard.lints.rules.client_env_prefix import hit as prefix_hit
from monei_guard.lints.rules.sandbox_hits_production import PRODUCTION
from monei_guard.lints.shell_commands import shell_fallback, shell_tls
from monei_guard.lints.violation import Violation
from monei_guard.model.blob import View
from monei_guard.model.rule import Confidence

_COMMENT = re.compile(r"(?m)^[ \t]*(?:#|;|//|--)[^\n]*|(?<=\s)#[ \t][^\n]*|<!--.*?-->", re.DOTALL)
_LONG_STRING = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''", re.DOTALL)  # texts and samples inside TOML
_PROSE = re.compile(r"\.(?:txt|md|rst|map|css|arb)$|(?:^|/)(?:package-lock|composer)\.json$|\.lock$", re.IGNORECASE)
_ENTRY = re.compile(
    r"(?m)^[ \t\-]*(?:export[ \t]+|ARG[ \t]+|ENV[ \t]+|set[ \t]+(?:-gx[ \t]+)?)?[\"']?(?P<name>[A-Za-z_][\w.\-]*)[\"']?"
    r"[ \t]*(?:[=:]|[ \t](?=\S))[ \t]*"
    r"(?P<value>[^\n]*)$"
)
_NAMED_ENTRY = re.compile(
    r"(?m)^[ \t\-{]*(?:name|key)[ \t]*[:=][ \t]*[\"']?(?P<name>[A-Z][A-Z0-9_]*)[\"']?[ \t]*,?[ \t]*$"
)
_ARG = re.compile(r"(?m)(?:^[ \t]*ARG[ \t]+|--build-arg[ =])(?P<name>[A-Z][A-Z0-9_]*)")
_SPRING = re.compile(r"\$\{(?P<name>\w*MONEI\w*(?:KEY|SECRET|TOKEN)):(?P<value>[^}\s\-?][^}\s]{11,200})\}")
_ANDROID_STRING = re.compile(r"<string\s+name=\"(?P<name>\w+)\"[^>]*>(?P<value>[^<]*)</string>")
_PLIST = re.compile(r"<key>(?P<name>[\w.]+)</key>\s*<string>(?P<value>[^<]*)</string>")
_GRADLE = re.compile(
    r"(?:buildConfigField|resValue)\s*\(?\s*[\"']\w+[\"']\s*,\s*[\"'](?P<name>\w+)[\"']|manifestPlaceholders\s*\[?\s*[\"'](?P<other>\w+)[\"']"
)
_CLEARTEXT = re.compile(
    r"cleartextTrafficPermitted=\"true\"[^>]*>\s*(?:<domain[^>]*>[^<]*</domain>\s*)*?<domain[^>]*>(?P<host>[\w.-]*monei\.cc)</domain>"
)
_URL_KEY = re.compile(r"(?i)[?&][\w.\-]*=\$[{(]{0,2}\s*(?:secrets\.|env\.)?(?P<name>\w*MONEI\w*(?:KEY|SECRET|TOKEN))")
_MODE = re.compile(r"^MONEI_(?:ENV|ENVIRONMENT|MODE)$")
_URL_NAME = re.compile(r"^MONEI_(?:API_|BASE_|SANDBOX_|API_BASE_)URL$")


class ConfigEntry(NamedTuple):
    """A name given a value; offsets in the file."""

    name: str
    value: str
    start: int
    value_start: int


def checks(view: View, path: str) -> tuple[tuple[str, Iterator[Violation]], ...]:
    """Return the hits of each lint in a configuration file, by rule id."""
    if _PROSE.search(path):
        return ()
    text = view.data.decode("latin-1")
    if path.endswith(".toml"):
        text = _LONG_STRING.sub(_blank, text)
    blanked = _COMMENT.sub(_blank, text)
    entries = tuple(_entries(blanked))
    shell = () if re.search(r"\.(?:sh|bash|zsh|ps1)$", path) else (
        ("hardcoded-fallback", shell_fallback(blanked)),
        ("tls-verification-off", shell_tls(blanked)),
    )  # fmt: skip
    return (
        ("client-env-prefix", _published(blanked, entries, path)),
        ("sdk-in-client-code", _in_app(blanked, path)),
        ("plain-http", _plain_http(view.data, blanked, path)),
        ("tls-verification-off", _process_wide(entries)),
        ("key-in-url", _in_url(blanked)),
        ("hardcoded-fallback", _spring(blanked, path)),
        ("sandbox-hits-production", _sandbox(entries, blanked)),
        *shell,
    )


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _entries(text: str) -> Iterator[ConfigEntry]:
    for match in _ENTRY.finditer(text):
        raw = match.group("value")
        value = raw.strip().rstrip(",").strip().strip("\"'")
        lead = len(raw) - len(raw.lstrip(" \t\"'"))
        yield ConfigEntry(match.group("name"), value, match.start("name"), match.start("value") + lead)


def _published(text: str, entries: tuple[ConfigEntry, ...], path: str) -> Iterator[Violation]:
    seen: set[str] = set()
    named = [(e.name, e.start) for e in entries]
    for pattern in (_NAMED_ENTRY, _ARG):
        named += [(match.group("name"), match.start("name")) for match in pattern.finditer(text)]
    named += [
        (match.group("name"), match.start("name"))
        for match in re.finditer(r"[\"'](?P<name>[A-Z][A-Z0-9_]*)[\"']\s*:", text)
        if path.endswith((".json", ".jsonc"))
    ]
    for name, offset in sorted(named, key=lambda one: one[1]):
        if name not in seen and is_public_credential(name):
            seen.add(name)
            yield prefix_hit(offset, offset + len(name), name)
    if re.search(r"(?:^|/)app\.json$", path) and '"extra"' in text:
        start = text.index('"extra"')
        end = text.find("}", start)
        for match in re.finditer(r"\"(?P<name>\w+)\"\s*:\s*\"[^\"]+\"", text[start : end if end > 0 else None]):
            if is_credential_name(match.group("name")):
                at = start + match.start("name")
                yield Violation(
                    at,
                    at + len(match.group("name")),
                    f"`{match.group('name')}` in Expo's extra is shipped inside the app",
                )


def _in_app(text: str, path: str) -> Iterator[Violation]:
    patterns: list[tuple[re.Pattern[str], str]] = []
    if re.search(r"/res/values[\w-]*/[\w.-]+\.xml$|(?:^|/)strings\.xml$", "/" + path):
        patterns.append((_ANDROID_STRING, "a string resource is readable in the installed app"))
    if path.endswith(".plist"):
        patterns.append((_PLIST, "Info.plist is readable in the installed app"))
    if path.endswith((".gradle", ".gradle.kts")):
        patterns.append((_GRADLE, "a build field is compiled into the app"))
    for pattern, why in patterns:
        for match in pattern.finditer(text):
            name = next((group for key, group in match.groupdict().items() if group and key in ("name", "other")), "")
            if is_credential_name(name):
                yield Violation(match.start(), match.end(), f"`{name}`: {why}")


def _plain_http(data: bytes, text: str, path: str) -> Iterator[Violation]:
    for match in URL.finditer(text.encode("latin-1")):
        before = text[max(match.start() - 2, 0) : match.start()]
        if before[-1:] not in ("", "\n", " ", "=", '"', "'", "\t", ":", ">") or is_judged(data, match.start()):
            continue
        line_start = text.rfind("\n", 0, match.start()) + 1
        if not _is_value(text[line_start : match.start()]):
            continue
        yield Violation(
            match.start(), match.end(), PLAIN_HTTP_MESSAGE, fix="https" + match.group().decode("latin-1")[4:]
        )
    for cleartext in _CLEARTEXT.finditer(text):
        yield Violation(cleartext.start("host"), cleartext.end("host"), "clear-text HTTP is permitted to a Monei host")
    _ = path


def _is_value(lead: str) -> bool:
    """Whether what follows `lead` on its line is a value or an argument of a command, not words in a sentence."""
    quoted = re.search(r"[\"']([^\"']*)$", lead)
    if quoted is not None and quoted.group(1).strip() and not re.search(r"\b(?:curl|wget|http|url)\b", lead):
        return False
    return bool(re.search(r"[=:>]\s*[\"']?$|^\s*-?\s*[\"']?$|\b(?:curl|wget|http|fetch)\b|[\[,]\s*[\"']$", lead))


def _process_wide(entries: tuple[ConfigEntry, ...]) -> Iterator[Violation]:
    for entry in entries:
        if (entry.name == "NODE_TLS_REJECT_UNAUTHORIZED" and entry.value == "0") or (
            entry.name == "PYTHONHTTPSVERIFY" and entry.value == "0"
        ):
            message = "certificate checks are off for every call of the process, Monei's too"
            yield Violation(entry.start, entry.value_start + len(entry.value), message)


def _in_url(text: str) -> Iterator[Violation]:
    for match in _URL_KEY.finditer(text):
        if is_credential_name(match.group("name")):
            message = f"Monei key `{match.group('name')}` is put into a URL"
            yield Violation(match.start(), match.end(), message, confidence=Confidence.MEDIUM)


def _spring(text: str, path: str) -> Iterator[Violation]:
    if not re.search(r"\.(?:properties|ya?ml|conf)$", path):
        return
    for match in _SPRING.finditer(text):
        if looks_like_credential(match.group("value")):
            message = f"a credential is written in the file for when `{match.group('name')}` is not set"
            yield Violation(match.start("value"), match.end("value"), message, fix="${" + match.group("name") + "}")


def _sandbox(entries: tuple[ConfigEntry, ...], text: str) -> Iterator[Violation]:
    modes = [
        entry for entry in entries if _MODE.match(entry.name.upper()) and re.fullmatch(r"(?i)sandbox|test", entry.value)
    ]
    for entry in entries:
        if not _URL_NAME.match(entry.name.upper()) or not PRODUCTION.match(entry.value):
            continue
        line = text.count("\n", 0, entry.start)
        if any(abs(text.count("\n", 0, mode.start) - line) <= 25 for mode in modes):  # noqa: PLR2004 - one block
            message = "sandbox mode is chosen, but the address is production's: real money moves"
            fix = entry.value.replace("//api.monei.cc", "//api.dev.monei.cc")
            yield Violation(entry.value_start, entry.value_start + len(entry.value), message, fix=fix)
            return
