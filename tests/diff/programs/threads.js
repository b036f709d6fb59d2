// SPDX-License-Identifier: MIT
// Node.js: its event loop, its pool of threads behind files and hashes, workers, timers, signals.
const fs = require('fs');
const zlib = require('zlib');
const crypto = require('crypto');
const {Worker, isMainThread, parentPort, workerData} = require('worker_threads');
const later = (action, ...more) => new Promise(done => action(...more, done));
const sleep = ms => new Promise(done => setTimeout(done, ms));

async function workers() {
  const shared = new SharedArrayBuffer(8);
  const one = number => new Promise((done, failed) => {
    const worker = new Worker(__filename, {workerData: {number, shared}});
    worker.on('message', sum => worker.on('exit', status => done([number, sum, status])));
    worker.on('error', failed);
  });
  console.log('workers', JSON.stringify(await Promise.all([1, 2, 3].map(one))));
  console.log('shared', new Int32Array(shared)[0]);
}

function work({number, shared}) {
  const count = new Int32Array(shared);
  for (let turn = 0; turn < 1000; turn++)
    Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
  let sum = 0;
  for (let i = 0; i < 1e5; i++)
    sum += i % number;
  parentPort.postMessage(sum);
}

async function timers() {
  let ticks = 0;
  const order = [];
  await new Promise(done => {
    const ticker = setInterval(() => ++ticks === 4 && (clearInterval(ticker), done()), 3);
  });
  await Promise.all([30, 10, 20].map(ms => sleep(ms * 3).then(() => order.push(ms))));
  setImmediate(() => order.push('immediate'));
  process.nextTick(() => order.push('tick'));
  await sleep(1);
  console.log('timers', ticks, order.sort().join());
}

async function files() {
  const names = Array.from({length: 20}, (_, i) => `/tmp/file${i}`);
  await Promise.all(names.map(name => fs.promises.writeFile(name, name.repeat(100))));
  const texts = await Promise.all(names.map(name => fs.promises.readFile(name, 'utf8')));
  console.log('files', texts.map(text => text.length).join());
  await new Promise(done => fs.createReadStream('long.txt').pipe(zlib.createGzip())
                                .pipe(fs.createWriteStream('/tmp/long.gz')).on('finish', done));
  const back = await later((data, done) => zlib.gunzip(data, (_, out) => done(out)), fs.readFileSync('/tmp/long.gz'));
  console.log('streams', back.equals(fs.readFileSync('long.txt')));
  const failed = await fs.promises.open('/nowhere').catch(error => error.code);
  const told = new Promise(done => {
    const watcher = fs.watch('/tmp', (_, name) => { watcher.close(); done(name); });
  });
  fs.writeFileSync('/tmp/watched', '');
  console.log('watch', failed, await told);
}

async function hashes() {
  const keys = await Promise.all([1, 2, 3, 4, 5].map(
      i => later(done => crypto.pbkdf2('secret', String(i), 500, 8, 'sha256', (_, key) => done(key.toString('hex'))))));
  console.log('hashes', keys.join(' '));
}

async function rest() {
  const told = new Promise(done => process.on('SIGUSR2', name => done(name)));
  const busy = setInterval(() => {}, 1000); // a handler alone keeps nothing running
  process.kill(process.pid, 'SIGUSR2');
  console.log('signal', await told);
  clearInterval(busy);
  let kept = [];
  for (let i = 0; i < 100000; i++) {
    kept.push({i, text: 'number ' + i});
    if (kept.length > 5000)
      kept = [];
  }
  const deep = () => deep() + 1;
  try {
    deep();
  } catch (error) {
    console.log('rest', kept.length, error.name);
  }
  const input = [];
  for await (const part of process.stdin)
    input.push(part);
  console.log('input', Buffer.concat(input).length);
}

if (isMainThread)
  workers().then(timers).then(files).then(hashes).then(rest).then(() => process.exitCode = 3);
else
  work(workerData);
