"""The adjectives of the corpus, as pairs."""

from dataclasses import dataclass

from course.data.grammar.nouns import tags


@dataclass(frozen=True)
class Adjective:
    """What it describes is in `tags`; `before` says that French puts it before its noun."""

    english: str
    french: str
    rank: int  # the order in English: 0 opinion, 1 size, 2 state, 3 age, 4 color
    tags: frozenset[str]
    before: bool


def _adjectives(table: str) -> tuple[Adjective, ...]:
    adjectives = []
    for line in table.strip().splitlines():
        english, french, rank, side, kinds = (cell.strip() for cell in line.split("|"))
        adjectives.append(Adjective(english, french, int(rank), tags(kinds), side == "before"))
    return tuple(adjectives)


ADJECTIVES = _adjectives("""
    old       | vieux     | 3 | before | animal grownup thing place built grown
    little    | petit     | 1 | before | animal young thing built carried village garden
    big       | grand     | 1 | before | large pet bird thing built place grown river
    beautiful | beau      | 0 | before | animal queen girl thing built grown sung story river sea
    new       | nouveau   | 3 | before | thing built text
    young     | jeune     | 3 | before | animal youthful
    kind      | gentil    | 0 | before | she kin young friend neighbor doctor baker king
    brave     | courageux | 0 | after  | person horse
    lovely    | joli      | 0 | before | thing grown sung
    long      | long      | 1 | before | text sung bridge street river
    good      | bon       | 0 | before | food text
    black     | noir      | 4 | after  | pet animal colored ridden seat
    white     | blanc     | 4 | after  | pet animal colored house seat wall
    gray      | gris      | 4 | after  | animal worn
    red       | rouge     | 4 | after  | colored ridden house roof door boat seat
    blue      | bleu      | 4 | after  | colored ridden boat door seat
    green     | vert      | 4 | after  | colored ridden boat door seat
    yellow    | jaune     | 4 | after  | colored ridden house seat
    happy     | heureux   | 0 | after  | person
    sad       | triste    | 0 | after  | person sung told
    tired     | fatigué   | 2 | after  | animal person
    hungry    | affamé    | 2 | after  | animal person
    curious   | curieux   | 0 | after  | animal young
    lazy      | paresseux | 0 | after  | pet student sister brother neighbor
    quiet     | calme     | 2 | after  | public village city garden street young
    famous    | célèbre   | 0 | after  | book story song newspaper
    dangerous | dangereux | 0 | after  | forest bridge street bear
    wide      | large     | 1 | after  | street river
    heavy     | lourd     | 2 | after  | carried ridden
    empty     | vide      | 2 | after  | box bag cup
    round     | rond      | 2 | after  | table mat box hat
    strange   | étrange   | 0 | after  | text sung carried animal
    delicious | délicieux | 0 | after  | food
    cold      | froid     | 2 | after  | drink soup river sea
""")
