// ioredis and node-redis against Nexo: greeting, pipelines, transactions, blocking pops, Pub/Sub. The port is the argument.
'use strict';
const assert = require('node:assert/strict');
const Redis = require('ioredis');
const nodeRedis = require('redis');

const port = Number(process.argv[2]);
const patience = setTimeout(() => { console.error('it takes too long'); process.exit(1); }, 30_000);

async function ioredis() {
  const client = new Redis(port, { connectionName: 'orders', db: 0, retryStrategy: null, maxRetriesPerRequest: 0 });
  await new Promise((resolve, reject) => client.once('ready', resolve).once('error', reject));
  await client.flushall();
  assert.equal(await client.client('GETNAME'), 'orders');
  assert.equal(await client.set('k', 'v', 'EX', 100, 'NX'), 'OK');
  assert.equal(await client.get('k'), 'v');
  assert.deepEqual(await client.getBuffer('k'), Buffer.from('v'));
  assert.equal(await client.set('k', 'w', 'NX'), null);

  const pipeline = client.pipeline();
  for (let i = 0; i < 1_000; i++) {
    pipeline.incr('n');
  }

  assert.deepEqual((await pipeline.exec()).at(-1), [null, 1_000]);
  assert.deepEqual(await client.multi().incr('n').hset('h', { a: 1, b: 'x' }).hgetall('h').exec(),
    [[null, 1_001], [null, 2], [null, { a: '1', b: 'x' }]]);
  await client.watch('n');
  const other = client.duplicate();
  await other.incr('n');
  assert.equal(await client.multi().set('n', 0).exec(), null);
  await assert.rejects(client.lpush('k', 'x'), /^ReplyError: WRONGTYPE/);
  await assert.rejects(client.call('NOSUCH', 'a'), /unknown command/);

  const popped = client.blpop('list', 5);
  await other.rpush('list', 'x');
  assert.deepEqual(await popped, ['list', 'x']);
  assert.deepEqual(await client.zadd('z', 1, 'a', 2, 'b'), 2);
  assert.deepEqual(await client.zrange('z', 0, -1, 'WITHSCORES'), ['a', '1', 'b', '2']);
  const keys = [];
  for await (const page of client.scanStream({ match: '*', count: 2 })) {
    keys.push(...page);
  }

  assert.deepEqual(keys.sort(), ['h', 'k', 'n', 'z']);

  const subscriber = client.duplicate();
  const messages = [];
  const both = new Promise((resolve) => {
    const take = (...message) => { messages.push(message.join(' ')); if (messages.length === 3) { resolve(); } };
    subscriber.on('message', take).on('pmessage', take).on('smessage', take);
  });
  assert.equal(await subscriber.subscribe('news'), 1);
  assert.equal(await subscriber.psubscribe('n*'), 2);
  assert.equal(await subscriber.ssubscribe('shard'), 1);
  assert.equal(await client.publish('news', 'hello'), 2);
  assert.equal(await client.spublish('shard', 'hi'), 1);
  await both;
  assert.deepEqual(messages.sort(), ['n* news hello', 'news hello', 'shard hi']);
  await Promise.all([client.quit(), other.quit(), subscriber.quit()]);
}

async function node(RESP) {
  const client = nodeRedis.createClient({ url: `redis://127.0.0.1:${port}`, RESP, name: 'node' });
  client.on('error', (error) => { throw error; });
  await client.connect();
  await client.flushAll();
  assert.equal(await client.set('k', 'v', { EX: 100 }), 'OK');
  assert.equal(await client.get('k'), 'v');
  assert.deepEqual({ ...(await client.hSet('h', { a: '1' }), await client.hGetAll('h')) }, { a: '1' });
  assert.deepEqual(await client.multi().set('n', '1').incr('n').exec(), ['OK', 2]);
  assert.deepEqual(await client.zAdd('z', [{ score: 1.5, value: 'a' }]), 1);
  assert.deepEqual((await client.zRangeWithScores('z', 0, -1)).map((one) => ({ ...one })), [{ value: 'a', score: 1.5 }]);
  const subscriber = client.duplicate();
  await subscriber.connect();
  const message = new Promise((resolve) => { subscriber.subscribe('c', resolve); });
  while (await client.publish('c', 'm') === 0) {
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }

  assert.equal(await message, 'm');
  await Promise.all([client.close(), subscriber.close()]);
}

ioredis().then(() => node(2)).then(() => node(3)).then(() => clearTimeout(patience));
