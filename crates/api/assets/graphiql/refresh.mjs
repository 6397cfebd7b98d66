// Fetches GraphiQL and React at the versions below and writes the files that the server carries:
//   node crates/api/assets/graphiql/refresh.mjs
// The result is the same for everybody: what the packages ship, minus the fonts, compressed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// GraphiQL 3 is the last with an editor that needs no web workers and ships as one file; it wants React 18.
const versions = { graphiql: '3.9.0', react: '18.3.1', 'react-dom': '18.3.1', graphql: '16.11.0' };

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'graphiql-'));
try {
  writeFileSync(join(work, 'package.json'), '{"private":true}');
  const install = (packages) =>
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  install(Object.entries(versions).map(([name, version]) => `${name}@${version}`));
  const modules = join(work, 'node_modules');
  const read = (path) => readFileSync(join(modules, path), 'utf8');
  const write = (name, text) => writeFileSync(join(here, name), gzipSync(text, { level: 9 }));
  const withoutMap = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');

  const scripts = [
    'react/umd/react.production.min.js',
    'react-dom/umd/react-dom.production.min.js',
    'graphiql/graphiql.min.js',
  ];
  write('graphiql.js.gz', scripts.map((path) => withoutMap(read(path))).join(';\n'));

  // Seven eighths of the style sheet are two fonts; the page names the reader's own instead.
  const style = read('graphiql/graphiql.min.css').replace(/@font-face\{[^}]*\}/g, '');
  write('graphiql.css.gz', style);

  // Every package whose code is in the bundle, as its source map tells, with its own words.
  const sources = JSON.parse(read('graphiql/graphiql.min.js.map')).sources;
  const bundled = new Set(['graphiql', '@graphiql/react', '@graphiql/toolkit', 'react', 'react-dom']);
  bundled.add('codemirror-graphql').add('graphql-language-service').add('scheduler');
  for (const source of sources) {
    const name = source.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1];
    if (name) bundled.add(name);
  }
  // Some were there only when the bundle was built: they are fetched for their licences.
  const absent = [...bundled].filter((name) => !existsSync(join(modules, name)));
  if (absent.length > 0) install(absent);
  const licences = [...bundled].sort().map((name) => {
    const { version, license, author, repository } = JSON.parse(read(`${name}/package.json`));
    const file = readdirSync(join(modules, name)).find((entry) => /^licen[cs]e/i.test(entry));
    const who = (typeof author === 'string' ? author : author?.name) ?? repository?.url ?? 'its authors';
    const text = file ? read(`${name}/${file}`).trim() : `Licence: ${license}. Copyright: ${who}.`;
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  write('licences.txt.gz', licences.join(`\n${'-'.repeat(80)}\n\n`).replaceAll('\r', ''));
} finally {
  rmSync(work, { recursive: true });
}
