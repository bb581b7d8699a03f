"""The Grafana dashboard asks for metrics that the service has, by labels that they have."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sentiment.server.serving.prometheus import ServerMetrics

FILE = Path(__file__).parents[2] / "deploy" / "grafana-dashboard.json"
DASHBOARD = json.loads(FILE.read_text(encoding="utf-8"))
QUERIES = [
    pytest.param(target["expr"], target["legendFormat"], id=f"{panel['title']} {target['refId']}")
    for panel in DASHBOARD["panels"]
    for target in panel["targets"]
]
INSTANCE = "instance"  # which Prometheus adds


@pytest.fixture(scope="module")
def labels() -> dict[str, set[str]]:
    """The labels of every sample that `GET /metrics` may have, by its name."""
    metrics = ServerMetrics()
    metrics.requests.labels("POST", "/v1/predict", "200").inc()
    metrics.latency.labels("/v1/predict").observe(0.1)
    metrics.served.labels("films/a", "1").set(1)
    for counter in (metrics.loads, metrics.refusals):
        counter.labels("films/a").inc()
    metrics.queue_length("films/a", "predict")(1)
    metrics.batch("films/a", "predict")(2, 0.1)
    families = text_string_to_metric_families(metrics.text().decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


@pytest.mark.parametrize(("query", "legend"), QUERIES)
def test_every_query_names_metrics_and_labels_that_there_are(query, legend, labels):
    names = re.findall(r"\bsentiment_\w+", query)
    assert names
    assert query.count("(") == query.count(")")
    for name in names:
        assert name in labels, name
    known = set.union(*(labels[name] for name in names))
    for name, selectors in re.findall(r"(sentiment_\w+)\{([^}]*)\}", query):
        assert set(re.findall(r"(\w+)\s*[=!]~?", selectors)) <= labels[name] | {INSTANCE}
    groups = [set(group.replace(" ", "").split(",")) for group in re.findall(r"by \(([^)]*)\)", query)]
    assert all(group <= known for group in groups)
    shown = set(re.findall(r"\{\{(\w+)\}\}", legend))
    assert shown <= set.union(set(), *groups), "a label that the query has summed away"


@pytest.mark.parametrize("query", [pytest.param(each.values[0], id=each.id) for each in QUERIES])
def test_counters_are_rates_and_quantiles_come_from_buckets(query):
    for counter in re.findall(r"sentiment_\w+_(?:total|bucket|sum|count)\b", query):
        assert re.search(rf"(rate|increase)\({counter}\{{[^}}]*\}}\[\$__rate_interval\]\)", query), counter
    if "histogram_quantile" in query:
        assert "_bucket" in query
        assert "by (le" in query


def test_every_metric_of_the_service_is_on_it(labels):
    queries = " ".join(query.values[0] for query in QUERIES)
    families = {re.sub(r"_(total|created|bucket|sum|count)$", "", name) for name in labels}
    assert {family for family in families if family not in queries} == set()


def test_every_panel_has_its_place_and_the_data_source_that_a_person_chooses():
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells)), "two panels overlap"
    assert max(x for x, _ in cells) < 24
    assert {variable["name"] for variable in DASHBOARD["templating"]["list"]} == {"datasource", INSTANCE}
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
