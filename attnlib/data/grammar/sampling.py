"""Sentences at random that make sense: who does what, when, and because of what."""

from dataclasses import replace

from attnlib.data.grammar.acting import Actor
from attnlib.data.grammar.choosing import ADJECTIVE, ANIMATE, BY_TAG, NOUN, pronoun_for
from attnlib.data.grammar.lexicon import ADJECTIVES, VERBS, Noun
from attnlib.data.grammar.plans import (
    Clause,
    Existence,
    NounPhrase,
    Pair,
    Predicate,
    Pronoun,
    Relative,
    Sentence,
    Subject,
)

PAST_TIMES = ("yesterday", "this morning", "today")
PRESENT_TIMES = ("every day", "at night", "in the evening", "today")
EVENTS = ("arrive", "leave", "bark", "cry", "laugh", "wake up", "fall", "stop", "sing", "come")
CONJUNCTIONS = ("and", "but", "because", "because", "when", "while")
WIDE = {"street": "wide", "river": "wide", "bridge": "long"}


class Sampler(Actor):
    """Draws whole sentences."""

    def sentence(self, richness: float) -> Sentence:
        """A plan; the richer, the longer. About 3 words at 0, about 25 at 1."""
        self.richness = richness
        past = self.chance(0.65)
        opening = self.existence(past) if self.chance(0.07) else self.clause(past)
        clauses: list[Clause | Existence] = [opening]
        conjunctions: list[str] = []
        while len(clauses) < 3 and self.chance(1.6 * richness - 0.25 * len(clauses) ** 2):
            conjunction, clause = self.following(opening, past)
            if conjunction in conjunctions:
                continue
            conjunctions.append(conjunction)
            clauses.append(clause)
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

    def existence(self, past: bool) -> Existence:
        """There is a cat in the garden."""
        noun = self.random.choice(BY_TAG["animal"] + BY_TAG["carried"] + BY_TAG["young"])
        plural = "many" in noun.tags and self.chance(0.35)
        determiners = ("some", "two", "three", "many") if plural else ("a", "a", "a", "no")
        phrase = NounPhrase(noun, self.random.choice(determiners), plural, self.adjectives(noun))
        kinds = ["in", "behind", "front", "near"] if noun in ANIMATE else ["on", "under", "behind"]
        if noun.tags & {"pet", "bird"}:
            kinds += ["on", "under"]
        return Existence(phrase, self.place(frozenset(kinds), noun), past)

    def following(self, opening: Clause | Existence, past: bool) -> tuple[str, Clause]:
        """A conjunction and a clause that goes on from the opening."""
        conjunction = self.random.choice(CONJUNCTIONS)
        pronoun = None
        if isinstance(opening, Clause):
            pronoun = pronoun_for(opening.subject)
        elif conjunction not in ("and", "but"):
            conjunction = "and"
        if conjunction in ("because", "when"):
            return conjunction, self.reason(conjunction, opening, pronoun, past)
        if conjunction == "while":
            subject, agent = self.subject(pronouns=False)
            return conjunction, Clause(subject, (self.lasting(agent, subject, past),))
        if pronoun is not None and self.chance(0.4):
            agent = noun_of(opening)
            return conjunction, Clause(pronoun, (self.predicate(agent, pronoun, past),))
        subject, agent = self.subject(pronouns=False)
        return conjunction, Clause(subject, (self.predicate(agent, subject, past),))

    def reason(
        self, conjunction: str, opening: Clause | Existence, pronoun: Pronoun | None, past: bool
    ) -> Clause:
        """A mood of the subject, a street too wide, or something that happened."""
        if conjunction == "because" and isinstance(opening, Clause):
            crossed = self.too_wide(opening, past)
            if crossed is not None:
                return crossed
            if pronoun is not None and self.chance(0.75):
                return Clause(pronoun, (self.mood(pronoun, past),))
        subject, agent = self.subject(pronouns=False)
        verbs = [VERBS[verb] for verb in EVENTS if VERBS[verb].subjects & agent.tags]
        if self.chance(0.15) and "dog" not in agent.tags:
            subject, agent, verbs = self.agent(NOUN["dog"]), NOUN["dog"], [VERBS["bark"]]
        predicate = replace(self.bare(verbs, agent, subject, past), negation="", object=None)
        return Clause(subject, (predicate,))

    def too_wide(self, opening: Clause, past: bool) -> Clause | None:
        """… did not cross the street because it was too wide: *it* is the street."""
        predicate = opening.predicates[-1]
        crossed = predicate.object
        if predicate.verb is not VERBS["cross"] or crossed is None or crossed.plural:
            return None
        if crossed.noun.english not in WIDE or crossed.relative is not None or self.chance(0.4):
            return None
        quality = self.quality(ADJECTIVE[WIDE[crossed.noun.english]], "too", "very")
        return Clause(Pronoun("it", crossed.gender), (Predicate(None, past, quality=quality),))

    def clause(self, past: bool) -> Clause:
        """Somebody does one or two things, or a thing is somewhere or somehow."""
        if self.chance(0.1):
            return self.thing_clause(past)
        subject, agent = self.subject(past=past)
        predicates = [self.predicate(agent, subject, past)]
        if self.extra(0.2) and predicates[0].negation == "":
            verbs = [v for v in VERBS.values() if v.subjects & agent.tags]
            second = self.bare(verbs, agent, subject, past)
            if second.verb is not predicates[0].verb:
                predicates.append(second)
        return Clause(subject, tuple(predicates))

    def thing_clause(self, past: bool) -> Clause:
        """A thing is somewhere or somehow; it may be one that somebody made or lost."""
        noun = self.random.choice(BY_TAG["portable"] + BY_TAG["built"] + BY_TAG["text"])
        phrase = self.noun_phrase(noun, ("the", "the", "this", "my", "our", "his", "her"))
        if self.extra(0.6):
            phrase = self.with_maker(phrase, past, None)
        negation = self.negation(0.2, phrase, never=False)
        if "portable" in noun.tags and self.chance(0.5):
            place = self.place(frozenset(("on", "under", "behind", "in")), noun)
            return Clause(phrase, (Predicate(None, past, negation, place=place),))
        said = {adjective.rank for adjective in phrase.adjectives}
        fitting = [a for a in ADJECTIVES if a.tags & noun.tags and a.rank not in said]
        fitting = [a for a in fitting if a.english not in ("little", "good", "pretty")]
        if not fitting:
            return self.clause(past)
        quality = self.quality(self.random.choice(fitting), "", "very", "too")
        return Clause(phrase, (Predicate(None, past, negation, quality=quality),))

    def subject(self, past: bool | None = None, pronouns: bool = True) -> tuple[Subject, Noun]:
        """Who does it, and the noun that decides what they can do."""
        if pronouns and self.chance(0.1):
            english, gender, noun = self.random.choice((("he", "m", "boy"), ("she", "f", "girl")))
            return Pronoun(english, gender), NOUN[noun]
        noun = self.random.choice(ANIMATE)
        phrase = self.agent(noun)
        if self.extra(0.12):
            other = self.random.choice(BY_TAG["animal" if "animal" in noun.tags else "person"])
            if other is not noun and "young" not in noun.tags:
                return Pair(phrase, self.agent(other)), noun
        if past is not None and self.extra(0.25):
            verbs = [v for v in VERBS.values() if v.subjects & noun.tags]
            phrase = replace(phrase, relative=Relative(self.bare(verbs, noun, phrase, past)))
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


def noun_of(opening: Clause | Existence) -> Noun:
    """The noun that decides what a pronoun for the subject can do."""
    assert isinstance(opening, Clause)
    if isinstance(opening.subject, Pair):
        return opening.subject.first.noun
    if isinstance(opening.subject, Pronoun):
        return NOUN["boy" if opening.subject.gender == "m" else "girl"]
    return opening.subject.noun
