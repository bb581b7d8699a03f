"""What happened, without a word of opinion; and facts that are neither good nor bad."""

from benchmarks.behaviour.frames import Capability, held, neutral

IN_CONTEXT = Capability(
    "words in context",
    "What happened says how it was, in eight domains, without an everyday word of praise or blame.",
    train=held(
        "I {did} on {day}, and {held_fact}.",
        "What I noticed first: {held_fact}.",
        "{held_fact}, and that says it all.",
        "About this {thing}: {held_fact}.",
        "We {did} with two friends. {held_fact}.",
        "{held_fact}, and on top of that, {held_fact_2}.",
        "In short, {held_fact}.",
        "{day} was our first time. {held_fact}, and {held_fact_2}.",
    ),
    test=held(
        "Where do I begin? {held_fact}. {held_fact_2}.",
        "I {did} in {month}. {held_fact}.",
        "We came because of the {aspect}, and {held_fact}.",
        "Here is what you should know: {held_fact}.",
        "{held_fact}. That was our {day}.",
        "To give you one example, {held_fact}.",
        "{held_fact}, just as it was the time before.",
        "{relative} and I {did} last {month}; {held_fact}.",
        "First {held_fact}, then {held_fact_2}.",
        "{neutral_fact}; more to the point, {held_fact}.",
        "Believe it or not, {held_fact}.",
        "To cut a long story short, {held_fact}.",
    ),
)

NEUTRAL_FACTS = Capability(
    "neutral facts",
    "A text that states facts has no verdict.",
    train=neutral(
        "I {did} on a {day}.",
        "{neutral_fact}.",
        "As far as I know, {neutral_fact}.",
        "We {did} in {month}, and {neutral_fact}.",
        "{neutral_fact}, and {neutral_fact_2}.",
        "{relative} {did} on {day}.",
        "Does anyone know whether {neutral_fact}?",
        "Some facts about the {thing}: {neutral_fact}.",
    ),
    test=neutral(
        "On {day} I {did}.",
        "I {did} for the first time in {month}.",
        "For those who wonder: {neutral_fact}.",
        "{relative} told me that {neutral_fact}.",
        "This review is about the {thing}. {neutral_fact}.",
        "{neutral_fact}. We {did} together with {relative}.",
        "According to the website, {neutral_fact}.",
        "It was {day} when we {did}.",
        "Please note that {neutral_fact}, and that {neutral_fact_2}.",
        "I {did} twice, once in {month} and once in {month_2}.",
        "The {aspect} is described on page two; {neutral_fact}.",
        "The question was about the {aspect}. The answer: {neutral_fact}.",
    ),
)
