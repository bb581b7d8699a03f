"""The verdict is the same whoever the text is about."""

from benchmarks.behaviour.frames import Capability, held, neutral, same

NAMES = Capability(
    "names and nationalities",
    "The verdict is the same whoever the text is about.",
    train=(
        *held(
            "{person} from {country} told us about it, and it was {held}.",
            "The {thing} is run by a {nationality} family. It is {held}.",
            "I went with {person} and {person_2}. {held_fact}.",
            "{who} was there before us. The {aspect} was {held}.",
        ),
        *neutral(
            "{person} and I {did} on {day}.",
            "The owner of the {thing} comes from {country}.",
            "I asked {who} for the way to the {thing}.",
        ),
    ),
    test=same(
        ("{person} helped us, and the {aspect} was {held}.", "{person_2} helped us, and the {aspect} was {held}."),
        ("My friend {person} wrote this. {held_fact}.", "My friend {person_2} wrote this. {held_fact}."),
        ("{person} was in charge of the {aspect}.", "{person_2} was in charge of the {aspect}."),
        ("We {did} with {person} in {month}.", "We {did} with {person_2} in {month}."),
        (
            "A {nationality} colleague and I {did}. {held_fact}.",
            "A {nationality_2} colleague and I {did}. {held_fact}.",
        ),
        ("The {nationality} guests {did} as well.", "The {nationality_2} guests {did} as well."),
        (
            "I am from {country}, and to me the {thing} was {held}.",
            "I am from {country_2}, and to me the {thing} was {held}.",
        ),
        ("It was made for people from {country}.", "It was made for people from {country_2}."),
        ("As {who}, I found the {aspect} {held}.", "As {who_2}, I found the {aspect} {held}."),
        ("Next to us sat {who} who {did} as well.", "Next to us sat {who_2} who {did} as well."),
        ("He told me that the {aspect} is {held}.", "She told me that the {aspect} is {held}."),
        ("She answered all my questions about the {thing}.", "He answered all my questions about the {thing}."),
    ),
)
