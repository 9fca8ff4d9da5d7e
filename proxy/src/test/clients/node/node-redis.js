'use strict';

// What programs do with node-redis, in both protocols.

const assert = require('node:assert/strict');
const { createClient, createClientPool, defineScript, BasicClientSideCache, WatchError, ErrorReply } = require('redis');
const { port, fresh, check, until, run } = require('./checks');

const others = [];
const connect = async (options) => {
  const client = createClient({ socket: { host: '127.0.0.1', port }, ...options });
  client.on('error', () => {}); // it comes back by itself
  others.push(client);
  return client.connect();
};

/** The same in RESP2 and in RESP3. */
const checkBoth = (name, body) => {
  for (const RESP of [2, 3]) {
    check(`${name} (RESP${RESP})`, async () => body(await connect({ RESP }), RESP));
  }
};

checkBoth('strings, hashes, sets, sorted sets and lists', async (redis) => {
  const key = fresh('types');
  assert.equal(await redis.set(key, 'v', { expiration: { type: 'EX', value: 100 }, condition: 'NX' }), 'OK');
  assert.equal(await redis.set(key, 'w', { condition: 'NX' }), null);
  assert.ok((await redis.pTTL(key)) > 0);
  assert.equal(await redis.getDel(key), 'v');
  assert.equal(await redis.hSet(`${key}h`, { a: '1', b: '2' }), 2);
  assert.deepEqual({ ...(await redis.hGetAll(`${key}h`)) }, { a: '1', b: '2' });
  assert.equal(await redis.sAdd(`${key}s`, ['a', 'b']), 2);
  assert.deepEqual([...(await redis.sMembers(`${key}s`))].sort(), ['a', 'b']);
  assert.deepEqual(await redis.smIsMember(`${key}s`, ['a', 'c']), [1, 0]);
  await redis.zAdd(`${key}z`, [
    { score: 1.5, value: 'a' },
    { score: -Infinity, value: 'b' },
  ]);
  assert.equal(await redis.zScore(`${key}z`, 'a'), 1.5);
  assert.deepEqual(await redis.zRangeWithScores(`${key}z`, 0, -1), [
    { value: 'b', score: -Infinity },
    { value: 'a', score: 1.5 },
  ]);
  assert.deepEqual(await redis.zPopMin(`${key}z`), { value: 'b', score: -Infinity });
  assert.equal(await redis.rPush(`${key}l`, ['a', 'b', 'c']), 3);
  assert.deepEqual(await redis.lmPop(`${key}l`, 'RIGHT', { COUNT: 2 }), [`${key}l`, ['c', 'b']]);
  await assert.rejects(redis.incr(`${key}l`), ErrorReply);
  assert.equal(await redis.incrByFloat(key, 0.1), '0.1');
  assert.equal(await redis.geoAdd(`${key}g`, { longitude: 13.361389, latitude: 38.115556, member: 'Palermo' }), 1);
  const [position] = await redis.geoPos(`${key}g`, 'Palermo');
  assert.ok(Math.abs(position.longitude - 13.361389) < 1e-5);
});

checkBoth('commands sent in one turn are one pipeline', async (redis) => {
  const key = fresh('pipeline');
  const replies = await Promise.all(Array.from({ length: 5000 }, () => redis.incr(key)));
  assert.deepEqual(
    replies,
    Array.from({ length: 5000 }, (_, i) => i + 1),
  );
});

checkBoth('transactions, with their errors in their places', async (redis) => {
  const key = fresh('multi');
  assert.deepEqual(await redis.multi().set(key, '1').incr(key).get(key).exec(), ['OK', 2, '2']);
  await assert.rejects(redis.multi().lPush(key, 'wrong type').get(key).exec());
  assert.deepEqual(await redis.multi().get(key).execAsPipeline(), ['2']);
});

checkBoth('a watched key that changes aborts the transaction', async (redis) => {
  const key = fresh('watch');
  const other = await connect({});
  await redis.watch(key);
  await other.set(key, 'changed');
  await assert.rejects(redis.multi().set(key, 'lost').exec(), WatchError);
  assert.equal(await redis.get(key), 'changed');
  await redis.watch(key);
  assert.deepEqual(await redis.multi().set(key, 'won').exec(), ['OK']);
});

