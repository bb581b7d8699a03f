"""What was and is no more; what is wished for, and so is missing."""

from benchmarks.behaviour.frames import OPPOSITE, Capability, held, moves, negative, neutral, positive
from sentiment.config.classes import NEGATIVE

THEN_AND_NOW = Capability(
    "then and now",
    "How it is now counts more than how it was.",
    train=held(
        "A year ago the {aspect} was {other}; today it is {held}.",
        "It was {other} at first, but it has become {held}.",
        "In the past I {other_verb} this {thing}. These days it is {held}.",
        "Once {other}, now {held}.",
        "Formerly the {aspect} was {other}. That has changed: {held_fact}.",
        "It is {held} now, although it was {other} in the old days.",
        "Before {month}, everyone called it {other}. Since then it has been {held}.",
        "Up to last year it was {other}. Nowadays {held_fact}.",
    ),
    test=(
        *held(
            "It used to be {other}, but now it is {held}.",
            "The {thing} used to be {other}. Not any more: {held_fact}.",
            "The {aspect} is no longer as {other} as it was.",
            "They were {other} for years. Then came the new owners, and everything turned {held}.",
            "What a change! Last time it was {other}, and this time {held_fact}.",
            "When I first {did}, it was {other}. When I went back to it in {month}, it was {held}.",
            "I remember when the {aspect} was {other}. What we have today is {held}.",
            "Gone are the days when this {thing} was {other}.",
            "Ten years ago it may have been {other}. By now it is simply {held}.",
            "This has gone from {other} to {held}.",
        ),
        *moves(
            OPPOSITE,
            ("The {aspect} is {held}.", "The {aspect} used to be {held}."),
            ("The {thing} is {held} to this day.", "The {thing} was {held} until they changed everything."),
        ),
    ),
)

WISHES = Capability(
    "wish and request",
    "A wish for something good says that it is missing; a request may say what is wrong.",
    train=(
        *negative(
            "I wish the {aspect} were better.",
            "If only the {aspect} had been any good.",
            "I had hoped for a {thing} that works.",
            "Please give us back the old {aspect}.",
            "They really need to do something about the {aspect}.",
        ),
        *positive(
            "Please never change the {aspect}.",
            "I wish I had tried it sooner.",
            "I hope that they keep the {aspect} just as it is.",
        ),
        *neutral("Can somebody tell me when the {thing} is available?", "Please send me the link to the {thing}."),
    ),
    test=(
        *negative(
            "I wish I could say that the {aspect} was good.",
            "I would have loved to love this {thing}.",
            "A better {aspect} would have been nice.",
            "Had the {aspect} been half as good as the advert, I would be happy.",
            "Would it be too much to ask for a decent {aspect}?",
            "Please, somebody fix the {aspect}.",
            "Could you make the {aspect} a little less annoying?",
            "I would give anything to have my money back.",
            "The {aspect} ought to be so much better than this.",
        ),
        *positive(
            "I wish every {thing} were like this.",
            "Please keep doing what you are doing with the {aspect}.",
            "If only I had known about this {thing} years ago!",
            "May the {aspect} stay the way it is for ever.",
        ),
        *neutral(
            "Could you tell me whether the {aspect} is included?",
            "I would like to know more about the {aspect} before {day}.",
            "Please write to me if there is news about the {thing}.",
        ),
        *moves(
            NEGATIVE,
            ("The {aspect} is great.", "The {aspect} would be great if it worked."),
            ("I am glad that the {aspect} is reliable.", "I would be glad if the {aspect} were reliable."),
        ),
    ),
)
