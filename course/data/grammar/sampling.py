"""Sentences at random that make sense: who does what, when, and because of what."""

from dataclasses import dataclass, replace

from course.data.grammar.acting import ATTRIBUTIVE, Actor, verbs_of
from course.data.grammar.adjectives import ADJECTIVES
from course.data.grammar.choosing import (
    ADJECTIVE,
    ANIMATE,
    BY_TAG,
    NOUN,
    described,
    pronoun_for,
)
from course.data.grammar.nouns import Noun
from course.data.grammar.plans import (
    Clause,
    Existence,
    NounPhrase,
    Pair,
    Predicate,
    Pronoun,
    Quality,
    Relative,
    Sentence,
    Subject,
)
from course.data.grammar.verbs import VERBS

PAST_TIMES = ("yesterday", "this morning", "today")
PRESENT_TIMES = ("every day", "at night", "in the evening", "today")
EVENTS = ("arrive", "leave", "bark", "cry", "laugh", "wake up", "fall", "sing", "come")
CONJUNCTIONS = ("and", "but", "because", "because", "when", "while")
# What may keep an animal from crossing: “it” is then the street, and feminine in French.
OBSTACLES = {
    "street": ("wide", "wide", "dangerous"),
    "river": ("wide", "wide", "cold"),
    "bridge": ("long", "long", "dangerous"),
    "park": ("big",),
    "forest": ("big", "dangerous"),
    "city": ("big",),
}


@dataclass(frozen=True)
class Said:
    """A clause, and the noun that decides what its subject can do next."""

    clause: Clause | Existence
    agent: Noun


