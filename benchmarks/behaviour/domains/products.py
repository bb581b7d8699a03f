"""Products."""

from benchmarks.behaviour.domains.domain import Domain, Statements

PRODUCTS = Domain(
    name="products",
    things=("phone", "camera", "vacuum cleaner", "kettle"),
    aspects=("battery", "power switch", "screen", "handle", "case", "manual"),
    did=("bought it", "ordered it"),
    again="buy it again",
    rivals=("my old one", "the cheaper model", "the one from the supermarket"),
    train=Statements(
        praise=(
            "the battery lasts for days",
            "it worked right out of the box",
            "it is built like a tank",
            "it does exactly what it promises",
            "it paid for itself within a month",
            "I bought a second one for my parents",
        ),
        blame=(
            "the battery dies within an hour",
            "it fell apart after a week",
            "the screen cracked on the first day",
            "it arrived with a dent",
            "it gets far too hot to hold",
            "I sent it straight back",
        ),
        neutral=(
            "it weighs two kilos",
            "it comes in three colours",
            "the cable is a metre long",
            "it was made in Vietnam",
        ),
    ),
    test=Statements(
        praise=(
            "it still runs like new after five years",
            "it makes my mornings so much easier",
            "it is worth every penny",
            "it feels solid in the hand",
            "it cleans in half the time",
            "setting it up was a breeze",
        ),
        blame=(
            "the hinge snapped off",
            "it stopped charging after two days",
            "the buttons jam all the time",
            "it leaks all over the table",
            "it smells of burning plastic",
            "the seller refused to take it back",
        ),
        neutral=(
            "it runs on two batteries",
            "the box holds a charger and a cable",
            "it has a round switch at the back",
            "it is as tall as a bottle",
        ),
    ),
)
