"""Independent pieces of work: one after the other in this process, or several at once on Ray.

tasks.py     what a task is, and the engine that works through them one after the other
ray_tasks.py the engine that hands them to Ray workers; imports Ray only where it runs
lines.py     progress of several trainings at once, a line for each event
"""
