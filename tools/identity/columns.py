"""Which column of a table holds what: by its title in many languages, else by its contents."""

import re
from collections.abc import Iterable, Sequence

from tools.identity.person_ids import id_in
from tools.identity.person_names import squashed
from tools.table import unguarded

# What columns are called in the exports of Gradescope, Canvas, Moodle and others, and by hand;
# compared without case, accents, spaces and signs.
_TITLES = {
    "first": "first name; given name; forename; preferred name; vorname; prénom; nombre; nome; "
    "nombres; nombre(s); prénoms; voornaam; förnamn; fornavn; etunimi; imię; jméno; "
    "keresztnév; имя; 名; 이름",
    "last": "last name; surname; family name; nachname; familienname; nom; nom de famille; "
    "apellido; apellidos; apellido(s); primer apellido; apellido 1; apellido paterno; cognome; "
    "sobrenome; achternaam; efternamn; etternavn; "
    "sukunimi; nazwisko; příjmení; vezetéknév; фамилия; 姓; 성",
    "last2": "segundo apellido; apellido 2; apellido materno; second last name; second surname",
    "name": "name; full name; student; student name; learner; vollständiger name; studierende; "
    "name, vorname; nom complet; étudiant; élève; nombre completo; estudiante; alumno; "
    "nome completo; cognome nome; studente; aluno; volledige naam; fullständigt namn; fullt navn; "
    "fulde navn; koko nimi; pełna nazwa; imię i nazwisko; celé jméno; teljes név; полное имя; фио; "
    "πλήρες όνομα; tam ad; フルネーム; 氏名; 名前; 姓名; 全名; 성명; 이름",
    "email": "email; e-mail; mail; email address; e-mail-adresse; mailadresse; courriel; "
    "adresse de courriel; adresse électronique; correo; dirección de correo; correo electrónico; "
    "dirección email; indirizzo email; endereço de e-mail; e-mailadres; e-postadress; "
    "e-postadresse; sähköpostiosoite; adres e-mail; e-mailová adresa; e-mail cím; "
    "адрес электронной почты; почта; "
    "e-posta adresi; メールアドレス; 电子邮件地址; 邮箱; 이메일 주소; 이메일",
    "sid": "sid; sis user id; sis id; user id; student id; id number; student number; student no; "
    "matriculation number; matrikelnummer; matrikelnr; matr.-nr.; matrikel; institutionsnummer; "
    "institutionsnr.; id-nummer; "
    "sis-benutzer-id; org defined id; orgdefinedid; numéro d'identification; numéro d'étudiant; "
    "número de id; número de identificación; matrícula; matricola; numero di matricola; "
    "codice identificativo; número de identificação; studentnummer; studentnr; numer id; "
    "numer indeksu; nr albumu; індекс; индивидуальный номер; номер студента; "
    "id番号; 学籍番号; 学号; 학번",
    "login": "sis login id; login id; login; username; user name; benutzername; kennung; "
    "anmeldename; sis-anmelde-id; nom d'utilisateur; identifiant de connexion; nombre de usuario; "
    "nome utente; nome de usuário; gebruikersnaam; användarnamn; brukernavn; nazwa użytkownika; "
    "netid; uni id; kerberos; github username; github; ユーザー名; 用户名",
    "lms_id": "identifier; lms user id; canvas id; canvas user id; participant; teilnehmer/in; "
    "identifiant; "
    "identificador; identificativo; identyfikator; идентификатор; 識別子; 标识符",
    "groups": "group; groups; group name; team; teams; gruppe; gruppen; groupe; groupes; grupo; "
    "grupos; gruppo; groep; grupp; grupa; skupina; группа; グループ; 小组; 组",
    "role": "role; roles; rolle; rollen; rôle; rôles; rol; roles; ruolo; papel; roll; роль; ロール",
    "section": "section; sections; sektion; abschnitt; sección; sezione; seção; sectie; tutorium; "
    "übungsgruppe; секция; セクション",
}
_SPELLINGS = {
    kind: [squashed(title) for title in titles.split(";")] for kind, titles in _TITLES.items()
}
# Their "ID" is the system's own number; elsewhere it is the university's.
_CANVAS = {"student", "sisuserid", "sisloginid", "section", "sisanmeldeid", "sisbenutzerid"}
_MAIL = re.compile(r"[^\s@;,]+@[^\s@;,]+")
# Moodle writes "Participant 4711", in the language of the site.
_PARTICIPANT = re.compile(r"(\D{2,}?)\s*(\d+)")
_NUMBER = re.compile(r"[A-Za-z]{0,4}-?\d{4,}[A-Za-z]{0,2}")
ENOUGH = 0.6  # of the cells that are not empty must look alike
MAX_TITLE_ROWS = 15
PEOPLE = {"name", "first", "last", "email", "sid", "login"}


