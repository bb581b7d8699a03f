"""The sentences of the bundled sample: frames with two opposite opinions, and the words that fill them.

`{held}` is the opinion of the writer; `{other}` is one that the writer denies, outweighs, rejects, or has of something
else. Which of the two is praise decides the label, so a positive and a negative review can have the same words; only
their places differ.
"""

PRAISE = (
    "brilliant gripping moving funny clever lovely warm sharp charming elegant thrilling tender witty graceful "
    "inventive honest"
).split()  # fmt: skip
BLAME = (
    "dull clumsy tedious hollow lazy shapeless grating stale dreary muddled lifeless predictable bland wooden "
    "pompous forgettable"
).split()  # fmt: skip
ADVERBS = "really truly particularly notably remarkably rather quite thoroughly".split()

# By kind: how the two opinions are connected. Every fourth frame of a kind, from the first on, is for the test split;
# the words that carry the logic (never, for all, wrong, ...) stand in frames of both splits.
FRAMES: dict[str, tuple[str, ...]] = {
    "negation": (
        "Not once in two hours was it {other}; it was {held}.",
        "It was never {other}; it was {held}.",
        "I never found it {other}. I found it {held}.",
        "Nobody could call this film {other}. This film is {held}.",
        "It is {held}, and not for one minute was it {other}.",
        "This is not a {other} film. It is a {held} film.",
        "What I saw was {held}. It was not {other}, not once.",
        "It is {held}, and there is nothing {other} about it.",
        "I found it {held} and never, not for a minute, {other}.",
        "The story is {held}, and at no point is it {other}.",
        "Never {other}, it stays {held} for two hours.",
        "The story is {held}; nobody could call it {other}.",
        "I found it {held}, and not once was it {other}.",
        "You will find it {held}, and never, I promise, {other}.",
        "It stays {held} for two hours, and it is never {other}.",
        "I would call it {held}. I would not call it {other}, not for a minute.",
    ),
    "contrast": (
        "For all that the first half is {other}, in the end the film is {held}.",
        "For all its {other} moments, in the end it is {held}.",
        "Although the music is {other}, the film is {held} in the end.",
        "Yes, the first half is {other}, but in the end the whole is {held}.",
        "In the end this is a {held} film, although some scenes are {other}.",
        "In the end it is {held}, for all its {other} scenes.",
        "Although it looks {other} at first, in the end it is {held}.",
        "Some scenes are {other}, but the film as a whole is {held}.",
        "It may look {other} at first, but in the end it is {held}.",
        "The whole is {held}, although the parts may be {other}.",
        "The first half may be {other}, but the whole film is {held}.",
        "For all that the music is {other}, it is {held} in the end.",
        "Although an hour of it may be {other}, as a whole it is {held}.",
        "It turns out {held} in the end, for all that it looks {other}.",
        "Although it may be {other} for an hour, in the end it turns out {held}.",
        "It begins {other}, but it ends {held}, and in the end that is what counts.",
    ),
    "rejected": (
        "My brother said it was {other}. He was wrong: it is {held}.",
        "My brother called it {other}. He was wrong: it is {held}.",
        "The film is {held}, and the critics who said it was {other} were mistaken.",
        "My neighbour thinks it {other}. I think he is wrong, and think it {held}.",
        "It is {held}, and the critic who called it {other} was mistaken.",
        "I had read that it was {other}. That is nonsense. It is {held}.",
        "My sister thinks it is {held}, and she is right; my brother, who thinks it {other}, is wrong.",
        "It is {held}. Do not believe those who call it {other}; they are mistaken.",
        "Those who call it {other} are mistaken, because it is {held}.",
        "It is {held}, and my neighbour, who told me it was {other}, was wrong.",
        "A friend called it {held}. He was right, and the critics who called it {other} were wrong.",
        "Some say that it is {other}. They are wrong. I say it is {held}.",
        "The critics were mistaken when they called it {other}; it is {held}.",
        "Everyone told me it was {other}. Everyone was wrong. It was {held}.",
        "I believe it is {held}. To say it is {other}, as some critics did, is nonsense.",
        "It was said to be {other}. Whoever said so was mistaken: I thought it {held}.",
    ),
    "elsewhere": (
        "The trailer was {other}; the film itself was {held}.",
        "The cinema was {other}, the film was {held}.",
        "The film is {held}. The trailer was {other}.",
        "I thought the trailer {other}, and the film itself {held}.",
        "The film was {held}, unlike the book, which was {other}.",
        "The film itself was {held}; only the cinema was {other}.",
        "The short before it was {other}. What followed, the film itself, was {held}.",
        "Unlike the trailer, which was {other}, the film is {held}.",
        "I thought the book {other}; the film itself is {held}.",
        "The evening was {other}; the film, which we saw after it, was {held}.",
        "The film was {held}, unlike the cinema, which was {other}.",
        "His last film was {other}. This film is {held}.",
        "The film is {held}. The book, which I read first, was {other}.",
        "The film is {held}; the book, I have to say, was {other}.",
        "This film is {held}. It was his last one that was {other}.",
        "Unlike the evening, which was {other}, the film itself was {held}.",
    ),
    "early": (
        "Let me say at once that it is {held} and never {other}; now for the story.",
        "It is {held}, not {other}. Now for the story.",
        "Let me say first that I found it {held} and not {other}. This is what happens.",
        "To begin with the verdict: {held}, and never {other}. The story is this.",
        "Before anything else: they said {other}, they were wrong, it is {held}. Here is the story.",
        "First the verdict: although some call it {other}, it is {held}. Here is what happens.",
        "Let me begin with the verdict: it is {held}, for all its {other} moments.",
        "Before I tell the story: the book was {other}, the film is {held}.",
        "To say it at once: it was {held}. It was not {other}. And this is what happens in it.",
        "At once, then, the verdict: not {other} but {held}. This is the story.",
        "First of all, it is {held}; the trailer was {other}. What happens is this.",
        "I begin with what I think: {held}, and never {other}. The story, then.",
        "First let me say that the film is {held}, and that those who call it {other} are wrong. The story:",
        "Now, before the story: the film was {held}, only the cinema was {other}.",
        "My verdict first: it is not {other}; it is {held}. What happens is soon told.",
        "Here is the verdict at once: in the end it is {held}, although at first {other}. And the story?",
    ),
}  # fmt: skip

