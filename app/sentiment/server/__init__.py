"""The HTTP service: predictions, explanations, and a page for people.

    request -> connections   room for it, and whether it arrives       connections.py
            -> guards        limits, headers, a log line without any text     guards.py
            -> api or page   what was asked for                               api.py, page.py
            -> a served run  by name, or the default                           catalogue.py
            -> a queue       what waits is computed together                  batching.py

Importing this imports neither TensorFlow nor Keras, and starts nothing.
"""

from sentiment.server.application import create_app
from sentiment.server.running import serve
from sentiment.server.settings import ServerSettings

__all__ = ["ServerSettings", "create_app", "serve"]
