'use strict';

// What programs do with the queues of BullMQ: nearly all of it is Lua.

const assert = require('node:assert/strict');
const Redis = require('ioredis');
const { Queue, Worker, QueueEvents, FlowProducer, UnrecoverableError } = require('bullmq');
const { port, fresh, check, until, next, run } = require('./checks');

const connection = { host: '127.0.0.1', port };
const redis = new Redis(port);
const open = [];
const keep = (part) => {
  part.setMaxListeners(100); // each wait for a job listens
  part.on('error', () => {}); // what fails is seen by what does not come of it
  open.push(part);
  return part;
};
const queueOf = (name, options) => keep(new Queue(name, { connection, ...options }));
const workerOf = (name, process, options) => keep(new Worker(name, process, { connection, ...options }));
const eventsOf = async (name) => {
  const events = keep(new QueueEvents(name, { connection, lastEventId: '0' }));
  await events.waitUntilReady();
  return events;
};
/** Queue names must not hold a colon. */
const freshQueue = (name) => fresh(name).replace(':', '-');

check('jobs are worked off in order, and their results come back', async () => {
  const name = freshQueue('jobs');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const done = [];
  const worker = workerOf(name, async (job) => {
    done.push(job.data.n);
    await job.updateProgress(50);
    await job.log(`working on ${job.data.n}`);
    return { square: job.data.n ** 2 };
  });
  const jobs = await queue.addBulk(Array.from({ length: 20 }, (_, n) => ({ name: 'square', data: { n } })));
  const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
  assert.deepEqual(
    results,
    Array.from({ length: 20 }, (_, n) => ({ square: n ** 2 })),
  );
  assert.deepEqual(
    done,
    Array.from({ length: 20 }, (_, n) => n),
  );
  const last = await queue.getJob(jobs[19].id);
  assert.equal(await last.getState(), 'completed');
  assert.equal(last.progress, 50);
  assert.deepEqual((await queue.getJobLogs(last.id)).logs, ['working on 19']);
  assert.deepEqual(await queue.getJobCounts('completed', 'wait', 'active', 'failed'), { completed: 20, wait: 0, active: 0, failed: 0 });
  await worker.close();
});

check('a job with the id of another is not added twice', async () => {
  const name = freshQueue('same');
  const queue = queueOf(name);
  await queue.add('first', { n: 1 }, { jobId: 'unique' });
  await queue.add('second', { n: 2 }, { jobId: 'unique' });
  assert.equal(await queue.count(), 1);
  assert.deepEqual((await queue.getJob('unique')).data, { n: 1 });
  const one = await queue.add('a', {}, { deduplication: { id: 'only one' } });
  const two = await queue.add('b', {}, { deduplication: { id: 'only one' } });
  assert.equal(two.id, one.id);
  assert.equal(await queue.count(), 2);
});

check('a job that fails is tried again with a growing delay, until its attempts are used up', async () => {
  const name = freshQueue('retries');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const attempts = [];
  workerOf(name, async (job) => {
    attempts.push([job.name, job.attemptsMade]);
    if (job.name === 'never') {
      throw new UnrecoverableError('give up');
    }
    if (job.name === 'always' || job.attemptsMade < 2) {
      throw new Error(`attempt ${job.attemptsMade}`);
    }
    return 'at last';
  });
  const options = { attempts: 3, backoff: { type: 'exponential', delay: 10 } };
  const third = await queue.add('third time', {}, options);
  assert.equal(await third.waitUntilFinished(events), 'at last');
  const always = await queue.add('always', {}, options);
  await assert.rejects(always.waitUntilFinished(events), /attempt 2/);
  const never = await queue.add('never', {}, options);
  await assert.rejects(never.waitUntilFinished(events), /give up/);
  assert.deepEqual(attempts, [
    ...[0, 1, 2].map((n) => ['third time', n]),
    ...[0, 1, 2].map((n) => ['always', n]),
    ['never', 0],
  ]);
  const failed = await queue.getFailed();
  assert.deepEqual(failed.map((job) => job.failedReason).sort(), ['attempt 2', 'give up']);
  assert.equal((await queue.getJob(always.id)).stacktrace.length, 3);
  await (await queue.getJob(never.id)).retry('failed');
  await until('it failed again', () => attempts.filter(([job]) => job === 'never').length === 2);
});

