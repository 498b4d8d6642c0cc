"""Shell commands, in scripts and in the configuration files that hold them: curl's switches, defaults of variables."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.names import looks_like_credential
from monei_guard.lints.violation import Violation

_CURL = re.compile(r"(?m)(?:^|[\s;&|(`\"'])(?:curl|wget|http)\s(?P<rest>(?:[^\n\\]|\\\n|\\.)*)")
_CURL_OFF = re.compile(r"(?:^|\s)(?:-[A-Za-z]*k[A-Za-z]*|--insecure|--no-check-certificate|--verify=no)(?=\s|$)")
_CURL_OLD = re.compile(
    r"(?:^|\s)(?:--tlsv1\.[01](?=\s|$)|--tls-max\s+1\.[01]\b|--sslv[23]\b|--secure-protocol=TLSv1(?:_[01])?(?=\s|$))"
)
_SHELL_FALLBACK = re.compile(r"\$\{(?P<name>\w+):?[-=](?P<value>[^}\s]{12,200})\}")


def shell_tls(text: str) -> Iterator[Violation]:
    """Yield curl and wget commands that reach Monei without checking certificates, or with an old TLS."""
    for match in _CURL.finditer(text):
        rest = match.group("rest")
        command = re.split(r"\s(?:\||&&|;)\s", rest)[0]
        if not re.search(r"(?i)monei\.cc|\$\{?MONEI_(?:BASE|API)_URL", command):
            continue
        for pattern, message in (
            (_CURL_OFF, "certificate checks are off: anyone on the way can read the key and answer in Monei's place"),
            (_CURL_OLD, "TLS below 1.2 is accepted on a Monei call"),
        ):
            found = pattern.search(command)
            if found is not None:
                offset = match.start("rest") + found.start() + (found.group()[0] in " \t\n")
                yield Violation(offset, match.start("rest") + found.end(), message)


def shell_fallback(text: str) -> Iterator[Violation]:
    """Yield `${MONEI_API_KEY:-literal}`."""
    for match in _SHELL_FALLBACK.finditer(text):
        if re.search(r"MONEI\w*(?:KEY|SECRET|TOKEN)", match.group("name")) and looks_like_credential(
            match.group("value")
        ):
            message = f"a credential is written in the file for when `{match.group('name')}` is not set"
            yield Violation(match.start("value"), match.end("value"), message, fix="${" + match.group("name") + ":?}")
