"""What the values of a split column and the names of folders mean."""

UNLABELLED = "unlabelled"
VALIDATION = "validation"
SPLITS = (
    dict.fromkeys(("train", "training"), "train")
    | dict.fromkeys((VALIDATION, "valid", "val", "dev", "development"), VALIDATION)
    | dict.fromkeys(("test", "testing"), "test")
    | dict.fromkeys((UNLABELLED, "unlabeled", "unsup", "unsupervised"), UNLABELLED)
)
