"""What is compared, by the name that tables and curves have."""

NETWORKS = ("mixed-reviews/everyday", "imdb/compact")
ENCODER = "imdb/encoder-compact"
CONSTANT, FROM_ENCODER, SELF_TAUGHT = "most frequent class", "from encoder-compact", "self-taught"
TARGET_LABELS, TARGET_LEAD = 300, 0.03  # wished for, above both the run as it is and the best linear model
LINEAR = ("TF-IDF", "NB-SVM")


def as_is(network: str) -> str:
    """Name of the method."""
    return f"{network.rpartition('/')[2]} as it is"


def adapted(network: str) -> str:
    """Name of the method."""
    return f"adapt {network.rpartition('/')[2]}"


def tuned(network: str) -> str:
    """Name of the method."""
    return f"adapt --deep {network.rpartition('/')[2]}"
