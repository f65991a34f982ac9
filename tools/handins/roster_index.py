"""A roster, looked up by ids, names and groups."""

from collections import defaultdict
from collections.abc import Iterable

from tools.handins.handin import Student
from tools.identity.person_ids import Key, contested, identifying, keys_of, plain, repaired
from tools.identity.person_names import alike, is_nobody, orders, related, squashed, words_of


class Index:
    """A roster that finds students by whatever is known about them.

    contested: the ids in it that stand for two people, and so identify nobody.
    """

    def __init__(self, roster: Iterable[Student], not_these: Iterable[Key] = ()) -> None:
        roster = list(roster)
        self.contested = contested(roster)
        not_these = {*self.contested, *not_these}
        self._ids: dict[Key, set[Student]] = defaultdict(set)
        self._repaired: dict[Key, set[Student]] = defaultdict(set)
        self._names: dict[str, set[Student]] = defaultdict(set)
        self._groups: dict[str, dict[str, list[Student]]] = defaultdict(lambda: defaultdict(list))
        self._words = [(each, set(words_of(each.name))) for each in roster if words_of(each.name)]
        for student in roster:
            for kind, value in identifying(student, not_these):
                self._ids[kind, value].add(student)
                self._repaired[kind, repaired(kind, value)].add(student)
                if kind == "email":
                    self._ids["login", value.partition("@")[0]].add(student)
            if login := plain(student.login):
                self._ids["login", login].add(student)
            for order in orders(student.name):
                self._names[order].add(student)
            for group in filter(None, map(str.strip, student.groups.split(","))):
                members = self._groups[squashed(group)][group.casefold()]
                members += [] if student in members else [student]

    def members(self, group: str) -> tuple[Student, ...]:
        """Return the members of the group with this name, if it is one group's."""
        found = self._groups.get(squashed(group), {}) if squashed(group) else {}
        return tuple(*found.values()) if len(found) == 1 else ()

    def by_id(self, *kinds: str, value: str) -> set[Student]:
        """Return whom an id stands for; repaired, if it stands for nobody as it is."""
        exact = set().union(*(self._ids.get((kind, plain(value)), ()) for kind in kinds))
        loose = (self._repaired.get((kind, repaired(kind, value)), ()) for kind in kinds)
        return exact or set().union(*(found for found in loose if len(found) == 1))

    def named(self, name: str) -> set[Student]:
        """Return who has this name, in any order of its words."""
        if is_nobody(name):
            return set()
        return set().union(*(self._names.get(order, ()) for order in orders(name)))

    def find(self, student: Student) -> Student | None:
        """Find the one student who matches the most reliable thing known about this one."""
        by_id = self.identified(student)
        if by_id:
            return by_id
        found = self.named(student.name)
        return found.pop() if len(found) == 1 else None

    def identified(self, student: Student) -> Student | None:
        """Find the one student whom an id stands for, unless the name is somebody else's."""
        named = self.named(student.name)
        for kind, value in keys_of(student):
            found = self.by_id(kind, value=value)
            if kind == "lms_id":
                # Moodle numbers groups as well as participants: their names tell them apart.
                found = {each for each in found if related(each.name, student.name)}
            if len(found) == 1:
                (one,) = found
                # Another name is believed of an id as it stands, not of one that is repaired.
                other = not named and (is_nobody(student.name) or (kind, value) in self._ids)
                if one in named or other or alike(one.name, student.name):
                    return one
        return None

    def words(self) -> list[tuple[Student, set[str]]]:
        """Return each student with a name, and the words of that name."""
        return self._words
