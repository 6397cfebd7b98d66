// The fake's answers, read through prism: whatever does not fit the document becomes an error of prism's.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';

import { withPrism } from './prism.mjs';

const PEOPLE = 9;

async function withFake(program, args, use) {
  const all = ['spotify', '--port', '0', '--customers', String(PEOPLE), ...args];
  const child = spawn(program, all, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  try {
    const settings = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error('the fake ended')));
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('Settings: ')) resolve(JSON.parse(line.slice('Settings: '.length)));
      });
    });
    return await use(settings);
  } finally {
    child.kill('SIGKILL');
  }
}

/** A token of somebody, by the way that people go. */
async function token({ endpoint, clientId, redirectUri }, person) {
  const verifier = randomBytes(48).toString('base64url');
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    state: 'certified',
    scope: 'user-read-private user-read-email',
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    as: person,
  });
  const sent = await fetch(`${endpoint}/authorize?${query}`, { redirect: 'manual' });
  assert.equal(sent.status, 302);
  const back = new URL(sent.headers.get('location'));
  assert.equal(back.searchParams.get('state'), 'certified');
  const form = {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code'),
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: verifier,
  };
  const answer = await fetch(`${endpoint}/api/token`, { method: 'POST', body: new URLSearchParams(form) });
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

/** Every profile of the fake and every refusal is one that the document has; how many were looked at. */
export async function judgeFake(program, openapi) {
  let answers = 0;
  for (const args of [[], ['--extended']]) {
    await withFake(program, args, async (settings) => {
      const upstream = `${settings.endpoint}/v1`;
      await withPrism(['proxy', openapi, upstream, '--errors'], async (prism) => {
        const me = (bearer) => fetch(`${prism}/me`, { headers: { authorization: `Bearer ${bearer}` } });
        const statuses = [];
        for (let nth = 1; nth <= PEOPLE; nth += 1) {
          const answer = await me(await token(settings, `user${nth}`));
          const told = await answer.json();
          assert(!told.validation, JSON.stringify(told));
          statuses.push(answer.status);
          if (answer.status === 200) assert.equal(told.id, `user${nth}`);
          else assert.equal(told.error.status, answer.status);
        }
        const allowed = args.length ? PEOPLE : 5;
        const expected = Array.from({ length: PEOPLE }, (_, nth) => (nth < allowed ? 200 : 403));
        assert.deepEqual(statuses, expected);
        const stranger = await me('stranger');
        assert.deepEqual([stranger.status, (await stranger.json()).error.status], [401, 401]);
        answers += PEOPLE + 1;
      });
    });
  }
  return answers;
}
