"""Looking at objects that the fast reader leaves to git: in packs it does not know, too large to hold, or damaged."""

from collections.abc import Collection, Mapping

from monei_guard.git.cat_file import MISSING, ObjectHeader, object_headers, read_objects, read_windows
from monei_guard.git.pack_walk import LARGE_OBJECT
from monei_guard.git.repository import GitError, Repository
from monei_guard.history.worker import Examiner, MatchedObject, ShareResult
from monei_guard.model.blob import Skipped
from monei_guard.sources.containers.signatures import archive_kind


def scan_through_git(
    repository: Repository, examiner: Examiner, unread: Mapping[str, str], may_be_gone: Collection[str]
) -> ShareResult:
    """Look at objects, given by their ids and by why the fast reader could not ("" where it did not try).

    What git cannot read either is hopeless, if it must be there.
    """
    result = ShareResult()
    small: dict[str, str] = {}
    for header in object_headers(repository, unread):
        if not isinstance(header, ObjectHeader):
            if header[0] in may_be_gone and header[1] == MISSING:
                continue
            result.hopeless[header[0]] = unread.get(header[0]) or header[1]
        elif header.size <= LARGE_OBJECT:
            small[header.object_id] = header.kind
        else:
            result.add(_large_object(repository, examiner, header))
            if header.kind != "blob":
                reason = f"it is a {header.kind} of {header.size} bytes: what it names was not looked for"
                result.gaps.append((header.object_id, header.kind, Skipped(None, reason, content_id=header.object_id)))
    for object_id, kind, content in read_objects(repository, tuple(small), LARGE_OBJECT):
        del small[object_id]
        result.objects += 1
        result.size += len(content)
        result.add(examiner.names(object_id, kind, content))
        if examiner.prefilter(content):
            result.add(examiner.match(kind, [(object_id, content)]))
    for object_id in small:
        result.hopeless[object_id] = unread[object_id] or "git cannot read it"
    return result


def _large_object(repository: Repository, examiner: Examiner, header: ObjectHeader) -> ShareResult:
    result = ShareResult(objects=1, size=header.size)
    secrets: dict[str, None] = {}
    try:
        for start, window in read_windows(repository, header):
            if not start and header.kind == "blob" and archive_kind(window) is not None:
                reason = f"an archive larger than {LARGE_OBJECT} bytes: not opened"
                gap = Skipped(None, reason, content_id=header.object_id)
                result.gaps.append((header.object_id, header.kind, gap))
            if examiner.prefilter(window):
                secrets.update(dict.fromkeys(examiner.matcher([window])[0].secrets))
    except (GitError, MemoryError) as error:
        result.hopeless[header.object_id] = str(error)
    if secrets:
        result.matched_objects.append(MatchedObject(header.object_id, header.kind, tuple(secrets)))
    return result
