// Shopify's own schemas of its Admin interface, as its npm package @shopify/dev-mcp carries them. The tarball is taken alone: what the
// package depends on is a tool of its own, and not needed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { buildClientSchema } from 'graphql';

const PACKAGE = '@shopify/dev-mcp';
const VERSION = '1.16.0';
const SHA512 =
  'tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2upwZm8uzuTDNTZnqtLMe64yIwh6s2awtw==';

/** The versions that are judged by: the oldest one that we speak, and the newest. */
export const VERSIONS = ['2025-10', '2026-10'];

const folder = new URL('./node_modules/.schemas/', import.meta.url).pathname;

function fetchPackage() {
  const tarball = `${folder}package.tgz`;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(tarball)) {
    const args = ['pack', `${PACKAGE}@${VERSION}`, '--silent', '--pack-destination', folder];
    const name = execFileSync('npm', args, { encoding: 'utf8' }).trim().split('\n').pop();
    renameSync(`${folder}${name}`, tarball);
  }
  const found = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  if (found !== SHA512) {
    rmSync(tarball);
    throw new Error(`${PACKAGE} ${VERSION} is not what it was: its checksum is ${found}`);
  }
  const files = VERSIONS.map((version) => `package/dist/data/admin_${version}.json.gz`);
  execFileSync('tar', ['xzf', tarball, '-C', folder, ...files]);
}

const is = (pattern, name) => (value) => {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw new Error(`${JSON.stringify(value)} is no ${name}`);
};

// The schema says of these types only what they are called.
const SCALARS = {
  DateTime: is(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'DateTime'),
  Decimal: is(/^-?\d+\.\d+$/, 'Decimal'),
  UnsignedInt64: is(/^\d+$/, 'UnsignedInt64'),
  URL: is(/^https?:\/\//, 'URL'),
};

/** The schemas, by version. */
export function schemas() {
  fetchPackage();
  return Object.fromEntries(
    VERSIONS.map((version) => {
      const file = `${folder}package/dist/data/admin_${version}.json.gz`;
      const json = JSON.parse(gunzipSync(readFileSync(file)));
      const schema = buildClientSchema(json.data ?? json, { assumeValid: true });
      for (const [name, serialize] of Object.entries(SCALARS)) {
        schema.getType(name).serialize = serialize;
      }
      return [version, schema];
    }),
  );
}
