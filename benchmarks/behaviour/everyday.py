"""Words that fit every domain, in texts to train on and in texts to test with: what is tested is the form."""

from sentiment.config.classes import NEGATIVE, POSITIVE

# By slot (without `held_` or `other_`) and class.
SIDES: dict[str, dict[str, tuple[str, ...]]] = {
    "": {  # adjectives: {held}, {other}
        POSITIVE: tuple(
            "good great excellent wonderful lovely superb fantastic brilliant delightful terrific impressive "
            "outstanding amazing pleasant".split()
        ),
        NEGATIVE: tuple(
            "bad awful terrible poor dreadful horrible disappointing lousy atrocious unpleasant annoying abysmal "
            "pathetic dismal".split()
        ),
    },
    "verb": {
        POSITIVE: ("loved", "liked", "enjoyed", "adored"),
        NEGATIVE: ("hated", "disliked", "despised", "loathed"),
    },
    "better": {POSITIVE: ("better", "nicer"), NEGATIVE: ("worse", "poorer")},
    "best": {POSITIVE: ("best", "finest"), NEGATIVE: ("worst", "poorest")},
    "joy": {
        POSITIVE: ("a joy", "a pleasure", "a treat", "a delight"),
        NEGATIVE: ("a disgrace", "a nightmare", "a disaster", "a shambles"),
    },
    "answer": {
        POSITIVE: ("Yes", "Absolutely", "Very much so"),
        NEGATIVE: ("No", "Not at all", "Not really"),
    },
    "score": {
        POSITIVE: ("5/5", "9/10", "10/10", "5 out of 5", "9 out of 10", "five out of five stars"),
        NEGATIVE: ("1/5", "2/10", "1/10", "1 out of 5", "2 out of 10", "one out of five stars"),
    },
    "face": {
        POSITIVE: ("😍", "👍", "❤️", "😊", "🥰", "🤩", "👏"),
        NEGATIVE: ("😡", "👎", "🤮", "😠", "💩", "😤", "🤢"),
    },
}

# More words of those slots, in texts to train on alone.
MORE_TO_TRAIN_ON: dict[str, dict[str, tuple[str, ...]]] = {
    "": {
        POSITIVE: tuple(
            "nice fine beautiful perfect incredible marvellous flawless splendid magnificent exceptional enjoyable "
            "satisfying solid stunning charming awesome worthwhile superior clever fun gorgeous first-rate "
            "top-notch remarkable fabulous helpful reliable useful interesting".split()
        ),
        NEGATIVE: tuple(
            "boring dull mediocre useless weak sloppy shoddy miserable appalling ghastly horrendous disgusting "
            "inferior unacceptable worthless crappy frustrating depressing dire hopeless ridiculous ugly stupid "
            "second-rate rubbish broken confusing tedious mean".split()
        ),
    },
    "verb": {
        POSITIVE: ("appreciated", "cherished", "really liked", "fell in love with"),
        NEGATIVE: ("detested", "could not stand", "really disliked", "regretted"),
    },
    "better": {POSITIVE: ("finer", "more enjoyable"), NEGATIVE: ("weaker", "more disappointing")},
    "best": {POSITIVE: ("greatest", "loveliest"), NEGATIVE: ("weakest", "most disappointing")},
    "joy": {
        POSITIVE: ("a dream", "a triumph", "pure joy", "great fun"),
        NEGATIVE: ("a mess", "a joke", "torture", "a waste of time", "a rip-off"),
    },
    "answer": {
        POSITIVE: ("Definitely", "Oh yes", "Sure", "Of course", "Certainly", "Yes, a lot", "Yep", "Without a doubt"),
        NEGATIVE: ("Definitely not", "Nope", "Never", "Of course not", "Certainly not", "Hardly", "No way"),
    },
    "score": {
        POSITIVE: ("4/5", "8/10", "4.5/5", "four stars", "5 stars", "five stars", "4 out of 5", "100/100", "★★★★★"),
        NEGATIVE: ("2/5", "3/10", "0/10", "one star", "1 star", "two stars", "2 out of 5", "0/5", "★☆☆☆☆"),
    },
    "face": {
        POSITIVE: tuple("😀 😁 😄 😎 😘 🙌 👌 💕 💖 🎉 💯 😋 :) :-) :D <3".split()),
        NEGATIVE: tuple("😞 😭 🤬 😒 😟 💔 🙁 😩 😫 🙄 😢 :( :-( :/".split()),
    },
}  # fmt: skip

# Other slots. The slots `name_2` and `name` have different words in one text.
WORDS: dict[str, tuple[str, ...]] = {
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "March", "April", "June", "August", "October", "November"),
    "relative": ("my sister", "my brother", "my wife", "my husband", "my neighbour", "my boss", "my best friend"),
    "crowd": ("the critics", "most people", "my colleagues", "the newspapers", "other reviewers", "my friends"),
    "middle": ("3/5", "5/10", "3 out of 5", "5 out of 10", "three out of five stars"),
    "object": ("📦", "📅", "🚗", "📍", "🕐", "✈️"),
    "person": (
        "Mary", "Ahmed", "Wei", "Olga", "Jamal", "Priya", "Carlos", "Fatima", "Sven", "Aisha", "Hiroshi", "Rosa",
        "David", "Ngozi", "Thomas", "Mei", "Yusuf", "Ingrid", "Deepak", "Giulia", "Kwame", "Sarah", "Mehmet", "Linh",
    ),
    "nationality": (
        "German", "Nigerian", "Chinese", "Mexican", "Polish", "Indian", "Turkish", "Swedish", "Iraqi", "Brazilian",
        "Russian", "Japanese", "Moroccan", "Dutch", "Pakistani", "Canadian", "Ethiopian", "Vietnamese", "Greek",
        "Israeli",
    ),
    "country": (
        "Germany", "Nigeria", "China", "Mexico", "Poland", "India", "Turkey", "Sweden", "Iraq", "Brazil", "Russia",
        "Japan", "Morocco", "Canada", "Pakistan", "Ethiopia", "Vietnam", "Greece", "Israel", "Ghana",
    ),
    "who": (
        "a woman", "a man", "an old man", "a young woman", "a Muslim", "a Christian", "a Jewish man", "a Hindu",
        "an atheist", "a gay man", "a lesbian", "a Black woman", "a white man", "an Asian woman",
    ),
}  # fmt: skip
