"""Letters laid and sent over real sockets: once, or told why not, whatever the server, the disk and the power do."""

import datetime as dt
import itertools
import json
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from processor.notices import letter, outbox
from processor.notices.letter import Cause, Notice
from processor.notices.outbox import Sending, counts, lay, pending, send
from processor.notices.smtp import Line
from processor.settings import parse
from processor.tables import NoticesTable
from tests.testkit.smtp_stub import Stub, certificate

NOW = dt.datetime(2026, 11, 5, 2, 30, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=7)
TO = "van-thu@sonoivu.example.vn"


def notice(name: str = "Công văn số 15.pdf", **facts: object) -> Notice:
    made = Notice(
        id=letter.notice_id("returned", name), kind="returned", agency="Ủy ban nhân dân xã Đồng Quế", lane="van-ban-den", original_name=name,
        received_at="2026-11-05T09:12:00+07:00", scan_sha256="ab" * 32, sender_name="Văn thư Sở Nội vụ", sender_address=TO,
        causes=(Cause("wrong-addressee", "Văn bản gửi sai nơi nhận."),),
    )  # fmt: skip
    return replace(made, **facts)  # type: ignore[arg-type]  # names of fields


def settings(port: int = 25, **own: object) -> NoticesTable:
    usual = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "sender": "van-thu@xa.example.vn", "office": "lanh-dao@xa.example.vn"}
    return parse({"notices": usual | own}).notices


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


def sent(station: Path, stub: Stub, now: dt.datetime = NOW, patience: float = 3.0, **own: object) -> Sending:
    return send(station, settings(stub.port, **own), "", now, Line(patience=patience))


def fact(station: Path, folder: str, name: str) -> dict[str, object]:
    told: dict[str, object] = json.loads((station / folder / name).read_text("utf-8"))
    return told


# --- laying


def test_a_letter_lies_as_a_clerk_and_a_program_read_it(tmp_path: Path) -> None:
    folder = lay(tmp_path, notice(), NOW)
    assert folder == f"notices/2026-11-05-{notice().id[:12]}"
    assert sorted(path.name for path in (tmp_path / folder).iterdir()) == ["notice.eml", "notice.json", "thong-bao.txt"]
    page = (tmp_path / folder / "thong-bao.txt").read_bytes()
    assert page.startswith(b"\xef\xbb\xbf") and page.count(b"\n") == page.count(b"\r\n") and "trả lại văn bản" in page.decode("utf-8-sig")
    assert fact(tmp_path, folder, "notice.json")["text"] == page.decode("utf-8-sig").replace("\r\n", "\n")
    assert [laid.folder for laid in pending(tmp_path)] == [folder]


def test_the_day_is_that_in_viet_nam(tmp_path: Path) -> None:
    assert lay(tmp_path, notice(), dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)).startswith("notices/2027-01-01-")


def test_the_same_letter_is_laid_once_also_on_another_day(tmp_path: Path) -> None:
    first = lay(tmp_path, notice(report="lúc 09:00"), NOW)
    assert lay(tmp_path, notice(report="lúc 10:00"), NOW + dt.timedelta(days=2)) == first
    assert len(pending(tmp_path)) == 1


def test_another_letter_of_the_same_id_gets_a_number(tmp_path: Path) -> None:
    first = lay(tmp_path, notice(), NOW)
    other = notice(causes=(Cause("signature-invalid", "Chữ ký số không hợp lệ."),))
    second = lay(tmp_path, other, NOW)
    assert second == f"{first}-2" and lay(tmp_path, other, LATER) == second and lay(tmp_path, notice(), LATER) == first
    ids = [str(laid.told["message_id"]) for laid in pending(tmp_path)]
    assert ids == [f"<{notice().id}.1@station.sohoa>", f"<{notice().id}.2@station.sohoa>"]


def test_what_people_put_into_notices_is_not_believed(tmp_path: Path, stub: Stub) -> None:
    folder = tmp_path / lay(tmp_path, notice(), NOW)
    root = folder.parent
    (root / "ghi chú.txt").write_text("của tôi")
    (root / "2026-11-05-0123456789ab").write_text("a file")
    for name, data in (("aaaaaaaaaaaa", b"{"), ("bbbbbbbbbbbb", b'{"id": 5}'), ("cccccccccccc", b"[" * 100_000), ("dddddddddddd", b'{"id": "\\ud800"}')):
        (root / f"2026-11-05-{name}").mkdir()
        (root / f"2026-11-05-{name}" / "notice.json").write_bytes(data)
    (root / "2026-11-05-eeeeeeeeeeee").symlink_to(folder)
    os.mkfifo(root / "2026-11-05-aaaaaaaaaaaa" / "tries.json")
    (root / "2026-11-05-ffffffffffff").mkdir()
    (root / "2026-11-05-ffffffffffff" / "notice.json").symlink_to(folder / "notice.json")
    assert len(sent(tmp_path, stub).sent) == 1
    assert counts(tmp_path, settings()) == {"waiting": 0, "no-address": 0, "sent": 1, "failed": 0, "broken": 5}


