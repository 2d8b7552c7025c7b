"""The words of the corpus, as pairs, with what each goes with.

Tags keep the sentences sensible: a verb says whom it takes as a subject and what as an object, an
adjective says what it describes, a place says which prepositions fit it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    english: str
    french: str
    gender: str  # m or f
    tags: frozenset[str]
    aspirated: bool = False  # le hibou: no elision before its h


@dataclass(frozen=True)
class Adjective:
    """`before` says that French puts it before the noun; `rank` orders them in English."""

    english: str
    french: str
    rank: int  # 0 opinion, 1 size, 2 state, 3 age, 4 color
    tags: frozenset[str]
    before: bool = False


@dataclass(frozen=True)
class Verb:
    """`english` may end in a particle (wake up). `place` lists the prepositions it can take."""

    english: str
    french: str
    subjects: frozenset[str]
    objects: frozenset[str] = frozenset()
    being: bool = False  # passé composé with être: est tombé
    reflexive: bool = False  # s'est assis
    stative: bool = False  # past in the imparfait: aimait
    lasting: bool = False  # goes well with *while*: pendant que le chat dormait
    places: frozenset[str] = frozenset()


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _nouns(table: str) -> tuple[Noun, ...]:
    nouns = []
    for line in table.strip().splitlines():
        english, french, gender, tags = (cell.strip() for cell in line.split("|"))
        nouns.append(Noun(english, french, gender, _set(tags) | {english}, "h-aspiré" in tags))
    return tuple(nouns)


# The tag `many` marks a noun that also comes in the plural.
NOUNS = _nouns("""
    cat     | chat     | m | animal pet many
    dog     | chien    | m | animal pet dog many
    bird    | oiseau   | m | animal bird many
    owl     | hibou    | m | animal bird h-aspiré many unowned
    horse   | cheval   | m | animal large many
    rabbit  | lapin    | m | animal many
    mouse   | souris   | f | animal many unowned
    cow     | vache    | f | animal large many
    fox     | renard   | m | animal many unowned
    duck    | canard   | m | animal bird many
    bear    | ours     | m | animal large many unowned
    turtle  | tortue   | f | animal many
    animal  | animal   | m | animal many unowned
    boy     | garçon   | m | person he young many unowned youthful
    girl    | fille    | f | person she young many unowned youthful
    man     | homme    | m | person he many unowned grownup youthful
    woman   | femme    | f | person she many unowned grownup youthful
    child   | enfant   | m | person young many youthful
    friend  | ami      | m | person many grownup youthful
    neighbor | voisin  | m | person many grownup youthful
    student | étudiant | m | person many grownup youthful
    king    | roi      | m | person he unowned grownup youthful
    queen   | reine    | f | person she unowned grownup youthful
    mother  | mère     | f | person she kin grownup
    father  | père     | m | person he kin grownup
    sister  | sœur     | f | person she kin many youthful
    brother | frère    | m | person he kin many youthful
    uncle   | oncle    | m | person he kin grownup
    aunt    | tante    | f | person she kin grownup
    doctor  | médecin  | m | person grownup youthful
    baker   | boulanger | m | person grownup youthful
    apple   | pomme    | f | food portable many
    orange  | orange   | f | food portable many
    egg     | œuf      | m | food portable many
    cake    | gâteau   | m | food portable many
    bread   | pain     | m | food portable mass
    cheese  | fromage  | m | food portable mass
    soup    | soupe    | f | food mass
    milk    | lait     | m | drink mass
    water   | eau      | f | drink mass
    book    | livre    | m | text carried thing many
    letter  | lettre   | f | text carried thing many
    newspaper | journal | m | text carried thing many
    story   | histoire | f | text told many
    song    | chanson  | f | sung  many
    key     | clé      | f | carried thing many part
    hat     | chapeau  | m | worn carried colored thing many
    coat    | manteau  | m | worn carried colored thing many
    shirt   | chemise  | f | worn carried colored thing many
    umbrella | parapluie | m | carried colored thing many
    ball    | balle    | f | carried colored thing many
    flower  | fleur    | f | carried colored grown many
    cup     | tasse    | f | carried colored thing fragile many
    box     | boîte    | f | carried colored thing closable many
    bag     | sac      | m | carried colored thing closable many
    lamp    | lampe    | f | carried colored thing fragile many
    bicycle | vélo     | m | thing ridden many
    car     | voiture  | f | thing ridden many
    boat    | bateau   | m | thing built many
    mat     | tapis    | m | thing carried seat on many
    chair   | chaise   | f | thing seat on under behind fragile many
    table   | table    | f | thing on under near fragile many
    bed     | lit      | m | thing seat on under near many
    bench   | banc     | m | thing seat on under near many
    roof    | toit     | m | thing on part
    wall    | mur      | m | thing on behind near built many part
    door    | porte    | f | thing closable behind front near many part
    window  | fenêtre  | f | thing closable front near fragile many part
    tree    | arbre    | m | grown under behind near front many
    house   | maison   | f | thing built in behind near front place many whole home
    castle  | château  | m | built in behind near front place goal source whole public home
    bridge  | pont     | m | built on under near crossed public ground
    garden  | jardin   | m | in near place outdoors
    kitchen | cuisine  | f | in place
    park    | parc     | m | in near place crossed public home outdoors
    forest  | forêt    | f | in near place crossed source public home outdoors
    street  | rue      | f | in crossed outdoors
    river   | rivière  | f | near crossed swum goal public outdoors
    sea     | mer      | f | near swum crossed goal public outdoors
    village | village  | m | in near place crossed goal source home
    city    | ville    | f | in near place crossed source home
    school  | école    | f | in behind near front place built goal source whole
    church  | église   | f | in behind near front place built goal whole public
    station | gare     | f | at behind near front place goal source public
    market  | marché   | m | at near place goal source public
    island  | île      | f | on near place source public ground
    hotel   | hôtel    | m | in behind near front place built goal whole public
    beach   | plage    | f | on near place goal source public ground
