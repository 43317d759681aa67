// Taking things out: what the page saves is what the command writes, in each way of saving; stopping, failing and going
// on are told.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { assertQuiet, careen, disk, disks, go, openPage, pick, picture, quit, scratch, url } from './browser.mjs';
import { FILE, VOLUME, makeLargeDisk } from './large-disk.mjs';

after(quit);

const place = disks.find(({ name }) => name === 'corpus/tiny') ?? disk('cases/tiny');
const survey = JSON.parse(careen('survey', place.file, '--json'));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** An archive as the command writes it, and its manifest. */
function written(file, ending, ...words) {
  const out = join(scratch(), `out${ending}`);
  careen('export', file, ...words, '-o', out);
  return { archive: readFileSync(out), manifest: JSON.parse(readFileSync(`${out}.manifest.json`)) };
}

/** Puts the browser's own folder in the place of the dialogs, which a headless browser closes at once. */
const choosesFolder = () => {
  const folder = () => navigator.storage.getDirectory();
  window.showDirectoryPicker = folder;
  window.showSaveFilePicker = async ({ suggestedName }) => (await folder()).getFileHandle(suggestedName, { create: true });
};

/** A browser without places to choose. */
const choosesNothing = () => {
  delete window.showDirectoryPicker;
  delete window.showSaveFilePicker;
};

/** The same, without service workers. */
const hasNoWorkers = () => {
  delete window.showDirectoryPicker;
  delete window.showSaveFilePicker;
  delete Navigator.prototype.serviceWorker;
};