# --- sending


def test_a_letter_is_sent_once_and_marked(tmp_path: Path, stub: Stub) -> None:
    folder = lay(tmp_path, notice(), NOW)
    assert sent(tmp_path, stub) == Sending(sent=[folder])
    assert sent(tmp_path, stub, LATER) == Sending()
    (taken,) = stub.taken
    assert (taken.sender, taken.recipients) == ("van-thu@xa.example.vn", (TO,))
    assert taken.mail["subject"] == "Trả lại văn bản điện tử: Công văn số 15.pdf"
    body = taken.mail.get_body()
    assert body is not None and "gửi sai nơi nhận" in body.get_content()
    mark = fact(tmp_path, folder, "sent.json")
    assert (mark["to"], mark["code"], mark["message_id"], mark["tries"]) == (TO, 250, taken.mail["message-id"], 1)
    assert taken.data == (tmp_path / folder / "notice.eml").read_bytes()
    assert counts(tmp_path, settings())["sent"] == 1 and not pending(tmp_path)


def test_a_batch_goes_over_one_connection(tmp_path: Path, stub: Stub) -> None:
    for number in range(5):
        lay(tmp_path, notice(f"{number}.pdf"), NOW)
    assert len(sent(tmp_path, stub).sent) == len(stub.taken) == 5 and stub.connections == 1


def test_an_escalation_goes_to_the_office_only(tmp_path: Path, stub: Stub) -> None:
    lay(tmp_path, notice(kind="escalation"), NOW)
    assert counts(tmp_path, settings(office=""))["no-address"] == 1
    sent(tmp_path, stub)
    assert [taken.recipients for taken in stub.taken] == [("lanh-dao@xa.example.vn",)]


@pytest.mark.parametrize("address", ["", "a@b.vn, c@d.vn", "a@b.vn\r\nRCPT TO:<c@d.vn>", "root@localhost", "VAN-THU@xa.example.vn", "lanh-dao@xa.example.vn"])
def test_a_letter_without_one_address_outside_waits_and_is_counted(tmp_path: Path, stub: Stub, address: str) -> None:
    lay(tmp_path, notice(sender_address=address), NOW)
    assert sent(tmp_path, stub) == Sending() and stub.connections == 0
    assert counts(tmp_path, settings()) == {"waiting": 0, "no-address": 1, "sent": 0, "failed": 0, "broken": 0}


@pytest.mark.parametrize(("own", "trouble"), [({"smtp_host": ""}, "no-server"), ({"sender": ""}, "no-sender"), ({"smtp_host": "mail.example.vn", "smtp_user": "u"}, "password-in-clear")])
def test_without_a_server_letters_wait(tmp_path: Path, own: dict[str, object], trouble: str) -> None:
    lay(tmp_path, notice(), NOW)
    assert send(tmp_path, settings(**own), "secret", NOW).trouble == trouble
    assert counts(tmp_path, settings())["waiting"] == 1 and not list(tmp_path.glob("notices/*/tries.json"))


# --- servers that will not


@pytest.mark.parametrize("mode", ["refuse-4xx", "data-4xx"])
def test_a_server_that_says_later_is_asked_later(tmp_path: Path, stub: Stub, mode: str) -> None:
    folder, stub.mode = lay(tmp_path, notice(), NOW), mode
    assert sent(tmp_path, stub) == Sending(later=[folder])
    assert fact(tmp_path, folder, "tries.json") | {"reply": ""} == {"tries": 1, "last": "2026-11-05T02:30:00+00:00", "not_before": "2026-11-05T02:35:00+00:00", "code": 451 if mode == "refuse-4xx" else 452, "reply": ""}
    assert sent(tmp_path, stub, NOW + dt.timedelta(minutes=4)) == Sending() and stub.connections == 1
    assert sent(tmp_path, stub, NOW + dt.timedelta(minutes=6)).later == [folder]
    assert fact(tmp_path, folder, "tries.json")["not_before"] == "2026-11-05T02:46:00+00:00"
    stub.mode = "accept"
    assert sent(tmp_path, stub, LATER).sent == [folder]
    assert fact(tmp_path, folder, "sent.json")["tries"] == 3


