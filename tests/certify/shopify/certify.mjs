// node certify.mjs FAKE: holds our queries and the fake shop against Shopify's own schemas, and the fake's signatures against Shopify's
// own library.
import '@shopify/shopify-api/adapters/node';
import { LATEST_API_VERSION, shopifyApi } from '@shopify/shopify-api';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { answerErrors, documentErrors } from './judge.mjs';
import { VERSIONS, schemas } from './schema.mjs';
import { withShop } from './shop.mjs';

const QUERIES = new URL('../../../crates/sync/src/shopify/queries/', import.meta.url).pathname;
const read = (name) => readFileSync(`${QUERIES}${name}`, 'utf8');
const counts = { documents: 0, answers: 0, lines: 0, signatures: 0 };

/** A document as it is sent in a version: with the fragments that it spreads. */
function document(name, version) {
  const before = version < '2026-10' ? '_before_2026_10' : '';
  const fragments = [`customer_fields${before}`, 'order_fields', 'line_fields'].map((fragment) =>
    read(`${fragment}.graphql`),
  );
  const text = read(`${name}.graphql`);
  const spread = fragments.filter((fragment) => {
    const [, title] = /fragment (\w+) on/.exec(fragment);
    return text.includes(`...${title}`);
  });
  return [text, ...spread].join('\n');
}

/** Every file is valid in the oldest version and in the newest. */
function judgeFiles(schema, version) {
  const all = readdirSync(QUERIES).filter((name) => name.endsWith('.graphql'));
  const names = all.map((name) => name.replace('.graphql', '')).filter((name) => !name.includes('_fields'));
  assert(names.length >= 15, `only ${names.length} queries`);
  const written = ['orders', 'customer_ids', `customers_${version.replace('-', '_')}`];
  const texts = [
    ...names.map((name) => [name, document(name, version)]),
    ...written.map((name) => [name, read(`written/${name}.graphql`)]),
  ];
  for (const [name, text] of texts) {
    assert.deepEqual(documentErrors(schema, text), [], `${name} in ${version}`);
    counts.documents += 1;
  }
  // A judge that finds nothing is none.
  const misspelt = document('customers_page', version).replace('firstName', 'fristName');
  assert.equal(documentErrors(schema, misspelt).length, 1);
}

/** Asks, and judges the answer by the schema; its data. */
async function asked(shop, schema, version, name, variables) {
  const text = document(name, version);
  const answer = await shop.ask(version, text, variables);
  assert.equal(answer.errors, undefined, `${name}: ${JSON.stringify(answer.errors)}`);
  assert.deepEqual(answerErrors(schema, text, variables, answer.data), [], `${name} in ${version}`);
  const { requestedQueryCost, actualQueryCost, throttleStatus } = answer.extensions.cost;
  assert(actualQueryCost <= requestedQueryCost && requestedQueryCost <= 1000, name);
  assert(throttleStatus.currentlyAvailable <= throttleStatus.maximumAvailable);
  assert.equal(answer.version, version);
  counts.answers += 1;
  return answer.data;
}

/** All pages of a list; its things. */
async function pages(shop, schema, version, name, variables) {
  const nodes = [];
  for (let after = null; ; ) {
    const data = await asked(shop, schema, version, name, { ...variables, after });
    const [list] = Object.values(data);
    nodes.push(...list.nodes);
    if (!list.pageInfo.hasNextPage) return nodes;
    after = list.pageInfo.endCursor;
  }
}

/** A bulk operation, and every line of its file by the types that the query asks for. */
async function bulk(shop, schema, version, written) {
  const query = read(`written/${written}.graphql`);
  const run = await asked(shop, schema, version, 'bulk_run', { query });
  assert.deepEqual(run.bulkOperationRunQuery.userErrors, []);
  const { id } = run.bulkOperationRunQuery.bulkOperation;
  let node;
  do ({ node } = await asked(shop, schema, version, 'bulk_state', { id }));
  while (node.status === 'CREATED' || node.status === 'RUNNING');
  assert.equal(node.status, 'COMPLETED');
  const file = await (await fetch(node.url)).text();
  assert.equal(String(Buffer.byteLength(file)), node.fileSize);
  const lines = file.trimEnd().split('\n').map((line) => JSON.parse(line));
  const roots = lines.filter((line) => !line.__parentId);
  assert.equal(String(roots.length), node.rootObjectCount);
  // What belongs to an object follows it at once.
  let parent;
  for (const line of lines) {
    if (!line.__parentId) parent = line;
    else {
      assert.equal(line.__parentId, parent.id);
      const { __parentId, ...child } = line;
      (parent.lineItems ??= { edges: [] }).edges.push({ node: child });
    }
  }
  const root = written.startsWith('orders') ? 'orders' : 'customers';
  const data = { [root]: { edges: roots.map((node) => ({ node })) } };
  assert.deepEqual(answerErrors(schema, query, {}, data), [], `${written} in ${version}`);
  counts.lines += lines.length;
  return roots;
}

