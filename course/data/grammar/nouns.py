"""The nouns of the corpus, as pairs.

Tags keep the sentences sensible: a verb says which tags its subjects and objects have, and a
preposition which tag its places have. A noun's own English name is one of its tags.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """English and French, the French gender (m or f), and what the noun is."""

    english: str
    french: str
    gender: str
    tags: frozenset[str]

    @property
    def aspirated(self) -> bool:
        """le hibou, not l'hibou: this h keeps its distance."""
        return "h-aspiré" in self.tags


def tags(words: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(words.split())


def _nouns(table: str) -> tuple[Noun, ...]:
    nouns = []
    for line in table.strip().splitlines():
        english, french, gender, kinds = (cell.strip() for cell in line.split("|"))
        nouns.append(Noun(english, french, gender, tags(kinds) | {english}))
    return tuple(nouns)


# many: comes in the plural too. mass: has no plural and no a. unowned: nobody says my fox.
# kin: always somebody's. seat, on, under, behind, front, near, in, at, ground, swum, goal, source,
# home, outdoors: the places it can be. The rest says what can be done with it.
NOUNS = _nouns("""
    cat       | chat      | m | animal pet many
    dog       | chien     | m | animal pet dog many
    bird      | oiseau    | m | animal bird many
    owl       | hibou     | m | animal bird h-aspiré many unowned
    horse     | cheval    | m | animal large many
    rabbit    | lapin     | m | animal many
    mouse     | souris    | f | animal many unowned
    cow       | vache     | f | animal large many
    fox       | renard    | m | animal many unowned
    duck      | canard    | m | animal bird many
    bear      | ours      | m | animal large many unowned
    turtle    | tortue    | f | animal many
    animal    | animal    | m | animal many unowned
    boy       | garçon    | m | person he young many unowned youthful
    girl      | fille     | f | person she young many unowned youthful
    man       | homme     | m | person he many unowned grownup youthful
    woman     | femme     | f | person she many unowned grownup youthful
    child     | enfant    | m | person young many youthful
    friend    | ami       | m | person many grownup youthful
    neighbor  | voisin    | m | person many grownup youthful
    student   | étudiant  | m | person many grownup youthful
    king      | roi       | m | person he unowned grownup youthful
    queen     | reine     | f | person she unowned grownup youthful
    mother    | mère      | f | person she kin grownup
    father    | père      | m | person he kin grownup
    sister    | sœur      | f | person she kin many youthful
    brother   | frère     | m | person he kin many youthful
    uncle     | oncle     | m | person he kin grownup
    aunt      | tante     | f | person she kin grownup
    doctor    | médecin   | m | person grownup youthful
    baker     | boulanger | m | person grownup youthful
    apple     | pomme     | f | food portable many
    orange    | orange    | f | food portable many
    egg       | œuf       | m | food portable many
    cake      | gâteau    | m | food portable many
    bread     | pain      | m | food portable mass
    cheese    | fromage   | m | food portable mass
    soup      | soupe     | f | food mass
    milk      | lait      | m | drink mass
    water     | eau       | f | drink mass
    book      | livre     | m | text carried thing many
    letter    | lettre    | f | text carried thing many
    newspaper | journal   | m | text carried thing many
    story     | histoire  | f | text told many
    song      | chanson   | f | sung many
    key       | clé       | f | carried thing many part
    hat       | chapeau   | m | worn carried colored thing many
    coat      | manteau   | m | worn carried colored thing many
    shirt     | chemise   | f | worn carried colored thing many
    umbrella  | parapluie | m | carried colored thing many
    ball      | balle     | f | carried colored thing many
    flower    | fleur     | f | carried colored grown many
    cup       | tasse     | f | carried colored thing fragile many
    box       | boîte     | f | carried colored thing closable many
    bag       | sac       | m | carried colored thing closable many
    lamp      | lampe     | f | carried colored thing fragile many
    bicycle   | vélo      | m | thing ridden many
    car       | voiture   | f | thing ridden many
    boat      | bateau    | m | thing built many
    mat       | tapis     | m | thing carried seat on many
    chair     | chaise    | f | thing seat on under behind fragile many
    table     | table     | f | thing on under near fragile many
    bed       | lit       | m | thing seat on under near many
    bench     | banc      | m | thing seat on under near many
    roof      | toit      | m | thing on part
    wall      | mur       | m | thing on behind near built many part
    door      | porte     | f | thing closable behind front near many part
    window    | fenêtre   | f | thing closable front near fragile many part
    tree      | arbre     | m | grown under behind near front many
    house     | maison    | f | thing built in behind near front place many whole home
    castle    | château   | m | built in behind near front place goal source whole public home
    bridge    | pont      | m | built on under near crossed public ground
    garden    | jardin    | m | in near place outdoors
    kitchen   | cuisine   | f | in place
    park      | parc      | m | in near place crossed public home outdoors
    forest    | forêt     | f | in near place crossed source public home outdoors
    street    | rue       | f | in crossed outdoors
    river     | rivière   | f | near crossed swum goal public outdoors
    sea       | mer       | f | near swum crossed goal public outdoors
    village   | village   | m | in near place crossed goal source home
    city      | ville     | f | in near place crossed source home
    school    | école     | f | in behind near front place built goal source whole
    church    | église    | f | in behind near front place built goal whole public
    station   | gare      | f | at behind near front place goal source public
    market    | marché    | m | at near place goal source public
    island    | île       | f | on near place source public ground
    hotel     | hôtel     | m | in behind near front place built goal whole public
    beach     | plage     | f | on near place goal source public ground
""")
