"""What programs do with redis-py."""

import threading
from concurrent.futures import ThreadPoolExecutor

import redis
from redis.exceptions import LockError, LockNotOwnedError, ResponseError, WatchError

from checks import PORT, check, equal, fresh, refused, run, until


def connect(**options):
    return redis.Redis(port=PORT, decode_responses=True, **options)


client = connect()


@check("replies of every shape are turned into what the library promises")
def shapes():
    key = fresh("shape")
    equal(client.set(key, "v", ex=100, nx=True), True)
    equal(client.set(key, "w", nx=True), None)
    equal(client.set(key, "w", keepttl=True, get=True), "v")
    assert 0 < client.pttl(key) <= 100_000
    equal(client.hset(f"{key}h", mapping={"a": 1, "b": 2.5}), 2)
    equal(client.hgetall(f"{key}h"), {"a": "1", "b": "2.5"})
    equal(client.hincrbyfloat(f"{key}h", "b", 0.1), 2.6)
    equal(client.zadd(f"{key}z", {"a": 1, "b": 2.5}), 2)
    equal(client.zadd(f"{key}z", {"a": 3}, gt=True, ch=True), 1)
    equal(client.zrange(f"{key}z", 0, -1, desc=True, withscores=True), [("a", 3.0), ("b", 2.5)])
    equal(client.zmscore(f"{key}z", ["a", "none"]), [3.0, None])
    equal(client.sadd(f"{key}s", "a", "b"), 2)
    equal(client.smembers(f"{key}s"), {"a", "b"})
    equal(client.rpush(f"{key}l", *"abcabc"), 6)
    equal(client.lpos(f"{key}l", "b", count=0), [1, 4])
    equal(client.lmove(f"{key}l", f"{key}m", "LEFT", "RIGHT"), "a")
    equal(client.sort(f"{key}l", alpha=True, desc=True, start=0, num=2), ["c", "c"])
    equal(client.geoadd(f"{key}g", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")), 2)
    equal(client.geosearch(f"{key}g", longitude=15, latitude=37, unit="km", radius=200, sort="ASC"), ["Catania", "Palermo"])
    equal(client.pfadd(f"{key}p", *range(1000)), 1)
    assert 950 < client.pfcount(f"{key}p") < 1050
    equal(client.bitfield(f"{key}b").incrby("u8", 0, 300).overflow("SAT").set("u4", 8, 20).execute(), [44, 0])
    equal(client.copy(f"{key}s", f"{key}t"), True)
    dumped = redis.Redis(port=PORT).dump(f"{key}s")
    equal(client.restore(f"{key}r", 0, dumped), "OK")
    equal(client.smembers(f"{key}r"), {"a", "b"})
    equal(client.object("encoding", f"{key}h"), client.object("encoding", f"{key}z"))
    refused(ResponseError, "WRONGTYPE", lambda: client.incr(f"{key}h"))
    assert client.info("server")["redis_version"]


@check("bytes are kept as they are")
def binary():
    raw = redis.Redis(port=PORT)
    key = fresh("bytes").encode() + bytes(range(256))
    raw.set(key, key)
    equal(raw.get(key), key)
    equal(raw.hset(key + b"h", b"\r\n\0", b""), 1)
    equal(raw.hgetall(key + b"h"), {b"\r\n\0": b""})


@check("a pipeline is answered in order, errors in their places")
def pipeline():
    key = fresh("pipeline")
    with client.pipeline(transaction=False) as pipe:
        replies = pipe.set(key, 1).incr(key).lpush(key, "x").get(key).execute(raise_on_error=False)
    equal(replies[:2] + replies[3:], [True, 2, "2"])
    assert isinstance(replies[2], ResponseError)
    with client.pipeline() as pipe:
        for _ in range(5000):
            pipe.incr(key)
        equal(pipe.execute()[-1], 5002)


@check("a watched key that changes makes the transaction start again")
def transaction():
    key = fresh("watch")
    other = connect()
    client.set(key, 1)
    interfered = []

    def double(pipe):
        value = int(pipe.get(key))
        if not interfered:
            interfered.append(other.incr(key))
        pipe.multi()
        pipe.set(key, value * 2)

    equal(client.transaction(double, key), [True])
    equal(client.get(key), "4")
    with client.pipeline() as pipe:
        pipe.watch(key)
        other.set(key, "changed")
        pipe.multi()
        pipe.set(key, "lost")
        refused(WatchError, "Watched variable changed", pipe.execute)


@check("messages of channels and patterns reach subscribers")
def pubsub():
    channel = fresh("news")
    heard = []
    subscriber = client.pubsub()
    subscriber.subscribe(channel)
    subscriber.psubscribe(**{f"{channel}*": heard.append})
    equal([subscriber.get_message(timeout=20)["type"] for _ in range(2)], ["subscribe", "psubscribe"])
    equal(client.publish(channel, "hello"), 2)
    message = subscriber.get_message(timeout=20)
    equal((message["type"], message["channel"], message["data"]), ("message", channel, "hello"))
    equal(subscriber.get_message(timeout=20), None)
    equal([m["data"] for m in heard], ["hello"])
    equal(client.pubsub_numsub(channel), [(channel, 1)])
    subscriber.ping()
    until("the pong comes", lambda: (subscriber.get_message() or {}).get("type") == "pong")
    subscriber.unsubscribe()
    subscriber.punsubscribe()
    until("nobody is subscribed", lambda: client.publish(channel, "nobody") == 0)
    subscriber.close()


@check("a thread hears messages")
def pubsub_thread():
    channel = fresh("thread")
    heard = threading.Event()
    subscriber = client.pubsub()
    subscriber.subscribe(**{channel: lambda message: heard.set()})
    listening = subscriber.run_in_thread(sleep_time=0.01)
    until("it is subscribed", lambda: client.publish(channel, "hello") == 1)
    assert heard.wait(20)
    listening.stop()
    listening.join()


@check("every key, field and member is met by scans")
def scans():
    prefix = fresh("scan")
    names = {f"{prefix}:{i}" for i in range(500)}
    client.mset({name: "v" for name in names})
    client.sadd(f"{prefix}-s", *names)
    client.hset(f"{prefix}-h", mapping={name: "v" for name in names})
    client.zadd(f"{prefix}-z", {name: i for i, name in enumerate(names)})
    equal(set(client.scan_iter(match=f"{prefix}:*", count=50)), names)
    equal(set(client.scan_iter(match=f"{prefix}*", _type="ZSET")), {f"{prefix}-z"})
    equal(set(client.sscan_iter(f"{prefix}-s")), names)
    equal({field for field, _ in client.hscan_iter(f"{prefix}-h")}, names)
    equal({member for member, _ in client.zscan_iter(f"{prefix}-z")}, names)


@check("a lock is held by one, can be extended, and is not released by another")
def lock():
    name = fresh("lock")
    mine = client.lock(name, timeout=100)
    theirs = connect().lock(name, timeout=100, blocking_timeout=0.05)
    equal(mine.acquire(), True)
    equal(theirs.acquire(), False)
    refused(LockError, "unlocked", theirs.release)
    equal(mine.extend(100), True)
    assert client.pttl(name) > 100_000
    equal(mine.reacquire(), True)
    assert client.pttl(name) <= 100_000
    client.set(name, "stolen")
    refused(LockNotOwnedError, "no longer owned", mine.release)
    client.delete(name)

    def add(_):
        with client.lock(f"{name}l", timeout=100, sleep=0.001):
            client.set(f"{name}n", int(client.get(f"{name}n") or 0) + 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))
    equal(client.get(f"{name}n"), "40")


@check("a script is called by its digest, and sent again where it is not known")
def script():
    key = fresh("script")
    take = client.register_script(
        """
        local taken = {}
        for i = 1, tonumber(ARGV[1]) do
          taken[i] = redis.call('LPOP', KEYS[1])
        end
        return {#taken, taken, redis.status_reply('DONE')}
        """
    )
    client.rpush(key, *"abcde")
    equal(take(keys=[key], args=[2]), [2, ["a", "b"], "DONE"])
    client.script_flush()
    equal(take(keys=[key], args=[1]), [1, ["c"], "DONE"])
    with client.pipeline() as pipe:
        take(keys=[key], args=[1], client=pipe)
        pipe.llen(key)
        equal(pipe.execute(), [[1, ["d"], "DONE"], 1])
    refused(ResponseError, "WRONGTYPE", lambda: take(keys=[client.set(f"{key}s", "v") and f"{key}s"], args=[1]))


@check("a consumer group shares a stream")
def streams():
    key = fresh("stream")
    ids = [client.xadd(key, {"n": n}, maxlen=100, approximate=False) for n in range(5)]
    equal(client.xgroup_create(key, "group", id="0"), True)
    [[_, entries]] = client.xreadgroup("group", "one", {key: ">"}, count=3)
    equal(entries, [(ids[n], {"n": str(n)}) for n in range(3)])
    equal(client.xack(key, "group", ids[0]), 1)
    equal(client.xpending(key, "group")["pending"], 2)
    equal(client.xautoclaim(key, "group", "two", 0, justid=True), ids[1:3])
    equal([p["consumer"] for p in client.xpending_range(key, "group", "-", "+", 10)], ["two", "two"])
    with ThreadPoolExecutor(1) as pool:
        client.xreadgroup("group", "one", {key: ">"})
        waiting = pool.submit(connect().xreadgroup, "group", "one", {key: ">"}, block=20_000)
        until("it waits", lambda: client.info("clients")["blocked_clients"] > 0)
        last = client.xadd(key, {"n": "last"})
        equal(waiting.result(), [[key, [(last, {"n": "last"})]]])
    equal(client.xinfo_stream(key)["length"], 6)
    equal(client.xinfo_groups(key)[0]["lag"], 0)
    equal(client.xtrim(key, maxlen=2, approximate=False), 4)
    equal(client.xrevrange(key, count=1), [(last, {"n": "last"})])


@check("who waits gets what is pushed")
def blocking():
    key = fresh("queue")
    with ThreadPoolExecutor(2) as pool:
        popped = pool.submit(connect().blpop, [f"{key}a", f"{key}b"], 20)
        moved = pool.submit(connect().blmove, f"{key}c", f"{key}d", 20)
        until("both wait", lambda: client.info("clients")["blocked_clients"] > 1)
        client.rpush(f"{key}b", "e")
        client.rpush(f"{key}c", "f")
        equal(popped.result(), (f"{key}b", "e"))
        equal(moved.result(), "f")
    equal(client.lrange(f"{key}d", 0, -1), ["f"])
    equal(client.bzpopmin(f"{key}z", 0.01), None)


@check("a client that was cut off comes back with its database")
def reconnect():
    key = fresh("db")
    cut_off = connect(db=7, client_name=key)
    cut_off.set(key, "in seven")
    [id] = [c["id"] for c in client.client_list() if c["name"] == key]
    client.client_kill_filter(_id=id)
    equal(cut_off.get(key), "in seven")
    equal(cut_off.client_getname(), key)
    equal(client.get(key), None)


run()
