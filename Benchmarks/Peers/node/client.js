'use strict';

// node's ws with the built-in JSON.parse.

const fs = require('fs');
const WebSocket = require('ws');

const NAME = 'node';
const VERSION = `ws ${require('ws/package.json').version}, node ${process.versions.node}`;
const USAGE = `usage: node/run ingest|idle|storm --server http://HOST:PORT --count N [--hold S]

A client of Mattermost's WebSocket in node, with ws. The token comes from HOLDFAST_TOKEN (bench).

  --server URL  http://HOST:PORT
  --count N     events (ingest) or connections (idle, storm)
  --hold S      seconds to hold, idle only (10)
  --version     the name and the versions`;

const SILENCE = 60; // seconds in which nothing at all happens before the client gives up
const INTERVAL = 30; // seconds between two pings of one connection

// MARK: command line

function fail(status, problem) {
  process.stderr.write(`${NAME}: ${problem}\n`);
  process.exit(status);
}

function parse(words) {
  const options = { hold: 10 };
  const number = (flag, text) => {
    const value = Number(text);
    if (!(value > 0) || (flag === '--count' && !Number.isInteger(value))) {
      fail(64, `${flag} needs a number greater than 0; see --help`);
    }
    return value;
  };
  while (words.length > 0) {
    const word = words.shift();
    switch (word) {
      case '--help': console.log(USAGE); process.exit(0); break;
      case '--version': console.log(`${NAME}: ${VERSION}`); process.exit(0); break;
      case '--server': options.server = words.shift(); break;
      case '--count': options.count = number(word, words.shift()); break;
      case '--hold': options.hold = number(word, words.shift()); break;
      case 'ingest': case 'idle': case 'storm': options.mode = word; break;
      default: fail(64, `unknown argument ${word}; see --help`);
    }
  }
  if (!options.mode) fail(64, 'say what to do: ingest, idle or storm; see --help');
  if (!/^http:\/\/[^/]+\/?$/.test(options.server || '')) fail(64, '--server must be http://HOST:PORT; see --help');
  if (!options.count) fail(64, '--count is missing; see --help');
  return options;
}

const options = parse(process.argv.slice(2));
const url = options.server.replace(/^http:/, 'ws:').replace(/\/$/, '') + '/api/v4/websocket';
const settings = {
  headers: { Authorization: `Bearer ${process.env.HOLDFAST_TOKEN || 'bench'}` },
  perMessageDeflate: false,
  maxPayload: 16 * 1024 * 1024,
  skipUTF8Validation: true, // JSON.parse is given a string, which is made from the bytes once
};

// MARK: accounts

const seconds = () => Number(process.hrtime.bigint()) / 1e9;
const rounded = (value) => Math.round(value * 1e6) / 1e6;
const sleep = (duration) => new Promise((resolve) => setTimeout(resolve, duration * 1000));

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

let progress = 0; // whatever happens, so that silence can be noticed

function giveUpInSilence() {
  let seen = -1;
  let since = seconds();
  setInterval(() => {
    if (progress !== seen) [seen, since] = [progress, seconds()];
    else if (seconds() - since > SILENCE) fail(1, `nothing happened for ${SILENCE} s`);
  }, 5000).unref();
}

function finish(result) {
  const line = { client: NAME, version: VERSION, mode: options.mode, ...result };
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
  process.exit(0);
}

// MARK: one connection

const ping = (seq) => `{"seq":${seq},"action":"ping"}`;

function checkReply(reply) {
  if (reply.status !== 'OK') fail(1, `a ping was answered by ${JSON.stringify(reply)}`);
}

/** Greeted, and one ping answered; afterwards each message goes to take(data), and the end to ended(). */
function open(take, ended) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, settings);
    let problem = 'the connection ended before its ping was answered';
    let greeted = false;
    socket.on('error', (error) => { problem = error.message; });
    const early = () => reject(new Error(problem));
    socket.on('close', early);
    socket.on('message', function greet(data) {
      const message = JSON.parse(data);
      if (!greeted) {
        if (message.event !== 'hello') fail(1, `expected hello, got ${data}`);
        greeted = true;
        socket.send(ping(1));
        return;
      }
      checkReply(message);
      progress += 1;
      socket.off('message', greet);
      socket.off('close', early);
      socket.on('message', take);
      socket.on('close', ended);
      resolve(socket);
    });
  });
}

// MARK: ingest

/** Where an application would put its own. */
class Account {
  events = 0;
  checksum = 0;

  posted(id, channelId, userId, message) {
    this.events += 1;
    this.checksum += Buffer.byteLength(message);
  }
}