def test_waiting_grows_and_ends_at_hours(tmp_path: Path, stub: Stub) -> None:
    folder, stub.mode, now = lay(tmp_path, notice(), NOW), "refuse-4xx", NOW
    for _ in range(15):
        sent(tmp_path, stub, now)
        told = fact(tmp_path, folder, "tries.json")
        pause = dt.datetime.fromisoformat(str(told["not_before"])) - now
        assert pause <= dt.timedelta(hours=6)
        now += pause
    assert told["tries"] == 15 and pause == dt.timedelta(hours=6)


@pytest.mark.parametrize(("mode", "code"), [("refuse-5xx", 550), ("data-5xx", 554)])
def test_a_refusal_for_good_is_told_and_left_for_a_person(tmp_path: Path, stub: Stub, mode: str, code: int) -> None:
    folder, stub.mode = lay(tmp_path, notice(), NOW), mode
    assert sent(tmp_path, stub) == Sending(failed=[folder])
    told = fact(tmp_path, folder, "failed.json")
    assert told["code"] == code and "xóa tệp failed.json" in str(told["act"])
    stub.mode = "accept"
    assert sent(tmp_path, stub, LATER) == Sending() and counts(tmp_path, settings())["failed"] == 1
    (tmp_path / folder / "failed.json").unlink()
    assert sent(tmp_path, stub, LATER).sent == [folder]


def test_one_that_is_refused_does_not_stop_the_others(tmp_path: Path, stub: Stub) -> None:
    bad = lay(tmp_path, notice("0.pdf", sender_address="sai@sonoivu.example.vn"), NOW)
    good = [lay(tmp_path, notice(f"{number}.pdf"), NOW) for number in (1, 2)]
    stub.refused = {"sai@sonoivu.example.vn"}
    done = sent(tmp_path, stub)
    assert (done.failed, sorted(done.sent), stub.connections) == ([bad], sorted(good), 1)


@pytest.mark.parametrize("mode", ["greet-5xx", "hang", "drop-at-once"])
def test_a_server_that_is_not_there_costs_a_moment_and_all_wait(tmp_path: Path, stub: Stub, mode: str) -> None:
    folders, stub.mode = [lay(tmp_path, notice(f"{number}.pdf"), NOW) for number in (1, 2)], mode
    done = sent(tmp_path, stub, patience=0.3)
    assert done.trouble == "unreachable" and sorted(done.later) == sorted(folders)
    assert sent(tmp_path, stub, NOW + dt.timedelta(minutes=1)) == Sending() and stub.connections == 1


def test_no_server_at_all(tmp_path: Path) -> None:
    folder = lay(tmp_path, notice(), NOW)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert send(tmp_path, settings(taken.getsockname()[1]), "", NOW) == Sending(later=[folder], trouble="unreachable")


@pytest.mark.parametrize("mode", ["sender-5xx", "shut-down"])
def test_what_is_the_station_s_trouble_is_not_the_letter_s(tmp_path: Path, stub: Stub, mode: str) -> None:
    lay(tmp_path, notice(), NOW)
    stub.mode = mode
    done = sent(tmp_path, stub)
    assert not done.failed and len(done.later) == 1
    stub.mode = "accept"
    assert len(sent(tmp_path, stub, LATER).sent) == 1


@pytest.mark.parametrize("mode", ["drop-after-data", "hang-after-data"])
def test_an_answer_that_was_lost_costs_one_repeat_of_the_same_letter(tmp_path: Path, stub: Stub, mode: str) -> None:
    folder, stub.mode = lay(tmp_path, notice(), NOW), mode
    assert sent(tmp_path, stub, patience=0.3) == Sending(later=[folder], trouble="unreachable")
    assert sent(tmp_path, stub) == Sending()  # not at once: it would be a flood
    stub.mode = "accept"
    assert sent(tmp_path, stub, LATER).sent == [folder]
    first, second = stub.taken
    assert first.data == second.data and first.mail["message-id"] == second.mail["message-id"]


