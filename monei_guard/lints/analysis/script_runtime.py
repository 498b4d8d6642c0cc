"""Where JavaScript and TypeScript run: what the file, its place, its imports and its project say."""

import re
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.runtime import TEST_PATH, Runtime, RuntimeGuess
from monei_guard.lints.pattern import Pattern

if TYPE_CHECKING:
    from monei_guard.lints.analysis.project import Project

_DIRECTIVE = Pattern(rb"\A(?:\xef\xbb\xbf)?(?>\s|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+[\"']use (client|server)[\"']")
_SERVER_PATH: tuple[tuple[Pattern[str], str], ...] = tuple((Pattern(pattern), reason) for pattern, reason in (
    (r"\.server\.[cm]?[jt]sx?$", "its name ends in .server"),
    (r"(?:^|/)\+(?:server|page\.server|layout\.server)\.[jt]s$", "SvelteKit runs it on the server"),
    (r"(?:^|/)pages/api/", "pages/api runs on the server"),
    (r"(?:^|/)app/(?:.*/)?route\.[jt]sx?$", "a route handler runs on the server"),
    (r"(?:^|/)middleware\.[jt]s$", "middleware runs on the server"),
    (r"(?:^|/)(?:servers?|backend|api|(?:edge-)?functions|netlify|lambdas?|workers?|scripts|bin|cli|cron|jobs|controllers)/",
     "its folder holds server code"),
    (r"(?:^|/)[^/]*\.config\.[cm]?[jt]s$|(?:^|/)gatsby-(?:node|config|ssr)\.[jt]s$|(?:^|/)(?:gulp|grunt)file\.js$",
     "build configuration runs on the developer's machine"),
    (r"(?:^|/)entry[.-]server\.", "the server entry"),
    (r"(?:^|/)electron/(?:main|background)\b|(?:^|/)src/main/[^/]+\.[jt]s$", "Electron's main process"),
))  # fmt: skip
_CLIENT_PATH: tuple[tuple[Pattern[str], str], ...] = tuple((Pattern(pattern), reason) for pattern, reason in (
    (r"(?:^|/)(?:public|static|www|htdocs|wwwroot|public_html)/.*\.[cm]?js$",
     "files of this folder are served to browsers"),
    (r"(?:^|/)(?:sw|service-?worker|firebase-messaging-sw)\.[jt]s$", "a service worker runs in the browser"),
    (r"(?:^|/)entry[.-]client\.", "the client entry"),
    (r"\.client\.[cm]?[jt]sx?$", "its name ends in .client"),
    (r"(?:^|/)renderer/", "Electron's renderer is a browser"),
    (r"\.(?:vue|svelte)$", "a component is compiled into the browser bundle"),
    (r"\.(?:html?|xhtml)$", "a script in a page runs in the browser"),
    (r"(?:^|/)(?:client|frontend|browser|webapp|web-?client)/(?:src|app|components|pages)/(?:.*/)?[^/]+\.[cm]?[jt]sx?$",
     "its folder holds client code"),
))  # fmt: skip
_SERVER_IMPORT = Pattern(
    rb"(?:from|require\(|import)\s*\(?\s*[\"'](?:node:[\w/]+|fs|fs/promises|http|https|path|os|crypto|child_process|net|cluster|"
    rb"worker_threads|express|fastify|koa|@koa/[\w-]+|hono|@hono/[\w-]+|@nestjs/[\w-]+|@hapi/[\w-]+|dotenv|dotenv/config|pg|"
    rb"mongoose|mysql2?|redis|ioredis|bullmq|@prisma/client|server-only|next/server|next/headers|firebase-functions[\w/]*|"
    rb"firebase-admin[\w/]*|aws-lambda|@aws-sdk/[\w-]+|@sveltejs/kit/node|\$env/(?:static|dynamic)/private|commander|yargs|"
    rb"@remix-run/node|@remix-run/cloudflare|h3|astro:env/server|serverless-http|@netlify/functions|@vercel/node)[\"']"
    rb"|\A#!"
)
_APP_PACKAGES = (
    ("react-native", "React Native code is shipped inside the app"),
    ("expo", "Expo code is shipped inside the app"),
    ("@capacitor/core", "Capacitor ships the code inside the app"),
    ("@ionic/core", "Ionic ships the code inside the app"),
    ("@ionic/react", "Ionic ships the code inside the app"),
    ("@ionic/angular", "Ionic ships the code inside the app"),
    ("@ionic/vue", "Ionic ships the code inside the app"),
    ("@nativescript/core", "NativeScript ships the code inside the app"),
)
_BUNDLED_PACKAGES = (
    ("react-scripts", "Create React App bundles src/ for browsers"),
    ("@angular/core", "Angular bundles src/ for browsers"),
    ("gatsby", "Gatsby bundles src/ for browsers"),
    ("@vue/cli-service", "Vue CLI bundles src/ for browsers"),
    ("vite", "Vite bundles src/ for browsers"),
    ("parcel", "Parcel bundles src/ for browsers"),
    ("nuxt", "Nuxt bundles this folder for browsers"),
    ("@sveltejs/kit", "SvelteKit runs it in the browser too"),
)
_SERVER_PACKAGES = frozenset({"express", "fastify", "koa", "@nestjs/core", "hono", "next", "@remix-run/node", "astro"})
_IMPORT_OF = Pattern(
    rb"(?:from|require\(|import)\s*\(?\s*[\"'](react-native|expo[\w-]*|@angular/core|@capacitor/[\w-]+|@ionic/[\w-]+)[\"'/]"
)
_HOOK = Pattern(rb"\buse(?:State|Effect|LayoutEffect|Reducer|Ref|Callback|SyncExternalStore)\s*[(<]|\bonClick=\{")
_REACT = Pattern(rb"(?:from|require\()\s*[\"'](?:react|preact/hooks|preact|solid-js)[\"']")
_DOM = Pattern(
    rb"\bdocument\.(?:getElementById|querySelector(?:All)?|cookie|addEventListener|createElement|body|forms)\b"
    rb"|\bwindow\.(?:localStorage|sessionStorage|location|addEventListener|onload|fetch|document)\b"
    rb"|\b(?:chrome|browser)\.(?:runtime|tabs|storage)\."
)
_AUTOMATION = Pattern(
    rb"[\"'](?:puppeteer(?:-core)?|playwright(?:-core)?|@playwright/test|jsdom|happy-dom|cheerio|selenium-webdriver)[\"']"
)
_NODE_ONLY = Pattern(rb"\bprocess\.(?:exit|argv|stdin|stdout|stderr|on)\b|\b__dirname\b|\bmodule\.exports\b")


