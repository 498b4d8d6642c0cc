"""Where code runs: in a browser or an app (its strings are public), or on a server. With the reason, for people."""

from enum import Enum
from typing import NamedTuple

from monei_guard.lints.pattern import Pattern


class Runtime(Enum):
    """Where a file's code runs."""

    CLIENT = "client"
    SERVER = "server"
    UNKNOWN = "unknown"


class RuntimeGuess(NamedTuple):
    """Where code runs and what says so ("the file begins with 'use client'")."""

    runs: Runtime
    reason: str


TEST_PATH = Pattern(
    r"(?:^|/)(?:tests?|__tests__|__mocks__|specs?|e2e|cypress|fixtures?|testing|stories|benchmarks?)/|"
    r"[._-](?:test|spec|stories|e2e|cy)\.[cm]?[jt]sx?$|(?:^|/)test_[^/]*\.py$"
)

# Functions of a page or route module that run on the server only, by framework convention.
SERVER_FUNCTIONS = frozenset({
    "getServerSideProps", "getStaticProps", "getStaticPaths", "loader", "action", "getServerData", "headers",
    "generateStaticParams", "generateMetadata",
})  # fmt: skip
