// What containers printed and changed: the page says what the command says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';

import { assertQuiet, careen, disk, disks, openPage, pick, picture, quit } from './browser.mjs';

after(quit);

const place = disks.find(({ name }) => name === 'corpus/tiny') ?? disk('cases/tiny');

/** Containers of the disk whose log is kept on it, with what the command prints of each. */
function logs() {
  const all = JSON.parse(careen('containers', place.file, '--json'));
  const kept = all.map(({ id, name }) => {
    try {
      return { id, name, text: careen('logs', place.file, id, '--timestamps') };
    } catch {
      // A driver that keeps none.
      return undefined;
    }
  });
  return kept.filter((log) => log?.text.length > 0);
}

test('a log is shown from its end, searched, and saved as the command prints it', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  const log = logs().sort((a, b) => b.text.length - a.text.length)[0];
  await page.evaluate((id) => { location.hash = `#/log/${id}`; }, log.id);
  const lines = page.locator('.log__line');
  await lines.first().waitFor();
  const printed = log.text.toString().trimEnd().split('\n');
  const last = printed.at(-1).slice(31);
  assert.ok((await lines.last().innerText()).includes(last), last);
  await page.waitForFunction(() => { const log = document.querySelector('.log'); return log.scrollTop + log.clientHeight >= log.scrollHeight - 2; });
  await picture(page, 'log');

  if (printed.length > 500) {
    assert.equal(await lines.count(), 500);
    await page.getByRole('button', { name: 'Oldest' }).click();
    await page.getByRole('button', { name: 'Newest' }).and(page.locator(':enabled')).waitFor();
    assert.ok((await lines.first().innerText()).includes(printed[0].slice(31).trim()));
  }
  const search = page.getByRole('searchbox');
  await search.fill(last.slice(-12).toUpperCase());
  await search.press('Enter');
  await page.waitForFunction((count) => document.querySelectorAll('.log__line').length < count, Math.min(500, printed.length));
  for (const text of await lines.allInnerTexts()) {
    assert.ok(text.toLowerCase().includes(last.slice(-12).toLowerCase()), text);
  }
  const wanted = page.waitForEvent('download');
  await page.getByTestId(`download-${log.name}.log`).click();
  const saved = readFileSync(await (await wanted).path());
  assert.deepEqual(saved, log.text);
  assertQuiet(watched);
  await close();
});

test('changes are those of the command, and lead to the files', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  const containers = JSON.parse(careen('containers', place.file, '--json'));
  const counted = containers.map(({ id, name }) => {
    const lines = careen('changes', place.file, id).toString().split('\n').filter((line) => line);
    return { id, name, lines };
  });
  const { id, lines } = counted.sort((a, b) => b.lines.length - a.lines.length)[0];
  await page.evaluate((it) => { location.hash = `#/changes/${it}`; }, id);
  const rows = page.getByTestId('table-changes').locator('[data-key]');
  await rows.first().waitFor();
  await picture(page, 'changes');
  const shown = await rows.evaluateAll((all) => all.map((row) => row.dataset.key));
  assert.deepEqual(shown, lines.slice(0, shown.length).map((line) => line.slice(2)));
  await rows.filter({ hasText: /added|changed/ }).locator('a').last().click();
  await page.locator('.detail').waitFor();
  assertQuiet(watched);
  await close();
});

test('the timeline has the events of the command, newest first, and files of what is chosen', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  await page.getByTestId('nav-timeline').click();
  const table = page.getByTestId('table-timeline');
  const rows = table.locator('[data-key]');
  await rows.first().waitFor();
  const events = JSON.parse(careen('timeline', place.file, '--json'));
  await table.getByText(`${events.length} rows`).waitFor();
  const key = ({ time, scope }) => `${time} ${scope}`;
  assert.equal(await rows.first().getAttribute('data-key'), key(events.at(-1)));
  await picture(page, 'timeline');

  const { id } = JSON.parse(careen('containers', place.file, '--json'))[0];
  const own = JSON.parse(careen('timeline', place.file, '--of', `container:${id}`, '--json'));
  await page.getByRole('combobox').last().selectOption(`container:${id}`);
  await table.getByText(`${own.length} rows`).waitFor();
  await page.getByRole('combobox').first().selectOption('file');
  const files = own.filter(({ kind }) => kind === 'file').length;
  await table.getByText(`${files} row`).first().waitFor();
  assertQuiet(watched);
  await close();
});

test('how a container was set up is shown as the command tells it, secrets when asked for', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  const containers = JSON.parse(careen('containers', place.file, '--json')).filter(({ details }) => details);
  const weight = ({ details }) => details.mounts.length + details.ports.length + details.environment.length;
  const { id, details } = containers.sort((a, b) => weight(b) - weight(a))[0];
  await page.evaluate((it) => { location.hash = `#/containers/${it}`; }, id);
  const detail = page.locator('.detail');
  await page.getByTestId('run-again').waitFor();
  assert.equal(await page.getByTestId('run-again').innerText(), details.run.join('\n'));
  await picture(page, 'container-setup');
  const text = await detail.innerText();
  for (const { destination } of details.mounts) assert.ok(text.includes(destination), destination);
  for (const { name, value, secret } of details.environment) {
    assert.ok(text.includes(secret ? `${name}=••••••••` : `${name}=${value}`), name);
  }
  assertQuiet(watched);
  await close();
});
