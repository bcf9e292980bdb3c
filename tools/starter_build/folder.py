"""Writing the starter whole or not at all: built beside it, checked, then put in its place."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starter_build.papers import MANIFEST, manifest_entry, write_licences, write_manifest
from starter_build.product import BuildError, Product, sha256

LARGEST_MB = 8.0
"""Of it, 1.7 MB is the network of routes to the sea ports (25-135.5 E, 20-62 N)."""

Builder = Callable[[Path], Product]


def write_starter(
    builders: Mapping[str, Builder],
    entries: Mapping[str, Mapping[str, Any]],
    out: Path,
    only: Sequence[str] = (),
) -> list[Product]:
    """Build products in their order, with manifest and licences; put them in the place of `out`.

    Parameters
    ----------
    builders
        File -> what builds it in a folder, where the products before it lie already.
    entries
        Catalogue entries by file.
    out
        The folder; it stays as it was when anything fails.
    only
        Files to build; the others are kept with their manifest entries. All when empty.

    Raises
    ------
    BuildError
        When `only` names no product, a builder writes another file than it says, a kept file is
        missing or changed, or the whole is too large.
    """
    unknown = sorted(set(only) - set(builders))
    if unknown:
        raise BuildError(f"--only {unknown[0]}: no such file; there are {', '.join(builders)}")
    chosen = [file for file in builders if not only or file in only]
    with replaced(out) as fresh:
        known = copy_kept(out, fresh, [file for file in builders if file not in chosen])
        products = [build_one(builders[file], file, fresh) for file in chosen]
        known |= {p.file: manifest_entry(p, entries, fresh) for p in products}
        files = {file: known[file] for file in builders}
        write_manifest(files, fresh)
        write_licences(files, entries, fresh)
        check_size(fresh)
    return products


def build_one(builder: Builder, file: str, folder: Path) -> Product:
    """Run a builder; it must write the file that it is registered for."""
    product = builder(folder)
    if product.file != file or not (folder / file).is_file():
        raise BuildError(f"{file}: its builder wrote {product.file}")
    return product


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """Give an empty folder beside `out` that takes its place when the block ends without error."""
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    scratch.chmod(0o755)
    fresh, old = scratch / "new", scratch / "old"
    fresh.mkdir()
    try:
        yield fresh
        if out.exists():
            out.rename(old)
        try:
            fresh.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def copy_kept(out: Path, fresh: Path, files: Sequence[str]) -> dict[str, Any]:
    """Copy products that are not built again, and give their manifest entries.

    Raises
    ------
    BuildError
        When one is missing, or is not what the manifest says.
    """
    manifest = out / MANIFEST
    known = json.loads(manifest.read_text("utf-8"))["files"] if manifest.is_file() else {}
    for file in files:
        if file not in known or not (out / file).is_file():
            raise BuildError(f"{file} is not in {out}: build it too")
        if sha256(out / file) != known[file]["sha256"]:
            raise BuildError(f"{file} is not what {MANIFEST} says: build it too")
        shutil.copyfile(out / file, fresh / file)
    return {file: known[file] for file in files}


def check_size(folder: Path) -> None:
    """Raise when the files of a folder are too large for the package."""
    size = sum(p.stat().st_size for p in folder.iterdir()) / 1e6
    if size > LARGEST_MB:
        raise BuildError(f"the starter has {size:.2f} MB, more than {LARGEST_MB:g}: simplify more")
