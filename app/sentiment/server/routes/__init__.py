"""What is asked and answered over HTTP: the API, the page, and their errors."""