/** What lies in the browser's own folder: sha256 by name. */
const kept = (page) => page.evaluate(async () => {
  const found = {};
  for await (const [name, handle] of (await navigator.storage.getDirectory()).entries()) {
    const digest = await crypto.subtle.digest('SHA-256', await (await handle.getFile()).arrayBuffer());
    found[name] = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  return found;
});

const job = (page, name) => page.locator(`[data-testid="job"][data-name="${name}"]`);

/** Waits until a job is so. */
async function becomes(page, name, state, timeout = 60_000) {
  await page.locator(`[data-testid="job"][data-name="${name}"][data-state="${state}"]`).waitFor({ timeout });
}

/** Collects what is downloaded: bytes by name. */
function collect(page) {
  const found = new Map();
  page.on('download', (download) => {
    found.set(download.suggestedFilename(), download.path().then((path) => readFileSync(path)));
  });
  return async (name) => {
    for (let wait = 0; wait < 300 && !found.has(name); wait += 1) await page.waitForTimeout(50);
    assert.ok(found.has(name), `${name} is downloaded, there are ${[...found.keys()]}`);
    return found.get(name);
  };
}

const volume = survey.volumes.filter(({ size }) => size > 0).sort((a, b) => b.files - a.files)[0];

for (const [way, without] of [['download', choosesNothing], ['memory', hasNoWorkers]]) {
  test(`a volume is saved as a ${way} with the bytes that the command writes`, async () => {
    const { page, watched, close } = await openPage();
    await page.evaluate(without);
    const downloaded = collect(page);
    await pick(page, place.file);
    await go(page, 'volumes');
    await page.getByTestId(`export-volume:${volume.name}`).click();
    const name = `volume-${volume.name}.tar`;
    const native = written(place.file, '.tar', `volume:${volume.name}`);
    assert.equal(sha256(await downloaded(name)), sha256(native.archive));
    assert.deepEqual(JSON.parse(await downloaded(`${name}.manifest.json`)), native.manifest);
    await go(page, 'export');
    await becomes(page, name, 'done');
    assert.equal(await job(page, name).getByTestId('sha256').innerText(), sha256(native.archive));
    await picture(page, `export-done-${way}`);
    assertQuiet(watched);
    await close();
  });
}

test('images, containers, volumes and files are chosen on their pages and saved into a folder', async () => {
  const { page, watched, close } = await openPage();
  await page.evaluate(choosesFolder);
  await pick(page, place.file);
  const image = survey.images.find(({ names, state }) => names.length > 0 && state === 'whole');
  const container = survey.containers[0];
  const tick = (route, key) => page.locator(`[data-testid="table-${route}"] [data-key="${key}"] input`).check();
  await go(page, 'images');
  await tick('images', image.id);
  await go(page, 'containers');
  await tick('containers', container.id);
  await go(page, 'volumes');
  await tick('volumes', volume.name);
  await page.evaluate((name) => { location.hash = `#/files/volume:${name}`; }, volume.name);
  const row = page.locator('[data-testid="table-files"] [data-key]').first();
  const path = await row.getAttribute('data-key');
  await row.locator('input').check();
  await go(page, 'export');
  assert.equal(await page.locator('.chosen tbody tr').count(), 4);
  await page.waitForFunction(() => !document.body.innerText.includes('counting'));
  assert.match(await page.getByTestId('total').innerText(), /^about /);
  await picture(page, 'export-chosen');
  await page.getByTestId('way-folder').check();
  await page.getByTestId('save-all').click();

  const single = path.split('/').at(-1);
  const expected = {
    'images.tar': written(place.file, '.tar', `image:${image.id}`, `container:${container.id}`, '--format', 'docker'),
    [`volume-${volume.name}.tar`]: written(place.file, '.tar', `volume:${volume.name}`),
    [`${single}.tar`]: written(place.file, '.tar', `volume:${volume.name}`, '--path', path),
  };
  for (const name of Object.keys(expected)) await becomes(page, name, 'done');
  await picture(page, 'export-queue-done');
  const found = await kept(page);
  for (const [name, { archive }] of Object.entries(expected)) {
    assert.equal(found[name], sha256(archive), name);
    assert.ok(found[`${name}.manifest.json`], `the manifest of ${name} lies beside it`);
  }

  // The same again overwrites nothing: it gets another name.
  await go(page, 'volumes');
  const other = survey.volumes.find(({ name, size }) => name !== volume.name && size < 1 << 20);
  for (const { name } of [volume, other]) await tick('volumes', name);
  await go(page, 'export');
  await page.getByTestId('save-all').click();
  await becomes(page, `volume-${volume.name} (2).tar`, 'done');
  assertQuiet(watched);
  await close();
});

test('what no registry has is chosen at once, a volume saved as zip is that of the command', async () => {
  const { page, watched, close } = await openPage();
  await page.evaluate(choosesFolder);
  await pick(page, place.file);
  await go(page, 'export');
  const here = JSON.parse(careen('kit', place.file, '--list', '--json'));
  await page.getByTestId('preset-irreplaceable').click();
  const keys = await page.locator('.chosen tbody tr').evaluateAll((rows) => rows.map(({ dataset }) => dataset.key));
  const expected = [
    ...here.volumes.map(({ name }) => `volume:${name}`), ...here.images.map(({ id }) => `image:${id}`),
    ...here.containers.map(({ id }) => `container:${id}`),
  ];
  assert.deepEqual(keys.sort(), expected.sort());
  await page.waitForFunction(() => !document.querySelector('.chosen').innerText.includes('counting'));
  await picture(page, 'export-preset');
  await page.getByRole('button', { name: 'Clear the list' }).click();
  await go(page, 'volumes');
  await page.locator(`[data-testid="table-volumes"] [data-key="${volume.name}"]`).click();
  await page.locator('.take select').selectOption('Zip');
  await page.locator('.take').getByTestId(`export-volume:${volume.name}`).click();
  await go(page, 'export');
  const name = `volume-${volume.name}.zip`;
  await becomes(page, name, 'done');
  assert.equal((await kept(page))[name], sha256(written(place.file, '.zip', `volume:${volume.name}`).archive));
  assertQuiet(watched);
  await close();
});

/** Disks whose kits are compared: the demo, one with containerd's images too, and those that are asked for by name. */
const kits = ['demo', 'corpus/store', ...(process.env.CAREEN_KITS ?? '').split(',').filter(Boolean)]
  .map((name) => [name, name === 'demo' ? demoDisk() : disk(name)?.file]).filter(([, file]) => file);

/** The demo disk as a file. */
function demoDisk() {
  const demo = join(scratch(), 'demo.vhdx');
  writeFileSync(demo, gunzipSync(readFileSync(new URL('../../www/demo/careen-demo.vhdx.gz', import.meta.url))));
  return demo;
}

for (const [label, file] of kits) test(`${label}: the move kit has the files of the command`, async () => {
  const out = join(scratch(), 'kit');
  careen('kit', file, '--out', out);
  const files = readdirSync(out, { recursive: true }).filter((name) => statSync(join(out, name)).isFile());
  const { page, watched, close } = await openPage();
  await page.evaluate(choosesFolder);
  await pick(page, file);
  await go(page, 'export');
  await page.getByTestId('save-kit').click();
  await page.locator('[data-testid="job"][data-state="done"]').waitFor({ timeout: 240_000 });
  await picture(page, 'export-kit');
  const name = await page.getByTestId('job').getAttribute('data-name');
  const found = await page.evaluate(async (kit) => {
    const all = {};
    const walk = async (folder, above) => {
      for await (const [own, handle] of folder.entries()) {
        if (handle.kind === 'directory') await walk(handle, `${above}${own}/`);
        else {
          const digest = await crypto.subtle.digest('SHA-256', await (await handle.getFile()).arrayBuffer());
          all[above + own] = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        }
      }
    };
    await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle(kit), '');
    return all;
  }, name);
  assert.deepEqual(Object.keys(found).sort(), files.sort());
  for (const name of files) assert.equal(found[name], sha256(readFileSync(join(out, name))), name);
  assertQuiet(watched);
  await close();
});