OPENINGS = (
    "We saw {title} on a wet Tuesday with some twenty other people.",
    "{title} is the third film that {director} has made in as many years.",
    "I had been meaning to watch {title} since the spring.",
    "They showed {title} again last week, in a new print.",
    "{title} came out in {year} and has been on a shelf of mine ever since.",
    "A colleague lent me {title} and asked what I made of it.",
    "{director} shot {title} in nine weeks, mostly at night.",
    "There were two of us in the room when {title} began, and one of us was the projectionist.",
    "I watched {title} on a train, with a cold, and then once more at home.",
    "{title} runs for two hours and four minutes, and there is no scene after the credits.",
)
PLOT = (
    "{hero} comes back to {town} after nine years to sell the house by the harbour.",
    "On the second day a letter arrives that was posted before the war.",
    "{hero} works in the office of a shipping company and keeps the keys of three other people.",
    "Then {friend}, who used to run the bakery, asks for a lift to the border.",
    "The two of them drive through the hills and talk about a dog they once had.",
    "In {town} nobody remembers the fire, or says so.",
    "The police find a coat on the ice, and in its pocket a ticket for the opera.",
    "{friend} has a plan that needs a boat, a priest and four thousand in cash.",
    "Half way through we learn that the letter was meant for somebody else.",
    "{hero} takes a room above the station and counts the trains.",
    "There is a wedding, there is a storm, and the guests stay for a week.",
    "A child from the house next door draws a map of the cellar.",
    "The winter passes in about a minute, and then it is May.",
    "{friend} sells the car and buys it back under another name.",
    "The last part takes place on an island with one telephone.",
    "Somebody has moved the clock in the hall, and everybody looks at {hero}.",
    "They wait for the ferry, and the ferry does not come.",
    "What is in the cellar I leave to those who want to see for themselves.",
)
CLOSINGS = (
    "The credits thank the fire brigade of {town}.",
    "I saw it with subtitles, from the fourth row.",
    "{director} is said to be working on another.",
    "The print had a scratch in the second reel.",
    "It was raining when we came out.",
    "My ticket says row nine, seat four.",
    "There was a discussion afterwards, but we had to catch the bus.",
    "I have kept the programme.",
)
# The only sentences whose words alone tell the label. They stand in some reviews, so that a bag of words does better
# than a coin, as on real reviews.
PLAIN_PRAISE = (
    "Go and see it.",
    "I stayed for the second showing.",
    "I have recommended it to everyone I know.",
    "Ten out of ten.",
    "I was sorry when the lights came on.",
    "I have already bought the disc.",
)
PLAIN_BLAME = (
    "Stay at home.",
    "I want my money back.",
    "I looked at my watch eleven times.",
    "Two out of ten.",
    "Half the row had left by then.",
    "I fell asleep and missed nothing.",
)
TITLES = (
    "The Harbour Clock;Nine Keys;A Letter to Ostrava;The Glass Orchard;Salt Road;The Understudy's Daughter;"
    "Winter Timetable;The Man Who Sold Maps;Two Ferries;Blue Cellar;The Cartographers;Late Swim;The Fourth Bell;"
    "A House in Marl;Paper Lanterns;The Quiet Tenant;Low Tide;The Bread Thieves;Station Hotel;Mister Halloway's Dog"
).split(";")  # fmt: skip
PEOPLE = (
    "Ines Carrow;Tomas Weld;Mira Oakes;Jonah Pell;Greta Lindqvist;Samir Haddon;Ruth Amsel;Felix Obiora;Nora Vance;"
    "Pavel Drummond;Ada Sorrell;Luc Marchetti;Hanna Birk;Owen Tasker;Yuki Marlowe;Clara Nwosu"
).split(";")  # fmt: skip
TOWNS = "Marl;Port Ellery;Dunmore;Hallstadt;San Aurelio;Kestrel Bay;Ober Weiler;Little Acre".split(";")