class Sampler(Actor):
    """Draws whole sentences."""

    def sentence(self, richness: float) -> Sentence:
        """A plan; the richer, the longer. About 3 words at 0, about 25 at 1."""
        self.richness = richness
        past = self.chance(0.6)
        if 0.2 < richness < 0.8 and self.chance(0.04):
            return self.crossing(past)
        exists = self.chance(0.07)
        previous = self.existence(past) if exists else self.clause(past)
        clauses, conjunctions = [previous.clause], []
        while len(clauses) < 3 and self.chance(1.6 * richness - 0.25 * len(clauses) ** 2):
            conjunction, following = self.following(previous, past)
            if conjunction in conjunctions:
                continue
            previous = following
            clauses.append(following.clause)
            conjunctions.append(conjunction)
            if conjunction in ("because", "when", "while"):
                break
        return self.timed(Sentence(tuple(clauses), tuple(conjunctions)), past)

    def timed(self, sentence: Sentence, past: bool) -> Sentence:
        """Perhaps say when, before the first clause or after it."""
        opening = sentence.clauses[0]
        if not isinstance(opening, Clause) or not self.chance(0.18):
            return sentence
        if not all(map(happens, opening.predicates)):
            return sentence
        time = self.random.choice(PAST_TIMES if past else PRESENT_TIMES)
        return replace(sentence, time=time, time_first=not ends(opening) or self.chance(0.4))

    def existence(self, past: bool) -> Said:
        """There is a cat in the garden."""
        noun = self.random.choice(BY_TAG["animal"] + BY_TAG["carried"] + BY_TAG["young"])
        plural = "many" in noun.tags and self.chance(0.35)
        determiners = ("some", "two", "three", "many") if plural else ("a", "a", "a", "no")
        phrase = NounPhrase(noun, self.random.choice(determiners), plural, self.adjectives(noun))
        kinds = ["in", "behind", "front", "near"] if noun in ANIMATE else ["on", "under", "behind"]
        if noun.tags & {"pet", "bird"}:
            kinds += ["on", "under"]
        return Said(Existence(phrase, self.place(frozenset(kinds), noun), past), noun)

    def following(self, previous: Said, past: bool) -> tuple[str, Said]:
        """A conjunction and a clause that goes on from the one before."""
        conjunction = self.random.choice(CONJUNCTIONS)
        pronoun = None
        if not acts(previous.clause):
            conjunction = self.random.choice(("and", "but"))
        if isinstance(previous.clause, Clause):
            pronoun = pronoun_for(previous.clause.subject)
            if conjunction == "because" and pronoun is None:
                conjunction = "when"
        if conjunction in ("because", "when"):
            return conjunction, self.reason(conjunction, previous, pronoun, past)
        if conjunction == "while":
            subject, agent = self.subject(pronouns=False)
            return conjunction, Said(Clause(subject, (self.lasting(agent, subject, past),)), agent)
        if pronoun is not None and self.chance(0.4):
            predicate = self.predicate(previous.agent, pronoun, past)
            return conjunction, Said(Clause(pronoun, (predicate,)), previous.agent)
        subject, agent = self.subject(pronouns=False)
        predicate = self.predicate(agent, subject, past)
        return conjunction, Said(Clause(subject, (predicate,)), agent)

    def reason(self, conjunction: str, previous: Said, pronoun: Pronoun | None, past: bool) -> Said:
        """A mood of the subject, or something that happened."""
        if conjunction == "because" and pronoun is not None:
            assert isinstance(previous.clause, Clause)
            if self.chance(0.75):
                mood = self.mood(pronoun, past, described(previous.clause.subject))
                return Said(Clause(pronoun, (mood,)), previous.agent)
        subject, agent = self.subject(pronouns=False)
        verbs = [VERBS[verb] for verb in EVENTS if VERBS[verb].subjects & agent.tags]
        if self.chance(0.15):
            subject, agent, verbs = self.agent(NOUN["dog"]), NOUN["dog"], [VERBS["bark"]]
        predicate = replace(self.bare(verbs, agent, subject, past), negation="", object=None)
        return Said(Clause(subject, (predicate,)), agent)

    def crossing(self, past: bool) -> Sentence:
        """It did not cross the street because it was too tired, or too wide: who is *it*?"""
        agent = self.random.choice([noun for noun in BY_TAG["animal"] if noun is not NOUN["bear"]])
        subject = self.noun_phrase(agent, ("the", "the", "this", "my", "our"), plural=False)
        crossed = NOUN[self.random.choice(sorted(OBSTACLES))]
        way = self.noun_phrase(crossed, ("the", "the", "this"), plural=False)
        way = replace(way, adjectives=way.adjectives if self.chance(0.3) else ())
        helper = self.random.choice(("", "", "can"))
        predicate = Predicate(VERBS["cross"], past, "not", helper, object=way)
        it = Pronoun("it", agent.gender)
        reason = replace(self.mood(it, past, described(subject)), negation="")
        if self.chance(0.5):
            it = Pronoun("it", crossed.gender)
            obstacle = ADJECTIVE[self.random.choice(OBSTACLES[crossed.english])]
            reason = Predicate(None, past, quality=Quality(obstacle, "too"))
        sentence = Sentence((Clause(subject, (predicate,)), Clause(it, (reason,))), ("because",))
        return sentence if helper else self.timed(sentence, past)

    def clause(self, past: bool) -> Said:
        """Somebody does one or two things, or a thing is somewhere or somehow."""
        if self.chance(0.1):
            return self.thing_clause(past)
        subject, agent = self.subject(past=past)
        predicates = [self.predicate(agent, subject, past)]
        if self.extra(0.25) and acts_once(predicates[0]):
            second = self.bare(verbs_of(agent, subject, past), agent, subject, past)
            if acts_once(second) and second.verb is not predicates[0].verb:
                predicates.append(second)
        return Said(Clause(subject, tuple(predicates)), agent)

    def thing_clause(self, past: bool) -> Said:
        """A thing is somewhere or somehow; it may be one that somebody made or lost."""
        noun = self.random.choice(
            BY_TAG["carried"] + BY_TAG["food"] + BY_TAG["built"] + BY_TAG["ridden"]
        )
        phrase = self.noun_phrase(noun, ("the", "the", "this", "my", "our", "his", "her"))
        if self.extra(0.6):
            phrase = self.with_maker(phrase, past, None)
        negation = self.negation(0.2, phrase, never=False)
        if noun.tags & {"carried", "portable"} and self.chance(0.5):
            place = self.place(frozenset(("on", "under", "behind", "in")), noun)
            return Said(Clause(phrase, (Predicate(None, past, negation, place=place),)), noun)
        said = {adjective.rank for adjective in phrase.adjectives}
        fitting = [a for a in ADJECTIVES if a.tags & noun.tags and a.rank not in said]
        fitting = [a for a in fitting if a.english not in ATTRIBUTIVE]
        if not fitting:
            return self.clause(past)
        quality = self.quality(self.random.choice(fitting), "", "very", "too")
        return Said(Clause(phrase, (Predicate(None, past, negation, quality=quality),)), noun)

    def subject(self, past: bool | None = None, pronouns: bool = True) -> tuple[Subject, Noun]:
        """Who does it, and the noun that decides what they can do."""
        if pronouns and self.chance(0.1):
            if self.chance(0.5):
                return Pronoun("he", "m"), NOUN["boy"]
            return Pronoun("she", "f"), NOUN["girl"]
        noun = self.random.choice(ANIMATE + BY_TAG["person"])
        phrase = self.agent(noun)
        if self.extra(0.12) and phrase.determiner not in ("every", "many"):
            other = self.random.choice(BY_TAG["animal" if "animal" in noun.tags else "person"])
            if other is not noun and "young" not in noun.tags:
                return Pair(phrase, self.definite(other)), noun
        if past is not None and self.extra(0.25):
            relative = Relative(self.bare(verbs_of(noun, phrase, past), noun, phrase, past))
            phrase = replace(phrase, relative=relative)
        return phrase, noun


def happens(predicate: Predicate) -> bool:
    """Whether it happens at a time: not a state, not never, not often."""
    verb = predicate.verb
    fixed = predicate.negation == "never" or predicate.frequency or predicate.helper
    return verb is not None and not verb.stative and not fixed


def ends(clause: Clause) -> bool:
    """Whether a time after the clause would belong to it, and not to a relative inside."""
    last = clause.predicates[-1]
    return len(clause.predicates) == 1 and (last.object is None or last.object.relative is None)


def acts(clause: Clause | Existence) -> bool:
    """Whether something is done, for a reason or at a moment."""
    return isinstance(clause, Clause) and clause.predicates[-1].verb is not None


def acts_once(predicate: Predicate) -> bool:
    """Whether another deed may follow with *and*, as in “sat on the mat and slept”."""
    verb = predicate.verb
    return verb is not None and not (verb.stative or predicate.negation or predicate.helper)
