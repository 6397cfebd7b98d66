// npm's oauth2-mock-server under the paths that Spotify has, with what is to be bent.
import { createServer } from 'node:http';
import { OAuth2Server } from 'oauth2-mock-server';

/**
 * Runs `use` with it. `me` answers for profiles; `lives` are the seconds of a token; with `dies` nothing is renewed; `verifier` is sent in
 * place of ours.
 */
export async function withOauth({ me, lives, dies, verifier }, use) {
  const oauth = new OAuth2Server();
  await oauth.issuer.keys.generate('RS256');
  await oauth.start(0, '127.0.0.1');
  const upstream = `http://127.0.0.1:${oauth.address().port}`;
  const seen = { authorized: [], forms: [] };
  let given = 0;
  oauth.service.on('beforeResponse', (answer, request) => {
    if (dies && request.body.grant_type === 'refresh_token') {
      answer.statusCode = 400;
      answer.body = { error: 'invalid_grant', error_description: 'Refresh token revoked' };
      return;
    }
    if (lives) answer.body.expires_in = lives;
    given += 1;
    answer.body.refresh_token = `refresh-${given}`;
  });

  const forward = async (request, body) => {
    const { pathname, search, searchParams } = new URL(request.url, upstream);
    if (pathname === '/authorize') {
      seen.authorized.push(searchParams);
      return fetch(`${upstream}/authorize${search}`, { redirect: 'manual' });
    }
    if (pathname === '/api/token') {
      const form = new URLSearchParams(body);
      seen.forms.push(new URLSearchParams(body));
      if (verifier && form.has('code_verifier')) form.set('code_verifier', verifier);
      return fetch(`${upstream}/token`, { method: 'POST', body: form });
    }
    return me({ authorization: request.headers.authorization });
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    try {
      const answer = await forward(request, body);
      const headers = { 'content-type': answer.headers.get('content-type') ?? 'application/json' };
      const location = answer.headers.get('location');
      if (location) headers.location = location;
      response.writeHead(answer.status, headers).end(await answer.text());
    } catch (error) {
      response.writeHead(599).end(String(error));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use({ address: `http://127.0.0.1:${server.address().port}`, ...seen });
  } finally {
    server.close();
    server.closeAllConnections();
    await oauth.stop();
  }
}
