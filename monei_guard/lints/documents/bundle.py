"""What users download: built bundles, source maps, the inside of app packages."""

import re
from typing import NamedTuple

from monei_guard.lints.pattern import Pattern

_BUNDLE = Pattern(
    r"(?:^|/)(?:dist|build|out|\.next|_next|\.nuxt|\.output/public|\.svelte-kit/output/client|www|web-build|storybook-static|"
    r"\.vercel/output/static|\.parcel-cache|public/(?:build|assets|js|dist)|static/(?:js|chunks|js/chunks)|bundles?|\.angular|"
    r"ios/App/App/public|android/app/src/main/assets)/(?:.*/)?[^/]+\.(?:[cm]?js|map|css|html?|json|jsbundle|hbc|txt)$"
    r"|[.-](?:min|bundle|chunk)\.[cm]?js$|\.(?:js|css)\.map$|\.jsbundle$|[.-][0-9a-f]{8,20}\.(?:chunk\.)?[cm]?js$"
    r"|\.(?:apk|aab|ipa|xapk|apkm|asar|crx|xpi)!/",
    re.IGNORECASE,
)
_SERVER_OUTPUT = Pattern(
    r"(?:^|/)(?:\.next/(?:server|cache|standalone)|\.output/server|\.svelte-kit/output/server|dist/server|build/server|\.nuxt/dist/server)/"
)


class Bundle(NamedTuple):
    """A file that users download."""

    path: str
    data: bytes

    @property
    def kind(self) -> str:
        """What it is, for people."""
        if self.path.endswith(".map"):
            return "a source map"
        return "an app package" if "!/" in self.path else "a built bundle"


def is_bundle(path: str) -> bool:
    """Whether a path is (inside) something users download."""
    return _BUNDLE.search(path) is not None and _SERVER_OUTPUT.search(path) is None
