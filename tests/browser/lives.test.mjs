// What goes wrong around the page: a worker that dies on one object, a disk that does not answer at once.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertQuiet, careen, disk, go, openPage, pick, picture, quit, url, waitForState } from './browser.mjs';
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

test('who asked a worker that ended is answered by the next one', async () => {
  // The first worker ends when a directory is asked for.
  const deadly = `self.addEventListener('message', ({ data }) => {
      if (new TextDecoder().decode(data.message ?? new Uint8Array()).includes('/etc')) throw new Error('made by the test');
    });`;
  const { page, close } = await openPage({}, url, inWorkers(deadly, 1));
  await pick(page, tiny);
  const image = JSON.parse(careen('survey', tiny, '--json')).images.find((one) => one.kind !== 'intermediate');
  await page.evaluate((hash) => { location.hash = hash; }, `#/files/${encodeURIComponent(`image:${image.id}`)}/etc`);
  await page.getByText(/The reader ended unexpectedly \(.*made by the test/).waitFor();
  await page.getByTestId('table-files').locator('[data-key="/etc/passwd"]').waitFor();
  assert.equal(await page.getByText('The reader stopped before it could answer').count(), 0);
  await close();
});

/** Lets the memory of programs grow to so many pages beyond what they begin with, and no further. Runs in the page. */
function limitMemory(pages) {
  const compile = WebAssembly.compile;
  WebAssembly.compile = (source) => {
    const bytes = new Uint8Array(source);
    const number = (at) => {
      let [value, shift] = [0, 0];
      for (;; shift += 7) {
        const byte = bytes[at++];
        value |= (byte & 127) << shift;
        if (byte < 128) return [value, at];
      }
    };
    const leb = (value) => (value < 128 ? [value] : [value & 127 | 128, ...leb(value >>> 7)]);
    // WebAssembly core specification, 5.5.8: the section of memories is the fifth; its limits have a bit for a maximum.
    for (let at = 8; at < bytes.length;) {
      const [size, start] = number(at + 1);
      if (bytes[at] === 5) {
        const [least] = number(start + 2);
        const section = [1, 1, ...leb(least), ...leb(least + pages)];
        return compile(new Uint8Array([...bytes.subarray(0, at + 1), ...leb(section.length), ...section, ...bytes.subarray(start + size)]));
      }
      at = start + size;
    }
    throw new Error('the program has no memory');
  };
}

test('a worker that runs out of memory costs what did not fit, and the page says so', async () => {
  /** What comes of the disk where the worker may grow by so many pages of 64 KiB. */
  const openWith = async (pages) => {
    const { page, close } = await openPage({}, url, `(${limitMemory})(${pages})`);
    await page.getByTestId('pick-disk').setInputFiles(tiny);
    const state = await waitForState(page, 'complete', 'failed', 'cancelled');
    const said = await page.locator('.main').innerText();
    if (state === 'complete') {
      await go(page, 'volumes');
      await page.getByTestId('table-volumes').locator('[data-key]').first().waitFor();
    } else await picture(page, `out-of-memory-${state}`);
    await close();
    return { state, said };
  };
  const little = await openWith(64);
  assert.equal(little.state, 'failed');
  assert.match(little.said, /no memory left/);
  let skipped = 0;
  for (let pages = 448; ; pages += 96) {
    assert.ok(pages < 2_000, 'a small disk is read with little memory');
    const { state, said } = await openWith(pages);
    const isSkipped = /so it was left out and everything else is read: packages of/.test(said);
    skipped += state === 'complete' && isSkipped;
    if (state === 'complete' && !isSkipped) break;
  }
  assert.ok(skipped > 0, 'between too little and enough there is what only some images are too large for');
});

test('a tab that was put to sleep while it reads goes on when it is woken', async () => {
  const { page, watched, close } = await openPage();
  const session = await page.context().newCDPSession(page);
  await page.getByTestId('pick-disk').setInputFiles(tiny);
  await page.locator('[data-testid="progress"][data-state="reading"]').first().waitFor({ state: 'attached' });
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await new Promise((wake) => setTimeout(wake, 2_000));
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  await go(page, 'packages');
  await page.getByTestId('table-packages').locator('[data-key]').first().waitFor();
  assertQuiet(watched);
  await close();
});

test('what comes with a disk is not loaded before one is picked; where it fails, that is said and tried again', async () => {
  const { page, watched, close } = await openPage({ serviceWorkers: 'block' });
  let isThere = false;
  await page.route('**/careen-disk-*.wasm*', (route) => (isThere ? route.continue() : route.abort()));
  const asked = () => watched.requests.filter((address) => /careen-(disk|worker)/.test(address));
  await go(page, 'about');
  await go(page, 'open');
  assert.deepEqual(asked(), []);
  await page.getByTestId('pick-disk').setInputFiles(tiny);
  await page.getByRole('alert').getByText('A part of Careen is missing').waitFor();
  await page.getByText('Your disk has nothing to do with it').waitFor();
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
