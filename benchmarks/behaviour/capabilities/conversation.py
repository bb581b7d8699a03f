"""Questions, and answers that carry the verdict."""

from benchmarks.behaviour.frames import Capability, held, moves, negative, positive
from sentiment.config.classes import NEGATIVE, POSITIVE

ANSWERS = Capability(
    "questions and answers",
    "The answer to a question is the verdict, not the question.",
    train=(
        *held(
            "Was the {aspect} {other}? No, it was not.",
            "Is it {held}? Yes, it is.",
            "Do I think that the {thing} is {other}? I do not.",
            "How was the {aspect}? In one word, {held}.",
            "Are you happy with it? {held_answer}.",
            "Would you recommend the {thing}? {held_answer}.",
        ),
        *positive("Will I come back? I will.", "Any regrets? None."),
        *negative("Will I come back? I will not.", "Was it worth it? It was not."),
    ),
    test=(
        *held(
            "Did you like it? {held_answer}.",
            "Did I like the {aspect}? {held_answer}.",
            "Did I enjoy the {thing}? {held_answer}, I have to say.",
            "So, was it any good? {held_answer}.",
            "Q: Are you satisfied with the {aspect}? A: {held_answer}.",
            "Who would call this {thing} {other}? Not me.",
            "You ask whether the {aspect} was {other}. My answer is no.",
            "What did we think of the {aspect}? It was {held}.",
            "Was it as {other} as they say? Of course not.",
        ),
        *positive("Would I {again}? Any day.", "Should you give the {thing} a try? You should."),
        *negative("Would I {again}? Over my dead body.", "Should you give the {thing} a try? You should not."),
        *moves(
            NEGATIVE,
            ("Does the {aspect} do its job?", "Does the {aspect} do its job? No."),
            ("Is this {thing} worth the money?", "Is this {thing} worth the money? It is not."),
        ),
        *moves(
            POSITIVE,
            ("Does the {aspect} do its job?", "Does the {aspect} do its job? Yes."),
            ("Is this {thing} worth the money?", "Is this {thing} worth the money? It is."),
        ),
    ),
)