async function ingest() {
  const account = new Account();
  let last = 0;
  let gaps = 0;
  let start;
  let cpu;
  const ended = () => fail(1, `the connection ended after ${account.events} of ${options.count} events`);
  const take = (data) => {
    const received = start === undefined ? [seconds(), cpuSeconds()] : undefined;
    const envelope = JSON.parse(data);
    const { seq } = envelope;
    if (seq === undefined) return;
    if (seq !== last + 1) gaps += 1;
    last = seq;
    progress += 1;
    if (envelope.event !== 'posted' || account.events === options.count) return;
    if (received) [start, cpu] = received;
    const post = JSON.parse(envelope.data.post);
    account.posted(post.id, post.channel_id, post.user_id, post.message);
    if (account.events === options.count) {
      const wall = seconds() - start;
      cpu = cpuSeconds() - cpu;
      finish({
        events: account.events, wall_s: rounded(wall), cpu_s: rounded(cpu),
        checksum: account.checksum, checksum_unit: 'bytes', seq_gaps: gaps,
      });
    }
  };
  await open(take, ended);
}

// MARK: many connections

/** Calls work(index) for each index that `next` gives until it gives undefined, at most `limit` at a time. */
function pooled(limit, next, work) {
  const worker = async () => {
    for (let index = next(); index !== undefined; index = next()) await work(index);
  };
  return Promise.all(Array.from({ length: limit }, worker));
}

class Fleet {
  constructor(count) {
    this.sockets = new Array(count);
    this.answered = 0;
    this.sent = 0;
    this.lost = () => fail(1, 'a connection was lost');
    this.take = (data) => {
      const message = JSON.parse(data);
      if (message.seq_reply === undefined) return;
      checkReply(message);
      this.answered += 1;
      progress += 1;
    };
  }

  async openOne(index) {
    this.sockets[index] = await open(this.take, () => this.lost(index));
  }

  openAll() {
    let index = 0;
    return pooled(64, () => (index < this.sockets.length ? index++ : undefined), (each) => this.openOne(each));
  }

  /** One connection after the other, so that each is asked every 30 s and the load is even. */
  async pingInTurn(start, end) {
    const step = INTERVAL / this.sockets.length;
    for (let count = 0, due = start; due < end; count += 1, due += step) {
      const wait = due - seconds();
      if (wait > 0) await sleep(wait);
      this.sockets[count % this.sockets.length].send(ping(2 + Math.floor(count / this.sockets.length)));
      this.sent += 1;
    }
  }
}

async function idle() {
  await new Promise((resolve) => {
    open(() => {}, resolve).then((socket) => socket.close());
  });
  const before = process.memoryUsage.rss();
  const fleet = new Fleet(options.count);
  const opening = seconds();
  await fleet.openAll();
  const connect = seconds() - opening;
  process.stderr.write(`${options.count} connections in ${connect.toFixed(2)} s, holding ${options.hold} s\n`);
  const start = seconds();
  let cpu = cpuSeconds();
  const pings = fleet.pingInTurn(start, start + options.hold);
  await sleep(options.hold);
  cpu = cpuSeconds() - cpu;
  const { answered } = fleet;
  const after = process.memoryUsage.rss();
  await pings;
  for (let tries = 0; fleet.answered < fleet.sent; tries += 1) {
    if (tries === 50) fail(1, `${fleet.sent - fleet.answered} of ${fleet.sent} pings were not answered`);
    await sleep(0.1);
  }
  finish({
    conns: options.count, rss_before: before, rss_after: after, cpu_hold_s: rounded(cpu),
    pings: answered, hold_s: options.hold, connect_s: rounded(connect),
  });
}

async function storm() {
  const fleet = new Fleet(options.count);
  await fleet.openAll();
  let start;
  let cpu;
  let ready = 0;
  let dialling = 0;
  const waiting = [];
  const reopen = async (index) => {
    for (;;) {
      try {
        await fleet.openOne(index);
        return;
      } catch {
        await sleep(0.02);
      }
    }
  };
  const dial = () => {
    while (dialling < 256 && waiting.length > 0) {
      dialling += 1;
      reopen(waiting.pop()).then(() => {
        dialling -= 1;
        ready += 1;
        if (ready === options.count) {
          finish({ conns: ready, wall_s: rounded(seconds() - start), cpu_s: rounded(cpuSeconds() - cpu) });
        }
        dial();
      });
    }
  };
  const seen = new Set();
  fleet.lost = (index) => {
    if (seen.has(index)) fail(1, 'a connection was lost again');
    seen.add(index);
    if (start === undefined) [start, cpu] = [seconds(), cpuSeconds()];
    progress += 1;
    waiting.push(index);
    dial();
  };
  process.stderr.write('ready\n');
}

giveUpInSilence();
({ ingest, idle, storm })[options.mode]().catch((error) => fail(1, error.message));
