// Runs the suites against one server and prints what they found.
import { auditServer } from 'graphql-http';

import { withServer } from './server.mjs';

// As many as the pinned version has: a suite that shrinks must be noticed.
const AUDITS = 61;

/** GraphQL over HTTP, by the audits of npm's `graphql-http`. True: all passed, none with a remark. */
async function graphqlOverHttp(base) {
  const results = await auditServer({ url: `${base}/graphql`, fetchFn: fetch });
  const passed = results.filter(({ status }) => status === 'ok');
  for (const { id, name, status, reason, response } of results) {
    if (status === 'ok') continue;
    const answer = response ? ` (answered ${response.status}: ${await bodyOf(response)})` : '';
    console.log(`${status.padEnd(6)} ${id} ${name}: ${reason}${answer}`);
  }
  console.log(`GraphQL over HTTP: ${passed.length} of ${results.length} audits passed`);
  if (results.length !== AUDITS) console.log(`There should be ${AUDITS} audits.`);
  return passed.length === AUDITS && results.length === AUDITS;
}

async function bodyOf(response) {
  // The audit may have read it already.
  const text = await response.text().catch(() => '');
  return text.slice(0, 300);
}

const program = process.argv[2];
if (!program) {
  console.error('usage: node certify.mjs PROGRAM');
  process.exit(2);
}
process.exitCode = (await withServer(program, graphqlOverHttp)) ? 0 : 1;
