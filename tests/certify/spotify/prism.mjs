// npm's prism as a process.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs `use` with the address at which prism answers, started so. */
export async function withPrism(args, use) {
  const port = await freePort();
  const program = new URL('node_modules/.bin/prism', import.meta.url).pathname;
  const child = spawn(program, [...args, '--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  const address = `http://127.0.0.1:${port}`;
  try {
    for (let left = 300; ; left -= 1) {
      const answer = await fetch(`${address}/me`).catch(() => null);
      if (answer) break;
      if (left === 0 || child.exitCode !== null) throw new Error('prism does not start');
      await sleep(100);
    }
    return await use(address);
  } finally {
    child.kill('SIGTERM');
  }
}