def runtime_of_script(path: str, data: bytes, project: "Project") -> RuntimeGuess:
    """Return where a JavaScript or TypeScript file (or the scripts of a page or component) run."""
    directive = _DIRECTIVE.match(data)
    if TEST_PATH.search(path):
        return RuntimeGuess(Runtime.SERVER, "a test")
    if directive is not None:
        client = directive.group(1) == b"client"
        return RuntimeGuess(
            Runtime.CLIENT if client else Runtime.SERVER, f"the file begins with 'use {directive.group(1).decode()}'"
        )
    for pattern, reason in _SERVER_PATH:
        if pattern.search(path):
            return RuntimeGuess(Runtime.SERVER, reason)
    if _SERVER_IMPORT.search(data):
        return RuntimeGuess(Runtime.SERVER, "it imports what only servers have")
    for pattern, reason in _CLIENT_PATH:
        if pattern.search(path):
            return RuntimeGuess(Runtime.CLIENT, reason)
    return _by_framework(path, data, project) or _by_code(data)


def _by_framework(path: str, data: bytes, project: "Project") -> RuntimeGuess | None:
    imported = _IMPORT_OF.search(data)
    if imported is not None:
        return RuntimeGuess(Runtime.CLIENT, f"it imports {imported.group(1).decode()}: the code is shipped to users")
    packages = project.packages(path)
    if re.search(r"(?:^|/)(?:src/)?pages/.*\.[jt]sx$", path):
        return RuntimeGuess(Runtime.CLIENT, "a page component is bundled for browsers")
    if "next" in packages and re.search(r"(?:^|/)app/.*\.[jt]sx?$", path):
        return RuntimeGuess(Runtime.SERVER, "a server component: no 'use client'")
    if re.search(r"(?:^|/)routes/.*\+(?:page|layout)\.[jt]s$", path):
        return RuntimeGuess(Runtime.CLIENT, "SvelteKit runs it in the browser too")
    if re.search(r"(?:^|/)app/(?:routes/.*|root)\.[jt]sx$", path):
        return RuntimeGuess(Runtime.CLIENT, "a route component is bundled for browsers")
    return _by_package(path, data, project)


def _by_package(path: str, data: bytes, project: "Project") -> RuntimeGuess | None:
    """Return where a file runs by what its project depends on, None where that says nothing."""
    packages = project.packages(path)
    if _NODE_ONLY.search(data):
        return None
    for package, reason in _APP_PACKAGES:
        if package in packages:
            return RuntimeGuess(Runtime.CLIENT, reason)
    if _SERVER_PACKAGES & packages:
        return None
    for package, reason in _BUNDLED_PACKAGES:
        if package in packages and re.search(
            r"(?:^|/)(?:src|app|components|pages|composables|plugins|stores?|lib|hooks)/", path
        ):
            return RuntimeGuess(Runtime.CLIENT, reason)
    manifest = project.content(f"{path.rpartition('/')[0]}/manifest.json".lstrip("/"))
    if manifest is not None and b'"manifest_version"' in manifest:
        return RuntimeGuess(Runtime.CLIENT, "a script of a browser extension is shipped to users")
    return None


def _by_code(data: bytes) -> RuntimeGuess:
    if not _NODE_ONLY.search(data) and not _AUTOMATION.search(data):
        if _REACT.search(data) and _HOOK.search(data):
            return RuntimeGuess(Runtime.CLIENT, "it uses hooks, which run in the browser")
        dom = _DOM.search(data)
        if dom is not None:
            return RuntimeGuess(Runtime.CLIENT, f"it uses {dom.group().decode().rstrip('.')}, which only browsers have")
    return RuntimeGuess(Runtime.UNKNOWN, "")
