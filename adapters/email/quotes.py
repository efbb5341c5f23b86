"""Folding of quoted text: where the new part of a mail ends and the quoted tail begins.

A fold is only a view: both halves together are the whole text. So when in doubt more is shown. Every line is
looked at once, in front and behind only a few neighbours, and patterns run on the first 400 characters of a
line, so time grows with the length of the text whatever it holds (reliability.md S29).
"""

import re

_LINE_MAX = 400
_ATTRIBUTION_LINES = 4
_HEADER_LINES = 8

# "… wrote:" at the end of the line (or lines) above a quote, one alternative per language.
_WROTE = re.compile(
    r"(?:"
    r"wrote|writes|said"  # English
    r"|schrieb(?:\s+\S.{0,120})?|schreibt|hat\s+geschrieben|hat\s+am\b.{0,150}\bgeschrieben"  # German
    r"|a\s+écrit|écrivait|a\s+ecrit"  # French
    r"|escribió|escribio|ha\s+escrito|va\s+escriure"  # Spanish, Catalan
    r"|ha\s+scritto|scrive"  # Italian
    r"|escreveu|escreveram"  # Portuguese
    r"|schreef(?:\s+\S.{0,120})?|heeft\s+.{0,120}geschreven"  # Dutch
    r"|skrev(?:\s+\S.{0,120})?|skreiv"  # Swedish, Norwegian, Danish
    r"|kirjoitti(?:\s+\S.{0,120})?"  # Finnish
    r"|napisał(?:\(a\)|a)?|pisze|napisal(?:\(a\)|a)?"  # Polish
    r"|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?"  # Czech, Slovak
    r"|написал(?:\(а\)|\(-а\)|а)?|пишет|писал(?:\(а\)|а)?"  # Russian
    r"|написав(?:\(ла\)|ла)?|пише"  # Ukrainian
    r"|написа|је\s+написао(?:/ла)?"  # Bulgarian, Serbian
    r"|je\s+napisa(?:o(?:/la)?|l(?:/a)?|la)|napisa(?:o|la|l)\s+je"  # Croatian, Slovene
    r"|a\s+scris|ezt\s+írta(?:\s+\(időpont:.{0,60}\))?|írta"  # Romanian, Hungarian
    r"|έγραψε|şunu\s+yazdı|yazdı|tarihinde\s+.{0,120}yazdı"  # Greek, Turkish
    r"|כתב(?:/ה)?|كتب|đã\s+viết|menulis|rašė|rakstīja|kirjutas"
    r"|写道|寫道|写到|のメール|wrote|書きました|さんは書きました|がメールを書きました|님이\s+작성|작성|썼습니다"
    r")\s*[:：]?\s*[-–—]*$",
    re.IGNORECASE,
)
# The first word of such a line, where the language has one.
_OPENING = re.compile(
    r"(?:[-–—*_>\s]{0,6})(?:On|At|Am|Um|Den|Le|El|Il|Em|A|Op|På|Pe|W\s+dniu|Dnia|Dne|Dňa|V|Í|Em|No|Vào|Pada|"
    r"Στις|Στις|Το|На|В|У|От|בתאריך|ב-?|في|于|在|mån|tis|ons|tors|fre|lör|sön|man|tirs|lør|søn|ma|ti|ke|to|pe|la|su|"
    r"(?:пн|вт|ср|чт|пт|сб|вс|нд),?|\d)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\d{1,4}\s*[./\-年년]\s*\d{1,2}|\d{1,2}\s*[:h.]\s*\d{2}|\b(?:19|20)\d\d\b|\b\d{1,2}\.?\s+\S{3,}"
)
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.]\d{2}(?!\d)")
_ADDRESS_AT_END = re.compile(r"<?[^\s<>@]{1,64}@[^\s<>@]{1,100}>\s*[:：]$")
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,100}")

