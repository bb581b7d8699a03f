"""The HTTP service: predictions, explanations, and a page for people.

    request -> connections   limits on connections
            -> middleware    access log, response headers, limits on the body
            -> routes        the API and the page
            -> serving       the run that answers, and the queue in which its texts wait

Importing this imports neither TensorFlow nor Keras, and starts nothing.
"""

from sentiment.server.application import create_app
from sentiment.server.process import serve
from sentiment.server.settings import ServerSettings

__all__ = ["ServerSettings", "create_app", "serve"]
