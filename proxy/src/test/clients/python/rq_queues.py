"""What programs do with the queues of RQ."""

import logging
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import redis
import rq
from rq.job import Job
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry

import rq_jobs
from checks import PORT, check, equal, fresh, refused, run, until

client = redis.Redis(port=PORT)


def queue(name):
    return rq.Queue(fresh(name), connection=client)


def work(*queues):
    """Works off all that is there, in this process."""
    # Jobs fail because they are told to: nothing to speak of.
    return rq.SimpleWorker(list(queues), connection=client).work(burst=True, logging_level=logging.CRITICAL)


@check("jobs are worked off and their results come back")
def results():
    jobs = queue("results")
    many = [jobs.enqueue(rq_jobs.add, n, 1) for n in range(10)]
    named = jobs.enqueue(rq_jobs.add, "a", b="b", job_id=fresh("id"), result_ttl=500, description="joins")
    equal(len(jobs), 11)
    equal(many[0].get_position(), 0)
    equal(work(jobs), True)
    equal([job.result for job in many], list(range(1, 11)))
    fetched = Job.fetch(named.id, connection=client)
    equal((fetched.result, fetched.get_status(), fetched.description), ("ab", "finished", "joins"))
    assert 0 < client.ttl(named.key) <= 500
    equal(FinishedJobRegistry(queue=jobs).count, 11)
    equal(work(jobs), False)


@check("the queue that is named first is worked off first")
def order():
    high, low = queue("high"), queue("low")
    jobs = [low.enqueue(rq_jobs.add, 1, 1), high.enqueue(rq_jobs.add, 1, 1), low.enqueue(rq_jobs.add, 1, 1, at_front=True)]
    work(high, low)
    equal(sorted(range(3), key=lambda n: jobs[n].ended_at or jobs[n].refresh() or jobs[n].ended_at), [1, 2, 0])


@check("a job that fails is kept with what went wrong, and can be put back")
def failures():
    jobs = queue("failures")
    job = jobs.enqueue(rq_jobs.fail, "because")
    work(jobs)
    registry = FailedJobRegistry(queue=jobs)
    equal(registry.get_job_ids(), [job.id])
    assert "ValueError: because" in Job.fetch(job.id, connection=client).exc_info
    registry.requeue(job.id)
    equal((registry.count, jobs.job_ids), (0, [job.id]))
    work(jobs)
    equal(registry.count, 1)
    registry.remove(job.id, delete_job=True)
    refused(rq.exceptions.NoSuchJobError, "No such job", lambda: Job.fetch(job.id, connection=client))


@check("a job that fails is tried again as often as it may be")
def retries():
    jobs = queue("retries")
    third = jobs.enqueue(rq_jobs.fail_until, 3, retry=rq.Retry(max=3))
    never = jobs.enqueue(rq_jobs.fail_until, 100, retry=rq.Retry(max=2))
    work(jobs)
    equal(Job.fetch(third.id, connection=client).result, 3)
    never = Job.fetch(never.id, connection=client)
    equal((never.get_status(), never.meta["runs"]), ("failed", 3))


@check("a job waits for those it depends on")
def dependencies():
    jobs = queue("dependencies")
    parents = [jobs.enqueue(rq_jobs.add, n, n) for n in range(4)]
    child = jobs.enqueue(rq_jobs.sum_of_dependencies, depends_on=parents)
    never = jobs.enqueue(rq_jobs.add, 1, 1, depends_on=jobs.enqueue(rq_jobs.fail, "so nothing follows"))
    equal((child.get_status(), len(jobs)), ("deferred", 5))
    work(jobs)
    child.refresh()
    equal(child.result, 12)
    equal(never.get_status(), "deferred")


@check("those who asked hear how a job ended")
def callbacks():
    jobs = queue("callbacks")
    reports = fresh("reports")
    meta = {"reports": reports}
    jobs.enqueue(rq_jobs.add, 1, 2, on_success=rq_jobs.report, meta=meta)
    jobs.enqueue(rq_jobs.fail, "oh", on_failure=rq_jobs.report_failure, meta=meta)
    work(jobs)
    equal(client.lrange(reports, 0, -1), [b"3", b"ValueError: oh"])


@check("scheduled jobs run when they are due")
def scheduled():
    jobs = queue("scheduled")
    now = datetime.now(timezone.utc)
    due = jobs.enqueue_at(now - timedelta(seconds=1), rq_jobs.add, 1, 1)
    later = jobs.enqueue_in(timedelta(hours=1), rq_jobs.add, 2, 2)
    registry = ScheduledJobRegistry(queue=jobs)
    equal(registry.get_job_ids(), [due.id, later.id])
    assert registry.get_scheduled_time(later) > now + timedelta(minutes=59)
    scheduler = rq.scheduler.RQScheduler([jobs], connection=client)
    equal(len(scheduler.acquire_locks()), 1)
    equal(rq.scheduler.RQScheduler([jobs], connection=client).acquire_locks(), set())
    scheduler.enqueue_scheduled_jobs()
    scheduler.release_locks()
    work(jobs)
    due.refresh()
    equal(due.result, 2)
    equal(registry.get_job_ids(), [later.id])
    later.cancel()
    equal(later.get_status(), "canceled")


@check("many are enqueued at once, and the queue is emptied at once")
def bulk():
    jobs = queue("bulk")
    data = [rq.Queue.prepare_data(rq_jobs.add, (n, n)) for n in range(50)]
    with client.pipeline() as pipe:
        many = jobs.enqueue_many(data, pipeline=pipe)
        pipe.execute()
    equal(len(jobs), 50)
    jobs.remove(many[0])
    equal(jobs.empty(), 49)
    equal(jobs.count, 0)
    jobs.delete()
    assert jobs.name not in [known.name for known in rq.Queue.all(connection=client)]


@check("a worker process of its own waits for a job, does it and hears that it shall stop")
def process():
    jobs = queue("process")
    name = fresh("worker")
    command = [sys.executable, "-m", "rq.cli", "worker", "--quiet", "--url", f"redis://127.0.0.1:{PORT}", "--name", name, jobs.name]
    worker = subprocess.Popen(
        command, cwd=os.path.dirname(os.path.abspath(__file__)), env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    try:
        until("it waits", lambda: any(w.name == name and w.state == "idle" for w in rq.Worker.all(connection=client)))
        job = jobs.enqueue(rq_jobs.add, 3, 4)
        until("it is done", lambda: job.get_status() == "finished")
        equal(Job.fetch(job.id, connection=client).result, 7)
        rq.command.send_shutdown_command(client, name)
        equal(worker.wait(20), 0)
        equal([w for w in rq.Worker.all(connection=client) if w.name == name], [])
    finally:
        worker.kill()


run()
