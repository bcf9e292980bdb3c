from __future__ import annotations

import errno
import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from geo_ree.errors import SchemaError
from geo_ree.reading import archives as unpack
from geo_ree.reading.archives import Archive

UNSAFE = [
    "../evil.csv",
    "a/../../evil.csv",
    "/evil.csv",
    "C:/evil.csv",
    "c:evil.csv",
    "..\\evil.csv",
    "a\\evil.csv",
    "\\\\host\\evil.csv",
    "evil\n.csv",
]


def archive_of(path, members, *, compress=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compress) as new:
        for name, content in members.items():
            new.writestr(name, content)
    return path


def opened(path) -> Archive:
    return Archive(path, source_id="made_up", hint="fetch it again")


def refusal(path, name="a.csv") -> SchemaError:
    with pytest.raises(SchemaError) as caught, opened(path) as archive:
        archive.read(name)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"made_up: {path.name}")
    return caught.value


@pytest.mark.parametrize("name", UNSAFE)
def test_a_member_that_leads_elsewhere_is_not_there(tmp_path, name):
    path = archive_of(tmp_path / "x.zip", {name: b"evil", "in/good.csv": b"good"})
    with opened(path) as archive:
        assert archive.names == ["in/good.csv"]
        assert archive.find("evil.csv") is None
        assert archive.find(name) is None
        with pytest.raises(SchemaError, match="has no member"):
            archive.extract(name, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["x.zip"]


def test_what_a_mac_adds_is_no_member(tmp_path):
    names = {"__MACOSX/._a.csv": b"x", "a.csv": b"y", "b/.DS_Store": b"z"}
    with opened(archive_of(tmp_path / "x.zip", names)) as archive:
        assert archive.names == ["a.csv"]


def test_a_member_is_found_if_only_one_fits(tmp_path):
    path = archive_of(tmp_path / "x.zip", {"in/A.csv": b"1", "in/b.csv": b"2", "out/b.csv": b"3"})
    with opened(path) as archive:
        assert archive.find("IN/a.csv") == "in/A.csv"
        assert archive.find("elsewhere/a.csv") == "in/A.csv"
        assert archive.find("b.csv") is None
        assert archive.find("out/b.csv") == "out/b.csv"


def test_extracting_gives_the_same_bytes_as_reading(tmp_path):
    content = bytes(range(256)) * 20_000
    path = archive_of(tmp_path / "x.zip", {"a.csv": content})
    with opened(path) as archive:
        archive.extract("a.csv", tmp_path / "out")
        assert archive.read("a.csv") == (tmp_path / "out").read_bytes() == content


def test_a_link_is_refused_however_it_is_taken_out(tmp_path):
    path = tmp_path / "x.zip"
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as new:
        new.writestr(link, "/etc/hostname")
    assert refusal(path).what == "made_up: x.zip/a.csv is a link, not a file"
    with opened(path) as archive, pytest.raises(SchemaError, match="is a link"):
        archive.extract("a.csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack.Limits, "current", lambda: unpack.Limits(members=3))
    path = archive_of(tmp_path / "x.zip", {f"{i}.csv": b"" for i in range(4)})
    assert "has 4 members, more than 3" in refusal(path).what


def test_all_members_together_are_weighed(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack.Limits, "current", lambda: unpack.Limits(expanded_bytes=1000))
    path = archive_of(tmp_path / "x.zip", {f"{i}.csv": bytes(300) for i in range(4)})
    error = refusal(path, "1.csv")
    assert "expands to 1200 bytes, more than 1000" in error.what
    assert "set GEO_REE_LIMITS=2 (or more)" in error.hint


def test_a_size_that_lies_is_where_reading_stops(tmp_path):
    """A member that states 100 bytes and expands to 50 million is read no further than that."""
    path = archive_of(tmp_path / "x.zip", {"a.csv": bytes(50_000_000)})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")  # the entry of the directory, whose sizes count
    raw[at + 24 : at + 28] = struct.pack("<I", 100)
    path.write_bytes(raw)
    assert "is damaged or cut short" in refusal(path).what
    with opened(path) as archive, pytest.raises(SchemaError, match="damaged"):
        archive.extract("a.csv", tmp_path / "out")
    assert (tmp_path / "out").stat().st_size <= 100


def test_a_member_that_expands_beyond_measure_is_refused_before_it_is_read(tmp_path):
    path = archive_of(tmp_path / "x.zip", {"a.csv": bytes(20_000_000), "b.csv": b"id\n1\n"})
    assert "expands to 20000000 bytes" in refusal(path).what
    with opened(path) as archive:
        assert archive.read("b.csv") == b"id\n1\n"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_read_and_their_damage_is_reported(tmp_path, method):
    content = b"id,name\n" + b"".join(b"%d,Made-up\n" % i for i in range(5000))
    path = archive_of(tmp_path / "x.zip", {"a.csv": content}, compress=method)
    with opened(path) as archive:
        assert archive.read("a.csv") == content
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    path.write_bytes(raw)
    assert "is damaged or cut short" in refusal(path).what


def test_an_encrypted_member_is_refused(tmp_path):
    path = archive_of(tmp_path / "x.zip", {"a.csv": b"id"})
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert "is encrypted" in refusal(path).what


def test_an_archive_inside_an_archive_is_not_followed(tmp_path, made_up):
    from geo_ree.reading.formats import open_file

    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as new:
        new.writestr("towns.csv", "name\nA\n")
    path = archive_of(tmp_path / "x.zip", {"towns.csv": inner.getvalue()})
    with pytest.raises(SchemaError) as caught:
        open_file(path, made_up({"member": "towns.csv"}))
    assert "made_up: x.zip/towns.csv is an archive inside an archive" in str(caught.value)


def test_a_damaged_archive_is_closed(tmp_path, monkeypatch):
    """Warnings are errors here: a file left open would be one."""
    monkeypatch.setattr(unpack.Limits, "current", lambda: unpack.Limits(members=0))
    path = archive_of(tmp_path / "x.zip", {"a.csv": b""})
    refusal(path)
    path.unlink()
    assert not path.exists()


def test_a_member_without_a_name_is_ignored(tmp_path):
    path = archive_of(tmp_path / "x.zip", {"a.csv": b"name", "x": b"y"})
    raw = path.read_bytes()
    entry, end = raw.rindex(b"PK\x01\x02"), raw.rindex(b"PK\x05\x06")
    size = struct.unpack("<I", raw[end + 12 : end + 16])[0] - 1
    shorter = (
        raw[: entry + 28] + b"\0\0" + raw[entry + 30 : entry + 46] + raw[entry + 47 : end + 12]
    )
    path.write_bytes(shorter + struct.pack("<I", size) + raw[end + 16 :])
    with opened(path) as archive:
        assert archive.names == ["a.csv"]


def test_a_full_disk_is_not_called_damage(tmp_path, monkeypatch):
    path = archive_of(tmp_path / "x.zip", {"a.csv": b"name"})

    def full(self: Path, *args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with opened(path) as archive:
        monkeypatch.setattr(Path, "open", full)
        with pytest.raises(SchemaError, match="no space left in .*TMPDIR"):
            archive.extract("a.csv", tmp_path / "out")
