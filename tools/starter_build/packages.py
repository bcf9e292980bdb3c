"""Members of published packages, fetched by the package manager's own client and checked."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from starter_build.product import BuildError, sha256

TABLE = Path(__file__).with_name("packages.toml")
ARCHIVES = ("*.tgz", "*.whl", "*.tar.gz", "*.deb")


@dataclass(frozen=True, kw_only=True)
class Package:
    """A row of packages.toml: what to fetch, and the SHA-256 of each member that is used."""

    id: str
    manager: str
    name: str
    version: str
    licence: str
    files: Mapping[str, str]

    def label(self) -> str:
        """Manager, name and version, as messages and the manifest name them."""
        return f"{self.manager} {self.name} {self.version}"

    def command(self) -> list[str]:
        """The command that downloads the package's archive into the working folder."""
        return {
            "npm": ["npm", "pack", f"{self.name}@{self.version}", "--silent"],
            "pypi": [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
                f"{self.name}=={self.version}",
            ],
            "deb": ["apt-get", "download", f"{self.name}={self.version}"],
        }[self.manager]


def read_packages(table: Path = TABLE) -> dict[str, Package]:
    """Rows of packages.toml by their id."""
    rows = tomllib.loads(table.read_text(encoding="utf-8"))["package"]
    return {row["id"]: Package(**row) for row in rows}


@dataclass(frozen=True)
class Store:
    """A folder of fetched packages; what is there already is not downloaded again.

    An archive that you put into ``<cache>/<id>/`` yourself is used in place of a download.

    Examples
    --------
    >>> Store(cache).path("airports")  # doctest: +SKIP
    PosixPath('cache/airports/airportsdata/airports.csv')
    """

    cache: Path

    def path(self, package_id: str) -> Path:
        """Path of a package's first member; the other members lie beside it.

        Raises
        ------
        BuildError
            When the package cannot be fetched, or a member is missing or has another checksum.
        """
        package = read_packages()[package_id]
        folder = self.cache / package.id
        if not all((folder / member).is_file() for member in package.files):
            folder.mkdir(parents=True, exist_ok=True)
            unpack(package, _archive(package, folder), folder)
        for member, expected in package.files.items():
            found = sha256(folder / member)
            if found != expected:
                raise BuildError(
                    f"{package.label()}: {member} changed: sha256 {found}, expected {expected}; "
                    f"look at it in {folder}, then correct packages.toml or delete the folder"
                )
        return folder / next(iter(package.files))

    def built_from(self, package_id: str) -> dict[str, str]:
        """What the manifest says of a package: its version, and its main member's checksum."""
        package = read_packages()[package_id]
        member, checksum = next(iter(package.files.items()))
        return {
            f"{package.manager} {package.name}": package.version,
            Path(member).name: f"sha256 {checksum}",
        }


def _archive(package: Package, folder: Path) -> Path:
    """The one archive in a folder, downloaded when there is none."""
    found = [path for pattern in ARCHIVES for path in folder.glob(pattern)]
    if not found:
        try:
            done = subprocess.run(
                package.command(), cwd=folder, capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise BuildError(
                f"{package.label()}: {package.command()[0]} is not installed"
            ) from error
        found = [path for pattern in ARCHIVES for path in folder.glob(pattern)]
        if done.returncode or not found:
            said = (done.stderr.strip().splitlines() or ["no archive came"])[-1]
            raise BuildError(
                f"{package.label()}: not downloaded ({said}); put its archive into {folder}"
            )
    return found[0]


def unpack(package: Package, archive: Path, folder: Path) -> None:
    """Write the members of an archive that the package names, and no others, into a folder.

    Raises
    ------
    BuildError
        When the archive is broken or a member is missing.
    """
    for member in package.files:
        target = folder / member
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        try:
            _write_member(archive, member, part)
        except KeyError as error:
            raise BuildError(
                f"{package.label()}: {archive.name} has no file {member}: the package changed"
            ) from error
        except FileNotFoundError as error:
            raise BuildError(f"{package.label()}: {error.filename} is not installed") from error
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise BuildError(
                f"{package.label()}: {archive.name} is broken ({error}); delete {folder}"
            ) from error
        else:
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _write_member(archive: Path, member: str, target: Path) -> None:
    with target.open("wb") as sink:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
                shutil.copyfileobj(source, sink)
        elif archive.suffix == ".deb":
            command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
            with (
                subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                ) as process,
                tarfile.open(fileobj=process.stdout, mode="r|") as stream,
            ):
                _copy(stream, f"./{member}", sink)
        else:
            with tarfile.open(archive) as tar:
                _copy(tar, member, sink)


def _copy(archive: tarfile.TarFile, member: str, sink: IO[bytes]) -> None:
    for entry in archive:
        if entry.name == member and entry.isfile():
            source = archive.extractfile(entry)
            if source is not None:
                shutil.copyfileobj(source, sink)
                return
    raise KeyError(member)