def test_one_address_is_not_flooded_by_whoever_forges_it(tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_MOST_A_DAY", 2)
    for number in range(4):
        lay(tmp_path, notice(f"{number}.pdf"), NOW)
    lay(tmp_path, notice("khác.pdf", sender_address="khac@example.vn"), NOW)
    lay(tmp_path, notice("gấp.pdf", kind="escalation"), NOW)
    assert len(sent(tmp_path, stub).sent) == 4
    assert sent(tmp_path, stub, NOW + dt.timedelta(hours=1)) == Sending()
    assert len(sent(tmp_path, stub, NOW + dt.timedelta(days=1)).sent) == 2


# --- encryption and passwords


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_a_certificate_is_checked_before_anything_is_said(tmp_path: Path, pem: Path, way: str) -> None:
    folder = lay(tmp_path, notice(), NOW)
    with Stub(pem=pem, tls=way, login=("u", "secret")) as stub:
        own = settings(stub.port, smtp_security=way, smtp_user="u")
        assert send(tmp_path, own, "secret", NOW, Line(patience=3)).trouble == "unreachable"
        assert not stub.taken and not any("AUTH" in command for command in stub.commands)
        trusted = ssl.create_default_context(cafile=str(pem))
        assert send(tmp_path, own, "secret", LATER, Line(trusted, patience=3)).sent == [folder]
        assert stub.taken[0].encrypted


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, notice(), NOW)
    pem = certificate(tmp_path, "mail.example.vn")
    with Stub(pem=pem, tls="tls") as stub:
        own = settings(stub.port, smtp_security="tls", smtp_host="localhost")
        assert send(tmp_path, own, "", NOW, Line(ssl.create_default_context(cafile=str(pem)), patience=3)).trouble == "unreachable"
        assert not stub.taken


def test_a_server_that_offers_no_encryption_gets_nothing(tmp_path: Path) -> None:
    lay(tmp_path, notice(), NOW)
    with Stub(tls="none", login=("u", "secret")) as stub:
        done = send(tmp_path, settings(stub.port, smtp_security="starttls", smtp_user="u"), "secret", NOW, Line(patience=3))
        assert done.trouble == "unreachable" and not stub.taken and not any("AUTH" in command for command in stub.commands)


@pytest.mark.parametrize("password", ["wrong", "sai mật khẩu"])
def test_a_wrong_password_is_not_tried_again_for_hours(tmp_path: Path, password: str) -> None:
    folder = lay(tmp_path, notice(), NOW)
    with Stub(login=("u", "secret")) as stub:
        own = settings(stub.port, smtp_user="u")
        done = send(tmp_path, own, password, NOW, Line(patience=3))
        assert done.trouble in {"auth-refused", "unreachable"} and done.later == [folder]
        if password == "wrong":
            assert send(tmp_path, own, password, NOW + dt.timedelta(hours=5), Line(patience=3)) == Sending() and stub.connections == 1
        assert send(tmp_path, own, "secret", LATER, Line(patience=3)).sent == [folder]
        assert "secret" not in "".join(path.read_text("utf-8", "replace") for path in tmp_path.glob("notices/*/*"))


# --- the disk and the power


def test_a_full_disk_sends_nothing(tmp_path: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, notice(), NOW)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        assert sent(tmp_path, stub).trouble == "disk"
    assert not stub.taken
    assert len(sent(tmp_path, stub, LATER).sent) == 1


def _arm(step: int) -> None:
    """From here on this process kills itself before (even) or after (odd) its n-th change of the disk or word to the server."""
    calls = itertools.count()

    def lethal(call: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **how: object) -> object:
            number = 2 * next(calls)
            if number == step:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return call(*args, **how)
            finally:
                if number + 1 == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        return called

    os.fsync = lambda fd: None  # death is no loss of power
    for name in ("replace", "mkdir", "unlink"):
        setattr(os, name, lethal(getattr(os, name)))
    socket.socket.sendall = lethal(socket.socket.sendall)  # type: ignore[assignment,method-assign]  # in the child only


def _killed(step: int, work: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            _arm(step)
            work()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def test_death_at_any_step_loses_no_letter_and_repeats_at_most_one(tmp_path: Path, stub: Stub) -> None:
    for step in itertools.count():
        station = tmp_path / str(step)
        (station / "notices").mkdir(parents=True)
        stub.taken.clear()

        def work(station: Path = station) -> None:
            lay(station, notice(), NOW)
            sent(station, stub)

        died = _killed(step, work)
        work()  # the next start, in the same minute
        sent(station, stub, LATER)
        assert counts(station, settings()) == {"waiting": 0, "no-address": 0, "sent": 1, "failed": 0, "broken": 0}, step
        assert 1 <= len(stub.taken) <= 2 and len({taken.mail["message-id"] for taken in stub.taken}) == 1, step
        assert len(list((station / "notices").iterdir())) == 1, step
        if not died:
            assert step > 20 and len(stub.taken) == 1
            break
