// What is promised: nothing leaves, it starts without network, it is one file that opens by double click. Each is asked of
// servers that count.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { assertQuiet, careen, disk, download, go, openPage, pick, picture, quit, scratch, waitForState } from './browser.mjs';
import { collect, dist, servePage } from './site.mjs';

after(quit);

const tiny = disk('cases/tiny').file;
const PREFIX = '/some/where/careen/';

/** Waits until the page is kept by the browser and sealed. */
const sealed = (page) => page.waitForFunction(() => careen.state.sealed && careen.state.offline === 'ready');

const routes = (page) => page.locator('[data-testid^="nav-"]').evaluateAll((all) => all.map((link) => link.dataset.testid.slice('nav-'.length)));

/** Tries every way there is to reach an address. Runs in pages and workers, so it may use nothing from here. */
async function tryAll(to) {
  const refused = [];
  const attempt = async (name, act) => {
    try {
      await act();
    } catch {
      refused.push(name);
    }
  };
  await attempt('fetch', () => fetch(`${to}fetch`, { mode: 'no-cors' }));
  await attempt('importScripts', () => importScripts(`${to}import-scripts`));
  await attempt('XMLHttpRequest', () => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.onload = resolve;
    request.onerror = reject;
    request.open('GET', `${to}xhr`);
    request.send();
  }));
  await attempt('WebSocket', () => new Promise((resolve, reject) => {
    const socket = new WebSocket(`${to.replace('http', 'ws')}socket`);
    socket.onopen = resolve;
    socket.onerror = reject;
  }));
  await attempt('EventSource', () => new Promise((resolve, reject) => {
    const source = new EventSource(`${to}events`);
    source.onopen = resolve;
    source.onerror = reject;
  }));
  if (globalThis.navigator?.sendBeacon) navigator.sendBeacon(`${to}beacon`, 'x');
  if (globalThis.document) {
    const add = (tag, fields) => document.body.append(Object.assign(document.createElement(tag), fields));
    add('img', { src: `${to}image` });
    add('script', { src: `${to}script` });
    add('iframe', { src: `${to}frame`, hidden: true });
    add('video', { src: `${to}video` });
    add('object', { data: `${to}object` });
    for (const rel of ['stylesheet', 'prefetch', 'preload', 'modulepreload', 'icon', 'manifest', 'prerender']) {
      add('link', { rel, href: `${to}${rel}`, as: 'fetch' });
    }
    const form = Object.assign(document.createElement('form'), { action: `${to}form`, method: 'post', target: 'nowhere' });
    document.body.append(form);
    form.submit();
    await attempt('module', () => import(`${to}module`));
    await attempt('worker', () => new Promise((resolve, reject) => {
      const worker = new Worker(`${to}worker`);
      worker.onmessage = resolve;
      worker.onerror = reject;
    }));
    await attempt('service worker', () => navigator.serviceWorker.register(`${to}service-worker`));
    document.querySelectorAll('object, video, form').forEach((one) => one.remove());
  }
  return refused;
}

test('after its start, page, workers and service worker reach nobody, from below any path', async () => {
  const [site, collector] = [await servePage(PREFIX), await collect()];
  const { page, watched, close } = await openPage({}, site.url);
  await sealed(page);
  assert.deepEqual(site.asked.filter((asked) => !asked.startsWith(`GET ${PREFIX}`)), [], 'all of it lies below its path');
  const atStart = site.asked.length;

  // Everything is used: the demo, a disk, each route, a download through the service worker.
  await page.getByTestId('open-demo').click();
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  await pick(page, tiny);
  for (const route of await routes(page)) await go(page, route);
  await go(page, 'packages');
  assert.ok((await download(page, 'apt_matrix.csv')).toString().startsWith('package,'));
  assertQuiet(watched);
  assert.deepEqual(site.asked.slice(atStart), [], 'its own server hears nothing more');

  // Side workers end when they are idle; the first one of the disk that is open stays.
  const worker = page.workers()[0];
  // And a script that wants out does not come out.
  for (const to of [`${collector.url}/`, `${site.url}out/`]) {
    await page.evaluate(tryAll, to);
    const refused = await worker.evaluate(tryAll, to);
    assert.deepEqual(refused, ['fetch', 'importScripts', 'XMLHttpRequest', 'WebSocket', 'EventSource']);
  }
  const [service] = page.context().serviceWorkers();
  assert.ok((await service.evaluate(tryAll, `${collector.url}/`)).includes('fetch'));
  await page.waitForTimeout(500);
  assert.deepEqual(collector.asked, []);
  assert.deepEqual(site.asked.slice(atStart), []);
  assert.equal(await page.evaluate(() => typeof RTCPeerConnection), 'undefined');
  await close();
  await Promise.all([site.close(), collector.close()]);
});

