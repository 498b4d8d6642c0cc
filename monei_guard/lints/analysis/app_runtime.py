"""Where code of Dart, Kotlin, Java, Swift and their like runs."""

import re
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.runtime import TEST_PATH, Runtime, RuntimeGuess
from monei_guard.lints.pattern import Pattern

if TYPE_CHECKING:
    from monei_guard.lints.analysis.project import Project

_FLUTTER = Pattern(rb"import\s+[\"']package:flutter")
_DART_SERVER = Pattern(rb"import\s+[\"']package:(?:shelf|dart_frog|serverpod|angel3?_)|HttpServer\.bind")
_ANDROID = Pattern(rb"(?m)^\s*import\s+(?:android|androidx|com\.google\.android)\.|BuildConfig\.|\bSharedPreferences\b")
_JVM_SERVER = Pattern(
    rb"import\s+(?:org\.springframework|io\.ktor\.server|jakarta\.|javax\.servlet|io\.micronaut|io\.quarkus)"
)
_APPLE = Pattern(rb"(?m)^\s*import\s+(?:UIKit|SwiftUI|AppKit|WatchKit)\b|\bUserDefaults\b|Bundle\.main")
_SWIFT_SERVER = Pattern(rb"(?m)^\s*import\s+(?:Vapor|Hummingbird|Kitura|NIOHTTP1)\b")


def runtime_of_text(path: str, data: bytes, project: "Project") -> RuntimeGuess:
    """Return where Dart, Kotlin, Java, Swift, C#, Go, PHP, Ruby ... code runs."""
    suffix = path.rpartition(".")[2].lower()
    if TEST_PATH.search(path) or re.search(r"(?:^|/)(?:androidTest|[A-Za-z]*Tests)/|_test\.(?:dart|go)$", path):
        return RuntimeGuess(Runtime.SERVER, "a test")
    if suffix == "dart":
        if _DART_SERVER.search(data) or re.search(r"(?:^|/)(?:bin|server|backend|routes)/", path):
            return RuntimeGuess(Runtime.SERVER, "a Dart server")
        pubspec = project.content("pubspec.yaml") or b""
        if _FLUTTER.search(data) or b"flutter:" in pubspec or re.search(r"(?:^|/)lib/", path):
            return RuntimeGuess(Runtime.CLIENT, "Flutter code is shipped inside the app")
    android = _ANDROID.search(data) or re.search(r"(?:^|/)app/src/(?:main|debug|release)/", path)
    if suffix in ("kt", "java") and android and not _JVM_SERVER.search(data):
        return RuntimeGuess(Runtime.CLIENT, "Android code is shipped inside the app")
    if suffix == "swift" and not _SWIFT_SERVER.search(data) and _APPLE.search(data):
        return RuntimeGuess(Runtime.CLIENT, "iOS code is shipped inside the app")
    return RuntimeGuess(Runtime.UNKNOWN, "")
