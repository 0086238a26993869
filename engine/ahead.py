"""Batches made in a thread of their own while those before them are used."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_AHEAD = 2


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, of which some are always made before they are asked for.

    Whoever drops it waits for nothing: the thread ends behind the item it is at.

    Args:
        items: is used in one other thread only; what it raises is raised here.

    Returns:
        The items in their order.
    """
    executor = ThreadPoolExecutor(1, thread_name_prefix="batches")
    end = object()
    try:
        coming = deque(executor.submit(next, items, end) for _ in range(_AHEAD))
        while (item := coming.popleft().result()) is not end:
            coming.append(executor.submit(next, items, end))
            yield item  # type: ignore[misc] # it is not the end
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
