// Builds the browser's files into ../static/dist with hashed names and a manifest, and fails over budget.
//   node build.mjs           once, minified
//   node build.mjs --watch   again whenever a source changes, unminified names of functions kept
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, watch, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { ICONS } from './icons.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../static/dist');
const watching = process.argv.includes('--watch');

/** gzip budgets in bytes (1 kB = 1000 B), of the inbox with what it shares with its later part; the hard ones are the product's promise, see docs/benchmarks.md. */
const BUDGETS = {
  'inbox.js': 75_000, 'commerce.js': 25_000, 'enhance.js': 3_000, 'app.css': 15_000, 'icons.svg': 15_000, 'favicon.svg': 1_000,
  // The loader has 5 kB with what the server bakes in; all that a visitor's first open fetches has 45 kB.
  'widget-loader.js': 4_750, 'widget-panel.js': 26_000, 'widget.css': 6_000, 'widget-texts.json': 4_000,
};

const hash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 10);

/** One <symbol> per icon; pages point at them with <use href="…#name">. */
async function sprite() {
  const symbols = await Promise.all(Object.entries(ICONS).map(async ([name, file]) => {
    const svg = await readFile(join(here, 'node_modules/lucide-static/icons', `${file}.svg`), 'utf8');
    const inner = svg.replace(/<!--.*?-->/gs, '').replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '');
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s*\n\s*/g, '')}</symbol>`;
  }));
  const thread = '<symbol id="brand" viewBox="0 0 24 24"><path d="M4 12c4 0 4-7 8-7s4 14 8 14"/>'
    + '<circle cx="4" cy="12" r="1.6" fill="currentColor"/><circle cx="20" cy="19" r="1.6" fill="currentColor"/></symbol>';
  return `<svg xmlns="http://www.w3.org/2000/svg">${thread}${symbols.join('')}</svg>\n`;
}

/** Agents' browsers are new; those of a shop's visitors are as old as three years. */
const AGENTS = ['es2022', 'chrome123', 'firefox121', 'safari17.5'];
const VISITORS = ['es2022', 'chrome100', 'firefox101', 'safari15.4'];

/** Our servers speak WebSocket alone, so the other transports of Socket.IO stay at home. */
const socketsOnly = {
  name: 'sockets-only',
  setup(build) {
    build.onLoad({ filter: /engine\.io-client\/build\/esm\/transports\/index\.js$/ }, () => ({
      contents: 'import { WS } from "./websocket.node.js"; export const transports = { websocket: WS };',
    }));
  },
};

async function bundle(entryPoints, target, define = {}) {
  const result = await esbuild.build({
    absWorkingDir: here, outdir: out, bundle: true, write: false, minify: !watching, legalComments: 'none', entryPoints,
    format: 'iife', target, entryNames: '[name]', jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning', plugins: [socketsOnly],
    define: { 'process.env.NODE_ENV': '"production"', ...define },
  });
  return result.outputFiles.map((file) => [basename(file.path), file.text]);
}

/** The inbox, and the part that it fetches once a thread is open. What both need is a file of its own, `shared.js`. */
async function inbox() {
  const result = await esbuild.build({
    absWorkingDir: here, outdir: out, bundle: true, write: false, metafile: true, minify: !watching, legalComments: 'none', entryPoints: { inbox: 'src/inbox.tsx' },
    format: 'esm', splitting: true, target: AGENTS, entryNames: '[name]', chunkNames: '[name]-[hash]', jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning',
    plugins: [socketsOnly], define: { 'process.env.NODE_ENV': '"production"' },
  });
  const whose = new Map(Object.entries(result.metafile.outputs).map(([path, { entryPoint }]) => [basename(path), entryPoint]));
  const files = result.outputFiles.map((file) => {
    const made = basename(file.path);
    const from = whose.get(made);
    // Its parts ask for one another by the names that esbuild has given.
    return from === 'src/inbox.tsx' ? ['inbox.js', file.text] : [from === 'src/ui/commerce/commerce.ts' ? 'commerce.js' : 'shared.js', file.text, made];
  });
  if (files.length !== 3) throw new Error(`the inbox came in ${files.length} files instead of three`);
  return files;
}

/** The widget: its loader carries the launcher's style sheet, and one place in which the server writes a channel's facts. */
async function widget() {
  const launcher = await esbuild.transform(await readFile(join(here, 'css/widget-launcher.css'), 'utf8'), { loader: 'css', minify: true, target: VISITORS });
  const files = await bundle(
    { 'widget-loader': 'src/widget/loader.ts', 'widget-panel': 'src/widget/panel.tsx', widget: 'css/widget.css' },
    VISITORS, { __LAUNCHER_CSS__: JSON.stringify(launcher.code.trim()) },
  );
  const places = files.find(([name]) => name === 'widget-loader.js')[1].split('__ONETHREAD__').length - 1;
  if (places !== 1) throw new Error(`the loader has ${places} places for its configuration instead of one`);
  return [...files, ['widget-texts.json', await texts()]];
}

/** The English texts of the panel, so that the server sends a visitor no translations of the agents' inbox. */
async function texts() {
  const folder = join(here, 'src/widget');
  const sources = [join(here, 'src/core/time.ts')];
  for (const file of await readdir(folder, { recursive: true })) if (/\.tsx?$/.test(file)) sources.push(join(folder, file));
  const found = new Set();
  for (const source of sources) {
    for (const [, , text] of (await readFile(source, 'utf8')).matchAll(/\bt(?:n\([^,]+,|\()\s*(['"])((?:(?!\1)[^\\]|\\.)*)\1/g)) found.add(text.replace(/\\(.)/g, '$1'));
  }
  return `${JSON.stringify([...found].sort())}\n`;
}

async function build() {
  const files = [
    ...await inbox(),
    ...await bundle({ enhance: 'src/enhance.ts', app: 'css/app.css' }, AGENTS),
    ...await widget(),
    ['icons.svg', await sprite()], ['favicon.svg', await readFile(join(here, 'favicon.svg'), 'utf8')],
  ];
  await mkdir(out, { recursive: true });
  const manifest = {};
  const over = [];
  const weights = Object.fromEntries(files.map(([name, text]) => [name, gzipSync(text, { level: 9 }).length]));
  for (const [name, text, made] of files.sort()) {
    const [stem, kind] = name.split('.');
    manifest[name] = made ?? `${stem}-${hash(text)}.${kind}`;
    await writeFile(join(out, manifest[name]), text);
    const size = weights[name] + (name === 'inbox.js' ? weights['shared.js'] : 0);
    const budget = BUDGETS[name];
    console.log(`${name.padEnd(17)} ${(size / 1000).toFixed(1).padStart(6)} kB gzip${budget ? ` of ${budget / 1000} kB` : ''}`);
    if (size > budget && !watching) over.push(name);
  }
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  // Last, so that a build that fails leaves the one before whole.
  const current = new Set([...Object.values(manifest), 'manifest.json', 'sources.sha256']);
  for (const name of await readdir(out)) if (!current.has(name)) await rm(join(out, name));
  if (over.length) throw new Error(`over budget: ${over.join(', ')}`);
}

await build().catch((problem) => { console.error(problem.message); process.exit(1); });
if (watching) {
  console.log('watching', (await readdir(here)).filter((name) => name === 'src' || name === 'css').join(', '));
  for (const folder of ['src', 'css']) {
    (async () => {
      for await (const _change of watch(join(here, folder), { recursive: true })) {
        await build().catch((problem) => console.error(problem.message));
      }
    })();
  }
}
