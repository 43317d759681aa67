// Starts the page and keeps it private. It gets the page's own files from where they lie (the service worker's cache, the
// server, or this very document), seals the content security policy before any disk is read, and keeps the service
// worker. The page speaks to it through `careen`, and hears `careen` on the window when `careen.state` has changed.

// The content security policy does not cover WebRTC: without it there is no way to send anything around the policy.
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel']) delete globalThis[name];

// The colors that were chosen, before the first paint.
try {
  const theme = localStorage.getItem('careen.theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows the system's colors.
}

/** Which build this is; nothing when the page was not finished by `cargo xtask dist`. */
const build = document.documentElement.dataset.build ?? '';
/** Whether all files of the page lie in this document, which then may come from anywhere and asks for nothing. */
const isSingle = document.querySelector('script[data-file]') !== null;
/** Whether the browser lets this page have a service worker. */
const hasService = !isSingle && isSecureContext && location.protocol.startsWith('http') && 'serviceWorker' in navigator;
const { serviceWorker } = navigator;

/** How far all this is: `offline` is `none`, `preparing` or `ready`. */
const state = { sealed: isSingle, offline: hasService ? 'preparing' : 'none', update: false, installable: false, isSingle, hasService };

function tell(change) {
  Object.assign(state, change);
  window.dispatchEvent(new Event('careen'));
}

// ---- Files

/** What is being loaded from the server: a seal in the middle would break it off. */
const loading = new Set();

/** Programs that were asked for: who asks again, after the policy was sealed too, gets the same. */
const programs = new Map();

/** A file of the page by its name, as an ArrayBuffer. Once the policy is sealed, no server is asked. */
function file(name) {
  if (!/\.(js|wasm)$/.test(name)) return take(name);
  if (!programs.has(name)) {
    programs.set(name, take(name));
    programs.get(name).catch(() => programs.delete(name));
  }
  return programs.get(name);
}

async function take(name) {
  const inside = document.querySelector(`script[data-file="${name}"]`);
  if (inside) return inflate(inside.textContent);
  const kept = state.offline === 'ready' && (await ask({ file: name, build }));
  if (kept) return kept;
  if (state.sealed) throw new Error('nothing is loaded any more since a disk was opened; reload the page first');
  const loaded = load(name);
  loading.add(loaded);
  return loaded.finally(() => loading.delete(loaded));
}

async function load(name) {
  const response = await fetch(new URL(`${name}?${build}`, document.baseURI));
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/** Base64 of gzip. */
function inflate(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

// ---- Seal

/**
 * From here on the policy lets nothing of this page reach any server, not even its own. Workers that are started later
 * inherit it; a policy cannot be taken back.
 */
function seal() {
  if (state.sealed) return;
  const own = (name) => new URL(name, document.baseURI).href;
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = [
    "default-src 'none'",
    "script-src 'wasm-unsafe-eval'",
    'worker-src blob:',
    'img-src data: blob:',
    // Downloads that the service worker answers, and what the browser asks for to install the page.
    `frame-src ${hasService ? own('save/') : "'none'"}`,
    `manifest-src ${isSingle ? "'none'" : own('manifest.webmanifest')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  document.head.append(policy);
  tell({ sealed: true });
}

// ---- Service worker

let registering;

/** The registration, with a worker that is active. */
async function service() {
  const registration = await registering;
  if (!registration) throw new Error('there is no service worker');
  const coming = registration.installing ?? registration.waiting;
  if (!registration.active && coming) {
    await new Promise((resolve, reject) => {
      const look = () => {
        if (coming.state === 'redundant') reject(new Error('the service worker did not start'));
        else if (coming.state.startsWith('activat')) resolve();
      };
      coming.addEventListener('statechange', look);
      look();
    });
  }
  return registration;
}

/** Asks the service worker; nothing when it does not answer. */
async function ask(question) {
  const { active } = await service();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const late = setTimeout(resolve, 60_000);
    port1.onmessage = ({ data }) => {
      clearTimeout(late);
      port1.close();
      resolve(data);
    };
    active.postMessage(question, [port2]);
  });
}

/** Starts the service worker; when it holds every file of the page, nothing is left to ask a server for. */
async function prepare() {
  try {
    registering = serviceWorker.register(new URL('service-worker.js', document.baseURI), { updateViaCache: 'none' });
    const registration = await registering;
    const fresh = () => serviceWorker.controller && registration.waiting && tell({ update: true });
    const watch = () => registration.installing?.addEventListener('statechange', fresh);
    registration.addEventListener('updatefound', watch);
    watch();
    fresh();
    const isComplete = await ask({ fill: true, build });
    tell({ offline: isComplete ? 'ready' : 'none' });
    while (loading.size > 0) await Promise.allSettled(loading);
    if (isComplete) seal();
  } catch {
    // A private window, a full disk: the page works without, and is sealed when a disk is opened.
    tell({ offline: 'none' });
  }
}

/** Takes the new build that waits, in the place of this one. */
async function update() {
  const { waiting } = await service();
  serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting?.postMessage('activate');
}

// ---- Install

let prompt;
window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  prompt = event;
  tell({ installable: true });
});
window.addEventListener('appinstalled', () => tell({ installable: false }));

globalThis.careen = {
  state, file, seal, update,
  install: () => prompt?.prompt(),
  service: async () => (await service()).active,
};

// ---- Start

// The build names script and program in this element's attributes.
const { script, program } = document.querySelector('script[data-program]').dataset;
try {
  const bindings = isSingle ? URL.createObjectURL(new Blob([await file(script)], { type: 'text/javascript' })) : new URL(script, document.baseURI);
  const { default: init } = await import(bindings);
  await init({ module_or_path: isSingle ? await file(program) : new URL(program, document.baseURI) });
  if (hasService) prepare();
} catch (error) {
  const boot = document.getElementById('boot');
  boot.hidden = false;
  boot.textContent = `Careen could not start in this browser (${error}). A current Chrome, Edge, Firefox or Safari works. · 이 브라우저에서 Careen을 시작할 수 없습니다. 최신 Chrome, Edge, Firefox, Safari를 사용하십시오.`;
}
