// The fake shop as a process, and questions to it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Starts the fake shop, runs `use` with it, and ends it whatever happens. */
export async function withShop(program, access, use) {
  const args = ['shopify', '--port', '0', '--customers', '320', '--orders', '30', '--lively', '1'];
  const options = ['--restore-rate', '2000', '--access', access];
  const child = spawn(program, [...args, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  try {
    const said = {};
    const lines = createInterface({ input: child.stdout });
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error('the fake shop ended')));
      lines.on('line', (line) => {
        const [, name, json] = /^(Settings|Credentials): (.*)$/.exec(line) ?? [];
        if (name) said[name] = JSON.parse(json);
        if (line.startsWith('Try: ')) resolve();
      });
    });
    return await use(new Shop(said.Settings, said.Credentials));
  } finally {
    child.kill('SIGKILL');
  }
}

class Shop {
  constructor(settings, credentials) {
    Object.assign(this, { settings, credentials, address: settings.endpoint });
  }

  /** Asks for a token by a form; the answer and its status. */
  async grant(form) {
    const answer = await fetch(`${this.address}/admin/oauth/access_token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: this.settings.clientId,
        client_secret: this.credentials.clientSecret,
        ...form,
      }),
    });
    return { status: answer.status, ...(await answer.json()) };
  }

  /** Asks a question, waiting for points where they are missing; the whole answer. */
  async ask(version, query, variables = {}) {
    for (;;) {
      const answer = await this.askOnce(version, query, variables);
      if (answer.errors?.[0]?.extensions?.code !== 'THROTTLED') return answer;
      const { requestedQueryCost, actualQueryCost, throttleStatus } = answer.extensions.cost;
      assert.deepEqual([actualQueryCost, answer.data, answer.status], [null, undefined, 200]);
      const missing = requestedQueryCost - throttleStatus.currentlyAvailable;
      assert(missing > 0);
      await sleep((1000 * missing) / throttleStatus.restoreRate);
    }
  }

  async askOnce(version, query, variables) {
    const answer = await fetch(`${this.address}/admin/api/${version}/graphql.json`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-shopify-access-token': this.token },
      body: JSON.stringify({ query, variables }),
    });
    return { status: answer.status, version: answer.headers.get('x-shopify-api-version'), ...(await answer.json()) };
  }
}
