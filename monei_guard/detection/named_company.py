"""Which company a name speaks of, for keys that no known form and no other sign gives to anybody.

`LENCO_SECRET_KEY`, `polar.accessToken` and `new Creem({ apiKey: … })` name the company; `SECRET_KEY` and
`customer.token` do not, as far as a list of the words can tell that programs use for every company's keys.
"""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MOST_WORDS = 3
_SHORTEST = 3  # letters
_CREDENTIAL = frozenset({
    "key", "keys", "apikey", "secret", "secrets", "secretkey", "token", "tokens", "accesstoken", "credential",
    "credentials", "password", "auth", "authorization", "bearer", "sk",
})  # fmt: skip
# What is said of keys, settings, programs and payments whoever's they are.
_GENERIC = _CREDENTIAL | frozenset({
    "access", "account", "accounts", "add", "admin", "api", "app", "application", "apps", "args", "argument",
    "authenticate", "authentication", "backend", "base", "billing", "bot", "build", "builder", "business", "card",
    "charge", "checkout", "cli", "client", "clients", "cloud", "conf", "config", "configuration", "configure",
    "connect", "connection", "const", "constants", "container", "containers", "context", "core", "create",
    "current", "customer", "customers", "data", "db", "default", "defaults", "demo", "dev", "develop",
    "development", "direct", "dummy", "enc", "endpoint", "env", "environ", "environment", "environments", "expo",
    "export", "exports", "fake", "field", "final", "fixture", "fixtures", "for", "frontend", "function", "gateway",
    "gatsby", "get", "getenv", "global", "header", "headers", "helper", "http", "https", "id", "in", "init",
    "initialize", "instance", "int", "integration", "internal", "item", "items", "job", "jobs", "kwargs", "let",
    "lib", "list", "live", "load", "local", "login", "main", "map", "master", "merchant", "metadata", "method",
    "mock", "mode", "module", "my", "name", "new", "next", "node", "nuxt", "obj", "object", "of", "old", "options",
    "opts", "os", "our", "param", "params", "partner", "pay", "payload", "payment", "payments", "payout", "payouts",
    "pk", "platform", "plugin", "post", "private", "process", "prod", "product", "production", "project", "props",
    "provider", "providers", "public", "publishable", "put", "qa", "query", "react", "read", "ref", "register",
    "request", "requests", "res", "response", "restricted", "result", "return", "run", "sample", "sandbox", "save",
    "sdk", "self", "send", "server", "service", "services", "session", "set", "setting", "settings", "setup",
    "shop", "signing", "spec", "stage", "staging", "stg", "store", "str", "string", "stringdata", "sub",
    "subscription", "super", "system", "tenant", "test", "testing", "tests", "text", "the", "this", "type", "uat",
    "update", "url", "use", "user", "username", "users", "val", "valid", "value", "values", "var", "variable",
    "variables", "vars", "vault", "verify", "version", "vite", "vue", "wallet", "web", "webhook", "webhooks",
    "with", "worker", "x", "your",
})  # fmt: skip


def named_company(name: str) -> str:
    """Return the company that a name path (as written, outermost first, joined by ".") speaks of, "" for none.

    The value's own name has to be a credential's; where it says no more than that, what it is a part of is asked.
    """
    *parents, own = name.split(".")
    words = _words(own)
    if not _CREDENTIAL.intersection(words):
        return ""
    for part in (words, *map(_words, parents[::-1])):
        left = [word for word in part if word not in _GENERIC]
        if left:
            company = "-".join(left)
            letters = sum(map(len, left))
            return company if len(left) <= _MOST_WORDS and letters >= _SHORTEST else ""
    return ""


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name) if not word.isdigit()]