async function judgeShop(shop, schema, version) {
  const namespace = 'regulars';
  const ask = (name, variables) => asked(shop, schema, version, name, variables);
  const { shop: who, currentAppInstallation: app } = await ask('shop', {});
  assert(who.name && app.accessScopes.length > 3);
  await ask('customers_sight', {});
  const byId = { first: 100, query: null, sortKey: 'ID', namespace };
  const customers = await pages(shop, schema, version, 'customers_page', byId);
  assert(customers.length >= 320);
  const query = `updated_at:>='${customers.at(-1).updatedAt}'`;
  const changed = { ...byId, query, sortKey: 'UPDATED_AT' };
  const tail = await pages(shop, schema, version, 'customers_page', changed);
  assert(tail.length >= 1 && tail.every((one, place) => !place || one.updatedAt >= tail[place - 1].updatedAt));
  await pages(shop, schema, version, 'customer_ids_page', { first: 250 });

  const ids = [customers[0].id, 'gid://shopify/Customer/1', customers[1].id];
  const { nodes } = await ask('customers_by_id', { ids, namespace });
  assert.deepEqual(nodes.map((node) => node?.id ?? null), [ids[0], null, ids[2]]);

  const wanted = { lines: 1, locations: true, products: true };
  const list = { first: 10, query: null, sortKey: 'ID', ...wanted };
  const orders = await pages(shop, schema, version, 'orders_page', list);
  assert(orders.length >= 30);
  await ask('orders_by_id', { ids: orders.slice(0, 2).map(({ id }) => id), ...wanted });
  const { id, lineItems } = orders[0];
  assert(lineItems.pageInfo.hasNextPage);
  const after = lineItems.pageInfo.endCursor;
  const { node } = await ask('order_lines', { id, first: 10, after, products: true });
  assert.equal(node.lineItems.nodes.length, 1);

  const all = await bulk(shop, schema, version, `customers_${version.replace('-', '_')}`);
  assert(all.length >= customers.length);
  assert((await bulk(shop, schema, version, 'customer_ids')).length >= customers.length);
  assert((await bulk(shop, schema, version, 'orders')).length >= orders.length);

  const field = (ownerId, value) => ({ ownerId, namespace, key: 'points', type: 'number_integer', value });
  const set = (...metafields) => ask('metafields_set', { metafields });
  assert.equal((await set(field(ids[0], '7'))).metafieldsSet.metafields.length, 1);
  for (const wrong of [field(ids[1], '7'), field(ids[0], 'many')]) {
    const { metafieldsSet } = await set(field(ids[0], '8'), wrong);
    assert.deepEqual([metafieldsSet.metafields, metafieldsSet.userErrors[0].elementIndex], [null, 1]);
  }
}

/** What the shop must refuse. */
async function judgeRefusals(shop, version) {
  const code = async (text, variables) => (await shop.ask(version, text, variables)).errors[0].extensions?.code;
  const page = document('customers_page', version);
  const variables = { first: 10, sortKey: 'ID', namespace: 'regulars' };
  assert.equal(await code(page.replace('firstName', 'fristName'), variables), 'undefinedField');
  assert.equal(await code(page, { ...variables, first: 250 }), 'MAX_COST_EXCEEDED');
  assert.equal(await code(page, { ...variables, first: null }), 'INVALID_VARIABLE');
  const { errors } = await shop.ask(version, page, { ...variables, after: 'nonsense' });
  assert.match(errors[0].message, /Invalid cursor/);
  const bulkOf = async (query) => {
    const answer = await shop.ask(version, document('bulk_run', version), { query });
    return answer.data.bulkOperationRunQuery.userErrors.length;
  };
  assert.equal(await bulkOf('query Q($id: ID!) { customers(query: $id) { edges { node { id } } } }'), 1);
  assert.equal(await bulkOf('{ nodes(ids: []) { id } }'), 1);
  assert.equal(await bulkOf('{ customers { edges { node { fristName } } } }'), 1);
}

