"""An engine that treats tasks as another process would, without one: a fast stand-in for Ray."""

import pickle


class Elsewhere:
    """Copies all that a worker would get, works on the last task first, and records the names of the tasks."""

    at_once = True

    def __init__(self) -> None:
        self.names: list[str] = []

    def completed(self, work, common, tasks, report, place):
        assert place.is_absolute()  # a worker has another working folder
        copied = pickle.dumps((work, common))
        for task in reversed(list(tasks)):
            self.names.append(task.name)
            there, shared = pickle.loads(copied)
            result = there(shared, pickle.loads(pickle.dumps(task.job)), report)
            yield task, pickle.loads(pickle.dumps(result))