test('a saved file is compared with its manifest', async () => {
  const folder = scratch();
  const archive = join(folder, 'volume.tar');
  careen('export', place.file, `volume:${volume.name}`, '-o', archive);
  const { page, watched, close } = await openPage();
  await go(page, 'export');
  const result = page.getByTestId('check-result');
  const check = async (...files) => {
    // The same files again are no change to the browser.
    await page.getByTestId('check-files').setInputFiles([]);
    await page.getByTestId('check-files').setInputFiles(files);
  };
  await check(archive);
  await result.getByText('Two files are needed').waitFor();
  await check(archive, `${archive}.manifest.json`);
  await result.getByText('exactly as it was saved').waitFor();
  const bytes = readFileSync(archive);
  bytes[700] ^= 1;
  writeFileSync(archive, bytes);
  await check(archive, `${archive}.manifest.json`);
  await result.getByText('its checksum is').waitFor();
  truncateSync(archive, 512);
  await check(archive, `${archive}.manifest.json`);
  await result.getByText('not copied to its end').waitFor();
  await picture(page, 'export-check');
  assertQuiet(watched);
  await close();
});

test('an image is verified layer by layer as the command does it', async () => {
  for (const file of [place.file, demoDisk()]) {
    const { page, watched, close } = await openPage();
    await pick(page, file);
    const verified = JSON.parse(careen('verify', file, '--json'));
    const images = verified.images.filter(({ kind, names }) => kind === 'tagged' && names.length > 0);
    for (const { id, store } of images.slice(0, 3)) {
      await page.evaluate((it) => { location.hash = `#/images/${it}`; }, id);
      await page.getByTestId(`verify-image:${id}`).click();
      await page.getByTestId('verified').waitFor();
      const shown = await page.locator('.verified > li').evaluateAll((all) => all.map(({ dataset }) => [dataset.key, dataset.state]));
      const expected = verified.layers.filter((layer) => layer.store === store && layer.images.includes(id));
      assert.deepEqual(shown.sort(), expected.map(({ diff_id: key, state }) => [key, state]).sort());
    }
    await picture(page, 'image-verified');
    assertQuiet(watched);
    await close();
  }
});

