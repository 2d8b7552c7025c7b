"""Predicates at random that make sense: who can do what, to what, where and how."""

from dataclasses import replace

from course.data.grammar.adjectives import ADJECTIVES, Adjective
from course.data.grammar.choosing import (
    ADJECTIVE,
    ANIMATE,
    BY_TAG,
    Chooser,
    described,
    may_negate,
    possessive_of,
)
from course.data.grammar.morphology import english_verb
from course.data.grammar.nouns import NOUNS, Noun, tags
from course.data.grammar.plans import (
    NounPhrase,
    Predicate,
    Pronoun,
    Quality,
    Relative,
    Subject,
)
from course.data.grammar.verbs import RECIPIENT, VERBS, Verb

MANNERS = {
    "slowly": tags("eat swim dance write cross open read drink"),
    "quickly": tags("run swim leave eat drink open cross write hide"),
    "quietly": tags("sleep wait work play rest read eat"),
    "well": tags("sleep eat sing dance swim work"),
}
PURPOSELESS = tags("fall forget lose hear see break arrive bark live love") | {"wake up"}
ALWAYS_PLACED = tags("live go come return")
OPTIONAL_OBJECT = tags("eat sing read write drink")
MADE_OR_KEPT = tags("find lose buy read write open close paint wear carry take forget build")
COLOR = 4  # the rank of colors: nothing is “too red”
ABSOLUTE = {"delicious", "empty", "round"}  # nor “very delicious”
ATTRIBUTIVE = {"little", "good", "lovely", "new"}  # these stand before their noun only
MOODS = ("hungry", "thirsty", "afraid", "tired", "happy", "sad")


