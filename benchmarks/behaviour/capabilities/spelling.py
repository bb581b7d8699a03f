"""Texts as people type them: capitals, typos, lost apostrophes."""

from benchmarks.behaviour.frames import Capability, changed, held
from benchmarks.behaviour.misspelling import (
    doubled,
    dropped,
    exchanged,
    in_capitals,
    lower_case,
    neighbouring_key,
    stressed,
    with_other_apostrophes,
    without_apostrophes,
)

CAPITALS = Capability(
    "capitals",
    "Capitals stress; they do not turn a verdict.",
    train=(
        *held("The {aspect} was really {held}!", "I {held_verb} this {thing}!", change=in_capitals),
        *held("It was {held}, and {held_fact}.", "The {thing} is {held}. I {held_verb} it.", change=lower_case),
    ),
    test=(
        *changed(
            in_capitals,
            "So {held}! I can still not believe that {held_fact}.",
            "To sum it up, this {thing} is {held}.",
            "It was not {other}, as I had thought it would be.",
            "The {aspect} of the {thing} has been {held} since {month}.",
        ),
        *changed(
            stressed,
            "To be honest, the {aspect} was just {held}.",
            "Such {held} people behind this {thing}. {held_fact}.",
            "Everyone I know {held_verb} the {aspect}.",
        ),
        *changed(
            lower_case,
            "As I said on {day}, {held_fact}. I {held_verb} it.",
            "{held}. That is the {thing} in one word. {held_fact}.",
        ),
    ),
)

TYPOS = Capability(
    "typos",
    "A mistyped word does not turn a verdict.",
    train=(
        *held(
            "Honestly, the {aspect} was {held}, and {held_fact}.",
            "A {held} {thing} that I {held_verb}.",
            change=doubled,
        ),
        *held("We think that the {aspect} is {held}.", "{held_fact}, and so I {held_verb} it.", change=dropped),
    ),
    test=(
        *changed(
            exchanged,
            "My impression of the {aspect}: {held} from beginning to end.",
            "After we {did}, all of us were saying how {held} it was.",
            "Somehow {held_fact}, which made it a {held} {thing}.",
            "What a {held} {thing} this has turned out to be!",
        ),
        *changed(
            neighbouring_key,
            "Nothing about the {aspect} was {other}, quite the contrary.",
            "It is {held_joy} how {held} the {aspect} is.",
            "Last {day} was {held}, because {held_fact}.",
            "Everybody in the group {held_verb} the {aspect} and the {aspect_2}.",
        ),
    ),
)

APOSTROPHES = Capability(
    "apostrophes",
    'A lost apostrophe changes nothing: "wasnt" is "wasn\'t".',
    train=(
        *held(
            "The {aspect} isn't {other} at all.", "I don't find it {other}; it's {held}.", change=without_apostrophes
        ),
        *held("It's {held}, and that's why I {held_verb} it.", change=with_other_apostrophes),
    ),
    test=(
        *changed(
            without_apostrophes,
            "I can't say it's {other}, because it isn't.",
            "The {aspect} wasn't {other}, and the {aspect_2} wasn't either.",
            "You don't have to look for a {held_better} {thing}: there isn't any.",
            "They've made a {held} {thing}, and I didn't expect that.",
            "That's what I'd call a {held} {aspect}.",
        ),
        *changed(
            with_other_apostrophes,
            "We couldn't find anything {other} in the {thing}.",
            "Don't tell me that it's {other}, I've seen that it isn't.",
            "The {aspect}'s so {held} that we didn't want to stop talking about it.",
        ),
    ),
)
