// Our client as a process.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const REDIRECT = 'http://127.0.0.1:8080/spotify/callback';

/** Builds the example that links an account; its path. */
export function buildClient(fake) {
  const root = new URL('../../../', import.meta.url).pathname;
  const path = process.env.SPOTIFY_LINK ?? join(dirname(fake), 'examples', 'spotify-link');
  if (!process.env.SPOTIFY_LINK) {
    const args = ['build', '--quiet', '--workspace', '--example', 'spotify-link'];
    execFileSync(process.env.CARGO ?? 'cargo', args, { cwd: root, stdio: 'inherit' });
  }
  if (!existsSync(path)) throw new Error(`there is no ${path}`);
  return path;
}

/** Links an account at an address and polls it so many times: how it ended, and what it said. */
export async function linked(program, address, polls) {
  const child = spawn(program, [address, REDIRECT, String(polls)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (piece) => (out += piece));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said: out.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line)) };
}
