"""Airlines."""

from benchmarks.behaviour.domains.domain import Domain, Statements

AIRLINES = Domain(
    name="airlines",
    things=("airline", "flight", "connection", "carrier"),
    aspects=("seat", "lounge", "cabin crew", "meal on board", "film programme", "check-in"),
    did=("flew with them", "took the evening flight"),
    again="fly with them again",
    rivals=("the other airline on this route", "the carrier from before", "the train"),
    train=Statements(
        praise=(
            "we landed twenty minutes early",
            "the crew greeted us with a smile",
            "there was plenty of room for my legs",
            "boarding went like clockwork",
            "my bag was the first on the belt",
            "they moved us to business class for free",
        ),
        blame=(
            "the flight was delayed by five hours",
            "they lost my suitcase",
            "my knees were jammed against the seat in front",
            "they cancelled the flight by text message",
            "the hotline kept us waiting for two hours",
            "they charged extra for water",
        ),
        neutral=(
            "the flight takes two hours",
            "we left from gate nine",
            "the plane has thirty rows",
            "they fly to Lisbon twice a week",
        ),
    ),
    test=Statements(
        praise=(
            "we took off on the dot",
            "the steward calmed my daughter's fear of flying",
            "they rebooked us within minutes",
            "the seats were wide and soft",
            "they held the plane for our late connection",
            "the landing was as smooth as silk",
        ),
        blame=(
            "we sat on the runway for three hours",
            "they overbooked the plane and left us behind",
            "my bag turned up a week later, torn",
            "the crew snapped at everyone",
            "they still owe me my money",
            "we missed our connection because of them",
        ),
        neutral=(
            "I had a seat by the aisle",
            "there was a stop in Vienna",
            "hand luggage may weigh eight kilos",
            "the bus to the terminal leaves every ten minutes",
        ),
    ),
)
