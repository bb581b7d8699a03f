"""Ratings and emoji in the text."""

from benchmarks.behaviour.frames import Capability, held, moves, neutral, same
from sentiment.config.classes import NEGATIVE, POSITIVE

RATINGS = Capability(
    "ratings in the text",
    "A rating in the text is its verdict.",
    train=(
        *held(
            "I give the {thing} {held_score}.",
            "{held_score} from me.",
            "We {did} on {day}. {held_score}.",
            "My rating for the {aspect}: {held_score}.",
            "{relative} gives it {other_score}, I give it {held_score}.",
            "{held_score}, without a doubt.",
        ),
        *neutral("{middle} from me.", "I give the {thing} {middle}."),
    ),
    test=(
        *held(
            "That makes {held_score}.",
            "If I could rate this {thing}, it would get {held_score}.",
            "{neutral_fact}. Rating: {held_score}.",
            "Final score of this {thing}: {held_score}",
            "It gets {held_score} today. {neutral_fact}.",
            "It has {other_score} on the web, which I cannot understand. {held_score}!",
            "The {aspect} deserves {held_score} and nothing else.",
        ),
        *neutral("If I could rate this {thing}, it would get {middle}.", "The {aspect} deserves {middle}."),
        *moves(POSITIVE, ("I {did} in {month}.", "I {did} in {month}. 5/5"), ("The {thing}.", "The {thing}. 10/10")),
        *moves(NEGATIVE, ("I {did} in {month}.", "I {did} in {month}. 1/5"), ("The {thing}.", "The {thing}. 1/10")),
        *same(
            ("{day}: my score for the {aspect} is 9/10.", "{day}: my score for the {aspect} is 9 out of 10."),
            ("{day}: my score for the {aspect} is 1/5.", "{day}: my score for the {aspect} is one out of five."),
        ),
    ),
)

EMOJI = Capability(
    "emoji",
    "Emoji are words of praise and blame.",
    train=(
        *held(
            "We {did} on {day} {held_face}",
            "This {thing} {held_face}{held_face}",
            "{held_face} {neutral_fact}",
            "The {aspect} was {held} {held_face}",
            "{held_face} is all I have to say about the {thing}.",
        ),
        *neutral("We {did} on {day} {object}", "{neutral_fact} {object}"),
    ),
    test=(
        *held(
            "Just {did} {held_face}{held_face_2}",
            "The {aspect} {held_face_2} the {aspect_2} {held_face}",
            "My face after I {did}: {held_face}",
            "{relative}: {other_face} me: {held_face}",
            "So, the {thing} ... {held_face}",
            "What a {thing} {held_face}{held_face}{held_face}",
            "In {month} we {did}. {held_face} {neutral_fact}.",
        ),
        *neutral("{object} In {month} we {did}. {neutral_fact}.", "Note {object} {neutral_fact}"),
        *moves(POSITIVE, ("About the {aspect}: {neutral_fact}", "About the {aspect}: {neutral_fact} 😍")),
        *moves(NEGATIVE, ("About the {aspect}: {neutral_fact}", "About the {aspect}: {neutral_fact} 😡")),
        *same(
            ("As of {month}, the {aspect} is {held}.", "As of {month}, the {aspect} is {held} {held_face}"),
            ("{held_fact}, said {relative}.", "{held_fact} {held_face}, said {relative}."),
        ),
    ),
)
