"""Negation right beside the opinion, far from it, and with the opinion left out."""

from benchmarks.behaviour.frames import OPPOSITE, Capability, held, moves

NEAR = Capability(
    "negation, near",
    "A negation right beside the word of opinion turns it.",
    train=held(
        "The {aspect} was not {other} at all.",
        "The {aspect} wasn't {other}, not one bit.",
        "This {thing} is anything but {other}.",
        "It is far from {other}.",
        "There was nothing {other} about the {aspect}.",
        "I never found the {aspect} {other}.",
        "It was by no means {other}.",
        "Not {other}, this {thing}, not {other} at all.",
        "I would not call it {other}; far from it.",
        "You cannot call this {thing} {other}.",
    ),
    test=(
        *held(
            "In no way was the {aspect} {other}.",
            "The {aspect} isn't in the least {other}.",
            "{other}? Hardly. Not this {thing}.",
            "The {aspect} was the opposite of {other}.",
            "It could hardly have been less {other}.",
            "We did not think the {thing} {other} for one second.",
            "No {other} {aspect} here.",
            "This was no {other} {thing}.",
            "Neither the {aspect} nor the {aspect_2} was {other}.",
            "The {aspect} was never, ever {other}.",
        ),
        *moves(
            OPPOSITE,
            ("Overall, the {aspect} was {held}.", "Overall, the {aspect} was not {held}."),
            ("We {did}, and it was {held}.", "We {did}, and it wasn't {held}."),
            ("They have a {held} {thing}.", "They do not have a {held} {thing}."),
        ),
    ),
)

FAR = Capability(
    "negation, far",
    "A negation with many words between it and the opinion turns it as well.",
    train=held(
        "I don't think, after all that I had read about it before, that the {aspect} was {other}.",
        "Nobody who has been there more than once would say that the {thing} is {other}.",
        "I can't say that I found the {aspect}, of which so much is made, {other}.",
        "It is not true that this {thing}, as some people write, is {other}.",
        "Never in all the years that I have known it has the {aspect} been {other}.",
        "Not one of the five people who came along called the {thing} {other}.",
        "I do not agree at all that the {aspect} of this {thing} is {other}.",
        "Don't let anybody tell you that the {aspect} or the {aspect_2} is {other}.",
    ),
    test=(
        *held(
            "At no point between the first minute and the last did I have the feeling that the {aspect} was {other}.",
            "I wouldn't, if you asked me today or in ten years, describe this {thing} as {other}.",
            "There isn't a single person in my family who, after {day}, thinks that it is {other}.",
            "I have yet to meet somebody who, having tried it, considers the {aspect} {other}.",
            "No one in our group of eight, however hard to please, came to the conclusion that it was {other}.",
            "We had no reason, on {day} or on any other day, to complain or to rejoice that the {aspect} was {other}; "
            "it was the opposite.",
            "Not even {relative}, who has an opinion on everything, could claim that the {thing} was {other}.",
            "It would be wrong to say of the {aspect}, or of the {aspect_2} for that matter, that it was {other}.",
            "I refuse to believe that anyone who {did} in {month} came home and called it {other}.",
            "Nothing that happened from the moment we came to the moment we left could be called {other}.",
        ),
        *moves(
            OPPOSITE,
            (
                "I do think, now that some weeks have gone by, that the {aspect} was {held}.",
                "I do not think, now that some weeks have gone by, that the {aspect} was {held}.",
            ),
            (
                "Everybody I have talked to since {day} says that the {thing} was {held}.",
                "Nobody I have talked to since {day} says that the {thing} was {held}.",
            ),
        ),
    ),
)

ELLIPSIS = Capability(
    "ellipsis",
    "An opinion that is expected and then denied counts as denied, even if the word is not repeated.",
    train=held(
        "I expected it to be {other}, but it wasn't.",
        "I was told that the {aspect} would be {other}. It was not.",
        "I was sure that it would be {other}. Far from it.",
        "They say that the {thing} is {other}. It isn't.",
        "Is the {aspect} {other}, as one hears? It is not.",
        "I had imagined it to be {held}, and it was.",
        "People say that this {thing} is {held}, and they are right: it is.",
        "{other}? No, it was not.",
    ),
    test=held(
        "I thought it would be {other}, but it was not.",
        "We all thought that the {aspect} would be {other}, but no.",
        "Everyone had told us that it is {other}. Well, it didn't turn out that way.",
        "I had been getting ready for a {other} {thing}. It turned out to be nothing of the kind.",
        "The {thing} could easily have been {other}; it never was.",
        "From the pictures I would have guessed that the {aspect} was {other}. I would have guessed wrong.",
        "If you think that the {thing} must be {other}, think again.",
        "You might believe that it is {other}. You would be mistaken.",
        "I thought it would be {held}, and so it was.",
        "It was supposed to be {other}, which it wasn't.",
        "Some call the {aspect} {other}. I don't.",
        "We {did} sure that it would be {other}. Not so.",
    ),
)