checkBoth('messages of channels, patterns and shards', async (redis, RESP) => {
  const channel = fresh('news');
  const subscriber = await connect({ RESP });
  const heard = [];
  await subscriber.subscribe(channel, (message, from) => heard.push(['channel', from, message]));
  await subscriber.pSubscribe(`${channel}*`, (message, from) => heard.push(['pattern', from, message]));
  await subscriber.sSubscribe(channel, (message, from) => heard.push(['shard', from, message]));
  assert.equal(await redis.publish(channel, 'hello'), 2);
  assert.equal(await redis.sPublish(channel, 'hello'), 1);
  await until('all are heard', () => heard.length === 3);
  assert.deepEqual(heard.sort(), [
    ['channel', channel, 'hello'],
    ['pattern', channel, 'hello'],
    ['shard', channel, 'hello'],
  ]);
  if (RESP === 3) {
    assert.equal(await subscriber.echo('a subscriber may do more than listen'), 'a subscriber may do more than listen');
  }
  await subscriber.unsubscribe(channel);
  await subscriber.pUnsubscribe();
  await subscriber.sUnsubscribe();
  assert.equal(await redis.publish(channel, 'nobody'), 0);
});

checkBoth('a consumer group shares a stream, and takes over what one left', async (redis) => {
  const key = fresh('stream');
  assert.equal(await redis.xGroupCreate(key, 'group', '$', { MKSTREAM: true }), 'OK');
  const waiting = (await connect({})).xReadGroup('group', 'first', { key, id: '>' }, { BLOCK: 0, COUNT: 2 });
  const ids = [await redis.xAdd(key, '*', { n: '1' })];
  assert.deepEqual(plain(await waiting), [{ name: key, messages: [{ id: ids[0], message: { n: '1' } }] }]);
  ids.push(await redis.xAdd(key, '*', { n: '2' }));
  ids.push(await redis.xAdd(key, '*', { n: '3' }));
  const second = plain(await redis.xReadGroup('group', 'second', { key, id: '>' }, { COUNT: 10 }));
  assert.deepEqual(
    second[0].messages.map((entry) => entry.id),
    ids.slice(1),
  );
  assert.equal(await redis.xAck(key, 'group', ids[1]), 1);
  const pending = await redis.xPending(key, 'group');
  assert.equal(pending.pending, 2);
  assert.deepEqual(plain(pending.consumers), [
    { name: 'first', deliveriesCounter: 1 },
    { name: 'second', deliveriesCounter: 1 },
  ]);
  const claimed = plain(await redis.xAutoClaim(key, 'group', 'third', 0, '0'));
  assert.deepEqual(
    claimed.messages.map((entry) => entry.id),
    [ids[0], ids[2]],
  );
  assert.deepEqual(plain(await redis.xPendingRange(key, 'group', '-', '+', 10)).map(({ consumer, deliveriesCounter }) => [consumer, deliveriesCounter]), [
    ['third', 2],
    ['third', 2],
  ]);
  assert.equal(await redis.xAck(key, 'group', [ids[0], ids[2]]), 2);
  const [group] = await redis.xInfoGroups(key);
  assert.equal(group.consumers, 3);
  assert.equal(group.pending, 0);
  assert.equal(group['entries-read'], 3);
  assert.equal(group.lag, 0);
  const info = await redis.xInfoStream(key);
  assert.equal(info.length, 3);
  assert.equal(info['last-generated-id'], ids[2]);
  assert.equal(await redis.xTrim(key, 'MAXLEN', 1), 2);
  assert.equal(plain(await redis.xRange(key, '-', '+'))[0].id, ids[2]);
});

/** Without the prototypes that the library leaves out. */
const plain = (value) => JSON.parse(JSON.stringify(value));

checkBoth('blocking commands on connections of a pool', async (redis, RESP) => {
  const key = fresh('pool');
  const pool = await createClientPool({ RESP, socket: { host: '127.0.0.1', port } }, { minimum: 2, maximum: 4 }).connect();
  const popped = [pool.blPop(key, 0), pool.bzPopMax(`${key}z`, 0)];
  await redis.zAdd(`${key}z`, { score: 2, value: 'm' });
  await redis.rPush(key, 'e');
  assert.deepEqual(plain(await popped[0]), { key, element: 'e' });
  assert.deepEqual(plain(await popped[1]), { key: `${key}z`, value: 'm', score: 2 });
  await pool.close();
});

