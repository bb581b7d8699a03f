"""Eight domains: what is judged, its parts, and statements about it that are good, bad or neither.

Statements to test with are others than those to train with. Everyday words (`benchmarks.behaviour.everyday`) serve
both.
"""

from benchmarks.behaviour.domains.airlines import AIRLINES
from benchmarks.behaviour.domains.apps import APPS
from benchmarks.behaviour.domains.books import BOOKS
from benchmarks.behaviour.domains.domain import Domain, Statements
from benchmarks.behaviour.domains.films import FILMS
from benchmarks.behaviour.domains.hotels import HOTELS
from benchmarks.behaviour.domains.products import PRODUCTS
from benchmarks.behaviour.domains.restaurants import RESTAURANTS
from benchmarks.behaviour.domains.services import SERVICES

DOMAINS = (FILMS, RESTAURANTS, PRODUCTS, HOTELS, AIRLINES, APPS, BOOKS, SERVICES)

__all__ = ["DOMAINS", "Domain", "Statements"]
