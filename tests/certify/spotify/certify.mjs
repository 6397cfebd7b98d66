// node certify.mjs FAKE: holds our Spotify client against an OAuth server that others wrote, and, where the environment variable
// SPOTIFY_OPENAPI names a copy of the OpenAPI document of Spotify's interface (github.com/sonallux/spotify-web-api, MIT licence), our
// client and the fake against that document.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

import { buildClient, linked } from './client.mjs';
import { judgeFake } from './fake.mjs';
import { withOauth } from './oauth.mjs';
import { withPrism } from './prism.mjs';

const program = process.argv[2];
if (!program) {
  console.error('usage: node certify.mjs FAKE');
  process.exit(2);
}
const openapi = process.env.SPOTIFY_OPENAPI;
const client = buildClient(program);
// As a hand-written answer of Spotify's: the OAuth server has no profiles.
const profile = () => new Response(JSON.stringify({ account_id: 'certified', id: 'c' }));

/** Code and PKCE are taken, and only with the right verifier. */
async function judgeCode() {
  await withOauth({ me: profile }, async (oauth) => {
    const { code, said } = await linked(client, oauth.address, 0);
    assert.deepEqual([code, said], [0, [{ key: 'certified', verified: false, fields: {} }]]);
    const [asked] = oauth.authorized;
    assert.equal(asked.get('code_challenge_method'), 'S256');
    assert.equal(asked.get('scope'), 'user-read-private user-read-email');
    const [form] = oauth.forms;
    const names = ['client_id', 'code', 'code_verifier', 'grant_type', 'redirect_uri'];
    assert.deepEqual([...form.keys()].sort(), names);
  });
  await withOauth({ me: profile, verifier: 'x'.repeat(43) }, async (oauth) => {
    const { code, said } = await linked(client, oauth.address, 0);
    assert.equal(code, 1);
    assert.equal(said.length, 1);
    assert.match(said[0].fault, /^Settings\(|^NeedsAuth\(/);
  });
}

/** Each renewal sends the token that came last, and the one that comes last is kept. */
async function judgeRenewal() {
  await withOauth({ me: profile, lives: 30 }, async (oauth) => {
    const { code, said } = await linked(client, oauth.address, 4);
    assert.deepEqual([code, said.length], [0, 5]);
    const sent = oauth.forms.slice(1).map((form) => form.get('refresh_token'));
    // What ends within a minute is renewed before it is used: at each poll.
    assert.deepEqual(sent, ['refresh-1', 'refresh-2', 'refresh-3', 'refresh-4']);
  });
  await withOauth({ me: profile, lives: 30, dies: true }, async (oauth) => {
    const { said } = await linked(client, oauth.address, 3);
    for (const { fault } of said.slice(1)) assert.match(fault, /^NeedsAuth\(".*Please link it again\."\)$/);
    assert.equal(oauth.forms.length, 2, 'a dead grant is not asked with again');
  });
}

/** What the document's mock answers is read; its refusals too. */
async function judgeProfiles() {
  const dynamic = { prefer: 'dynamic=true' };
  const counts = { profiles: 0, fields: 0 };
  await withPrism(['mock', openapi], async (prism) => {
    const me = (headers = {}) => async (request) =>
      fetch(`${prism}/me`, { headers: { ...headers, ...request } });
    await withOauth({ me: me() }, async (oauth) => {
      const { said } = await linked(client, oauth.address, 1);
      for (const { key, fields, verified } of said) {
        assert.equal(key, 'aB3dE5fG7h');
        assert.equal(verified, false);
        assert.match(fields.picture, /^https:\/\/i\.scdn\.co\/image\/\w+$/);
        const extra = JSON.parse(fields['extraInfo.spotify']);
        assert.deepEqual(
          [extra.displayName, extra.product, extra.email, extra.emailVerified],
          ['string', 'string', 'string', false],
        );
      }
      counts.profiles += said.length;
    });
    // Random ones are of another account each time: so each is made the same one's.
    const same = async (request) => {
      const told = await (await me(dynamic)(request)).json();
      return new Response(JSON.stringify({ ...told, account_id: 'certified' }));
    };
    await withOauth({ me: same }, async (oauth) => {
      const { code, said } = await linked(client, oauth.address, 40);
      assert.deepEqual([code, said.length], [0, 41]);
      for (const { key, fields } of said) {
        assert.equal(key, 'certified', JSON.stringify(said));
        counts.fields += Object.keys(fields).length;
      }
      counts.profiles += said.length;
    });
    for (const [status, fault] of [[401, /^NeedsAuth/], [403, /^Settings/], [429, /^Throttled/]]) {
      await withOauth({ me: me({ prefer: `code=${status}` }) }, async (oauth) => {
        const { said } = await linked(client, oauth.address, 0);
        assert.match(said[0].fault, fault);
      });
    }
  });
  return counts;
}

await judgeCode();
await judgeRenewal();
console.log('Spotify: our client took the code, the verifier and each renewal of oauth2-mock-server.');
if (openapi && existsSync(openapi)) {
  const { profiles, fields } = await judgeProfiles();
  const answers = await judgeFake(program, openapi);
  console.log(
    `Spotify: our client read ${profiles} profiles (${fields} fields) of the OpenAPI document, ${answers} answers of the fake are valid by it.`,
  );
} else {
  console.log('Spotify: NOT held against the OpenAPI document: SPOTIFY_OPENAPI names no file.');
}