check('delayed jobs wait, the one that is due first comes first', async () => {
  const name = freshQueue('delayed');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const done = [];
  const timestamp = Date.now();
  const late = await queue.add('late', {}, { delay: 120, timestamp });
  const early = await queue.add('early', {}, { delay: 60, timestamp });
  const far = await queue.add('far', {}, { delay: 3_600_000 });
  assert.equal(await far.getState(), 'delayed');
  workerOf(name, async (job) => done.push(job.name));
  await Promise.all([late.waitUntilFinished(events), early.waitUntilFinished(events)]);
  assert.deepEqual(done, ['early', 'late']);
  assert.deepEqual(await queue.getJobCounts('delayed'), { delayed: 1 });
  await far.changeDelay(7_200_000);
  await far.promote();
  assert.equal(await far.waitUntilFinished(events), 3);
});

check('the most urgent job comes first', async () => {
  const name = freshQueue('priorities');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const jobs = [];
  for (const priority of [3, 1, 2, 1]) {
    jobs.push(await queue.add(`p${priority}`, {}, { priority }));
  }
  jobs.push(await queue.add('p0', {}));
  jobs.push(await queue.add('p0 first', {}, { lifo: true }));
  assert.deepEqual(await queue.getCountsPerPriority([0, 1, 2, 3]), { 0: 2, 1: 2, 2: 1, 3: 1 });
  await jobs[0].changePriority({ priority: 4 });
  const done = [];
  workerOf(name, async (job) => done.push(job.name));
  await Promise.all(jobs.map((job) => job.waitUntilFinished(events)));
  assert.deepEqual(done, ['p0 first', 'p0', 'p1', 'p1', 'p2', 'p3']);
});

check('a rate limit is kept', async () => {
  const name = freshQueue('limited');
  const queue = queueOf(name);
  const jobs = Array.from({ length: 5 }, () => ({ name: 'job', data: {} }));
  let done = 0;
  const max = { max: 2, duration: 3_600_000 };
  const slow = workerOf(name, async () => done++, { limiter: max });
  await queue.addBulk(jobs);
  await until('the limit is reached', async () => done === 2 && (await queue.getRateLimitTtl(2)) > 0);
  assert.deepEqual(await queue.getJobCounts('wait', 'active'), { wait: 3, active: 0 });
  await slow.close(true);
  await queue.removeRateLimitKey();
  assert.ok((await queue.getRateLimitTtl(2)) <= 0);
  const quick = workerOf(name, async () => done++, { limiter: { max: 2, duration: 20 } });
  await until('all are done', () => done === 5);
  await quick.rateLimit(3_600_000);
  assert.ok((await queue.getRateLimitTtl(2)) > 0);
});

check('a parent waits for its children and gets what they return', async () => {
  const [parents, children] = [freshQueue('parents'), freshQueue('children')];
  const events = await eventsOf(parents);
  const flow = keep(new FlowProducer({ connection }));
  const tree = await flow.add({
    name: 'sum',
    queueName: parents,
    data: {},
    children: [1, 2, 3].map((n) => ({
      name: 'double',
      queueName: children,
      data: { n },
      children: n === 3 ? [{ name: 'double', queueName: children, data: { n: 4 } }] : [],
    })),
  });
  assert.equal(await tree.job.getState(), 'waiting-children');
  assert.equal((await tree.job.getDependencies()).unprocessed.length, 3);
  workerOf(children, async (job) => {
    const below = Object.values(await job.getChildrenValues());
    return job.data.n * 2 + below.reduce((a, b) => a + b, 0);
  });
  workerOf(parents, async (job) => Object.values(await job.getChildrenValues()).reduce((a, b) => a + b, 0));
  assert.equal(await tree.job.waitUntilFinished(events), 2 + 4 + 6 + 8);
});

check('a parent fails with its child where that is wanted', async () => {
  const [parents, children] = [freshQueue('parents'), freshQueue('children')];
  const events = await eventsOf(parents);
  const flow = keep(new FlowProducer({ connection }));
  const tree = await flow.add({
    name: 'never runs',
    queueName: parents,
    children: [{ name: 'fails', queueName: children, opts: { failParentOnFailure: true } }],
  });
  workerOf(parents, async () => 'not reached');
  workerOf(children, async () => {
    throw new Error('no');
  });
  await assert.rejects(tree.job.waitUntilFinished(events), /child .* failed/);
});

