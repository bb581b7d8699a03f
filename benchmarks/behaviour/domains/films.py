"""Films."""

from benchmarks.behaviour.domains.domain import Domain, Statements

FILMS = Domain(
    name="films",
    things=("film", "movie", "documentary", "thriller"),
    aspects=("plot", "cast", "ending", "script", "soundtrack", "opening scene"),
    did=("watched it", "saw it"),
    again="watch it again",
    rivals=("the remake", "the director's last film", "the sequel"),
    train=Statements(
        praise=(
            "I laughed until I cried",
            "the two hours flew by",
            "I was on the edge of my seat",
            "the jokes hit their mark",
            "the lead actress carries every scene",
            "we talked about it for days",
        ),
        blame=(
            "I checked my watch every five minutes",
            "the plot was full of holes",
            "the dialogue sounded wooden",
            "half the audience walked out",
            "the twist was obvious from the start",
            "I fell asleep before the end",
        ),
        neutral=(
            "it runs for two hours",
            "it is set in Norway",
            "the director also wrote the script",
            "it was shot in black and white",
        ),
    ),
    test=Statements(
        praise=(
            "I did not want the credits to roll",
            "the last scene gave me goosebumps",
            "the whole cinema applauded",
            "every actor was at the top of their game",
            "the story kept me guessing",
            "the pictures took my breath away",
        ),
        blame=(
            "the characters were made of cardboard",
            "the jokes fell flat",
            "it dragged on and on",
            "it was two hours of my life that I will not get back",
            "the special effects looked cheap and fake",
            "the script recycled every cliche in the book",
        ),
        neutral=(
            "it came out in March",
            "it is based on a novel",
            "the main character is a nurse",
            "there are subtitles in four languages",
        ),
    ),
)
