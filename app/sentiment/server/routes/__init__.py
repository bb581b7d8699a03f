"""Routes: the HTTP API, the page, and error responses."""
