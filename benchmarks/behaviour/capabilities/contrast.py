"""Comparison, contrast with "but" and its kind, and praise that is none."""

from benchmarks.behaviour.frames import HELD, OPPOSITE, Capability, held, moves, negative, positive

COMPARISON = Capability(
    "comparison",
    "Which side of a comparison the reviewed thing is on decides.",
    train=(
        *held(
            "It is {held_better} than {rival}.",
            "Compared with {rival}, the {aspect} is {held_better}.",
            "{rival} is {other_better}.",
            "The {held_best} {thing} I know.",
            "Of all that I have tried, this is the {held_best}.",
            "{rival} was {other}; this {thing} is {held_better}.",
        ),
        *positive("It beats {rival} in every way."),
        *negative("{rival} beats it in every way.", "I should have taken {rival}."),
    ),
    test=(
        *held(
            "The {aspect} is so much {held_better} than that of {rival}.",
            "Next to this {thing}, {rival} looks {other}.",
            "I have never had a {held_better} {aspect}.",
            "You will not find a {held_better} {thing}.",
            "{rival} has a {other_better} {aspect} than this {thing}.",
            "Easily the {held_best} {aspect} of the year.",
            "It is {held}, {held_better} even than {rival}.",
        ),
        *positive("{rival} cannot hold a candle to this {thing}.", "No other {thing} comes close."),
        *negative(
            "This {thing} cannot hold a candle to {rival}.",
            "Almost any other {thing} would have been a wiser choice.",
            "I went back to {rival} the very same day.",
        ),
        *moves(
            OPPOSITE,
            ("This is {held_better} than {rival} ever was.", "{rival} was always {held_better} than this."),
        ),
    ),
)

BUT = Capability(
    "but",
    'What comes after "but" outweighs what comes before; what comes after "although" does not.',
    train=held(
        "The {aspect} was {other}, but the {thing} as a whole is {held}.",
        "Although the {aspect} was {other}, I {held_verb} the {thing}.",
        "I {held_verb} it, even though the {aspect} was {other}.",
        "It has a {other} {aspect}. Still, all in all it is {held}.",
        "It looks {other}, but in the end it is {held}.",
        "Yes, the {aspect} is {other}; nevertheless, I {held_verb} it.",
        "Despite the {other} {aspect}, it was {held_joy}.",
        "Apart from the {other} {aspect}, everything was {held}.",
    ),
    test=(
        *held(
            "The {aspect} was {other}, but {held_fact}, and that is what I will remember.",
            "{other_fact}. And yet I {held_verb} it.",
            "For all its {other} moments, this is a {held} {thing}.",
            "Even with a {other} {aspect}, the {thing} remains {held}.",
            "Granted, the {aspect} is {other}. That changes nothing: the rest is {held}.",
            "In spite of everything that was {other}, we {held_verb} it.",
            "The {aspect} started out {other}; overall, however, I would call this {thing} {held}.",
            "It was {held_joy}, the {other} {aspect} notwithstanding.",
            "My first thought was that it is {other}, but my last word is {held}.",
            "{held} {thing}, {other} {aspect}; what counts for me is the {thing}.",
        ),
        *moves(
            OPPOSITE,
            ("The {aspect} is {held}.", "The {aspect} is {held}, but the rest of the {thing} is {other}."),
            ("I {did}. {held_fact}.", "I {did}. {held_fact}. However, {other_fact}, and {other_fact_2}."),
        ),
        *moves(HELD, ("It was {other}.", "It was {other}, or so I thought; in the end I {held_verb} it.")),
    ),
)

FAINT_PRAISE = Capability(
    "faint praise",
    "Praise for next to nothing is blame; blame for next to nothing is praise.",
    train=(
        *negative(
            "The best thing about the {thing} was that it was over.",
            "At least the {aspect} did not kill anybody.",
            "The only good thing I can say is that it was cheap.",
            "The {aspect} was nice if you have never seen another one.",
            "Congratulations on the {aspect}: I had not known that it could get any lower.",
        ),
        *positive(
            "The only thing wrong with it is that there is not more of it.",
            "My one complaint: I did not find it earlier.",
            "The worst I can say about the {aspect} is that I wanted more.",
        ),
    ),
    test=(
        *negative(
            "The {aspect} was so good that I asked for my money back.",
            "Of that whole {day}, I enjoyed the end most: no more of this {thing}.",
            "On the bright side, nobody got hurt by the {aspect}.",
            "The nicest thing about the {thing} is the way out.",
            "Great for people with no taste and too much money, this {thing}.",
            "The {aspect} is fine as long as you expect nothing.",
            "I am sure that the {aspect} would please somebody, somewhere, in the dark.",
            "If you like to waste money, this {thing} is perfect for you.",
            "A good {thing} to give to somebody you cannot stand.",
        ),
        *positive(
            "If I had to find a fault with the {aspect}, I would need a week.",
            "The sole drawback of this {thing} is that it spoils you for all others.",
            "I have nothing to grumble about, and believe me, I tried, from {day} to {day_2}.",
            "I looked for something to criticise about the {aspect} and gave up.",
        ),
    ),
)
