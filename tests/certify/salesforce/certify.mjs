// Drives the Salesforce fake with jsforce, and compares what it answers by one way with what it answers by another, and with what is
// computed here.
//
// usage: node certify.mjs FAKE   (the program regulars-fake)
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSign } from 'node:crypto';
import { createInterface } from 'node:readline';

import jsforce from 'jsforce';

const CONTACTS = 1_203;
const VERSION = '66.0';
const COLUMNS = [
  'Id', 'FirstName', 'LastName', 'Email', 'MobilePhone', 'MailingStreet', 'Birthdate', 'HasOptedOutOfEmail', 'IsDeleted', 'MasterRecordId',
  'IsPersonAccount', 'Regulars_Points__c', 'CreatedDate', 'SystemModstamp',
];

/** Starts the fake and reads where it is and how to log in. */
async function startFake(program, flow) {
  const fake = spawn(
    program,
    ['salesforce', '--port', '0', '--customers', String(CONTACTS), '--persons', '10', '--page-rows', '500', '--flow', flow],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.on('exit', () => fake.kill('SIGKILL'));
  const lines = createInterface({ input: fake.stdout });
  const said = await new Promise((resolve, reject) => {
    const said = {};
    // What it says later is read too, or it would stop at a full pipe.
    lines.on('line', (line) => {
      const [, name, text] = /^(Settings|Credentials): (.*)$/.exec(line) ?? [];
      if (name) said[name] = JSON.parse(text);
      if (said.Settings && said.Credentials) resolve(said);
    });
    fake.on('error', reject);
    fake.on('exit', (code) => reject(new Error(`the fake ended with ${code}`)));
  });
  return { ...said.Settings, ...said.Credentials };
}

const connectionTo = ({ endpoint, clientId, clientSecret }) =>
  new jsforce.Connection({
    oauth2: { loginUrl: endpoint, clientId, clientSecret },
    version: VERSION,
    maxRequest: 50,
  });

const byClientCredentials = async (access) => {
  const connection = connectionTo(access);
  await connection.authorize({ grant_type: 'client_credentials' });
  return connection;
};

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const byToken = async (access, claims = {}) => {
  const connection = connectionTo(access);
  const body = {
    iss: access.clientId, sub: access.username, aud: 'https://login.salesforce.com', exp: Math.floor(Date.now() / 1000) + 120, ...claims,
  };
  const signed = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(body)}`;
  const assertion = `${signed}.${createSign('RSA-SHA256').update(signed).sign(access.privateKey, 'base64url')}`;
  await connection.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  return connection;
};

/** All rows of a query, page by page, and how many pages there were. */
async function rowsOf(connection, soql, options) {
  const rows = [];
  let page = await connection.query(soql, { ...options, autoFetch: false });
  const total = page.totalSize;
  let pages = 1;
  for (;;) {
    rows.push(...page.records.map(({ attributes, ...row }) => row));
    if (page.done) break;
    page = await connection.queryMore(page.nextRecordsUrl);
    pages += 1;
  }
  assert.equal(rows.length, total);
  return { rows, pages };
}

/** A row as text by column, so that JSON and CSV can be compared: what is null is empty, and instants have one form. */
const asText = (row) =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      const text = value === null ? '' : String(value);
      return [column, text.replace(/^(\d{4}-\d\d-\d\dT[\d:.]+)\+0000$/, '$1Z')];
    }),
  );

const failsWith = async (code, promise) => {
  const error = await promise.then(
    () => assert.fail(`should have failed with ${code}`),
    (error) => error,
  );
  assert.equal(error.errorCode ?? error.name, code, error.message);
  return error;
};

const later = (date, seconds) => new Date(date.getTime() + seconds * 1000);

const checks = {
  async 'logs in by client credentials'({ access }) {
    const connection = await byClientCredentials(access);
    assert.equal(connection.instanceUrl, access.endpoint);
    assert.match(connection.userInfo.organizationId, /^00D/);
    await failsWith('invalid_client', byClientCredentials({ ...access, clientSecret: 'wrong' }));
    await failsWith('invalid_client_id', byClientCredentials({ ...access, clientId: 'wrong' }));
  },

  async 'renews a session that has ended, once'({ access, connection }) {
    let renewals = 0;
    const { accessToken } = connection;
    const ended = new jsforce.Connection({
      instanceUrl: access.endpoint, accessToken: 'ended', version: VERSION,
      refreshFn: (_connection, done) => {
        renewals += 1;
        done(null, accessToken);
      },
    });
    assert.equal((await ended.query('SELECT COUNT() FROM Contact')).totalSize, CONTACTS);
    assert.equal(renewals, 1);
  },

  async 'pages a query to its end'({ connection, all }) {
    assert.equal(all.rows.length, CONTACTS);
    assert.equal(all.pages, 3);
    assert.equal(new Set(all.rows.map(({ Id }) => Id)).size, CONTACTS);
    const fetched = await connection.query(`SELECT Id FROM Contact ORDER BY Id`, { autoFetch: true, maxFetch: 10_000 });
    assert.deepEqual(fetched.records.map(({ Id }) => Id), all.rows.map(({ Id }) => Id).sort());
    assert.equal((await connection.query('SELECT Id FROM Contact LIMIT 7')).records.length, 7);
  },

  async 'filters and sorts as its rows say'({ connection, all }) {
    const find = async (conditions) => {
      const found = await connection.sobject('Contact').find(conditions, 'Id').execute({ autoFetch: true, maxFetch: 10_000 });
      return found.map(({ Id }) => Id).sort();
    };
    const among = (test) => all.rows.filter(test).map(({ Id }) => Id).sort();
    const stamp = all.rows[400].SystemModstamp;
    const at = jsforce.SfDate.toDateTimeLiteral(new Date(stamp));
    const cases = [
      [{ LastName: "O'Hara" }, (row) => row.LastName === "O'Hara"],
      [{ MobilePhone: null }, (row) => row.MobilePhone === null],
      [{ MobilePhone: { $ne: null }, HasOptedOutOfEmail: true }, (row) => row.MobilePhone !== null && row.HasOptedOutOfEmail],
      [{ FirstName: { $in: ['Ada', 'Ewa'] } }, (row) => ['Ada', 'Ewa'].includes(row.FirstName)],
      [{ SystemModstamp: { $gte: at } }, (row) => row.SystemModstamp >= stamp],
      [{ SystemModstamp: { $lt: at } }, (row) => row.SystemModstamp < stamp],
      [{ $or: [{ FirstName: 'Ada' }, { SystemModstamp: { $gt: at } }] }, (row) => row.FirstName === 'Ada' || row.SystemModstamp > stamp],
      [{ Birthdate: { $gt: jsforce.SfDate.toDateLiteral(new Date('1975-01-01')) } }, (row) => row.Birthdate > '1975-01-01'],
      [{ Id: { $gt: all.rows[700].Id } }, (row) => row.Id > all.rows[700].Id],
    ];
    for (const [conditions, test] of cases) {
      const expected = among(test);
      assert.ok(expected.length > 0 && expected.length < CONTACTS, JSON.stringify(conditions));
      assert.deepEqual(await find(conditions), expected, JSON.stringify(conditions));
    }
    const { rows } = await rowsOf(connection, 'SELECT Id, LastName FROM Contact ORDER BY LastName DESC, Id');
    const key = ({ LastName }) => LastName;
    for (let nth = 1; nth < rows.length; nth += 1) {
      const [one, other] = [rows[nth - 1], rows[nth]];
      assert.ok(key(one) > key(other) || (key(one) === key(other) && one.Id < other.Id));
    }
  },

  async 'walks a window by its last row as by its pages'({ connection, all }) {
    const walked = [];
    let after = '';
    for (;;) {
      const { records } = await connection.query(
        `SELECT Id, SystemModstamp FROM Contact WHERE SystemModstamp >= 2000-01-01T00:00:00Z ${after} ORDER BY SystemModstamp, Id LIMIT 100`,
      );
      walked.push(...records.map(({ Id }) => Id));
      if (records.length < 100) break;
      const { Id, SystemModstamp } = records.at(-1);
      const stamp = SystemModstamp.replace('+0000', 'Z');
      after = `AND (SystemModstamp > ${stamp} OR (SystemModstamp = ${stamp} AND Id > '${Id}'))`;
    }
    assert.equal(walked.length, CONTACTS);
    assert.equal(new Set(walked).size, CONTACTS);
    assert.deepEqual([...walked].sort(), all.rows.map(({ Id }) => Id).sort());
  },

  async 'reads columns of the account'({ connection, all }) {
    const { rows } = await rowsOf(connection, 'SELECT Id, Account.Name, Account.PersonContactId FROM Contact WHERE IsPersonAccount = true');
    assert.equal(rows.length, all.rows.filter((row) => row.IsPersonAccount).length);
    assert.ok(rows.every((row) => row.Account.PersonContactId === row.Id));
    const companies = await connection.query('SELECT Account.Name FROM Contact WHERE IsPersonAccount = false LIMIT 1');
    assert.equal(companies.records[0].Account, null);
  },

  async 'says by bulk what it says by query'({ connection, all }) {
    connection.bulk2.pollInterval = 20;
    for (const scanAll of [false, true]) {
      const stream = await connection.bulk2.query(`SELECT ${COLUMNS.join(', ')} FROM Contact`, { scanAll });
      const rows = await stream.toArray();
      assert.deepEqual(rows, all.rows.map(asText));
    }
    const refused = connection.bulk2.query('SELECT MailingAddress FROM Contact');
    await failsWith('FEATURENOTENABLED', refused);
  },

  async 'upserts by an external id, in order'({ connection }) {
    const contacts = connection.sobject('Contact');
    const records = Array.from({ length: 200 }, (_, nth) => ({
      Regulars_Id__c: 1_000 + nth, LastName: nth % 50 === 49 ? undefined : `New ${nth}`, Regulars_Points__c: nth,
    }));
    const made = await contacts.upsert(records, 'Regulars_Id__c');
    assert.equal(made.length, 200);
    made.forEach((saved, nth) => {
      if (nth % 50 === 49) {
        assert.equal(saved.errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
      } else {
        assert.deepEqual([saved.success, saved.created], [true, true]);
      }
    });
    const again = await contacts.upsert(
      records.slice(0, 3).map(({ Regulars_Id__c }) => ({ Regulars_Id__c, Regulars_Points__c: 7 })),
      'Regulars_Id__c',
    );
    assert.deepEqual(again.map(({ id, created }) => [id, created]), made.slice(0, 3).map(({ id }) => [id, false]));
    const read = await connection.query(`SELECT LastName, Regulars_Points__c FROM Contact WHERE Id = '${made[0].id}'`);
    assert.deepEqual([read.records[0].LastName, read.records[0].Regulars_Points__c], ['New 0', 7]);
    const one = await contacts.upsert({ Regulars_Id__c: 1_001, Regulars_Points__c: 9 }, 'Regulars_Id__c');
    assert.equal(one.success, true);
    await failsWith('EXCEEDED_ID_LIMIT', contacts.upsert([...records, ...records], 'Regulars_Id__c'));
    await failsWith('INVALID_FIELD', contacts.upsert([{ Regulars_Id__c: 1, LastName: 'X', Nothing__c: 1 }], 'Regulars_Id__c'));
    await failsWith('NOT_FOUND', contacts.upsert([{ Email: 'a@b.c', LastName: 'X' }], 'Email').then(([saved]) => {
      throw Object.assign(new Error(saved.errors[0].message), { errorCode: saved.errors[0].statusCode });
    }));
  },

  async 'deletes, and keeps what it deleted'({ connection }) {
    const contacts = connection.sobject('Contact');
    const { id } = await contacts.create({ LastName: 'Short-lived' });
    await contacts.update({ Id: id, FirstName: 'Very' });
    const now = new Date();
    assert.equal((await contacts.destroy(id)).success, true);
    const soql = `SELECT Id, Name, IsDeleted FROM Contact WHERE Id = '${id}'`;
    assert.equal((await connection.query(soql)).totalSize, 0);
    const kept = await connection.query(soql, { scanAll: true });
    assert.deepEqual([kept.records[0].Name, kept.records[0].IsDeleted], ['Very Short-lived', true]);
    const log = await contacts.deleted(later(now, -3_600), later(now, 120));
    assert.ok(log.deletedRecords.some((entry) => entry.id === id), JSON.stringify(log));
    assert.ok(new Date(log.earliestDateAvailable.replace('+0000', 'Z')) < now);
    assert.ok(Number.isFinite(new Date(log.latestDateCovered.replace('+0000', 'Z')).getTime()));
    await failsWith('INVALID_REPLICATION_DATE', contacts.deleted(now, now));
    await failsWith('ENTITY_IS_DELETED', contacts.update({ Id: id, FirstName: 'Late' }));
  },

  async 'describes the columns that it has'({ connection }) {
    const described = await connection.sobject('Contact').describe();
    const byName = new Map(described.fields.map((field) => [field.name, field]));
    for (const column of COLUMNS) assert.ok(byName.has(column), column);
    assert.equal(byName.get('Regulars_Id__c').externalId, true);
    assert.equal(byName.get('MailingAddress').type, 'address');
    assert.equal(byName.get('SystemModstamp').type, 'datetime');
    assert.equal(byName.get('SystemModstamp').updateable, false);
  },

  async 'counts requests and says so'({ connection }) {
    await connection.query('SELECT COUNT() FROM Contact');
    const before = connection.limitInfo.apiUsage.used;
    const limits = await connection.limits();
    const { used, limit } = connection.limitInfo.apiUsage;
    assert.equal(used, before + 1);
    assert.equal(limits.DailyApiRequests.Max, limit);
    assert.equal(limits.DailyApiRequests.Remaining, limit - used);
  },

  async 'refuses what it does not understand'({ connection }) {
    await failsWith('MALFORMED_QUERY', connection.query('SELECT Id FROM Contact WHERE'));
    await failsWith('MALFORMED_QUERY', connection.query("SELECT Id FROM Contact WHERE Name = 'a' OR Id = 'b' AND Id = 'c'"));
    const missing = await failsWith('INVALID_FIELD', connection.query('SELECT Nothing__c FROM Contact'));
    assert.match(missing.message, /No such column 'Nothing__c' on entity 'Contact'/);
    await failsWith('INVALID_FIELD', connection.query("SELECT Id FROM Contact WHERE SystemModstamp > '2026-01-01T00:00:00Z'"));
    await failsWith('INVALID_TYPE', connection.query('SELECT Id FROM Nothing'));
    await failsWith('INVALID_QUERY_LOCATOR', connection.queryMore('01gDn0000000000IAA-500'));
  },
};

const program = process.argv[2];
if (!program) {
  console.error('usage: node certify.mjs FAKE');
  process.exit(2);
}
let failed = 0;
const check = async (name, run, world) => {
  try {
    await run(world);
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`error  ${name}: ${error.stack ?? error.message}`);
  }
};

const access = await startFake(program, 'clientCredentials');
const connection = await byClientCredentials(access);
const all = await rowsOf(connection, `SELECT ${COLUMNS.join(', ')} FROM Contact ORDER BY Id`, { scanAll: true });
for (const [name, run] of Object.entries(checks)) await check(name, run, { access, connection, all });

const withKey = await startFake(program, 'jwtBearer');
await check('logs in by a signed token', async () => {
  const connection = await byToken(withKey);
  assert.equal((await connection.query('SELECT COUNT() FROM Contact')).totalSize, CONTACTS);
  await failsWith('invalid_grant', byToken(withKey, { aud: 'https://example.com' }));
  await failsWith('invalid_grant', byToken(withKey, { sub: 'stranger@example.com' }));
  await failsWith('invalid_grant', byToken(withKey, { exp: Math.floor(Date.now() / 1000) - 10 }));
  await failsWith('invalid_grant', byToken(withKey, { exp: Math.floor(Date.now() / 1000) + 3_600 }));
  await failsWith('invalid_client_id', byToken(withKey, { iss: 'stranger' }));
});

const count = Object.keys(checks).length + 1;
console.log(`Salesforce by jsforce: ${count - failed} of ${count} checks passed`);
process.exit(failed === 0 ? 0 : 1);
