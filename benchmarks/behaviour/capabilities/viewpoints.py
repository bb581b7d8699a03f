"""Whose opinion a sentence states, and what the writer makes of it."""

from benchmarks.behaviour.frames import OPPOSITE, Capability, held, moves

WHOSE = Capability(
    "whose opinion counts",
    "The writer's opinion is the verdict, whatever others think.",
    train=held(
        "{relative} {other_verb} it. I {held_verb} it.",
        "I {held_verb} the {thing}, although {relative} {other_verb} it.",
        "{crowd} find it {other}; to me it is {held}.",
        "While {relative} found the {aspect} {other}, I found it {held}.",
        "It may be {other} to {crowd}, but I {held_verb} every minute.",
        "My own view is that it is {held}. {relative} thinks that it is {other}.",
        "For {relative} it was {other_joy}. For me it was {held_joy}.",
        "I can see why {crowd} {other_verb} it, but I {held_verb} it.",
    ),
    test=held(
        "{relative} thought it {other}; I, on the other hand, {held_verb} it.",
        "Unlike {crowd}, I {held_verb} this {thing}.",
        "I am the only one in the family who {held_verb} it.",
        "Everyone else {other_verb} the {aspect}, so I must be the odd one out: I {held_verb} it.",
        "Let {crowd} say that it is {other}. My verdict is {held}.",
        "Call me strange, but what {crowd} called {other} was {held_joy} to me.",
        "This is my review and not that of {relative}, who {other_verb} it: I {held_verb} it.",
        "I {held_verb} it so much that {relative}, who {other_verb} it, stopped arguing with me.",
        "{crowd} may have {other_verb} it. Not me: {held_fact}.",
        "Opinions differ: {other}, according to {relative}; {held}, according to me.",
    ),
)

REPORTED = Capability(
    "reported and rejected opinions",
    "An opinion that is reported and called wrong counts as the opposite.",
    train=held(
        "{relative} said it was {other}, and that is wrong: it is {held}.",
        "{crowd} called the {aspect} {other}. They were wrong.",
        "I had read that the {thing} is {other}. That is simply not true.",
        "Whoever says that it is {other} has not tried it.",
        "I do not understand why {crowd} call this {thing} {other}.",
        "{crowd} say that it is {held}, and I agree.",
        "Ignore the reviews that call it {other}.",
        "{relative} had told me that it was {held}, and was right.",
    ),
    test=(
        *held(
            "The idea that the {aspect} is {other} is nonsense.",
            "{crowd} could not be more wrong when they call it {other}.",
            "To call this {thing} {other} is to talk about another one.",
            "I beg to differ with {crowd}, who found the {aspect} {other}.",
            'The claim "{other} {aspect}" on the web is a lie.',
            "Don't believe {crowd}: they say {other}, and {held_fact}.",
            "{relative} kept telling me how {other} it was. How mistaken one can be!",
            "The talk about a {other} {aspect}? I saw no sign of that.",
            "{crowd} called it {held}, and for once they had a point.",
            "As {relative} put it, the {thing} is {held}. I second that.",
        ),
        *moves(
            OPPOSITE,
            ("They say that the {aspect} is {held}.", "They say that the {aspect} is {held}. Don't believe them."),
            (
                "{relative} wrote that it was {held}.",
                "{relative} wrote that it was {held}, which is the opposite of the truth.",
            ),
        ),
    ),
)