check('the events of a queue are told in order', async () => {
  const name = freshQueue('events');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const seen = [];
  for (const event of ['added', 'waiting', 'active', 'progress', 'completed', 'drained']) {
    events.on(event, () => seen.push(event));
  }
  const worker = workerOf(name, async (job) => job.updateProgress({ step: 1 }), { autorun: false });
  const drained = next(events, 'drained');
  const job = await queue.add('job', {});
  worker.run();
  await job.waitUntilFinished(events);
  await drained;
  assert.deepEqual(seen, ['added', 'waiting', 'active', 'progress', 'completed', 'drained']);
  assert.ok((await redis.xlen(`bull:${name}:events`)) >= 6);
});

check('a schedule makes one job after another', async () => {
  const name = freshQueue('schedule');
  const queue = queueOf(name);
  let runs = 0;
  await queue.upsertJobScheduler('often', { every: 30 }, { name: 'tick', data: { n: 1 } });
  await queue.upsertJobScheduler('nightly', { pattern: '0 3 * * *' }, { name: 'night' });
  assert.equal(await queue.getJobSchedulersCount(), 2);
  assert.equal((await queue.getJobScheduler('often')).every, 30);
  workerOf(name, async () => runs++);
  await until('it ran three times', () => runs >= 3);
  assert.equal(await queue.removeJobScheduler('often'), true);
  assert.deepEqual(
    (await queue.getJobSchedulers()).map((scheduler) => scheduler.key),
    ['nightly'],
  );
});

check('a paused queue rests until it is resumed', async () => {
  const name = freshQueue('paused');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const done = [];
  workerOf(name, async (job) => done.push(job.name));
  const before = await queue.add('before', {});
  await before.waitUntilFinished(events);
  await queue.pause();
  assert.equal(await queue.isPaused(), true);
  const held = await queue.add('held', {});
  const paused = await queue.getJobCounts('paused', 'wait');
  assert.equal(paused.paused + paused.wait, 1);
  assert.deepEqual(done, ['before']);
  await queue.resume();
  await held.waitUntilFinished(events);
  assert.deepEqual(done, ['before', 'held']);
});

check('a worker that died loses its job to another', async () => {
  const name = freshQueue('stalled');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const job = await queue.add('job', {});
  const dead = workerOf(name, null, { lockDuration: 50, autorun: false });
  assert.equal((await dead.getNextJob('a token')).id, job.id); // and nobody renews its lock
  const stalled = next(events, 'stalled');
  workerOf(name, async () => 'saved', { stalledInterval: 60, maxStalledCount: 1 });
  assert.equal(await job.waitUntilFinished(events), 'saved');
  await stalled;
});

check('old jobs are cleaned away, and a whole queue', async () => {
  const name = freshQueue('clean');
  const queue = queueOf(name);
  const events = await eventsOf(name);
  const worker = workerOf(name, async (job) => {
    if (job.name === 'bad') {
      throw new Error('bad');
    }
  });
  const jobs = await queue.addBulk(['good', 'bad', 'good', 'good'].map((job) => ({ name: job, data: {} })));
  await Promise.allSettled(jobs.map((job) => job.waitUntilFinished(events)));
  await worker.close();
  await queue.add('waits', {});
  assert.equal((await queue.clean(0, 2, 'completed')).length, 2);
  assert.deepEqual(await queue.getJobCounts('completed', 'failed', 'wait'), { completed: 1, failed: 1, wait: 1 });
  await queue.remove(jobs[1].id);
  await queue.drain();
  assert.deepEqual(await queue.getJobCounts('completed', 'failed', 'wait'), { completed: 1, failed: 0, wait: 0 });
  await queue.trimEvents(0);
  await queue.obliterate({ force: true });
  assert.deepEqual(await redis.keys(`bull:${name}:*`), []);
});

check('finished jobs are kept as many as asked for', async () => {
  const name = freshQueue('kept');
  const queue = queueOf(name);
  let done = 0;
  workerOf(name, async () => done++, { removeOnComplete: { count: 3 }, concurrency: 4 });
  await queue.addBulk(Array.from({ length: 30 }, () => ({ name: 'job', data: { text: 'ünï\u0000' } })));
  await until('all are done', () => done === 30);
  await until('the rest is gone', async () => (await queue.getCompletedCount()) === 3);
  assert.equal((await queue.getCompleted())[0].data.text, 'ünï\u0000');
  assert.ok((await queue.getWorkersCount()) >= 1);
});

run(async () => {
  // Workers first: they use the queues' keys.
  const workers = open.filter((part) => part instanceof Worker);
  await Promise.all(workers.map((worker) => worker.close(true)));
  await Promise.all(open.filter((part) => !workers.includes(part)).map((part) => part.close()));
  redis.disconnect();
});
