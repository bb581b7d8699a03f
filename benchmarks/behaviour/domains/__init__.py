"""Eight domains: what is judged, its parts, and statements about it that are good, bad or neither.

Statements to test with are others than those to train with. Everyday words (`benchmarks.behaviour.everyday`) serve
both.
"""

from dataclasses import replace

from benchmarks.behaviour.domains.airlines import AIRLINES
from benchmarks.behaviour.domains.apps import APPS
from benchmarks.behaviour.domains.books import BOOKS
from benchmarks.behaviour.domains.domain import Domain, Statements
from benchmarks.behaviour.domains.films import FILMS
from benchmarks.behaviour.domains.hotels import HOTELS
from benchmarks.behaviour.domains.more_to_train_on import MORE
from benchmarks.behaviour.domains.products import PRODUCTS
from benchmarks.behaviour.domains.restaurants import RESTAURANTS
from benchmarks.behaviour.domains.services import SERVICES


def _with_more(domain: Domain) -> Domain:
    parts = zip(vars(domain.train).values(), vars(MORE[domain.name]).values(), strict=True)
    return replace(domain, train=Statements(*((*few, *more) for few, more in parts)))


DOMAINS = tuple(map(_with_more, (FILMS, RESTAURANTS, PRODUCTS, HOTELS, AIRLINES, APPS, BOOKS, SERVICES)))

__all__ = ["DOMAINS", "Domain", "Statements"]
