"""Jobs: compare architectures, evaluate saved runs, measure label efficiency, make the shipped models."""
