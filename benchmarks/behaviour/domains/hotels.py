"""Hotels."""

from benchmarks.behaviour.domains.domain import Domain, Statements

HOTELS = Domain(
    name="hotels",
    things=("hotel", "hostel", "guest house", "resort"),
    aspects=("room", "breakfast", "location", "bathroom", "reception", "pool"),
    did=("stayed there", "spent a night there"),
    again="stay there again",
    rivals=("the hotel by the airport", "the one we had last year", "the hostel around the corner"),
    train=Statements(
        praise=(
            "the beds were soft as clouds",
            "we woke up to a view of the sea",
            "they gave us a free upgrade",
            "the room was spotless",
            "the staff could not do enough for us",
            "we slept like babies",
        ),
        blame=(
            "the room smelled of smoke",
            "there were cockroaches in the bathroom",
            "the walls were paper thin",
            "the sheets had stains on them",
            "the air conditioning roared all night",
            "nobody at the desk could be bothered",
        ),
        neutral=(
            "check-in starts at three",
            "it has five floors",
            "the lift is on the left",
            "breakfast is served from seven",
        ),
    ),
    test=Statements(
        praise=(
            "the pillows were heavenly",
            "a bottle of wine was waiting for us",
            "it felt like home from the first minute",
            "the shower was hot and strong",
            "the porter went out of his way to help",
            "it was quiet enough to hear the birds",
        ),
        blame=(
            "there was mould on the ceiling",
            "I was bitten by bed bugs",
            "the toilet was blocked for two days",
            "the mattress sagged in the middle",
            "they charged us twice and refused to pay it back",
            "the carpet was filthy",
        ),
        neutral=(
            "there is a car park behind it",
            "our room was on the second floor",
            "the pool opens in May",
            "it was built in 1974",
        ),
    ),
)