def columns_of(header: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> dict[str, int]:
    """Find the known columns by the header and, where that leaves some, by the rows below it."""
    names = [squashed(name) for name in header]
    found = {}
    for kind, spellings in _SPELLINGS.items():
        places = [names.index(name) for name in spellings if name in names]
        if places and places[0] not in found.values():
            found[kind] = places[0]
    if "id" in names:
        place = names.index("id")
        cells = _cells(rows, place)
        participants = bool(cells) and _participants(cells)
        canvas = bool(_CANVAS & set(names))
        found.setdefault("lms_id" if canvas or participants else "sid", place)
    for kind, fits in (("name", bool), ("lms_id", _numbered)):
        # A title may promise what the cells below it do not hold.
        if rows and kind in found and not any(map(fits, _cells(rows, found[kind]))):
            del found[kind]
    for kind, place in _by_contents(rows, len(header), found):
        found.setdefault(kind, place)
    return found


def _by_contents(
    rows: Sequence[Sequence[str]], width: int, found: dict[str, int]
) -> Iterable[tuple[str, int]]:
    """Yield what the columns hold whose titles are unknown."""
    if not rows:
        return
    named = {"name", "first", "last"} & found.keys()
    for place in range(width):
        cells = _cells(rows, place)
        if place in found.values() or not cells:
            continue
        distinct = len(set(cells)) / len(cells)
        if _share(cells, lambda cell: bool(_MAIL.fullmatch(cell))) >= ENOUGH:
            yield "email", place
        elif _participants(cells):
            yield "lms_id", place
        elif distinct < ENOUGH:
            continue
        elif _share(cells, lambda cell: bool(_NUMBER.fullmatch(cell))) >= ENOUGH:
            if not {"sid", "login"} & found.keys():
                yield "sid", place
        elif not named and _share(cells, _like_a_name) >= ENOUGH:
            yield "name", place
            named = {"name"}


def _cells(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    cells = [unguarded(row[place].strip()) for row in rows[:200] if place < len(row)]
    return [cell for cell in cells if cell]


def _numbered(cell: str) -> bool:
    return cell[-1].isdigit()


def _share(cells: Sequence[str], test) -> float:
    return sum(map(test, cells)) / len(cells)


def _participants(cells: Sequence[str]) -> bool:
    """Return whether these are Moodle's numbers: the same word before each."""
    matches = [_PARTICIPANT.fullmatch(cell) for cell in cells]
    words = {match[1] for match in matches if match}
    return all(matches) and len(words) == 1 and len(squashed(words.pop())) >= 2


def _like_a_name(cell: str) -> bool:
    words = [word for word in re.split(r"[\s,]+", cell) if word]
    letters = all(any(map(str.isalpha, word)) for word in words)
    alone = len(words) > 1 or not cell.isascii()
    return letters and alone and len(words) <= 6 and not re.search(r"[\d@:/]", cell)


def table_below(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows below it: titles may stand above, or there is no header."""
    best, most = 0, 0
    for at, row in enumerate(rows[:MAX_TITLE_ROWS]):
        known = len(columns_of(row).keys() & (PEOPLE | {"lms_id"}))
        if known > most and not _is_data(row):
            best, most = at, known
    if not most:
        # Unknown titles, or none at all: what is above the first row with an address.
        first = next((at for at, row in enumerate(rows) if _is_data(row)), 1)
        widest = max(map(len, rows))
        # A list of names, with nothing else.
        first = 0 if widest == 1 and _like_a_name(rows[0][0]) else first
        if first == 0:
            header, below = [f"column {n}" for n in range(1, widest + 1)], rows
        else:
            header, below = rows[first - 1], rows[first:]
    else:
        header, below = rows[best], rows[best + 1 :]
    width = len(header)
    return header, [[*row, *[""] * (width - len(row))] for row in below]


def _is_data(row: Sequence[str]) -> bool:
    return any(_MAIL.fullmatch(unguarded(cell.strip())) for cell in row)


def described(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Say what was found in a table that cannot be understood."""
    shown = []
    for place, name in enumerate(header[:8]):
        cells = [cell[:20] for cell in dict.fromkeys(_cells(rows, place))][:3]
        shown.append(f'"{name.strip()[:30]}"' + (f" ({', '.join(cells)})" if cells else ""))
    more = ", …" if len(header) > 8 else ""
    number = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    return f"{number} with the columns {', '.join(shown)}{more}"


def id_cell(row: Sequence[str], place: int | None) -> str:
    """Return the id in a row, or nothing for a placeholder."""
    return "" if place is None else id_in(unguarded(row[place].strip()))