test('what is chosen is read by a second reader too', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  const image = survey.images.find(({ names, state }) => names.length > 0 && state === 'whole');
  await go(page, 'images');
  await page.locator(`[data-testid="table-images"] [data-key="${image.id}"] input`).check();
  await go(page, 'volumes');
  const volumes = survey.volumes.filter(({ size }) => size < 1 << 20).map(({ name }) => name);
  for (const name of volumes) await page.locator(`[data-testid="table-volumes"] [data-key="${name}"] input`).check();
  await go(page, 'export');
  await page.getByTestId('cross-check').click();
  const checked = page.getByTestId('cross-checked');
  await page.waitForFunction((n) => document.querySelectorAll('[data-testid="cross-checked"]').length === n, volumes.length + 1);
  const scopes = [`image:${image.id}`, ...volumes.map((name) => `volume:${name}`)];
  for (const [at, scope] of scopes.entries()) {
    const { cross_check: native } = JSON.parse(careen('verify', place.file, scope, '--cross-check', '--json'));
    const shown = checked.nth(at);
    const text = await shown.innerText();
    assert.ok(text.includes(`${native.same} of ${native.files} files`), `${scope}: ${text}`);
    const state = native.files === 0 ? 'nothing' : native.different === 0 ? 'same' : native.different === native.explained ? 'explained' : 'different';
    assert.equal(await shown.getAttribute('data-state'), state, scope);
    const paths = await shown.locator('[data-path]').evaluateAll((all) => all.map(({ dataset }) => dataset.path));
    assert.deepEqual(paths, native.differences.map(({ path }) => path).slice(0, 100), scope);
  }

  // One file by its path: room in it was never written, and the other reader gives what lay there before.
  if (survey.volumes.some(({ name }) => name === 'zome-big')) {
    await page.getByRole('button', { name: 'Clear the list' }).click();
    await page.evaluate(() => { location.hash = '#/files/volume:zome-big'; });
    await page.locator('[data-testid="table-files"] [data-key="/unwritten.bin"] input').check();
    await go(page, 'export');
    await page.getByTestId('cross-check').click();
    await page.locator('[data-testid="cross-checked"][data-state="explained"]').waitFor();
    assert.match(await checked.locator('[data-path]').innerText(), /unwritten\.bin.*never written/s);
  }
  await picture(page, 'export-cross-check');
  assertQuiet(watched);
  await close();
});

test('a second reader that ends by itself is told, and the next thing is read', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  // What ends a worker from within: its first cross-check. That of a worker that is started for it is what names a volume.
  await page.evaluate(() => {
    const Plain = window.Worker;
    let isFirst = true;
    window.Worker = class extends Plain {
      isForIt = window.isArmed;
      postMessage(message, ...more) {
        if (isFirst && this.isForIt && message?.message && new TextDecoder().decode(message.message).includes('volume:')) {
          isFirst = false;
          setTimeout(() => this.dispatchEvent(new ErrorEvent('error', { message: 'unreachable', cancelable: true })));
        } else {
          super.postMessage(message, ...more);
        }
      }
    };
  });
  await go(page, 'volumes');
  const names = survey.volumes.filter(({ size, files }) => size < 1 << 20 && files > 0).slice(0, 2).map(({ name }) => name);
  for (const name of names) await page.locator(`[data-testid="table-volumes"] [data-key="${name}"] input`).check();
  await go(page, 'export');
  await page.evaluate(() => { window.isArmed = true; });
  await page.getByTestId('cross-check').click();
  await page.waitForFunction((n) => document.querySelectorAll('[data-testid="cross-checked"]').length === n, names.length);
  const states = await page.getByTestId('cross-checked').evaluateAll((all) => all.map(({ dataset }) => dataset.state));
  assert.deepEqual(states, ['failed', ...names.slice(1).map(() => 'same')]);
  await page.getByText('stopped here with an error of its own').waitFor();
  // The pages go on answering.
  await page.evaluate((name) => { location.hash = `#/files/volume:${name}`; }, names[0]);
  await page.locator('[data-testid="table-files"] [data-key]').first().waitFor();
  assertQuiet(watched);
  await close();
});

/** A disk that takes a moment to save. */
const slow = makeLargeDisk(scratch(), 384 << 20);

