"""Eight domains: what is judged, its parts, and statements about it that are good, bad or neither.

Statements to test with are others than those to train with, of which `more_to_train_on.csv` has the greater part.
Everyday words (`benchmarks.behaviour.everyday`) serve both.
"""

import csv
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.behaviour.domains.airlines import AIRLINES
from benchmarks.behaviour.domains.apps import APPS
from benchmarks.behaviour.domains.books import BOOKS
from benchmarks.behaviour.domains.domain import Domain, Statements
from benchmarks.behaviour.domains.films import FILMS
from benchmarks.behaviour.domains.hotels import HOTELS
from benchmarks.behaviour.domains.products import PRODUCTS
from benchmarks.behaviour.domains.restaurants import RESTAURANTS
from benchmarks.behaviour.domains.services import SERVICES

with Path(__file__).with_name("more_to_train_on.csv").open(encoding="utf-8", newline="") as _file:
    _MORE = list(csv.DictReader(_file))


def _with_more(domain: Domain) -> Domain:
    more = {
        kind: (*few, *(row["statement"] for row in _MORE if (row["domain"], row["kind"]) == (domain.name, kind)))
        for kind, few in asdict(domain.train).items()
    }
    return replace(domain, train=Statements(**more))


DOMAINS = tuple(map(_with_more, (FILMS, RESTAURANTS, PRODUCTS, HOTELS, AIRLINES, APPS, BOOKS, SERVICES)))

__all__ = ["DOMAINS", "Domain", "Statements"]
