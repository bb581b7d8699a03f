"""Books."""

from benchmarks.behaviour.domains.domain import Domain, Statements

BOOKS = Domain(
    name="books",
    things=("book", "novel", "biography", "cookbook"),
    aspects=("story", "style", "first chapter", "ending", "translation", "hero"),
    did=("read it", "finished it"),
    again="read it again",
    rivals=("her first book", "the other biography", "the second volume"),
    train=Statements(
        praise=(
            "I read it in one night",
            "I could not put it down",
            "the characters feel like old friends",
            "I underlined half of the sentences",
            "I have given it to all my friends",
            "I missed my stop because of it",
        ),
        blame=(
            "I gave up after fifty pages",
            "every page is full of spelling mistakes",
            "the author repeats herself endlessly",
            "the sentences are as dry as dust",
            "the pages came loose at once",
            "nothing happens for three hundred pages",
        ),
        neutral=(
            "it has twenty chapters",
            "it was printed in Spain",
            "the story takes place in a village",
            "there is a map on the first page",
        ),
    ),
    test=Statements(
        praise=(
            "I turned the pages until dawn",
            "it opened my eyes",
            "every sentence sings",
            "I cried over the last page and began again",
            "the hero will stay with me for years",
            "I slowed down so that it would last longer",
        ),
        blame=(
            "I had to force myself to go on",
            "the plot goes nowhere",
            "it reads like a telephone directory",
            "the author has clearly not done her research",
            "the ending makes no sense at all",
            "I threw it into the bin",
        ),
        neutral=(
            "the author lives in Chile",
            "it is the third volume",
            "the paperback costs the same",
            "the index is at the end",
        ),
    ),
)
