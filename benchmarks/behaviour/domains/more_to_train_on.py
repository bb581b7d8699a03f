"""More statements to train on, by domain: none is to test with."""

from collections.abc import Mapping

from benchmarks.behaviour.domains.domain import Statements


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


MORE: Mapping[str, Statements] = {
    "films": Statements(
        praise=_lines("""
            I watched it three times in a week
            I laughed until my stomach hurt
            there was not a dry eye in the room
            it stayed with me for weeks
            I forgot that I was in a cinema
            time flew by
            the soundtrack still plays in my head
            I left the cinema with a smile
            it deserves every prize that it won
        """),
        blame=_lines("""
            I wanted my money back
            we left after twenty minutes
            I could see every turn coming
            nobody in it can act
            I have no idea what it was about
            the ending ruined everything
            not one joke made me laugh
            I kept looking at my phone
            it felt like four hours
            the camera never stops shaking
        """),
        neutral=_lines("""
            it was filmed in Canada
            it lasts ninety minutes
            the story begins in 1950
            it has two parts
            the film was shown at nine
        """),
    ),
    "restaurants": Statements(
        praise=_lines("""
            we asked for the recipe
            every dish came hot and on time
            the meat fell off the bone
            we have been back every week since then
            the fries were crisp
            they gave us a dessert on the house
            I could have eaten three of them
            the owner greets everybody by name
            the sauce was full of flavour
            there was plenty left to take home
        """),
        blame=_lines("""
            the food was cold when it came
            they forgot our order twice
            I was sick for two days
            the bread was stale
            the plates were dirty
            the coffee tasted like dishwater
            they overcharged us
            we were ignored for half an hour
            the vegetables came out of a tin
            the fish smelled
        """),
        neutral=_lines("""
            I had the soup
            lunch is served until three
            it seats forty people
            we paid in cash
            the menu is in two languages
        """),
    ),
    "products": Statements(
        praise=_lines("""
            it does exactly what it says
            I use it every day
            it arrived two days early
            my kids fight over it
            the battery lasts a week
            it fits like a glove
            I would not be without it
            it works right out of the box
            it has survived three falls
            the sound fills the whole room
        """),
        blame=_lines("""
            it broke on the second day
            it does not even turn on
            I had to return it
            half of the parts were missing
            the colour came off in the wash
            it is nothing like the picture
            it died after a month
            it makes a terrible noise
            it never fitted
            the lid does not close
        """),
        neutral=_lines("""
            it is made of steel
            I ordered two of them
            it came in a white box
            it has three settings
            the manual is in English
        """),
    ),
    "hotels": Statements(
        praise=_lines("""
            we did not want to leave
            the view took our breath away
            they upgraded our room for free
            everything was spotless
            we have booked again for next year
            the breakfast had something for everybody
            the bed was so soft that we overslept
            they remembered our anniversary
            we were welcomed with a smile
            it is two steps from the beach
        """),
        blame=_lines("""
            we left a day early
            the towels were never changed
            there was no hot water
            we could hear every word from next door
            the window did not close
            the bathroom stank
            they lost our booking
            the pool was green
            there was hair in the bath
            the photos are of another place
        """),
        neutral=_lines("""
            we stayed for two nights
            the room has two beds
            the bus stops outside
            there are eighty rooms
            checkout is at noon
        """),
    ),
    "airlines": Statements(
        praise=_lines("""
            we landed ahead of time
            the crew smiled all the way
            there was room for my legs
            they found my bag within an hour
            the food was hot and plentiful
            they gave my son a tour of the cockpit
            boarding took ten minutes
            they paid me back the next day
            I slept the whole way
            they went the extra mile for my mother
        """),
        blame=_lines("""
            my luggage never arrived
            we sat in the heat for four hours
            nobody told us anything
            the seat was broken
            they refused to pay for the hotel
            the crew ignored us
            I was charged twice for one bag
            they changed the flight three times
            the screen did not work
            I have been waiting six months for a refund
        """),
        neutral=_lines("""
            I flew on Tuesday
            the flight left at noon
            we flew to Madrid
            it is a small plane
            I had one bag with me
        """),
    ),
    "apps": Statements(
        praise=_lines("""
            I open it every morning
            it does everything that I need
            it has never crashed
            it saves me hours
            even my grandmother can use it
            I learnt a language with it
            they listen to their users
            no advert in sight
            I happily paid for it
        """),
        blame=_lines("""
            it does not open any more
            I cannot log in since the update
            it ate all my data
            support never answers
            it asks for money at every step
            it stopped working yesterday
            it is full of adverts
            I lost a year of notes
            it sends me spam
            it makes my phone hot
        """),
        neutral=_lines("""
            it is available in ten countries
            I installed it last week
            there is a dark mode
            it uses the camera
            you can sign in with a number
        """),
    ),
    "books": Statements(
        praise=_lines("""
            I have read it four times
            I did not want it to end
            it made me laugh and cry
            it changed the way I see the world
            I ordered the rest of the series at once
            my daughter asks for it every evening
            I felt as if I were there
            the last chapter left me speechless
        """),
        blame=_lines("""
            I could not finish it
            I skipped whole chapters
            it put me to sleep
            I did not care about anybody in it
            it is a waste of paper
            it is the same story again
            the characters have no depth
            I wish I had my hours back
            it ends in the middle
            the translation is full of errors
        """),
        neutral=_lines("""
            it has three hundred pages
            it appeared in 1998
            it is a novel about a family
            I borrowed it from the library
            it is written in letters
        """),
    ),
    "services": Statements(
        praise=_lines("""
            they explained every step
            the price was what they had said
            they cleaned up after themselves
            I have told all my neighbours about them
            she listened to me and took her time
            he solved it in five minutes
            they stayed late to finish
            it has not leaked since
            they went above and beyond
        """),
        blame=_lines("""
            they took my money and vanished
            I called five times and nobody answered
            they broke my window
            it took them three months
            they sent the wrong man
            they were rude to my mother
            nothing was done
            I had to do it all again myself
            they lied to me
            they charged me for nothing
        """),
        neutral=_lines("""
            I called them on Monday
            they are next to the bank
            the work took a day
            there is a waiting room
            I paid by card
        """),
    ),
}
