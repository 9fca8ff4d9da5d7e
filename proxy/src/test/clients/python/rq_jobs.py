"""What the workers of rq_queues.py are given to do."""

from rq import get_current_job


def add(a, b):
    return a + b


def fail(why):
    raise ValueError(why)


def fail_until(attempt):
    """Fails until it runs for the given time; gives how often it ran."""
    job = get_current_job()
    job.meta["runs"] = job.meta.get("runs", 0) + 1
    job.save_meta()
    if job.meta["runs"] < attempt:
        raise ValueError(f"run {job.meta['runs']}")
    return job.meta["runs"]


def sum_of_dependencies():
    return sum(job.result for job in get_current_job().fetch_dependencies())


def report(job, connection, result):
    connection.rpush(job.meta["reports"], result)


def report_failure(job, connection, kind, value, traceback):
    connection.rpush(job.meta["reports"], f"{kind.__name__}: {value}")