_SEPARATOR = re.compile(
    r"\s*[>|]?\s*[-_=*]{2,}\s*(?:"
    r"original\s+(?:message|appointment|e-?mail)|reply\s+message|urspr.{1,2}ngliche\s+(?:nachricht|mail|e-mail)"
    r"|originalnachricht|message\s+(?:d'|d’)?origin(?:e|al)|message\s+initial|mensaje\s+original|missatge\s+original"
    r"|messaggio\s+originale|mensagem\s+original|oorspronkelijk\s+bericht|originalmeddelande|ursprungligt\s+meddelande"
    r"|opprinnelig\s+melding|original\s*meddelelse|oprindelig\s+(?:meddelelse|besked)|alkuper.inen\s+viesti"
    r"|(?:wiadomo\S{2}\s+oryginalna|oryginalna\s+wiadomo\S{2})|p.vodn.\s+(?:zpr.va|spr.va|e-?mail)"
    r"|исходное\s+сообщение|пересылаемое\s+сообщение|оригинальное\s+сообщение|вихідне\s+повідомлення"
    r"|オリジナル\s*メッセージ|元のメッセージ|原始邮件|原始郵件|原件|원본\s*메(?:시지|일)"
    r"|eredeti\s+üzenet|mesaj\s+original|orijinal\s+(?:mesaj|ileti)|αρχικό\s+μήνυμα"
    r")\s*[-_=*]*\s*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"\s*[-_=*]*\s*(?:begin\s+forwarded\s+message|forwarded\s+(?:message|by)|start\s+of\s+forwarded\s+message"
    r"|weitergeleitete\s+(?:nachricht|mail)|anfang\s+der\s+weitergeleiteten\s+(?:nachricht|e-mail)"
    r"|message\s+transféré|message\s+transmis|début\s+du\s+message\s+(?:transféré|réexpédié)"
    r"|mensaje\s+reenviado|inicio\s+del\s+mensaje\s+reenviado|messaggio\s+inoltrato|inizio\s+messaggio\s+inoltrato"
    r"|mensagem\s+(?:reencaminhada|encaminhada)|doorgestuurd\s+bericht|begin\s+doorgestuurd\s+bericht"
    r"|vidarebefordrat\s+(?:brev|meddelande)|vidaresänt\s+meddelande|videresendt\s+(?:melding|meddelelse|besked)"
    r"|välitetty\s+viesti|edelleenlähetetty\s+viesti|(?:wiadomość\s+przekazana|przekazana\s+wiadomość)"
    r"|přeposlaná\s+zpráva|пересылаемое\s+сообщение|пересланное\s+сообщение|переслане\s+повідомлення"
    r"|転送(?:された)?メッセージ|转发的?邮件|轉寄郵件|轉寄的郵件|전달된\s*메시지"
    r")\s*[:：]?\s*[-_=*]*\s*$",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"[\s>]*[#\-=*_–—~]{2,}.{0,40}(?:reply|answer|write|antwort|répon|respon|rispo|odpow|odpov|svar|vasta|отве|відпо|返信|回复)"
    r".{0,60}(?:above|oberhalb|über|dessus|encima|arriba|sopra|acima|boven|ovanför|ovenfor|yläpuol|powyżej|nad|выше|вище|上)",
    re.IGNORECASE,
)

_FROM = (
    r"from|von|de|da|van|från|fra|lähettäjä|od|от|від|发件人|寄件者|差出人|送信者|보낸\s*사람|kimden|feladó|από|"
    r"expéditeur|expediteur|remitente|mittente|absender|avsändare|afsender|avsender|afzender|nadawca"
)
_OTHERS = (
    r"sent|date|to|cc|subject|reply-to|importance|attachments"
    r"|gesendet|datum|an|betreff|kopie|antwort\s+an"
    r"|envoyé|envoye|date|à|a|objet|copie"
    r"|enviado(?:\s+el|\s+em)?|enviada\s+em|fecha|data|para|asunto|assunto|cco?"
    r"|inviato|inviata|oggetto"
    r"|verzonden|aan|onderwerp"
    r"|skickat|till|ämne|sendt|sendt\s+den|dato|til|emne|kopi"
    r"|lähetetty|päivämäärä|päiväys|vastaanottaja|aihe|kopio"
    r"|wysłan[oya]|data|do|temat|dw|odesláno|komu|předmět|kopie|odoslané|predmet"
    r"|отправлено|дата|кому|тема|копия|надіслано|копія"
    r"|发送时间|日期|收件人|主题|抄送|寄件日期|收件者|主旨|副本|日時|送信日時|宛先|件名"
    r"|보낸\s*날짜|날짜|받는\s*사람|제목|참조|gönderme\s+tarihi|kime|konu|küldve|címzett|tárgy|στάλθηκε|προς|θέμα"
)
_FROM_LINE = re.compile(rf"[\s>*_]*(?:{_FROM})\s*[*_]*\s*[:：]\s*[*_]*\s*\S", re.IGNORECASE)
_OTHER_LINE = re.compile(rf"[\s>*_]*(?:{_OTHERS})\s*[*_]*\s*[:：]", re.IGNORECASE)

_QUOTED = re.compile(r"[ \t]{0,3}(?:>|\|[ \t])")
_SIGNATURE = re.compile(r"(?:--\s?|—|_{5,}|-{20,})\s*$")


def split_text(text: str, *, forwarded: bool = False) -> tuple[str, str]:
    """(new part, quoted tail) of a plain text. The tail is "" when nothing can be folded safely.

    `forwarded` says that the subject marks a forwarded mail: then what looks like an earlier message is what
    the sender wants to show, and it stays.
    """
    lines = text.split("\n")
    at = _find(lines, forwarded=forwarded)
    if at is None:
        return text, ""
    new = "\n".join(lines[:at]).rstrip()
    if not new.strip():
        return text, ""
    return new, "\n".join(lines[at:]).strip("\n")


def _find(lines: list[str], *, forwarded: bool) -> int | None:
    """Index of the first line of the quoted tail."""
    last_own = _last_own_line(lines)
    index = 0
    while index < len(lines):
        line = lines[index][:_LINE_MAX]
        if not line.strip():
            index += 1
        elif _QUOTED.match(line):
            end = _end_of_quote(lines, index)
            if end > last_own:
                return _with_attribution(lines, index)
            index = end
        elif _FORWARD.match(line):
            return None
        elif _SEPARATOR.match(line) or _ABOVE.match(line):
            return None if forwarded else index
        elif not forwarded and _header_block(lines, index):
            return _with_rule(lines, index)
        elif (start := attribution(lines, index)) is not None:
            following = _next_filled(lines, index + 1)
            if following is None or not _QUOTED.match(lines[following]):
                return start
            index = following
        else:
            index += 1
    return None


def _last_own_line(lines: list[str]) -> int:
    """Index of the last line that is neither quoted, nor blank, nor in a signature at the very end."""
    last = -1
    signature = -1
    for index, line in enumerate(lines):
        head = line[:_LINE_MAX]
        if _QUOTED.match(head):
            signature = -1
        elif _SIGNATURE.match(head):
            signature = index
        elif signature < 0 and head.strip() and not _looks_wrapped(lines, index):
            last = index
    return last


def _looks_wrapped(lines: list[str], index: int) -> bool:
    """A short unquoted line between two quoted ones: the rest of a quoted line that a mailer broke."""
    return (
        0 < index < len(lines) - 1
        and len(lines[index]) < 40
        and bool(_QUOTED.match(lines[index - 1]))
        and bool(_QUOTED.match(lines[index + 1]))
        and len(lines[index - 1]) > 60
    )


def _end_of_quote(lines: list[str], index: int) -> int:
    """Index after the run of quoted and blank lines that begins at `index`."""
    while index < len(lines) and (
        not lines[index].strip() or _QUOTED.match(lines[index]) or _looks_wrapped(lines, index)
    ):
        index += 1
    return index


def _with_attribution(lines: list[str], index: int) -> int:
    """Start of the line(s) that introduce the quote at `index`, or `index`."""
    above = index - 1
    while above >= 0 and index - above <= 3 and not lines[above].strip():
        above -= 1
    if above < 0 or index - above > 3:
        return index
    start = attribution(lines, above)
    if start is not None:
        return start
    line = lines[above][:_LINE_MAX].rstrip()
    if line.endswith((":", "：")) and (_ADDRESS.search(line) or _DATE.search(line)):
        return above
    return index


def attribution(lines: list[str], index: int) -> int | None:
    """First line of an attribution ("On … wrote:") that ends at line `index`, or None."""
    line = lines[index][:_LINE_MAX].rstrip().rstrip("*_")
    if not line.endswith((":", "：", "-", "–")) or not line.strip("-–—_*: "):
        return None
    joined = ""
    for start in range(index, max(-1, index - _ATTRIBUTION_LINES), -1):
        text = lines[start][:_LINE_MAX].strip()
        if not text or (start < index and _QUOTED.match(text)):
            return None
        joined = f"{text} {joined}".rstrip()
        if len(joined) > _LINE_MAX:
            return None
        if _is_attribution(joined):
            return start
    return None


def _is_attribution(text: str) -> bool:
    stripped = text.rstrip("*_ ")
    if not _DATE.search(stripped):
        return False
    if not _ADDRESS.search(stripped) and not _OPENING.match(stripped):
        return False
    if _WROTE.search(stripped[-160:]):
        return bool(_ADDRESS.search(stripped)) or len(stripped) < 250
    # Yandex, Mail.ru, Gmail in Russian and Japanese mailers give date, time and address, without a verb.
    return bool(_ADDRESS_AT_END.search(stripped)) and bool(_CLOCK.search(stripped))


def _header_block(lines: list[str], index: int) -> bool:
    """Whether an Outlook header ("From: … Sent: … To: …") begins at line `index`."""
    if not _FROM_LINE.match(lines[index][:_LINE_MAX]):
        return False
    seen = 0
    for line in lines[index + 1 : index + _HEADER_LINES]:
        if not line.strip() and seen == 0:
            continue
        if _OTHER_LINE.match(line[:_LINE_MAX]):
            seen += 1
            if seen == 2:
                return True
        elif not line.strip():
            return False
    return False


def _with_rule(lines: list[str], index: int) -> int:
    """Take a rule of dashes or underscores right above the header along."""
    above = index - 1
    while above >= 0 and index - above <= 2 and not lines[above].strip():
        above -= 1
    if above >= 0 and re.fullmatch(r"\s*[-_=*]{5,}\s*", lines[above][:_LINE_MAX]):
        return above
    return index


def _next_filled(lines: list[str], index: int) -> int | None:
    for at in range(index, min(index + 4, len(lines))):
        if lines[at].strip():
            return at
    return None


def introduces_forward(text: str) -> bool:
    """Whether `text` begins, within its first lines, with the heading of a forwarded message."""
    return any(_FORWARD.match(line[:_LINE_MAX]) for line in text.lstrip().split("\n", 6)[:6])
