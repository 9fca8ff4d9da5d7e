'use strict';

// What programs do with ioredis.

const assert = require('node:assert/strict');
const Redis = require('ioredis');
const { port, fresh, check, until, next, run } = require('./checks');

const redis = new Redis(port);
const others = [];
const another = (options) => {
  const client = new Redis(port, options);
  others.push(client);
  return client;
};

check('a pipeline is answered in order, errors in their places', async () => {
  const key = fresh('pipeline');
  const replies = await redis
    .pipeline()
    .set(key, '1')
    .incrby(key, 41)
    .lpush(key, 'wrong type')
    .get(key)
    .getBuffer(key)
    .exec();
  assert.equal(replies.length, 5);
  assert.deepEqual(replies[0], [null, 'OK']);
  assert.deepEqual(replies[1], [null, 42]);
  assert.match(replies[2][0].message, /^WRONGTYPE /);
  assert.deepEqual(replies[3], [null, '42']);
  assert.deepEqual(replies[4], [null, Buffer.from('42')]);
});

check('a pipeline of ten thousand is answered whole', async () => {
  const key = fresh('long');
  const pipeline = redis.pipeline();
  for (let i = 0; i < 10_000; i++) {
    pipeline.rpush(key, i);
  }
  const replies = await pipeline.exec();
  assert.deepEqual(replies.at(-1), [null, 10_000]);
  assert.equal(await redis.lindex(key, -1), '9999');
});

check('commands of one turn are pipelined by themselves', async () => {
  const client = another({ enableAutoPipelining: true });
  const key = fresh('auto');
  const replies = await Promise.all([client.set(key, 'v'), client.get(key), client.strlen(key)]);
  assert.deepEqual(replies, ['OK', 'v', 1]);
});

check('a transaction is all or nothing', async () => {
  const key = fresh('multi');
  assert.deepEqual(await redis.multi().incr(key).incr(key).get(key).exec(), [
    [null, 1],
    [null, 2],
    [null, '2'],
  ]);
  await assert.rejects(redis.multi({ pipeline: true }).incr(key).call('nosuch').exec(), /EXECABORT/);
  assert.equal(await redis.get(key), '2');
});

check('a watched key that changes aborts the transaction', async () => {
  const key = fresh('watch');
  const watcher = another();
  await watcher.watch(key);
  await redis.set(key, 'changed');
  assert.equal(await watcher.multi().set(key, 'lost').exec(), null);
  assert.equal(await redis.get(key), 'changed');
  await watcher.watch(key);
  assert.deepEqual(await watcher.multi().set(key, 'won').exec(), [[null, 'OK']]);
});

check('messages of channels and patterns reach subscribers of the same process', async () => {
  const channel = fresh('news');
  const subscriber = another();
  assert.equal(await subscriber.subscribe(channel), 1);
  assert.equal(await subscriber.psubscribe(`${channel}*`), 2);
  const message = next(subscriber, 'message');
  const pattern = next(subscriber, 'pmessage');
  const binary = next(subscriber, 'messageBuffer');
  assert.equal(await redis.publish(channel, 'hello'), 2);
  assert.deepEqual(await message, [channel, 'hello']);
  assert.deepEqual(await pattern, [`${channel}*`, channel, 'hello']);
  assert.deepEqual(await binary, [Buffer.from(channel), Buffer.from('hello')]);
  assert.equal(await subscriber.unsubscribe(channel), 1);
  assert.equal(await subscriber.punsubscribe(), 0);
  assert.equal(await redis.publish(channel, 'nobody'), 0);
  assert.equal(await subscriber.echo('free again'), 'free again');
});

check('sharded channels', async () => {
  const channel = fresh('shard');
  const subscriber = another();
  await subscriber.ssubscribe(channel);
  const message = next(subscriber, 'smessage');
  assert.equal(await redis.spublish(channel, 'hello'), 1);
  assert.deepEqual(await message, [channel, 'hello']);
});

check('who waits for a list gets what is pushed, the longest waiting first', async () => {
  const key = fresh('queue');
  const [first, second] = [another(), another()];
  const a = first.blpop(key, 0);
  await until('the first waits', async () => (await blockedClients()) >= 1);
  const b = second.brpop(key, 0);
  await until('the second waits', async () => (await blockedClients()) >= 2);
  await redis.rpush(key, 'one', 'two', 'three');
  assert.deepEqual(await a, [key, 'one']);
  assert.deepEqual(await b, [key, 'three']);
  const to = fresh('to');
  assert.equal(await first.blmove(key, to, 'LEFT', 'RIGHT', 1), 'two');
  assert.equal(await first.blpop(fresh('empty'), 0.01), null);
  const z = fresh('z');
  const member = second.bzpopmin(z, 0);
  await redis.zadd(z, 1.5, 'm');
  assert.deepEqual(await member, [z, 'm', '1.5']);
});

const blockedClients = async () => Number(/blocked_clients:(\d+)/.exec(await redis.info('clients'))[1]);