class Actor(Chooser):
    """Draws predicates for a given subject."""

    def predicate(self, agent: Noun, subject: Subject, past: bool) -> Predicate:
        """What the agent does or is."""
        if self.chance(0.14):
            return self.state(agent, subject, past)
        return self.action(self.random.choice(verbs_of(agent, subject, past)), agent, subject, past)

    def state(self, agent: Noun, subject: Subject, past: bool) -> Predicate:
        """Where or how the agent is."""
        negation = self.negation(0.25, subject, never=False)
        if self.chance(0.3):
            kinds = frozenset(("in", "near", "behind", "front"))
            return Predicate(None, past, negation, place=self.place(kinds, agent))
        if self.chance(0.3):
            return self.mood(subject, past, described(subject))
        said = {ADJECTIVE[adjective].rank for adjective in described(subject)}
        fitting = [a for a in ADJECTIVES if a.tags & agent.tags and a.rank not in said]
        fitting = [a for a in fitting if a.english not in (*MOODS, *ATTRIBUTIVE)]
        if not fitting:
            return self.mood(subject, past, described(subject))
        adjective = self.random.choice(fitting)
        return Predicate(None, past, negation, quality=self.quality(adjective, "", "very", "too"))

    def mood(self, subject: Subject, past: bool, said: frozenset[str]) -> Predicate:
        """Hunger and thirst are nouns in French, with avoir. `said` is what was said before."""
        cheerful = {"happy", "sad"}
        taken = said | cheerful if said & cheerful else said
        mood = self.random.choice([mood for mood in MOODS if mood not in taken])
        quality = Quality(
            mood if mood == "hungry" else ADJECTIVE.get(mood, mood),
            self.random.choice(("", "", "very", "too")),
        )
        return Predicate(None, past, self.negation(0.15, subject, never=False), quality=quality)

    def quality(self, adjective: Adjective, *degrees: str) -> Quality:
        """An adjective, with a degree where it can have one."""
        absolute = adjective.rank == COLOR or adjective.english in ABSOLUTE
        return Quality(adjective, "" if absolute else self.random.choice(degrees))

    def action(self, verb: Verb, agent: Noun, subject: Subject, past: bool) -> Predicate:
        """A verb with adverbs, helpers, objects and places that go with it."""
        negation = self.negation(0.2, subject)
        frequency = helper = manner = ""
        if negation != "never" and not verb.stative:
            if self.chance(0.05 if past else 0.15):
                frequency = self.random.choice(("often", "always"))
            elif verb.english not in PURPOSELESS and self.chance(0.13):
                helpers = ("want", "can", "try") if past else ("want", "can", "try", "must")
                helper = self.random.choice(helpers)
        obj = None
        if self.takes_object(verb, agent):
            obj = self.object(verb, subject, past, bool(negation))
        if obj is not None and verb.english in RECIPIENT:
            obj = replace(obj, relative=None)
        if negation and obj is not None and obj.determiner in ("a", "any"):
            frequency = ""
        plain = obj is None or (obj.relative is None and obj.whole is None)
        recipient = place = None
        if verb.english in RECIPIENT and plain and self.chance(0.85):
            recipient = self.definite(self.random.choice(BY_TAG["person"]))
        fitting = [m for m, verbs in MANNERS.items() if verb.english in verbs and plain]
        if fitting and self.chance(0.2):
            manner = self.random.choice(fitting)
        if manner == "well" and (helper or frequency or obj is not None):
            manner = ""
        placed = self.extra(0.6 if obj is None else 0.3) and plain and recipient is None
        if verb.places and (verb.english in ALWAYS_PLACED or placed):
            place = self.place(verb.places, agent)
        return Predicate(
            verb, past, negation, helper, frequency, obj, recipient, place=place, manner=manner
        )

    def lasting(self, agent: Noun, subject: Subject, past: bool) -> Predicate:
        """What goes on while something else happens."""
        verbs = [v for v in VERBS.values() if v.lasting and agent.tags & v.subjects]
        predicate = self.action(self.random.choice(verbs), agent, subject, past)
        if predicate.negation or predicate.helper or predicate.frequency:
            return self.lasting(agent, subject, past)
        return replace(predicate, lasting=True)

    def bare(self, verbs: list[Verb], agent: Noun, subject: Subject, past: bool) -> Predicate:
        """A short predicate for a relative clause or a reason: no adverb, no relative inside."""
        verb = self.random.choice([verb for verb in verbs if verb.english not in ("give", "show")])
        richness, self.richness = self.richness, self.richness / 2
        negation = self.negation(0.15, subject)
        obj = place = None
        if self.takes_object(verb, agent):
            obj = replace(self.object(verb, subject, past, bool(negation)), relative=None)
        elif verb.places and (verb.english in ALWAYS_PLACED or self.chance(0.4)):
            place = self.place(verb.places, agent)
        self.richness = richness
        return Predicate(verb, past, negation, object=obj, place=place)

    def takes_object(self, verb: Verb, agent: Noun) -> bool:
        """Birds sing, but no songs; people may read without our knowing what."""
        if not verb.objects or ("bird" in agent.tags and verb.english == "sing"):
            return False
        return verb.english not in OPTIONAL_OBJECT or self.chance(0.75)

    def object(self, verb: Verb, subject: Subject, past: bool, negated: bool) -> NounPhrase:
        """Something that the verb can be done to."""
        nouns = [noun for noun in NOUNS if noun.tags & verb.objects]
        if isinstance(subject, NounPhrase) and "animal" in subject.noun.tags:
            nouns = [noun for noun in nouns if not noun.tags & {"text", "told", "sung"}]
        noun = self.random.choice(nouns)
        phrase = self.thing(noun, "a", *possessive_of(subject))
        if negated and phrase.determiner in ("a", "some"):
            return replace(phrase, determiner="any" if phrase.determiner == "some" else "a")
        if phrase.owner is None and phrase.whole is None and self.extra(0.25):
            if noun in ANIMATE:
                verbs = [v for v in VERBS.values() if v.subjects & noun.tags and not v.objects]
                return replace(phrase, relative=Relative(self.bare(verbs, noun, phrase, past)))
            return self.with_maker(phrase, past, verb)
        return phrase

    def with_maker(self, phrase: NounPhrase, past: bool, outer: Verb | None) -> NounPhrase:
        """the letter → the letter that the girl wrote."""
        verbs = [
            verb
            for verb in VERBS.values()
            if verb.objects & phrase.noun.tags and verb.english in MADE_OR_KEPT and verb != outer
        ]
        if not verbs or phrase.plural:
            return phrase
        if phrase.determiner not in ("the", "a"):
            phrase = replace(phrase, determiner="the")
        who: NounPhrase | Pronoun = self.random.choice((Pronoun("he", "m"), Pronoun("she", "f")))
        if self.chance(0.7):
            who = self.definite(self.random.choice(BY_TAG["person"]))
        verb = self.random.choice(verbs)
        predicate = Predicate(verb, past)
        return replace(phrase, relative=Relative(predicate, who))

    def negation(self, probability: float, subject: Subject, never: bool = True) -> str:
        if not may_negate(subject) or not self.chance(probability):
            return ""
        return "never" if never and self.chance(0.3) else "not"


def verbs_of(agent: Noun, subject: Subject, past: bool) -> list[Verb]:
    """What the agent can do; what only people do comes twice, so that each verb occurs often."""
    plural_present = subject.plural and not past
    verbs = [
        verb
        for verb in VERBS.values()
        if verb.subjects & agent.tags and not (plural_present and ambiguous(verb))
    ]
    return verbs + [verb for verb in verbs if "animal" not in verb.subjects]


def ambiguous(verb: Verb) -> bool:
    """They read: present or past? Nobody can translate that, so nobody says it here."""
    lemma = verb.english.split()[0]
    return english_verb(lemma, "simple past") == english_verb(lemma, "present", True)
