'use strict';

// A list of named checks of one library, run one after another against the server whose port is the first argument.
// Prints "ok <name>" or "not ok <name>: <why>" for each, and ends with 1 if one of them failed.

const { randomUUID } = require('node:crypto');

const PATIENCE_MS = 20_000;
const POLL_MS = 5;

const port = Number(process.argv[2]);
if (!Number.isInteger(port)) {
  console.error(`usage: node ${process.argv[1]} PORT`);
  process.exit(2);
}

const checks = [];

exports.port = port;

/** A name that no other run has used. */
exports.fresh = (name) => `${name}:${randomUUID()}`;

exports.check = (name, body) => checks.push({ name, body });

/** Waits for something that nobody tells of. */
exports.until = async (what, holds) => {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) {
      throw new Error(`waited in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

/** The next event of an emitter: its arguments. */
exports.next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

const withPatience = async (promise) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

process.on('unhandledRejection', (reason) => {
  console.log(`not ok unhandled: ${reason}`);
  process.exitCode = 1;
});

/** Runs every check, then `close`, and ends the process whatever still hangs on. */
exports.run = async (close) => {
  for (const { name, body } of checks) {
    try {
      await withPatience(body());
      console.log(`ok ${name}`);
    } catch (e) {
      console.log(`not ok ${name}: ${String(e.stack).replaceAll('\n', '\n    ')}`);
      process.exitCode = 1;
    }
  }
  await withPatience(close());
  process.exit();
};
