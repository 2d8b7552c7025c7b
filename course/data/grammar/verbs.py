"""The verbs of the corpus, as pairs, with whom and what they go."""

from dataclasses import dataclass

from course.data.grammar.nouns import tags

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verb:
    """`english` may end in a particle (wake up). Subjects, objects and places are tags of nouns."""

    english: str
    french: str
    subjects: frozenset[str]
    objects: frozenset[str] = NOTHING
    being: bool = False  # passé composé with être: est tombé
    reflexive: bool = False  # s'est assis
    stative: bool = False  # past in the imparfait: aimait
    lasting: bool = False  # goes well with *while*: pendant que le chat dormait
    places: frozenset[str] = NOTHING


ANYBODY = tags("animal person")
PERSON = tags("person")

# fmt: off
VERBS = {
    verb.english: verb
    for verb in (
        Verb("sleep", "dormir", ANYBODY, lasting=True, places=tags("seat under in")),
        Verb("eat", "manger", ANYBODY, tags("food"), lasting=True, places=tags("in under")),
        Verb("wait", "attendre", ANYBODY, places=tags("in front behind near at")),
        Verb("run", "courir", ANYBODY, places=tags("in behind near ground")),
        Verb("swim", "nager", ANYBODY, lasting=True, places=tags("swum with")),
        Verb("play", "jouer", tags("pet young"), lasting=True,
             places=tags("in behind near ground with")),
        Verb("work", "travailler", PERSON, lasting=True, places=tags("in at with")),
        Verb("sing", "chanter", tags("bird person"), tags("sung"), lasting=True,
             places=tags("in front")),
        Verb("dance", "danser", PERSON, lasting=True, places=tags("in front ground with")),
        Verb("laugh", "rire", PERSON),
        Verb("cry", "pleurer", PERSON),
        Verb("bark", "aboyer", tags("dog"), places=tags("in behind front")),
        Verb("jump", "sauter", ANYBODY, places=tags("seat")),
        Verb("fall", "tomber", ANYBODY, being=True, places=tags("outdoors")),
        Verb("arrive", "arriver", ANYBODY, being=True, places=tags("with")),
        Verb("leave", "partir", ANYBODY, being=True, places=tags("with")),
        Verb("sit", "asseoir", ANYBODY, reflexive=True,
             places=tags("seat under near front behind")),
        Verb("hide", "cacher", ANYBODY, reflexive=True,
             places=tags("under behind in")),
        Verb("rest", "reposer", ANYBODY, reflexive=True, lasting=True,
             places=tags("seat under near")),
        Verb("stop", "arrêter", ANYBODY, reflexive=True,
             places=tags("front near behind")),
        Verb("fall asleep", "endormir", ANYBODY, reflexive=True,
             places=tags("seat under in")),
        Verb("wake up", "réveiller", ANYBODY, reflexive=True),
        Verb("live", "habiter", ANYBODY, stative=True,
             places=tags("home near behind with")),
        Verb("go", "aller", ANYBODY, being=True, places=tags("to")),
        Verb("come", "venir", ANYBODY, being=True, places=tags("from")),
        Verb("return", "retourner", ANYBODY, being=True, places=tags("to")),
        Verb("see", "voir", ANYBODY, tags("animal person built grown ridden"),
             places=tags("outdoors near")),
        Verb("watch", "regarder", ANYBODY, ANYBODY, places=tags("outdoors")),
        Verb("love", "aimer", PERSON, tags("animal person text sung"), stative=True),
        Verb("follow", "suivre", ANYBODY, ANYBODY),
        Verb("chase", "poursuivre", tags("animal young"), tags("animal")),
        Verb("find", "trouver", ANYBODY, tags("carried portable"),
             places=tags("in under behind near")),
        Verb("lose", "perdre", PERSON, tags("carried portable ridden"),
             places=tags("outdoors near")),
        Verb("buy", "acheter", PERSON, tags("food portable ridden"), places=tags("at")),
        Verb("read", "lire", PERSON, tags("text"), places=tags("in seat under")),
        Verb("write", "écrire", PERSON, tags("text sung"), places=tags("in")),
        Verb("open", "ouvrir", PERSON, tags("closable")),
        Verb("close", "fermer", PERSON, tags("closable")),
        Verb("drink", "boire", ANYBODY, tags("drink"), places=tags("in near")),
        Verb("wash", "laver", PERSON, tags("worn ridden pet cup")),
        Verb("paint", "peindre", PERSON, tags("built chair door table ridden")),
        Verb("wear", "porter", PERSON, tags("worn")),
        Verb("carry", "porter", PERSON, tags("carried portable")),
        Verb("take", "prendre", PERSON, tags("carried portable"), places=tags("in")),
        Verb("forget", "oublier", PERSON, tags("carried portable"), places=tags("in on")),
        Verb("hear", "entendre", ANYBODY, tags("bird dog sung told cow"), places=tags("outdoors")),
        Verb("build", "construire", PERSON, tags("built")),
        Verb("break", "casser", PERSON, tags("fragile")),
        Verb("call", "appeler", PERSON, tags("pet person")),
        Verb("cross", "traverser", ANYBODY, tags("crossed")),
        Verb("give", "donner", PERSON, tags("carried portable")),
        Verb("show", "montrer", PERSON, tags("carried pet portable")),
        Verb("bring", "apporter", PERSON, tags("carried portable")),
        Verb("sell", "vendre", PERSON, tags("carried ridden portable"), places=tags("at")),
        Verb("tell", "raconter", PERSON, tags("told")),
    )
}
# fmt: on
RECIPIENT = tags("give show bring sell tell")  # these may add “to the girl”
