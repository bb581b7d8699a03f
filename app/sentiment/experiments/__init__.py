"""The main job and what else is measured: compare, evaluate, label efficiency, the shipped models."""
