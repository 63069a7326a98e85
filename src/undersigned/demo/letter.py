"""The demonstration's letter: a fictional organisation, in our own words.

The figures about 2025 in it are facts of the public record: a letter of November 2025 with 1,039 signatures of
employees and 2,436 of people elsewhere.
"""

from typing import Final

from undersigned.issuer.taxonomy import taxonomy
from undersigned.protocol.letter import Letter, Organisation, Terms, Text, Workforce

ORGANISATION: Final = "harrow-and-vane.example"
ELSEWHERE: Final = "elsewhere.example"
INSTANCE: Final = "demonstration.example"
ISSUER: Final = "issuer.example"
#: The second issuer, where there is one.
UNION: Final = "union.example"
SLUG: Final = "who-answers-for-the-machines"
WORKFORCE: Final = 21_400

_BODY: Final = """\
To the people who decide at Harrow & Vane,

we pack, drive, plan, code, clean, answer the phone and keep the books here. In the last two years most of us \
have been given software that decides something about our work: which parcel first, which shift, which route, \
which line of code, which of us is slow. Some of it is good. We use it gladly where it takes away what nobody \
liked to do. This letter is not against machines.

It is about who answers for them. When the routing agent sent nineteen vans up a closed mountain road in January, \
the note to managers spoke of driver error. When the scheduling model cut the night team to one person and that \
person fell, the report praised the system for having performed as designed. We have read those words often \
enough to know how they are made. A decision is taken, a safeguard is left out to save a week, a person is put \
in front of the machine with four seconds to object, and when it goes wrong that person is the cause.

In November 2025 more than a thousand employees of another company, 1,039 when we last read the count, put their \
job titles under a letter about the same thing, and 2,436 people elsewhere stood by it. They were answered with \
statements that had been written before. We have learned from it. Nobody can find our names here, and nobody has \
to take our number on trust: you can count us yourselves.

We know what the software is worth to you, and we would like it to work. It works when the people beside it may \
stop it, when somebody with the power to change it reads what happened, and when a promise has a date. None of \
this is dear. All of it has been refused to those who asked alone, so we ask together.

We will not be named, and we will not go away."""

_DEMANDS: Final = (
    """\
Working groups of people without managerial power, elected by those who work with a system, have a say before it is \
introduced and can pause it afterwards.""",
    """\
Every incident in which an automated system took part is reported within thirty days with the decisions that put it \
there, to those who were harmed first. No report may name a person as the cause where that person had no time, \
information or authority to prevent it.""",
    """\
The figures that you have promised on energy and emissions of your computing are published each year, measured by the \
hour and by the place, with what was restated and why.""",
)


def make(epoch: str, goal: int, opened: str, closes: str, issuers: tuple[str, ...] = (ISSUER,)) -> tuple[Letter, Terms]:
    """Return the letter and its first terms. `opened` is a day, `closes` a full hour in UTC.

    `issuers` all have to admit who signs.
    """
    letter = Letter(
        slug=SLUG,
        addressee="the board of Harrow & Vane",
        epoch=epoch,
        goal=goal,
        organisations=(Organisation(ORGANISATION, issuers),),
        texts=(Text("en", "Who answers for the machines", _BODY, _DEMANDS),),
        taxonomy=taxonomy().version,
    )
    figure = Workforce(ORGANISATION, WORKFORCE, opened, "an invented figure, for this demonstration")
    return letter, Terms(letter.digest, 1, opened, closes, (figure,))