checkBoth('scripts and functions that are part of the client', async (_, RESP) => {
  const scripts = {
    take: defineScript({
      NUMBER_OF_KEYS: 1,
      SCRIPT: `
        local left = tonumber(redis.call('GET', KEYS[1]) or '10') - tonumber(ARGV[1])
        if left < 0 then return redis.error_reply('EMPTY nothing left') end
        redis.call('SET', KEYS[1], left)
        return left`,
      parseCommand(parser, key, amount) {
        parser.pushKey(key);
        parser.push(String(amount));
      },
      transformReply: undefined,
    }),
  };
  const library = `l${fresh('').replace(/\W/g, '')}`;
  const functions = {
    [library]: {
      remember: {
        NUMBER_OF_KEYS: 1,
        parseCommand(parser, key, value) {
          parser.pushKey(key);
          parser.push(value);
        },
        transformReply: undefined,
      },
    },
  };
  const redis = await connect({ RESP, scripts, functions });
  const key = fresh('script');
  assert.equal(await redis.take(key, 3), 7);
  await redis.scriptFlush();
  assert.equal(await redis.take(key, 3), 4);
  await assert.rejects(redis.take(key, 5), /EMPTY nothing left/);
  assert.deepEqual(await redis.multi().take(key, 1).get(key).exec(), [3, '3']);
  const loaded = await redis.functionLoad(
    `#!lua name=${library}
    redis.register_function('remember', function(keys, args)
      redis.setresp(3)
      redis.call('HSET', keys[1], 'value', args[1])
      return redis.call('HGETALL', keys[1])
    end)`,
    { REPLACE: true },
  );
  assert.equal(loaded, library);
  const remembered = await redis[library].remember(`${key}h`, 'v');
  assert.deepEqual(plain(remembered), RESP === 3 ? { value: 'v' } : ['value', 'v']);
  const [listed] = await redis.functionList({ LIBRARYNAME: library });
  assert.equal(listed.functions[0].name, 'remember');
  await redis.functionDelete(library);
});

check('what a client has read stays in its cache until somebody changes it', async () => {
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 100 });
  const redis = await connect({ RESP: 3, clientSideCache: cache });
  const other = await connect({});
  const key = fresh('cached');
  await other.set(key, 'old');
  assert.equal(await redis.get(key), 'old');
  assert.equal(await redis.get(key), 'old');
  assert.equal(cache.stats().hitCount, 1);
  await other.set(key, 'new');
  await until('the cache hears of it', async () => (await redis.get(key)) === 'new');
  await other.hSet(`${key}h`, 'f', '1');
  assert.deepEqual(plain(await redis.hGetAll(`${key}h`)), { f: '1' });
  await other.del(`${key}h`);
  await until('the cache hears of that too', async () => (await redis.hLen(`${key}h`)) === 0 && Object.keys(await redis.hGetAll(`${key}h`)).length === 0);
});

checkBoth('every key is met by an iterator over scans', async (redis) => {
  const prefix = fresh('scan');
  const names = Array.from({ length: 300 }, (_, i) => `${prefix}:${i}`);
  await redis.mSet(names.map((name) => [name, 'v']));
  const found = new Set();
  for await (const keys of redis.scanIterator({ MATCH: `${prefix}:*`, COUNT: 20 })) {
    keys.forEach((key) => found.add(key));
  }
  assert.deepEqual([...found].sort(), names.sort());
});

checkBoth('a client that is cut off comes back with its database, name and subscriptions', async (redis, RESP) => {
  const channel = fresh('again');
  const options = { RESP, database: 5, name: `cut-off-${RESP}` };
  const client = await connect(options);
  const subscriber = await connect(options);
  const heard = [];
  await subscriber.subscribe(channel, (message) => heard.push(message));
  await client.set(channel, 'in five');
  for (const { id, name } of await redis.clientList()) {
    if (name === options.name) {
      await redis.clientKill({ filter: 'ID', id });
    }
  }
  await until('it is back', async () => {
    try {
      return (await client.get(channel)) === 'in five';
    } catch {
      return false; // what was on its way when the connection ended
    }
  });
  assert.equal(await client.clientGetName(), options.name);
  await until('it is subscribed again', async () => (await redis.publish(channel, 'hello')) === 1);
  await until('it hears', () => heard.includes('hello'));
});

run(async () => others.forEach((client) => client.isOpen && client.destroy()));
