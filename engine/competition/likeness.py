"""Finding pictures that are the same picture among many, without comparing all with all."""

import numpy as np
from scipy.ndimage import uniform_filter

# Bits of 64 in which copies of one picture may differ after another compression or size.
_BITS = 3
_BANDS = 4
# Bounds the work where thousands of pictures look alike, such as nearly blank scans.
_NEIGHBOURS = 128
_LEVELS = 2.0
_SHARE_OF_CONTRAST = 0.1
# What `have_same_details` looks at: the pictures' side, the window in which contrast is evened
# out, the levels below which it counts as noise. Copies after strong compression agree by 0.92
# or more; different eyes that one camera took by 0.89 at most.
DETAIL = 64
_WINDOW, _NOISE_LEVELS = 5, 4.0
_DETAILS_AGREE = 0.9
_PAIRS_AT_ONCE = 1024


def difference_hash(thumbnails: np.ndarray) -> np.ndarray:
    """A 64-bit perceptual hash: where an 8 x 8 grey picture gets brighter to the right.

    The last column is compared with the first. A change must exceed two levels, or plain areas
    would answer with noise (after N. Krawetz, "Kind of Like That", 2013).

    Args:
        thumbnails: uint8, (pictures, 16, 16, 3).

    Returns:
        uint64, (pictures,).
    """
    grey = thumbnails.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    small = grey.reshape(len(grey), 8, 2, 8, 2).mean(axis=(2, 4))
    brighter = (np.roll(small, -1, axis=2) - small > 2).reshape(len(grey), 64)
    packed: bytes = np.packbits(brighter, axis=1).tobytes()
    return np.frombuffer(packed, np.uint64)


def near_pairs(thumbnails: np.ndarray, readable: np.ndarray) -> np.ndarray:
    """Pairs of pictures that are the same but for compression, size or a trace of noise.

    Of pictures with the very same thumbnail each is paired with the first one only. Others must
    agree in at least a quarter of their hash and differ in three bits at most, and
    their thumbnails must agree to a tenth of their contrast.

    Args:
        thumbnails: uint8, (pictures, 16, 16, 3).
        readable: bool, (pictures,); others are never paired.

    Returns:
        Integers, (pairs, 2), each sorted, no pair twice.
    """
    rows = np.flatnonzero(readable)
    if not len(rows):
        return np.zeros((0, 2), np.int64)
    whole = np.ascontiguousarray(thumbnails[rows]).reshape(len(rows), -1)
    _, first, inverse = np.unique(
        whole.view(np.dtype((np.void, whole.shape[1]))).reshape(-1),
        return_index=True,
        return_inverse=True,
    )
    identical = np.column_stack([rows[first[inverse]], rows])
    rows = rows[first]
    hashes = difference_hash(thumbnails[rows])
    found = [np.zeros((0, 2), np.int64)]
    for band in range(_BANDS):
        key = (hashes >> np.uint64(16 * band)) & np.uint64(0xFFFF)
        order = np.lexsort((hashes, key))
        for shift in range(1, min(_NEIGHBOURS, len(order))):
            left, right = order[:-shift], order[shift:]
            together = key[left] == key[right]
            if not together.any():
                break
            left, right = left[together], right[together]
            near = np.bitwise_count(hashes[left] ^ hashes[right]) <= _BITS
            found.append(np.column_stack([rows[left[near]], rows[right[near]]]))
    pairs = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    agreeing = pairs[_agree(thumbnails, pairs)]
    return np.unique(
        np.concatenate([identical[identical[:, 0] != identical[:, 1]], agreeing]), axis=0
    )


def have_same_details(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether pictures that look alike from afar are the same picture.

    Scans, eyes and cells of one camera share all that 16 x 16 pixels show. So fine lines are
    compared, each weighing as much as the strongest edge: local contrast is evened out first.

    Args:
        first: uint8, (pairs, 64, 64), grey.
        second: as many of the same shape.

    Returns:
        bool, (pairs,).
    """
    same = np.zeros(len(first), bool)
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        a, b = _evened(first[part]), _evened(second[part])
        apart, both = ((a - b) ** 2).sum(axis=(1, 2)), (a**2 + b**2).sum(axis=(1, 2))
        same[part] = apart <= (1 - _DETAILS_AGREE) * both
    return same


def _evened(grey: np.ndarray) -> np.ndarray:
    window = (0, _WINDOW, _WINDOW)
    levels = grey.astype(np.float32)
    details = levels - uniform_filter(levels, window)
    contrast = uniform_filter(details**2, window)
    evened: np.ndarray = details / np.sqrt(contrast + _NOISE_LEVELS**2)
    return evened


def clusters_of(rows: int, pairs: np.ndarray) -> np.ndarray:
    """Number rows so that paired ones, directly or in a chain, have the same number.

    Args:
        rows: how many.
        pairs: integers, (pairs, 2).

    Returns:
        Integers, (rows,): the smallest row of each cluster.
    """
    parent = list(range(rows))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for first, second in pairs.tolist():
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    return np.array([root(row) for row in range(rows)], np.int64)


def _agree(thumbnails: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    agree = np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), 8192):
        part = pairs[start : start + 8192]
        a = thumbnails[part[:, 0]].reshape(len(part), -1).astype(np.float32)
        b = thumbnails[part[:, 1]].reshape(len(part), -1).astype(np.float32)
        apart = np.sqrt(((a - b) ** 2).mean(axis=1))
        contrast = np.minimum(a.std(axis=1), b.std(axis=1))
        agree[start : start + 8192] = apart <= np.maximum(_LEVELS, _SHARE_OF_CONTRAST * contrast)
    return agree
