"""Apps."""

from benchmarks.behaviour.domains.domain import Domain, Statements

APPS = Domain(
    name="apps",
    things=("app", "game", "program", "website"),
    aspects=("design", "search function", "update", "help page", "calendar", "map"),
    did=("installed it", "opened it"),
    again="install it again",
    rivals=("the version before", "the app of my bank", "the paid one"),
    train=Statements(
        praise=(
            "it opens in the blink of an eye",
            "it saves me an hour every day",
            "even my grandfather understood it at once",
            "it syncs without a hitch",
            "I cannot put my phone down any more",
            "the developer answered within an hour",
        ),
        blame=(
            "it crashes every time",
            "it drains my battery",
            "there is an advert after every click",
            "the update deleted all my photos",
            "it freezes when I log in",
            "I uninstalled it after ten minutes",
        ),
        neutral=(
            "it needs an account",
            "it is forty megabytes large",
            "the menu is at the top",
            "there is a version for tablets",
        ),
    ),
    test=Statements(
        praise=(
            "it runs smoothly even on my old phone",
            "it has made my life so much simpler",
            "the search finds everything in a second",
            "they fixed my problem the same day",
            "my whole family is hooked on it",
            "everything is where you would look for it",
        ),
        blame=(
            "it loses my data again and again",
            "it keeps logging me out",
            "it is riddled with bugs",
            "it takes forever to load",
            "they took my money and the premium part stayed locked",
            "half of the buttons do nothing",
        ),
        neutral=(
            "it can be used in nine languages",
            "the icon is blue",
            "it asks for a name and a password",
            "the last update was in June",
        ),
    ),
)