test('stopping ends a file at once and leaves nothing behind', async () => {
  const { page, watched, close } = await openPage();
  await page.evaluate(choosesFolder);
  await pick(page, slow.disk);
  await go(page, 'volumes');
  await page.locator(`[data-key="${VOLUME}"] input`).check();
  await go(page, 'export');
  await page.getByTestId('save-all').click();
  const name = `volume-${VOLUME}.tar`;
  await job(page, name).getByText(/of about/).waitFor();
  await picture(page, 'export-saving');
  // Lists answer meanwhile.
  await page.evaluate((volume) => { location.hash = `#/files/volume:${volume}`; }, VOLUME);
  await page.locator(`[data-testid="table-files"] [data-key="/${FILE}"]`).waitFor({ timeout: 2000 });
  await page.getByText(/^saving, \d+ %$/).click();
  const before = Date.now();
  await job(page, name).getByTestId('stop-saving').click();
  await becomes(page, name, 'stopped', 2000);
  const took = Date.now() - before;
  console.log(`stopped after ${took} ms`);
  assert.ok(took < 1500, `${took} ms`);
  await page.waitForTimeout(300);
  const found = await kept(page);
  assert.equal(found[`${name}.manifest.json`], undefined);
  // What was chosen in a dialog is the person's own file: it is there, as empty as it was.
  assert.ok([undefined, sha256('')].includes(found[name]), found[name]);
  assertQuiet(watched);
  await close();
});

test('a stopped download fails in the browser too', async () => {
  const { page, watched, close } = await openPage();
  await page.evaluate(choosesNothing);
  await pick(page, slow.disk);
  await go(page, 'volumes');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId(`export-volume:${VOLUME}`).click(),
  ]);
  await go(page, 'export');
  const name = `volume-${VOLUME}.tar`;
  await job(page, name).getByText(/of about/).waitFor();
  await job(page, name).getByTestId('stop-saving').click();
  await becomes(page, name, 'stopped');
  assert.ok(await download.failure(), 'the browser knows that it is not whole');
  // And the other way round: what the browser ends is told here.
  const [again] = await Promise.all([page.waitForEvent('download'), job(page, name).getByTestId('save-again').click()]);
  await job(page, name).getByText(/of about/).waitFor();
  await again.cancel();
  await becomes(page, name, 'failed');
  await job(page, name).getByText('The browser ended it').waitFor();
  assertQuiet(watched);
  await close();
});

test('a tab that is closed leaves no file that looks whole', async () => {
  const { page, close } = await openPage();
  await page.evaluate(choosesNothing);
  await pick(page, slow.disk);
  await go(page, 'volumes');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId(`export-volume:${VOLUME}`).click(),
  ]);
  await go(page, 'export');
  await job(page, `volume-${VOLUME}.tar`).getByText(/of about/).waitFor();
  const context = page.context();
  await page.close();
  assert.ok(await download.failure(), 'the browser knows that it is not whole');

  // A file that was chosen keeps nothing of it either, and the next tab tells what was not done.
  const folder = await context.newPage();
  await folder.addInitScript(choosesFolder);
  await folder.goto(url);
  await pick(folder, slow.disk);
  await go(folder, 'volumes');
  await folder.locator(`[data-key="${VOLUME}"] input`).check();
  await folder.evaluate((volume) => { location.hash = `#/files/volume:${volume}`; }, VOLUME);
  await folder.locator('[data-key="/README"] input').check();
  await go(folder, 'export');
  await folder.getByTestId('way-folder').check();
  await folder.getByTestId('save-all').click();
  await job(folder, `volume-${VOLUME}.tar`).getByText(/of about/).waitFor();
  await folder.close();
  const next = await context.newPage();
  await next.goto(url);
  await next.evaluate(() => { location.hash = '#/export'; });
  await job(next, `volume-${VOLUME}.tar`).first().waitFor();
  const states = await next.getByTestId('job').evaluateAll((all) => all.map(({ dataset }) => dataset.state));
  assert.deepEqual([...new Set(states)], ['waiting']);
  const found = await kept(next);
  assert.equal(found[`volume-${VOLUME}.tar.manifest.json`], undefined);
  assert.ok([undefined, sha256('')].includes(found[`volume-${VOLUME}.tar`]));
  await close();
});

