// Keeps the page's own files, so that it starts without network, and answers downloads: the page hands over a port, and what
// is asked for through it becomes the file. It asks the server for nothing but the files of its build, and keeps nothing of
// a disk.

/** The build, and its files with what they have to hash to. `cargo xtask dist` fills it in; without, nothing is kept. */
const PAGE = { build: '', files: {} };

const scope = new URL(self.registration.scope);
// The host may have other pages of this kind at other paths, in one common cache.
const FAMILY = `careen ${scope.pathname} `;
const CACHE = FAMILY + PAGE.build;

/** Files announced by the page whose frame has not come yet: name, type and port by id. */
const announced = new Map();

/** Bytes given to the browser at once. */
const PIECE = 512 * 1024;

self.addEventListener('install', (event) => {
  // A first one serves downloads even when it cannot keep the files; a later one that cannot leaves its forerunner in place.
  event.waitUntil(fill().catch((error) => { if (self.registration.active) throw error; }));
});

self.addEventListener('activate', (event) => event.waitUntil(clean()));

self.addEventListener('message', (event) => {
  const { data, ports: [port] } = event;
  if (data === 'activate') self.skipWaiting();
  else if (data.save) {
    announced.set(data.save, { name: data.name, type: data.type, port });
    port.postMessage('ready');
  } else if (data.fill) event.waitUntil(complete(data.build).then((is) => port.postMessage(is)));
  else if (data.file) event.waitUntil(give(data, port));
});

self.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== scope.origin || !pathname.startsWith(scope.pathname)) return;
  const name = pathname.slice(scope.pathname.length) || 'index.html';
  if (name.startsWith('save/')) event.respondWith(download(name.slice('save/'.length)));
  else if (Object.hasOwn(PAGE.files, name)) event.respondWith(page(name, event.request));
});

/** Where a file of the page is. */
const address = (name) => new URL(name === 'index.html' ? './' : name, scope);

/** Takes every file of this build into the cache, or none. */
async function fill() {
  const cache = await caches.open(CACHE);
  const wanted = Object.entries(PAGE.files);
  await cache.addAll(wanted.map(([name, integrity]) => new Request(address(name), { integrity, cache: 'no-cache' })));
}

/** Whether a page of this build finds everything here. */
async function complete(build) {
  if (build !== PAGE.build || build === '') return false;
  const cache = await caches.open(CACHE);
  const found = await Promise.all(Object.keys(PAGE.files).map((name) => cache.match(address(name), LOOSELY)));
  return found.every(Boolean) || fill().then(() => true, () => false);
}

/** Forgets earlier builds, and serves the pages that are open. */
async function clean() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(FAMILY) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

const LOOSELY = { ignoreSearch: true, ignoreVary: true };

const kept = async (name) => (await caches.open(CACHE)).match(address(name), LOOSELY);

/** A file of the page for the browser. */
const page = async (name, request) => (await kept(name)) ?? fetch(request);

/** A file of the page for the page, whose policy does not let it ask: nothing when it is another build's. */
async function give({ file, build }, port) {
  const found = build === PAGE.build && Object.hasOwn(PAGE.files, file) ? await kept(file) : undefined;
  const bytes = await found?.arrayBuffer();
  port.postMessage(bytes, bytes ? [bytes] : []);
}

/** A file that the page announced. */
function download(id) {
  const file = announced.get(id);
  announced.delete(id);
  return file ? answer(file) : new Response('not found\n', { status: 404 });
}

/** The file as the page gives it, piece by piece. */
function answer({ name, type, port }) {
  let given = () => {};
  const taken = [];
  const source = {
    start(controller) {
      port.onmessage = ({ data }) => {
        if (data === 'end') controller.close();
        else if (data === 'fail') controller.error(new Error('the page gave it up'));
        else {
          taken.push(data.buffer);
          for (let at = 0; at < data.length; at += PIECE) controller.enqueue(data.subarray(at, at + PIECE));
        }
        given();
      };
    },
    pull() {
      // With nothing kept ahead, the browser asks when it has taken all of the last piece. The one before goes back to the
      // page, which gives its memory back at once; here it would wait for the garbage collection.
      if (taken.length > 1) {
        const used = taken.shift();
        port.postMessage(used, [used]);
      }
      return new Promise((resolve) => {
        given = resolve;
        port.postMessage('pull');
      });
    },
    cancel() {
      port.postMessage('ended');
    },
  };
  const body = new ReadableStream(source, { highWaterMark: 0 });
  const plain = name.replace(/[^ -~]|["\\%]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  return new Response(body, {
    headers: {
      'Content-Type': type,
      'Content-Disposition': `attachment; filename="${plain}"; filename*=UTF-8''${exact}`,
      'X-Content-Type-Options': 'nosniff',
    },
  });
}
