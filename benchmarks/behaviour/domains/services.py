"""Services."""

from benchmarks.behaviour.domains.domain import Domain, Statements

SERVICES = Domain(
    name="services",
    things=("repair shop", "cleaning service", "moving company", "dental practice"),
    aspects=("repair", "explanation", "waiting room", "price", "hotline", "appointment"),
    did=("went there", "booked an appointment"),
    again="book them again",
    rivals=("the company from before", "the shop in the next town", "the last one we tried"),
    train=Statements(
        praise=(
            "they came within the hour",
            "they left the place cleaner than before",
            "they charged less than they had said",
            "they explained every step with patience",
            "it has worked like a charm since then",
            "they took all my worries away",
        ),
        blame=(
            "nobody showed up",
            "they scratched my new floor",
            "they hung up on me",
            "the bill was three times the estimate",
            "it broke again on the way home",
            "they blamed me for their mistake",
        ),
        neutral=(
            "they are open on Saturdays",
            "the office is on the first floor",
            "two people came with a van",
            "you pay at the counter",
        ),
    ),
    test=Statements(
        praise=(
            "they fixed it while I waited and took no money",
            "not a single glass was chipped",
            "I did not feel a thing",
            "they called the next day to ask if all was well",
            "they treated us like family",
            "they finished a day ahead of time",
        ),
        blame=(
            "they never called back",
            "they drilled into the wrong tooth",
            "they left a mess behind",
            "they kept my deposit",
            "they let me wait in the rain",
            "the same fault came back within a day",
        ),
        neutral=(
            "they have a branch in the old town",
            "the form has two pages",
            "I had an appointment at nine",
            "the van was parked outside",
        ),
    ),
)
