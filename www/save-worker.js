// Answers downloads: the page hands over a port, and what is asked for through it becomes the file. It has no other task;
// only addresses below save/ come here, it fetches nothing and keeps nothing.

/** Files announced by the page whose frame has not come yet: name, type and port by id. */
const announced = new Map();

/** Bytes given to the browser at once. */
const PIECE = 512 * 1024;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', ({ data, ports }) => {
  if (!data.save) return;
  announced.set(data.save, { name: data.name, type: data.type, port: ports[0] });
  ports[0].postMessage('ready');
});

self.addEventListener('fetch', (event) => {
  const id = new URL(event.request.url).pathname.split('/').pop();
  const file = announced.get(id);
  announced.delete(id);
  event.respondWith(file ? answer(file) : new Response('not found\n', { status: 404 }));
});

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
