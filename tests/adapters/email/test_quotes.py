"""Folding of quoted text: nothing is lost, the new part stays whole, and no text takes more than linear time."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.quotes import split_text
from tests.services import CORPORA

ATTRIBUTIONS = {
    "en gmail": "On Tue, Nov 3, 2026 at 9:00 AM Shop <support@shop.example> wrote:",
    "en gmail on two lines": "On Tue, Nov 3, 2026 at 9:00 AM Shop and Company Limited\n<support@shop.example> wrote:",
    "en gmail, verb alone": "On Tue, Nov 3, 2026 at 9:00 AM Shop <\nsupport@shop.example>\nwrote:",
    "en apple": "On 3 Nov 2026, at 09:00, Shop <support@shop.example> wrote:",
    "en thunderbird": "On 03/11/2026 09:00, Shop wrote:",
    "en iso": "On 2026-11-03 at 09:00 UTC, Shop wrote:",
    "en zoho": "---- On Tue, 03 Nov 2026 09:00:00 +0100 support@shop.example wrote ----",
    "de gmail": "Am Di., 3. Nov. 2026 um 09:00 Uhr schrieb Shop <support@shop.example>:",
    "de gmail on two lines": "Am Di., 3. Nov. 2026 um 09:00 Uhr schrieb Shop <\nsupport@shop.example>:",
    "de apple": "Am 03.11.2026 um 09:00 schrieb Shop <support@shop.example>:",
    "fr": "Le mar. 3 nov. 2026 à 09:00, Shop <support@shop.example> a écrit :",
    "fr thunderbird": "Le 03/11/2026 à 09:00, Shop a écrit :",
    "es": "El mar, 3 nov 2026 a las 9:00, Shop (<support@shop.example>) escribió:",
    "it": "Il giorno mar 3 nov 2026 alle ore 09:00 Shop <support@shop.example> ha scritto:",
    "it data": 'In data 3 novembre 2026 09:00:31 "Shop" <support@shop.example> ha scritto:',
    "pt": "Em ter., 3 de nov. de 2026 às 09:00, Shop <support@shop.example> escreveu:",
    "pt in brackets": "Em 3 de novembro de 2026 às 09:00:35, Shop (\nsupport@shop.example) escreveu:",
    "nl": "Op di 3 nov 2026 om 09:00 schreef Shop <support@shop.example>:",
    "sv": "Den tis 3 nov. 2026 kl 09:00 skrev Shop <support@shop.example>:",
    "sv without article": "tis 3 nov. 2026 kl. 09:00 skrev Shop <support@shop.example>:",
    "no": "tir. 3. nov. 2026 kl. 09:00 skrev Shop <support@shop.example>:",
    "no thunderbird": "Den 03.11.2026 09:00, skrev Shop:",
    "da": "Den tir. 3. nov. 2026 kl. 09.00 skrev Shop <support@shop.example>:",
    "fi": "ti 3. marrask. 2026 klo 9.00 Shop (support@shop.example) kirjoitti:",
    "pl": "wt., 3 lis 2026 o 09:00 Shop <support@shop.example> napisał(a):",
    "pl thunderbird": "W dniu 3.11.2026 o 09:00, Shop pisze:",
    "pl dnia": "Dnia 3 listopada 2026 09:00 Shop <support@shop.example> napisał(a):",
    "cs": "út 3. 11. 2026 v 9:00 odesílatel Shop <support@shop.example> napsal:",
    "cs thunderbird": "Dne 03. 11. 26 v 9:00 Shop napsal(a):",
    "sk": "ut 3. 11. 2026 o 9:00 Shop <support@shop.example> napísal(a):",
    "ru gmail": "вт, 3 нояб. 2026 г. в 09:00, Shop <support@shop.example>:",
    "ru thunderbird": "03.11.2026 09:00, Shop пишет:",
    "ru yandex": '03.11.2026, 09:00, "Shop" <support@shop.example>:',
    "ru mail.ru": "Вторник, 3 ноября 2026, 9:00 +03:00 от Shop <support@shop.example>:",
    "ru verb": "3 ноября 2026 г., 09:00, Shop написал(а):",
    "uk": "вт, 3 лист. 2026 р. о 09:00 Shop <support@shop.example> пише:",
    "uk verb": "3 листопада 2026 р. о 09:00 Shop написав(ла):",
    "ja gmail": "2026年11月3日(火) 9:00 Shop <support@shop.example>:",
    "ja apple": "2026/11/03 9:00、Shop <support@shop.example>のメール:",
    "zh gmail": "Shop <support@shop.example> 于2026年11月3日周二 09:00写道：",
    "zh apple": "在 2026年11月3日，09:00，Shop <support@shop.example> 写道：",
    "zh taiwan": "Shop <support@shop.example> 於 2026年11月3日 週二 上午9:00寫道：",
    "ko gmail": "2026년 11월 3일 (화) 오전 9:00, Shop <support@shop.example>님이 작성:",
    "ko apple": "2026. 11. 3. 오전 9:00, Shop <support@shop.example> 작성:",
    "tr": "Shop <support@shop.example>, 3 Kas 2026 Sal, 09:00 tarihinde şunu yazdı:",
    "hu": "Shop <support@shop.example> ezt írta (időpont: 2026. nov. 3., K, 9:00):",
    "ro": "În mar., 3 nov. 2026 la 09:00, Shop <support@shop.example> a scris:",
    "el": "Στις Τρί 3 Νοε 2026 στις 9:00 π.μ., ο χρήστης Shop <support@shop.example> έγραψε:",
    "vi": "Vào Th 3, 3 thg 11, 2026 vào lúc 09:00 Shop <support@shop.example> đã viết:",
    "bg": "На 3.11.2026 г. в 9:00, Shop написа:",
    "hr": "uto, 3. stu 2026. u 09:00 Shop <support@shop.example> napisao je:",
}
HEADERS = {
    "en": "From: Shop <support@shop.example>\nSent: Tuesday, November 3, 2026 9:00 AM\nTo: Ann\nSubject: Order",
    "en bold": "*From:* Shop <support@shop.example>\n*Sent:* Tuesday 9:00\n*To:* Ann\n*Subject:* Order",
    "en split": "From: Shop and Company\n<support@shop.example>\nSent: Tuesday 9:00\nTo: Ann\nSubject: Order",
    "de": "Von: Shop <support@shop.example>\nGesendet: Dienstag, 3. November 2026 09:00\nAn: Ann\nBetreff: Order",
    "fr": "De : Shop <support@shop.example>\nEnvoyé : mardi 3 novembre 2026 09:00\nÀ : Ann\nObjet : Order",
    "es": "De: Shop <support@shop.example>\nEnviado el: martes, 3 de noviembre\nPara: Ann\nAsunto: Order",
    "it": "Da: Shop <support@shop.example>\nInviato: martedì 3 novembre 2026\nA: Ann\nOggetto: Order",
    "pt": "De: Shop <support@shop.example>\nEnviado: terça-feira, 3 de novembro\nPara: Ann\nAssunto: Order",
    "nl": "Van: Shop <support@shop.example>\nVerzonden: dinsdag 3 november 2026\nAan: Ann\nOnderwerp: Order",
    "sv": "Från: Shop <support@shop.example>\nSkickat: den 3 november 2026 09:00\nTill: Ann\nÄmne: Order",
    "da": "Fra: Shop <support@shop.example>\nSendt: 3. november 2026 09:00\nTil: Ann\nEmne: Order",
    "no": "Fra: Shop <support@shop.example>\nSendt: tirsdag 3. november 2026\nTil: Ann\nEmne: Order",
    "fi": "Lähettäjä: Shop <support@shop.example>\nLähetetty: tiistai 3. marraskuuta\nVastaanottaja: Ann\nAihe: Order",
    "pl": "Od: Shop <support@shop.example>\nWysłano: wtorek, 3 listopada 2026\nDo: Ann\nTemat: Order",
    "cs": "Od: Shop <support@shop.example>\nOdesláno: úterý 3. listopadu 2026\nKomu: Ann\nPředmět: Order",
    "ru": "От: Shop <support@shop.example>\nОтправлено: 3 ноября 2026 г. 9:00\nКому: Ann\nТема: Order",
    "uk": "Від: Shop <support@shop.example>\nНадіслано: 3 листопада 2026\nКому: Ann\nТема: Order",
    "ja": "差出人: Shop <support@shop.example>\n送信日時: 2026年11月3日\n宛先: Ann\n件名: Order",
    "zh": "发件人: Shop <support@shop.example>\n发送时间: 2026年11月3日\n收件人: Ann\n主题: Order",
    "ko": "보낸 사람: Shop <support@shop.example>\n보낸 날짜: 2026년 11월 3일\n받는 사람: Ann\n제목: Order",
}
NEW = "Thank you, that is what I wanted.\n\nOne more question: is 10:30 fine?\n\nAnn"
OLD = "Your parcel left us today.\n\nThe Shop"


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
@pytest.mark.parametrize("quoted", [True, False], ids=["quoted", "bare"])
def test_what_follows_an_attribution_is_folded(line: str, quoted: bool) -> None:
    old = "\n".join(f"> {text}".rstrip() for text in OLD.split("\n")) if quoted else OLD
    new, tail = split_text(f"{NEW}\n\n{line}\n\n{old}\n")
    assert new == NEW
    assert tail == f"{line}\n\n{old}"


@pytest.mark.parametrize("block", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"])
def test_what_follows_an_outlook_header_is_folded(block: str, rule: str) -> None:
    new, tail = split_text(f"{NEW}\n\n{rule}{block}\n\n{OLD}\n")
    assert new == NEW
    assert tail == f"{rule}{block}\n\n{OLD}"


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Message d'origine --------",
        "-------- Oprindelig besked --------",
        "-----Mensaje original-----",
        "-----Messaggio originale-----",
        "-------- Исходное сообщение --------",
        "-----原始邮件-----",
        "##- Please type your reply above this line -##",
        "=-=-=- Reply above this line -=-=-=",
    ],
)
def test_what_follows_a_separator_is_folded(line: str) -> None:
    assert split_text(f"{NEW}\n\n{line}\n{OLD}") == (NEW, f"{line}\n{OLD}")


@pytest.mark.parametrize(
    "text",
    [
        "On the surface, this looks like a quote and is not.\nOn average it works.",
        "I wrote: please come at 10:30.\nAnd nobody came.",
        "The order comes From: our database, not From: you.\n\nFrom: is a word like any other.",
        "On 3 November I wrote to you about order 5:\nnothing happened since.",
        "Dear shop,\nmy address is:\nAnn Lee, 5 Long Street\nann@customer.example",
        "Prices > 10 and < 20 are fine.",
        "1. One\n2. Two:\n- three",
        "To: whom it may concern\nSubject: complaint",
    ],
)
def test_ordinary_text_is_not_folded(text: str) -> None:
    assert split_text(text) == (text, "")


def test_answers_between_the_lines_stay() -> None:
    text = "On 3 Nov 2026, Shop wrote:\n> Which size?\n\nLarge.\n\n> Which colour?\n\nBlue."
    assert split_text(text) == (text, "")
    longer = f"{text}\n\n> Anything else?\n> The Shop"
    assert split_text(longer) == (text, "> Anything else?\n> The Shop")


def test_a_signature_below_the_quote_does_not_unfold_it() -> None:
    new, tail = split_text("Yes.\n\n> Shall we?\n\n-- \nAnn\nLong Street")
    assert (new, tail) == ("Yes.", "> Shall we?\n\n-- \nAnn\nLong Street")


def test_a_quote_that_a_mailer_broke_is_one_quote() -> None:
    wide = "> " + "word " * 15
    assert split_text(f"Yes.\n\n{wide}\nbroken\n> goes on\n")[0] == "Yes."


def test_a_forwarded_mail_is_what_the_sender_wants_to_show() -> None:
    inner = "---------- Forwarded message ---------\nFrom: C <c@x.example>\nDate: Mon\nSubject: S\n\nText"
    assert split_text(inner) == (inner, "")
    assert split_text(f"Please look.\n\n{inner}") == (f"Please look.\n\n{inner}", "")
    outlook = f"Please look.\n\n{HEADERS['en']}\n\n{OLD}"
    assert split_text(outlook, forwarded=True) == (outlook, "")
    assert split_text(f"{HEADERS['en']}\n\n{OLD}") == (f"{HEADERS['en']}\n\n{OLD}", "")


def words(text: str) -> list[str]:
    return text.split()


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [*ATTRIBUTIONS.values(), *HEADERS.values(), "> quoted", ">> twice", "-- ", "", "On ", "wrote:"]
        ),
        st.text(max_size=60),
    ),
    max_size=12,
)


@given(pieces=PIECES, forwarded=st.booleans())
def test_both_halves_together_are_the_whole_text(pieces: list[str], forwarded: bool) -> None:
    text = "\n".join(pieces)
    new, tail = split_text(text, forwarded=forwarded)
    assert words(new) + words(tail) == words(text)
    assert bool(words(new)) or not words(text), "an empty new part hides everything"


GENERATORS: dict[str, Callable[[int], str]] = {
    "On": lambda n: "On " * n,
    "On lines": lambda n: "On \n" * n,
    "On 1:": lambda n: "On 1 2 3:\n" * n,
    "wrote": lambda n: "On 1 Jan 2026 wrote " * n + ":",
    "attributions": lambda n: "On Tue, Nov 3, 2026 at 9:00 AM Shop <s@shop.example> wrote:\n> x\n\ny\n" * n,
    "quotes": lambda n: ">" * n,
    "quote lines": lambda n: "> x\n" * n,
    "quote and text": lambda n: "> x\ny\n" * n,
    "wrapped": lambda n: ("> " + "w" * 70 + "\nx\n") * n,
    "blank": lambda n: "\n" * n,
    "spaces": lambda n: " " * n,
    "space lines": lambda n: "   \n" * n,
    "colons": lambda n: ":\n" * n,
    "from": lambda n: "From: a\n" * n,
    "from blank": lambda n: "From: a\n\n" * n,
    "from sent": lambda n: "From: a\nSent: b\nx\n\n" * n,
    "dashes": lambda n: "-" * n,
    "dash lines": lambda n: "-----\n" * n,
    "underscores": lambda n: "_" * n,
    "stars": lambda n: "*_" * n,
    "signatures": lambda n: "-- \nx\n> y\n" * n,
    "addresses": lambda n: "a@b.c " * n + ":",
    "at": lambda n: "a@" * n + ":",
    "digits": lambda n: "1/2 " * n + ":",
    "schrieb": lambda n: "Am 1.1.2026 schrieb " * n + ":",
    "written": lambda n: "a écrit " * n + " :\n",
    "forward": lambda n: "-" * 20 + "forwarded " * n,
    "marker": lambda n: "## reply " * n,
}


@pytest.mark.parametrize("generate", GENERATORS.values(), ids=GENERATORS)
def test_time_grows_with_the_length_and_no_faster(generate: Callable[[int], str]) -> None:
    def seconds(size: int) -> float:
        text = generate(size)
        best = 9.0
        for _ in range(3):
            started = time.process_time()
            split_text(text)
            best = min(best, time.process_time() - started)
        return best

    small, large = 2_000, 16_000
    # Eight times the text may take eight times as long, with room for a busy machine; a square would take 64.
    assert seconds(large) < max(0.02, 20 * seconds(small))
    assert seconds(large) < 2


# What of each sample must stay visible (its last own words), and what must be folded (words of the quote).
KEPT = {
    "mail-parser-reply": {
        "begins_with_signature": ("Christopher Edwards", "10.30 AM pacific"),
        "correct_sig": ("rick", ""),
        "email_1_1": ("-Abhishek Kona", ""),
        "email_1_3": ("-Abhishek Kona", "On Tue, 2011-03-01"),
        "email_1_4": ("Awesome! I haven't had another problem with it.", "Loader seems"),
        "email_1_5": ("It goes on and on\nfor a while.", ""),
        "email_1_6": ("Sent from a magnificent torch of pixels", "Was this caching"),
        "email_1_7": (":+1:", "Steps 0-2"),
        "email_1_8": ("and under this.", "After you reply to this"),
        "email_2_1": ("Outlook with a reply", "Google Apps Sync Team"),
        "email_2_2": ("Outlook with a reply directly above line", "CRM Comments"),
        "email_2_3": ("above headers using unusual format", "Kim via Site"),
        "email_bullets": ("- and another", "Give us an example"),
        "email_danish_1": ("Anders Andersen", "Hvordan går det"),
        "email_danish_2": ("Søren", "Her er filerne"),
        "email_danish_3": ("Svar.", "Oprindelig besked."),
        "email_danish_4": ("Svar.", "Sendt: 24. november"),
        "email_danish_5": ("Kh\nPeter", ""),
        "email_gmail": ("for inbox replying to a github message.", "how outdated their version"),
        "email_headers_no_delimiter": ("And another reply!", "A reply"),
        "email_ja_1_1": ("こんにちは、みなさん", ""),
        "email_ja_1_2": ("以上、よろしくお願いいたします", "かしこまりました"),
        "email_nl_1_1": ("-Maarten de Jong", ""),
        "email_nl_1_2": ("Outlook met een antwoord", "Google Apps Sync"),
        "email_one_is_not_on": ("(on development), when I run...", "The good news"),
        "email_partial_quote_header": ("the tunnel is not working.", "I am having an odd issue"),
        "email_pl_1_1": ("Pozdrawiam,\nJan", ""),
        "email_sent_from_multi_word_mobile_device": ("Here is another email", ""),
        "email_sent_from_BlackBerry": ("Here is another email", ""),
        "email_sent_from_iPhone": ("Here is another email", ""),
        "email_sent_from_not_signature": ("easier than my mobile phone.", ""),
        "email_sig_delimiter_in_middle_of_line": ("kthxbai", ""),
        "email_sv_anon_1": ("070-0000000", "Ursäkta mitt sena svar"),
        "email_swedish_1": ("Mvh,\nPerson B", "4 dec. 2024 kl. 18:36"),
        "email_swedish_2": ("/John", "Have you ever used"),
        "forward": ("Best regards", ""),
        "greedy_on": ("the tunnel is not working.", "I am having an odd issue"),
        "multi_header": ("I’ll just start a new order.", "we are unable to add items"),
        "multiline_on_de": ("Am heutigen Tage", "noreply@github.com"),
        "outlook": ("My number is: +00 0000 000 000", ""),
        "pathological": ("get back to a computer.", "I think your code is shortening"),
        "caution": ("", ""),
        "caution2": ("Security, archiving and compliance.", ""),
        "email_3_1": ("Fourth reply.", ""),
        "multiline_on": ("", ""),
        "email_pl_1_2": ("Pozdrawiam,\nJan", ""),
        "email_pl_1_3": ("Z powazaniem,\nJan", ""),
    },
    "github-email_reply_parser": {
        "correct_sig": ("rick", ""),
        "email_1_1": ("-Abhishek Kona", ""),
        "email_1_2": ("You can list the keys", ""),
        "email_1_3": ("-Abhishek Kona", "On Tue, 2011-03-01"),
        "email_1_4": ("Awesome! I haven't had another problem with it.", "Loader seems"),
        "email_1_5": ("for a while.", ""),
        "email_1_6": ("I get proper rendering as well.", "Was this caching"),
        "email_1_7": (":+1:", "Steps 0-2"),
        "email_1_8": ("and under this.", "After you reply to this"),
        "email_2_1": ("Outlook with a reply", "Google Apps Sync Team"),
        "email_2_2": ("Outlook with a reply directly above line", "CRM Comments"),
        "email_2_3": ("Outlook with a reply directly above line", "CRM Comments"),
        "email_BlackBerry": ("Here is another email", ""),
        "email_bullets": ("- and another", "Give us an example"),
        "email_iPhone": ("Here is another email", ""),
        "email_long_quote": ("", ""),
        "email_multi_word_sent_from_my_mobile_device": ("Here is another email", ""),
        "email_one_is_not_on": ("(on development), when I run...", "The good news"),
        "email_sent_from_my_not_signature": ("much easier then my mobile phone.", ""),
        "email_sig_delimiter_in_middle_of_line": ("kthxbai", ""),
        "greedy_on": ("the tunnel is not working.", "I am having an odd issue"),
        "pathological": ("get back to a computer.", "I think your code is shortening"),
    },
}
KEPT["zapier-email-reply-parser"] = {
    **{
        name: found for name, found in KEPT["github-email_reply_parser"].items() if name != "email_long_quote"
    },
    "email_gmail": KEPT["mail-parser-reply"]["email_gmail"],
    "email_headers_no_delimiter": KEPT["mail-parser-reply"]["email_headers_no_delimiter"],
    "email_partial_quote_header": KEPT["mail-parser-reply"]["email_partial_quote_header"],
    "email_2_3": KEPT["mail-parser-reply"]["email_2_3"],
}


@pytest.mark.corpora
@pytest.mark.parametrize("folder", KEPT)
def test_the_reply_is_kept_in_every_sample(folder: str) -> None:
    files = {path.stem: path for path in (CORPORA / folder).glob("*.txt") if path.stem != "SOURCE"}
    assert set(files) == set(KEPT[folder]), "every sample is judged"
    for name, (kept, folded) in KEPT[folder].items():
        text = _read(files[name])
        new, tail = split_text(text)
        assert words(new) + words(tail) == words(text), name
        assert kept in new, name
        assert folded in tail, name


def _read(path: Path) -> str:
    return path.read_text("utf-8", errors="replace").replace("\r\n", "\n")
