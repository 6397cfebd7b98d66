// The built server as a process, on a free port, with the demo world in a temporary directory.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// A debug build that makes its demo world takes seconds; a machine under load more of them.
const PATIENCE_MS = 120_000;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs `use` with the server's address, and ends the server whatever happens. */
export async function withServer(program, use) {
  const data = await mkdtemp(join(tmpdir(), 'regulars-certify-'));
  const address = `127.0.0.1:${await freePort()}`;
  // The caller's own configuration is not what is certified.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('REGULARS_')),
  );
  const server = spawn(
    program,
    ['serve', '--demo', '--listen', address, '--data-dir', data],
    { stdio: ['ignore', 'pipe', 'pipe'], env },
  );
  let log = '';
  for (const output of [server.stdout, server.stderr]) {
    output.setEncoding('utf8').on('data', (text) => (log += text));
  }
  let ended = false;
  const end = new Promise((resolve) => {
    server.on('error', (error) => {
      log += error.message;
      resolve();
    });
    server.on('exit', resolve);
  }).then(() => (ended = true));
  const kill = () => server.kill('SIGKILL');
  process.on('exit', kill);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

  try {
    const base = `http://${address}`;
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await fetch(`${base}/readyz`).catch(() => undefined);
      if (answer?.ok) break;
      if (ended || Date.now() > deadline) {
        throw new Error(`The server did not get ready. It said:\n${log}`);
      }
      await sleep(50);
    }
    return await use(base);
  } finally {
    if (!ended) server.kill('SIGTERM');
    // What does not end when asked to is ended.
    await Promise.race([end, sleep(30_000, undefined, { ref: false })]);
    kill();
    await end;
    await rm(data, { recursive: true, force: true });
  }
}
