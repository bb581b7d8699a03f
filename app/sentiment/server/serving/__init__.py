"""The runs in service: found on disk, loaded, with their queues and measurements."""