test('it starts without network, opens a disk, and keeps its address', async () => {
  const site = await servePage(PREFIX);
  const { page, watched, close } = await openPage({}, site.url);
  await sealed(page);
  await site.close();
  await go(page, 'about');
  await page.reload();
  await sealed(page);
  assert.match(page.url(), /careen\/#\/about$/);
  await pick(page, tiny);
  await go(page, 'volumes');
  const survey = JSON.parse(careen('survey', tiny, '--json'));
  await page.getByTestId('table-volumes').locator(`[data-key="${survey.volumes[0].name}"]`).waitFor();
  await go(page, 'open');
  await page.getByTestId('open-demo').click();
  await page.waitForFunction(() => document.title.startsWith('careen-demo.vhdx'));
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  assertQuiet(watched);
  await close();
});

test('a newer build is told of, and taken when asked for', async () => {
  const build = readFileSync(join(dist, 'index.html'), 'utf8').match(/data-build="(\w+)"/)[1];
  const other = build.replace(/./g, (digit) => (digit === '0' ? '1' : '0'));
  const sum = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;
  let isNew = false;
  const renamed = (bytes) => Buffer.from(bytes.toString('latin1').replaceAll(build, other), 'latin1');
  const site = await servePage(PREFIX, (name, bytes) => {
    if (!isNew || !['index.html', 'service-worker.js'].includes(name)) return bytes;
    if (name === 'index.html') return renamed(bytes);
    const index = readFileSync(join(dist, 'index.html'));
    return Buffer.from(renamed(bytes).toString('latin1').replace(sum(index), sum(renamed(index))), 'latin1');
  });
  const { page, watched, close } = await openPage({}, site.url);
  await sealed(page);
  isNew = true;
  await page.reload();
  await page.getByTestId('update').waitFor();
  const shown = () => page.evaluate(() => document.documentElement.dataset.build);
  assert.equal(await shown(), build, 'the old build goes on until it is asked for');
  await picture(page, 'update');
  await Promise.all([page.waitForEvent('load'), page.getByTestId('update').getByRole('button').first().click()]);
  await sealed(page);
  assert.equal(await shown(), other);
  assert.equal((await page.evaluate(() => caches.keys())).length, 1, 'the old files are forgotten');
  await pick(page, tiny);
  assertQuiet(watched);
  await close();
  await site.close();
});

test('careen.html opens by double click, alone', async () => {
  const file = join(scratch(), 'careen.html');
  copyFileSync(join(dist, 'careen.html'), file);
  const { page, watched, close } = await openPage({}, pathToFileURL(file).href);
  assert.ok(await page.evaluate(() => careen.state.sealed), 'sealed from the beginning');
  await page.getByTestId('open-demo').click();
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  await pick(page, tiny);
  for (const route of await routes(page)) await go(page, route);
  await page.getByText(/service worker/).first().waitFor();
  await picture(page, 'single-file');
  await go(page, 'packages');
  assert.ok((await download(page, 'apt_matrix.csv')).toString().startsWith('package,'));
  assert.equal(watched.requests.filter((request) => !request.startsWith('blob:') && !request.startsWith('data:')).length, 1, 'only itself was loaded');
  assertQuiet(watched);
  await close();
});
