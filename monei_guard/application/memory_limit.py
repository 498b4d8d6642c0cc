"""A bound on the memory of this process and of those it starts, as the system keeps it."""

from monei_guard.errors import GuardError

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment] # said below


class MemoryLimitError(GuardError):
    """The system sets no bound of this kind."""


def limit_memory(size: int) -> None:
    """Let this process and each that it starts have `size` bytes of its own; what it asks for beyond is refused.

    The bound is RLIMIT_DATA (setrlimit(2): private writable memory, since Linux 4.7), not RLIMIT_AS: that would count
    every pack that git maps. Raises MemoryLimitError.
    """
    if resource is None:
        raise MemoryLimitError("--max-memory needs a system with process limits", hint="leave it out on Windows")
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = size if most == resource.RLIM_INFINITY else min(size, most)
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, most))
    except (OSError, ValueError) as error:
        raise MemoryLimitError(f"the system does not take {size} bytes as the bound of its memory: {error}") from error