/** Deliveries are signed as Shopify's own library expects it. */
async function judgeSignatures(shop, schema, version) {
  const library = shopifyApi({
    apiKey: shop.settings.clientId,
    apiSecretKey: shop.credentials.clientSecret,
    apiVersion: LATEST_API_VERSION,
    hostName: 'regulars.example.com',
    isEmbeddedApp: false,
    logger: { level: 0 },
  });
  const deliveries = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => (body += piece));
    request.on('end', () => {
      deliveries.push({ request, body });
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const uri = `http://127.0.0.1:${server.address().port}/`;
    const topics = ['CUSTOMERS_UPDATE', 'CUSTOMERS_CREATE', 'ORDERS_CREATE', 'ORDERS_UPDATED', 'REFUNDS_CREATE'];
    for (const topic of topics) {
      const variables = { topic, subscription: { uri, format: 'JSON' } };
      const create = () => asked(shop, schema, version, 'subscription_create', variables);
      assert.deepEqual((await create()).webhookSubscriptionCreate.userErrors, []);
      assert.equal((await create()).webhookSubscriptionCreate.userErrors.length, 1);
    }
    const there = await pages(shop, schema, version, 'subscriptions', {});
    assert.equal(there.length, topics.length);
    for (const deadline = Date.now() + 20_000; deliveries.length < 5; await sleep(100)) {
      assert(Date.now() < deadline, `only ${deliveries.length} deliveries came`);
    }
    for (const { request, body } of deliveries) {
      const judged = await library.webhooks.validate({ rawBody: body, rawRequest: request });
      assert.equal(judged.valid, true, JSON.stringify(judged));
      assert(judged.topic && judged.webhookId && judged.domain);
      const forged = await library.webhooks.validate({ rawBody: `${body} `, rawRequest: request });
      assert.equal(forged.valid, false);
      counts.signatures += 1;
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Tokens: of the app itself, and such as are renewed. */
async function judgeTokens(program) {
  await withShop(program, 'refresh', async (shop) => {
    const renew = (refresh_token) => shop.grant({ grant_type: 'refresh_token', refresh_token });
    const first = shop.credentials.refreshToken;
    const second = await renew(first);
    assert(second.access_token && second.refresh_token !== first && second.expires_in === 3600);
    // The answer was lost: the old one is good until the new one is used.
    const third = await renew(first);
    assert.equal(third.status, 200);
    shop.token = third.access_token;
    assert.equal((await shop.ask('2026-10', '{ shop { name } }')).status, 200);
    assert.equal((await renew(first)).status, 400);
    assert.equal((await shop.grant({ grant_type: 'client_credentials', client_secret: 'x' })).status, 401);
    shop.token = 'shpat_none';
    assert.equal((await shop.ask('2026-10', '{ shop { name } }')).status, 401);
  });
}

const program = process.argv[2];
if (!program) {
  console.error('usage: node certify.mjs FAKE');
  process.exit(2);
}
const known = schemas();
for (const version of VERSIONS) judgeFiles(known[version], version);
await withShop(program, 'client_credentials', async (shop) => {
  const granted = await shop.grant({ grant_type: 'client_credentials' });
  assert.equal(granted.expires_in, 86_399);
  shop.token = granted.access_token;
  for (const version of VERSIONS) {
    await judgeShop(shop, known[version], version);
    await judgeRefusals(shop, version);
  }
  const newest = VERSIONS.at(-1);
  await judgeSignatures(shop, known[newest], newest);
  // Whoever judges must find what is wrong: a number for a text, a state that there is not.
  const text = document('customers_by_id', newest);
  const variables = { ids: ['gid://shopify/Customer/1'], namespace: 'regulars' };
  const first = await shop.ask(newest, document('customers_page', newest), { first: 1, sortKey: 'ID', namespace: 'regulars' });
  const [good] = first.data.customers.nodes;
  assert.deepEqual(answerErrors(known[newest], text, variables, { nodes: [good] }), []);
  for (const bad of [{ numberOfOrders: 7 }, { state: 'ALIVE' }, { updatedAt: 'now' }, { tags: null }]) {
    assert.equal(answerErrors(known[newest], text, variables, { nodes: [{ ...good, ...bad }] }).length, 1);
  }
});
await judgeTokens(program);
console.log(
  `Shopify: ${counts.documents} documents valid, ${counts.answers} answers and ${counts.lines} bulk lines of the right types, ${counts.signatures} signatures accepted by its own library`,
);
