// What goes wrong around the page: a worker that dies on one object, a disk that does not answer at once.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { careen, disk, go, openPage, pick, picture, quit, url, waitForState } from './browser.mjs';
import { inWorkers } from './workers.mjs';

after(quit);

const tiny = disk('cases/tiny').file;

for (const kind of ['image', 'volume']) {
  test(`a worker that dies on one ${kind} is followed by one that leaves it out, which is said`, async () => {
    const { images, volumes } = JSON.parse(careen('survey', tiny, '--json'));
    const visible = images.filter((one) => one.kind !== 'intermediate');
    assert.ok(visible.length > 1 && volumes.length > 1, 'there are others');
    const id = kind === 'image' ? visible[0].id : volumes[0].name;
    // The clock is asked within each piece of work; as soon as this one is begun it brings the worker down.
    const deadly = `const say = self.postMessage.bind(self), now = Date.now;
      let isHere = false;
      self.postMessage = (data, moved) => {
        const message = data.message ?? new Uint8Array();
        if (message.length < 120 && new TextDecoder().decode(message).includes(${JSON.stringify(id)})) isHere = true;
        say(data, moved);
      };
      Date.now = () => { if (isHere) throw new Error('out of memory, made by the test'); return now(); };`;
    const { page, watched, close } = await openPage({}, url, inWorkers(deadly));
    await pick(page, tiny);
    await page.getByText(/The reader ended while it was at this/).first().waitFor();
    await picture(page, `died-on-${kind}`);
    await go(page, 'findings');
    await page.getByTestId('table-findings').getByText(/left out/).first().waitFor();
    assert.equal(await page.getByText(/Filesystem damaged/).count(), 0, 'the disk is not to blame');
    await go(page, 'packages');
    await page.getByTestId('table-packages').locator('[data-key]').first().waitFor();
    await go(page, 'volumes');
    await page.getByTestId('table-volumes').locator(`[data-key="${volumes[1].name}"]`).getByText(/\d\s[kMG]?B/).first().waitFor();
    assert.deepEqual(watched.away, []);
    await close();
  });
}

test('a disk that fails now and then is not told to be gone', async () => {
  const slow = `const read = FileReaderSync.prototype.readAsArrayBuffer;
    let reads = 0;
    FileReaderSync.prototype.readAsArrayBuffer = function (blob) {
      if (++reads % 4 === 0) throw new DOMException('not now', 'NotReadableError');
      return read.call(this, blob);
    };`;
  const { page, close } = await openPage({}, url, inWorkers(slow));
  await pick(page, tiny);
  await go(page, 'files');
  await page.getByTestId('table-files').locator('[data-key]').first().waitFor();
  assert.equal(await page.getByRole('alert').count(), 0, 'nothing is said to be lost');
  assert.equal(await page.getByTestId('findings-count').innerText(), await countOfFindings());
  await close();
});

/** As the header has it where nothing fails. */
async function countOfFindings() {
  const { page, close } = await openPage();
  await pick(page, tiny);
  const text = await page.getByTestId('findings-count').innerText();
  await close();
  return text;
}

test('what comes with a disk is not loaded before one is picked; where it fails, that is said and tried again', async () => {
  const { page, watched, close } = await openPage({ serviceWorkers: 'block' });
  let isThere = false;
  await page.route('**/careen-disk-*.wasm*', (route) => (isThere ? route.continue() : route.abort()));
  const asked = () => watched.requests.filter((address) => /careen-(disk|worker)/.test(address));
  await go(page, 'about');
  await go(page, 'open');
  assert.deepEqual(asked(), []);
  await page.getByTestId('pick-disk').setInputFiles(tiny);
  await page.getByRole('alert').getByText('a part of the page could not be loaded').waitFor();
  await go(page, 'export');
  await page.getByRole('heading', { name: 'A part of Careen is missing' }).waitFor();
  await picture(page, 'incomplete');
  isThere = true;
  await go(page, 'overview');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Pick a file' }).click()]);
  await chooser.setFiles(tiny);
  await waitForState(page, 'complete');
  await go(page, 'images');
  await page.getByTestId('table-images').locator('[data-key]').first().waitFor();
  await close();
});