check('a script that is defined once is called by its digest, and sent again where it is not known', async () => {
  const key = fresh('script');
  redis.defineCommand('addAndGet', {
    numberOfKeys: 1,
    lua: `
      local before = redis.call('GET', KEYS[1]) or '0'
      redis.call('SET', KEYS[1], before + ARGV[1])
      return {before, redis.call('GET', KEYS[1]), cjson.encode({key = KEYS[1]})}`,
  });
  assert.deepEqual(await redis.addAndGet(key, 5), ['0', '5', `{"key":"${key}"}`]);
  await redis.script('FLUSH');
  assert.deepEqual(await redis.addAndGet(key, 6), ['5', '11', `{"key":"${key}"}`]);
  assert.deepEqual(await redis.pipeline().addAndGet(key, 1).get(key).exec(), [
    [null, ['11', '12', `{"key":"${key}"}`]],
    [null, '12'],
  ]);
  assert.deepEqual(await redis.addAndGetBuffer(key, 1), [
    Buffer.from('12'),
    Buffer.from('13'),
    Buffer.from(`{"key":"${key}"}`),
  ]);
});

check('every key, field and member is met by streams of scans', async () => {
  const prefix = fresh('scan');
  const names = Array.from({ length: 500 }, (_, i) => `${prefix}:${i}`);
  await redis.mset(...names.flatMap((name) => [name, 'v']));
  await redis.sadd(`${prefix}-set`, ...names);
  await redis.hset(`${prefix}-hash`, Object.fromEntries(names.map((name) => [name, 'v'])));
  await redis.zadd(`${prefix}-zset`, ...names.flatMap((name, i) => [i, name]));
  const collect = async (stream, step) => {
    const found = new Set();
    for await (const batch of stream) {
      for (let i = 0; i < batch.length; i += step) {
        found.add(batch[i]);
      }
    }
    return [...found].sort();
  };
  names.sort();
  assert.deepEqual(await collect(redis.scanStream({ match: `${prefix}:*`, count: 50 }), 1), names);
  assert.deepEqual(await collect(redis.scanStream({ match: `${prefix}*`, type: 'hash' }), 1), [`${prefix}-hash`]);
  assert.deepEqual(await collect(redis.sscanStream(`${prefix}-set`), 1), names);
  assert.deepEqual(await collect(redis.hscanStream(`${prefix}-hash`), 2), names);
  assert.deepEqual(await collect(redis.zscanStream(`${prefix}-zset`), 2), names);
});

check('a client that is cut off comes back with its subscriptions, name and database', async () => {
  const channel = fresh('again');
  const key = fresh('db');
  const client = another({ db: 3, connectionName: 'comes-back' });
  const subscriber = another({ connectionName: 'comes-back' });
  await subscriber.subscribe(channel);
  await client.set(key, 'in three');
  assert.equal(await client.client('GETNAME'), 'comes-back');
  for (const line of (await redis.client('LIST')).split('\n')) {
    if (line.includes('name=comes-back')) {
      await redis.client('KILL', 'ID', /id=(\d+)/.exec(line)[1]);
    }
  }
  assert.equal(await client.get(key), 'in three');
  assert.equal(await client.client('GETNAME'), 'comes-back');
  assert.equal(await redis.get(key), null);
  const message = next(subscriber, 'message');
  await until('it is subscribed again', async () => (await redis.publish(channel, 'hello')) === 1);
  assert.deepEqual(await message, [channel, 'hello']);
});

check('replies of every shape are turned into what the library promises', async () => {
  const prefix = fresh('shape');
  assert.equal(await redis.set(prefix, 'v', 'EX', 100, 'NX'), 'OK');
  assert.equal(await redis.set(prefix, 'w', 'NX'), null);
  assert.equal(await redis.set(prefix, 'w', 'KEEPTTL', 'GET'), 'v');
  assert.ok((await redis.ttl(prefix)) > 0);
  assert.equal(await redis.hset(`${prefix}h`, { a: 1, b: 2 }), 2);
  assert.deepEqual(await redis.hgetall(`${prefix}h`), { a: '1', b: '2' });
  assert.deepEqual(await redis.hmget(`${prefix}h`, 'b', 'c'), ['2', null]);
  assert.equal(await redis.zadd(`${prefix}z`, 1.5, 'a', 2, 'b'), 2);
  assert.deepEqual(await redis.zrange(`${prefix}z`, 0, -1, 'WITHSCORES'), ['a', '1.5', 'b', '2']);
  const id = await redis.xadd(`${prefix}x`, '*', 'f', 'v');
  assert.deepEqual(await redis.xread('STREAMS', `${prefix}x`, '0'), [[`${prefix}x`, [[id, ['f', 'v']]]]]);
  assert.equal(await redis.geoadd(`${prefix}g`, 13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania'), 2);
  assert.equal(await redis.geodist(`${prefix}g`, 'Palermo', 'Catania', 'km'), '166.2742');
  await assert.rejects(redis.incr(`${prefix}h`), /WRONGTYPE/);
  assert.equal((await redis.time()).length, 2);
});

check('MONITOR shows what others do', async () => {
  // Of a client that is ready: one that still connects would ask for INFO, and where that is shown in one piece with
  // MONITOR's own reply ioredis takes it for a reply that it never asked for.
  const monitor = await redis.monitor();
  const key = fresh('seen');
  const seen = new Promise((resolve) => {
    monitor.on('monitor', (_, args) => args[1] === key && resolve(args));
  });
  await redis.set(key, 'v');
  assert.deepEqual((await seen).map((arg, i) => (i === 0 ? arg.toLowerCase() : arg)), ['set', key, 'v']);
  monitor.disconnect();
});

run(async () => {
  others.forEach((client) => client.disconnect());
  await redis.quit();
});
