"""Notes and keys that others published."""

import pytest

from support.tlog import refuses
from undersigned.errors import Refused
from undersigned.tlog.note import Note, SigningKey, VerifierKey

#: The example of Go's package golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
""".encode()
#: The key of Go's checksum database.
SUMDB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
#: The examples of the specifications signed-note and tlog-cosignature; their keys are not published.
SALVATORE = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/\
iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
""".encode()
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/\
5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWX\
EhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
""".encode()


def test_a_note_of_gos_package_holds() -> None:
    key = VerifierKey.parse(NEUMANN)
    note = Note.parse(NOTE)
    assert note.verified([VerifierKey.parse(SUMDB), key]) == [key]
    changed = Note.parse(NOTE.replace(b"problem is", b"problem was"))
    with pytest.raises(Refused, match="PeterNeumann"):
        changed.verified([key])


@pytest.mark.parametrize("vkey", [NEUMANN, SUMDB])
def test_a_verifier_key_has_one_spelling(vkey: str) -> None:
    assert VerifierKey.parse(vkey).encode() == vkey
    for other in (vkey + "\n", " " + vkey, vkey.upper(), vkey[:-1], vkey + "=", vkey.replace("+", "++", 1)):
        with pytest.raises(Exception, match=r"key|name|octets") as caught:
            VerifierKey.parse(other)
        assert type(caught.value).__name__ == "Malformed"


@pytest.mark.parametrize("octets", [NOTE, SALVATORE, SOFA])
def test_published_notes_are_written_back_as_they_were(octets: bytes) -> None:
    assert Note.parse(octets).encode() == octets


def test_the_text_ends_at_the_last_blank_line() -> None:
    note = Note.parse(SALVATORE)
    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert [s.name for s in note.signatures] == ["quasimodo.example/salvatore"]


def test_the_specifications_cosignature_has_the_time_it_was_made() -> None:
    witness = Note.parse(SOFA).signatures[1]
    assert (len(witness.signature), int.from_bytes(witness.signature[:8], "big")) == (72, 1_679_315_147)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (NOTE[:-1], "note-lines"),
        (NOTE + b"\n", "note-lines"),
        (NOTE + b"trailing\n", "note-line"),
        (NOTE.replace(b"\n", b"\r\n"), "note-lines"),
        (NOTE.replace(b"answer", b"answ\x00er"), "note-text"),
        (NOTE.replace(b"answer", b"answ\ter"), "note-text"),
        (NOTE.replace(b"answer", b"answ\xffer"), "note-utf8"),
        (NOTE.replace("—".encode(), b"--"), "note-line"),
        (NOTE.replace("— ".encode(), "—  ".encode()), "bad-base64"),
        (NOTE.replace(b"PeterNeumann ", b"PeterNeumann"), "note-line"),
        (NOTE.replace(b"PeterNeumann", b"Peter+Neumann"), "key-name"),
        (NOTE.replace(b"PeterNeumann", "Peter\u00a0Neumann".encode()), "key-name"),
        (NOTE.replace(b"JnAM=", b"JnAN="), "bad-base64"),
        (NOTE.replace(b"JnAM=", b"JnAM"), "bad-base64"),
        (NOTE.replace(b"go/Z", b"go_Z"), "bad-base64"),
        (NOTE.split("— ".encode())[0] + "— a AAAAAA==\n".encode(), "note-line"),
        (NOTE.split("— ".encode())[0], "note-lines"),
        (b"", "note-lines"),
        (NOTE + NOTE.splitlines(keepends=True)[-1] * 64, "note-lines"),
        (b"x" * (512 * 1024) + NOTE, "too-long"),
    ],
)
def test_another_spelling_of_a_note_is_refused(octets: bytes, code: str) -> None:
    refuses(Note.parse, octets, code)


def test_signature_lines_of_unknown_keys_and_types_stand_beside() -> None:
    key = SigningKey("log.example", bytes(32))
    # As long as an ML-DSA-44 cosignature (type 0x06): key ID, time, signature.
    other = "log.example", b"\x06ABC", bytes(8 + 2420)
    note = Note.parse(Note("text\n", (key.sign("text\n"),)).beside([type(key.sign("a\n"))(*other)]).encode())
    assert len(note.signatures) == 2
    assert note.verified([key.verifier]) == [key.verifier]


def test_a_second_line_of_a_known_key_must_hold_as_well() -> None:
    key = SigningKey("log.example", bytes(32))
    note = Note("text\n", (key.sign("text\n"), key.sign("other\n")))
    with pytest.raises(Refused):
        note.verified([key.verifier])


def test_a_signing_key_does_not_show_its_seed() -> None:
    assert "seed" not in repr(SigningKey("log.example", b"s" * 32))
