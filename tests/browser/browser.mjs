// What the browser tests share: one headless Chromium, a page that is watched while it is used, and the native command
// to compare with. `cargo xtask test browser` builds, serves and names all of it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

import { chromium } from 'playwright-core';

const named = (name) => {
  assert.ok(process.env[name], `${name} is not set: run these through "cargo xtask test browser"`);
  return process.env[name];
};

/** Where the page is served. */
export const url = named('CAREEN_URL');

/** The disks there are: `{ name, file, kind }`. */
export const disks = JSON.parse(named('CAREEN_DISKS'));

/** The disk of this name, if it is there. */
export const disk = (name) => disks.find((one) => one.name === name);

/** A folder that is gone when the tests of this file are done: some hold gigabytes. */
export function scratch() {
  folders.push(mkdtempSync(join(tmpdir(), 'careen-')));
  return folders.at(-1);
}

const folders = [];
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** How long a disk may take until everything about it is known, in milliseconds; and anything else. */
const DISK_PATIENCE = 240_000;
const PATIENCE = 30_000;

const browser = await chromium.launch({
  executablePath: named('CAREEN_CHROMIUM'),
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
    // Whatever is not this page does not exist.
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost',
  ],
});

/** Ends the browser; each test file does it last. */
export const quit = () => browser.close();

/**
 * A fresh profile with the page loaded, from where it is served or from `at`, after `script` was run in it. `watched`
 * collects what must not happen: requests that leave the page's own address, errors of its scripts, breaches of its policy.
 */
export async function openPage(options = {}, at = url, script = '') {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', ...options });
  const watched = { requests: [], away: [], errors: [] };
  context.on('request', (request) => {
    watched.requests.push(request.url());
    if (![at, 'blob:', 'data:'].some((own) => request.url().startsWith(own))) watched.away.push(request.url());
  });
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on('pageerror', (error) => watched.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') watched.errors.push(message.text());
  });
  await page.goto(at);
  await page.getByTestId('pick-disk').waitFor({ state: 'attached' });
  return { page, watched, close: () => context.close() };
}

/** Fails when anything happened that must not. */
export function assertQuiet(watched) {
  assert.deepEqual(watched.away, [], 'requests left the page');
  assert.deepEqual(watched.errors, [], 'the page logged errors');
}

/** Waits until `progress` says one of these. */
export async function waitForState(page, ...states) {
  const wanted = states.map((state) => `[data-testid="progress"][data-state="${state}"]`).join(', ');
  await page.locator(wanted).first().waitFor({ state: 'attached', timeout: DISK_PATIENCE });
  return page.getByTestId('progress').first().getAttribute('data-state');
}

/** Picks a disk and waits until everything about it is known. */
export async function pick(page, file) {
  await page.getByTestId('pick-disk').setInputFiles(file);
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete', `${file} opens`);
}

/** Goes to a route through its link. */
export async function go(page, route) {
  await page.getByTestId(`nav-${route}`).click();
}

/** Chromium silently drops the eleventh download begun within a second; no person clicks so fast. */
const DOWNLOAD_PACE = 120;

/** Downloads a file by its button and returns its bytes. */
export async function download(page, name) {
  await page.waitForTimeout(DOWNLOAD_PACE);
  const fold = page.locator('details:not([open])', { has: page.getByTestId(`download-${name}`) }).first();
  if (await fold.count()) await fold.locator('summary').click();
  const [started] = await Promise.all([page.waitForEvent('download'), page.getByTestId(`download-${name}`).first().click()]);
  assert.equal(started.suggestedFilename(), name);
  return readFileSync(await started.path());
}

/** Runs the native command; its answer, or a failure with its own words. */
export function careen(...words) {
  const run = spawnSync(named('CAREEN_BIN'), words, { maxBuffer: 1 << 28 });
  assert.ok(run.status === 0 || run.status === 3, `careen ${words.join(' ')}: ${run.status} ${run.stderr}`);
  return run.stdout;
}

/** The package files as the native command writes them: bytes by name, those of `sbom/` with their folder. */
export function nativeFiles(file) {
  const folder = join(scratch(), 'packages');
  careen('packages', file, '--out', folder);
  const names = readdirSync(folder, { recursive: true }).filter((name) => statSync(join(folder, name)).isFile());
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name))]));
}

/** The files of a zip, by its central directory: bytes by name. */
export function unzipped(zip) {
  const files = new Map();
  const end = zip.length - 22;
  assert.equal(zip.readUInt32LE(end), 0x06054b50, 'the zip is whole');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [packed, name, extra] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(start, start + packed);
    const path = zip.toString('utf8', at + 46, at + 46 + name);
    if (!path.endsWith('/')) files.set(path, zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes);
    at += 46 + name + extra;
  }
  return files;
}

/** The files of a zip without compression: bytes by name. */
export function stored(zip) {
  const files = new Map();
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50;) {
    const [size, name, extra] = [zip.readUInt32LE(at + 18), zip.readUInt16LE(at + 26), zip.readUInt16LE(at + 28)];
    const start = at + 30 + name + extra;
    files.set(zip.toString('utf8', at + 30, at + 30 + name), zip.subarray(start, start + size));
    at = start + size;
  }
  return files;
}

const AXE = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** Fails when axe finds something serious in what is shown. */
export async function assertAccessible(page, where) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const said = serious.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.slice(0, 3).map((node) => `    ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join('\n')}`);
  assert.deepEqual(said, [], where);
}

/**
 * Scrolls a table, sixty times by each of these steps, and measures: milliseconds between frames, and most rows in the
 * document; also in words.
 */
export async function scrolled(page, table, steps) {
  const measured = await page.evaluate(async ([name, all]) => {
    const whole = document.querySelector(`[data-testid="table-${name}"]`);
    const view = whole.querySelector('.table__view');
    const frames = [];
    let most = 0;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (const step of all) {
      let last = await frame();
      for (let n = 0; n < 60; n += 1) {
        view.scrollTop += step;
        const now = await frame();
        frames.push(now - last);
        last = now;
        most = Math.max(most, whole.querySelectorAll('[data-key]').length);
      }
    }
    frames.sort((a, b) => a - b);
    const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))];
    return { median: at(0.5), p95: at(0.95), worst: at(1), most };
  }, [table, steps]);
  const ms = (value) => `${value.toFixed(1)} ms`;
  const { median, p95, worst, most } = measured;
  return { ...measured, said: `frames while scrolling: median ${ms(median)}, 95th percentile ${ms(p95)}, worst ${ms(worst)}; ` +
    `at most ${most} rows in the document` };
}

/** Keeps a picture of the page for people to look at. */
export async function picture(page, name) {
  mkdirSync(named('CAREEN_SCREENSHOTS'), { recursive: true });
  await page.screenshot({ path: join(named('CAREEN_SCREENSHOTS'), `${name}.png`) });
}