""")


def _adjectives(table: str) -> tuple[Adjective, ...]:
    adjectives = []
    for line in table.strip().splitlines():
        english, french, rank, side, tags = (cell.strip() for cell in line.split("|"))
        adjectives.append(Adjective(english, french, int(rank), _set(tags), side == "before"))
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

VERBS = {
    verb.english: verb
    for verb in (
        Verb("sleep", "dormir", _set("animal person"), lasting=True, places=_set("seat under in")),
        Verb("eat", "manger", _set("animal person"), _set("food"), lasting=True, places=_set("in under")),
        Verb("wait", "attendre", _set("animal person"), places=_set("in front behind near at")),
        Verb("run", "courir", _set("animal person"), places=_set("in behind near ground")),
        Verb("swim", "nager", _set("animal person"), lasting=True, places=_set("swum with")),
        Verb("play", "jouer", _set("pet young"), lasting=True, places=_set("in behind near ground with")),
        Verb("work", "travailler", _set("person"), lasting=True, places=_set("in at with")),
        Verb("sing", "chanter", _set("bird person"), _set("sung"), lasting=True, places=_set("in front")),
        Verb("dance", "danser", _set("person"), lasting=True, places=_set("in front ground with")),
        Verb("laugh", "rire", _set("person")),
        Verb("cry", "pleurer", _set("person")),
        Verb("bark", "aboyer", _set("dog"), places=_set("in behind front")),
        Verb("jump", "sauter", _set("animal person"), places=_set("seat")),
        Verb("fall", "tomber", _set("animal person"), being=True, places=_set("outdoors")),
        Verb("arrive", "arriver", _set("animal person"), being=True, places=_set("with")),
        Verb("leave", "partir", _set("animal person"), being=True, places=_set("with")),
        Verb("sit", "asseoir", _set("animal person"), reflexive=True,
             places=_set("seat under near front behind")),
        Verb("hide", "cacher", _set("animal person"), reflexive=True,
             places=_set("under behind in")),
        Verb("rest", "reposer", _set("animal person"), reflexive=True, lasting=True,
             places=_set("seat under near")),
        Verb("stop", "arrêter", _set("animal person"), reflexive=True,
             places=_set("front near behind")),
        Verb("fall asleep", "endormir", _set("animal person"), reflexive=True,
             places=_set("seat under in")),
        Verb("wake up", "réveiller", _set("animal person"), reflexive=True),
        Verb("live", "habiter", _set("animal person"), stative=True,
             places=_set("home near behind with")),
        Verb("go", "aller", _set("animal person"), being=True, places=_set("to")),
        Verb("come", "venir", _set("animal person"), being=True, places=_set("from")),
        Verb("return", "retourner", _set("animal person"), being=True, places=_set("to")),
        Verb("see", "voir", _set("animal person"), _set("animal person built grown ridden"), places=_set("outdoors near")),
        Verb("watch", "regarder", _set("animal person"), _set("animal person"), places=_set("outdoors")),
        Verb("love", "aimer", _set("person"), _set("animal person text sung"), stative=True),
        Verb("follow", "suivre", _set("animal person"), _set("animal person")),
        Verb("chase", "poursuivre", _set("animal young"), _set("animal")),
        Verb("find", "trouver", _set("animal person"), _set("carried portable"), places=_set("in under behind near")),
        Verb("lose", "perdre", _set("person"), _set("carried portable ridden"), places=_set("outdoors near")),
        Verb("buy", "acheter", _set("person"), _set("food portable ridden"), places=_set("at")),
        Verb("read", "lire", _set("person"), _set("text"), places=_set("in seat under")),
        Verb("write", "écrire", _set("person"), _set("text sung"), places=_set("in")),
        Verb("open", "ouvrir", _set("person"), _set("closable")),
        Verb("close", "fermer", _set("person"), _set("closable")),
        Verb("drink", "boire", _set("animal person"), _set("drink"), places=_set("in near")),
        Verb("wash", "laver", _set("person"), _set("worn ridden pet cup")),
        Verb("paint", "peindre", _set("person"), _set("built chair door table ridden")),
        Verb("wear", "porter", _set("person"), _set("worn")),
        Verb("carry", "porter", _set("person"), _set("carried portable")),
        Verb("take", "prendre", _set("person"), _set("carried portable"), places=_set("in")),
        Verb("forget", "oublier", _set("person"), _set("carried portable"), places=_set("in on")),
        Verb("hear", "entendre", _set("animal person"), _set("bird dog sung told cow"), places=_set("outdoors")),
        Verb("build", "construire", _set("person"), _set("built")),
        Verb("break", "casser", _set("person"), _set("fragile")),
        Verb("call", "appeler", _set("person"), _set("pet person")),
        Verb("cross", "traverser", _set("animal person"), _set("crossed")),
        Verb("give", "donner", _set("person"), _set("carried portable")),
        Verb("show", "montrer", _set("person"), _set("carried pet portable")),
        Verb("bring", "apporter", _set("person"), _set("carried portable")),
        Verb("sell", "vendre", _set("person"), _set("carried ridden portable"), places=_set("at")),
        Verb("tell", "raconter", _set("person"), _set("told")),
    )
}  # fmt: skip
RECIPIENT = _set("give show bring sell tell")  # these may add “to the girl”