test('a disk file that changes meanwhile ends it in plain words, and it goes on after a new pick', async () => {
  const folder = scratch();
  const changing = join(folder, 'changing.raw');
  copyFileSync(slow.disk, changing);
  const { page, close } = await openPage();
  await page.evaluate(choosesFolder);
  await pick(page, changing);
  await go(page, 'volumes');
  await page.getByTestId(`export-volume:${VOLUME}`).click();
  await go(page, 'export');
  const name = `volume-${VOLUME}.tar`;
  await job(page, name).getByText(/of about/).waitFor();
  truncateSync(changing, (640 << 20) - 4096);
  await becomes(page, name, 'failed');
  await job(page, name).getByText('The disk file changed').waitFor();
  await page.getByTestId('lang-ko').first().click();
  await job(page, name).getByText('디스크 파일이 변경되었거나').waitFor();
  await picture(page, 'export-lost-ko');
  copyFileSync(slow.disk, changing);
  await pick(page, changing);
  await go(page, 'export');
  await job(page, name).getByTestId('save-again').click();
  await becomes(page, name, 'done');
  assert.equal((await kept(page))[name], sha256(written(slow.disk, '.tar', `volume:${VOLUME}`).archive));
  await close();
});

test('a full disk is told as that', async () => {
  const { page, watched, close } = await openPage();
  await page.evaluate(() => {
    const full = { write: async () => { throw new DOMException('no room', 'QuotaExceededError'); }, abort: async () => {} };
    window.showSaveFilePicker = async ({ suggestedName }) => ({ name: suggestedName, createWritable: async () => full });
  });
  await pick(page, place.file);
  await go(page, 'volumes');
  await page.getByTestId(`export-volume:${volume.name}`).click();
  await go(page, 'export');
  const name = `volume-${volume.name}.tar`;
  await becomes(page, name, 'failed');
  await job(page, name).getByText('There is no room left').waitFor();
  assertQuiet(watched);
  await close();
});

test('the queue survives a reload, and what is done is not done again', async () => {
  const { page, close } = await openPage();
  await page.addInitScript(choosesFolder);
  await page.reload();
  await pick(page, slow.disk);
  const choose = async () => {
    await go(page, 'volumes');
    await page.locator(`[data-key="${VOLUME}"] input`).check();
    await page.evaluate((volume) => { location.hash = `#/files/volume:${volume}`; }, VOLUME);
    await page.locator('[data-key="/README"] input').check();
    await go(page, 'export');
  };
  await choose();
  // The small one first.
  await page.locator('.chosen tbody tr').first().locator('button').click();
  await go(page, 'volumes');
  await page.locator(`[data-key="${VOLUME}"] input`).check();
  await go(page, 'export');
  await page.getByTestId('save-all').click();
  const name = `volume-${VOLUME}.tar`;
  await becomes(page, 'README.tar', 'done');
  await job(page, name).getByText(/of about/).waitFor();
  let asked = '';
  page.once('dialog', (dialog) => {
    asked = dialog.type();
    dialog.accept();
  });
  await page.reload();
  assert.equal(asked, 'beforeunload', 'the page asks before it goes');
  await go(page, 'export');
  await becomes(page, name, 'waiting');
  await job(page, name).getByText('waits for its disk').waitFor();
  await picture(page, 'export-reloaded');
  const before = await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    return (await (await folder.getFileHandle('README.tar')).getFile()).lastModified;
  });
  await pick(page, slow.disk);
  await go(page, 'export');
  await page.getByTestId('go-on').click();
  await becomes(page, name, 'done');
  const after = await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    return (await (await folder.getFileHandle('README.tar')).getFile()).lastModified;
  });
  assert.equal(after, before, 'the first file was left alone');
  const found = await kept(page);
  assert.deepEqual(Object.keys(found).sort(), ['README.tar', name].flatMap((it) => [it, `${it}.manifest.json`]).sort());
  assert.equal(found[name], sha256(written(slow.disk, '.tar', `volume:${VOLUME}`).archive));
  await close();
});
