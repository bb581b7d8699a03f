"""Restaurants."""

from benchmarks.behaviour.domains.domain import Domain, Statements

RESTAURANTS = Domain(
    name="restaurants",
    things=("restaurant", "pizzeria", "bistro", "diner"),
    aspects=("main course", "soup", "service", "dessert", "breakfast", "menu"),
    did=("ate there", "had lunch there"),
    again="eat there again",
    rivals=("the place next door", "the pizzeria across the street", "the old restaurant"),
    train=Statements(
        praise=(
            "the bread was still warm from the oven",
            "the waiter remembered our names",
            "we licked our plates clean",
            "the steak was tender and juicy",
            "the portions were generous",
            "the fish was fresh off the boat",
        ),
        blame=(
            "the soup was lukewarm",
            "we waited an hour for our food",
            "the meat was tough as leather",
            "the waiter rolled his eyes at us",
            "there was a hair in my salad",
            "the portions were tiny",
        ),
        neutral=(
            "the soup comes with bread",
            "they open at six",
            "the menu has four pages",
            "it is next to the station",
        ),
    ),
    test=Statements(
        praise=(
            "the crust was crisp and golden",
            "everything melted in the mouth",
            "our glasses were never empty",
            "the chef came out to ask how we liked it",
            "my mouth still waters when I think of the curry",
            "the pasta tasted like my grandmother's",
        ),
        blame=(
            "the chips were soggy",
            "the chicken was raw in the middle",
            "the bill was twice what we had ordered",
            "I spent the night with food poisoning",
            "the table was sticky",
            "the rice was burnt and the beans were salty",
        ),
        neutral=(
            "there are twelve tables",
            "they take cards",
            "the kitchen closes at ten",
            "we sat by the window",
        ),
    ),
)
