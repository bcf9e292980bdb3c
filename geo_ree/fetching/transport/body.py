"""The body of an answer: received piece by piece, unpacked, and known to be whole."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from contextlib import closing

import requests
from urllib3.exceptions import HTTPError

from geo_ree.errors import FetchError
from geo_ree.fetching.transport.patience import SlowStepError, body_patience

_CHUNK_BYTES = 1 << 16
_GZIP = 31  # of zlib: a stream with the header of gzip
_COMPRESSED = ("gzip", "deflate", "compress", "br", "zstd")


class BadBodyError(Exception):
    """A body that is not the file, or not all of it.

    If `resumable`, it ended too early, and the bytes that arrived are good.
    """

    def __init__(
        self,
        reason: str,
        hint: str = "the network is poor or the server busy: try again later",
        *,
        resumable: bool = False,
    ) -> None:
        super().__init__(reason)
        self.hint = hint
        self.resumable = resumable


def _pieces(answer: requests.Response) -> Generator[bytes]:
    """Yield the body of an answer piece by piece, each as soon as it is there."""
    try:
        with body_patience(answer.raw) as patience:
            while piece := answer.raw.read1(_CHUNK_BYTES, decode_content=False):
                patience.renew()
                yield piece
    except (HTTPError, OSError) as error:
        silent = "timed out" in str(error) or isinstance(error, SlowStepError)
        why = "the server fell silent" if silent else "the connection broke"
        raise BadBodyError(f"the file was cut short, {why}", resumable=True) from error


def unpacked_pieces(answer: requests.Response, where: str) -> Generator[bytes]:
    """Yield the file that a body holds; some servers compress it though they are asked not to.

    Raises a BadBodyError if it is not whole, and a FetchError, which begins with `where`, if it is
    compressed in another way than with gzip.
    """
    coding = _coding(answer)
    if coding not in ("gzip", "x-gzip") and any(word in coding for word in _COMPRESSED):
        raise FetchError(
            f"{where}: the server compresses the file ({coding[:40]!r}), it was asked not to",
            "fetch it through a mirror that does not, or provide the file with --file",
        )
    with closing(_pieces(answer)) as pieces:
        yield from pieces if coding not in ("gzip", "x-gzip") else _unpacked(pieces)


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what a body holds that was compressed with gzip, piece by piece, to its very end."""
    inflate = zlib.decompressobj(_GZIP)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if inflate.eof:  # another member of the stream, or zeros that fill a block
                    rest = rest.lstrip(b"\0")
                    if not rest:
                        break
                    inflate = zlib.decompressobj(_GZIP)
                yield inflate.decompress(rest, _CHUNK_BYTES)
                rest = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            while more := inflate.decompress(b"", _CHUNK_BYTES):
                yield more
    except zlib.error as error:
        raise BadBodyError("the compressed file is damaged") from error
    if not inflate.eof:
        raise BadBodyError("the compressed file was cut short")


def _coding(answer: requests.Response) -> str:
    return answer.headers.get("Content-Encoding", "").strip().lower() or "identity"


def is_encoded(answer: requests.Response) -> bool:
    """Return whether a body is not the file itself."""
    return _coding(answer) != "identity"
