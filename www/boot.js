// Starts the page. Trunk names script and program in this element's attributes.

// The content security policy does not cover WebRTC: without it there is no way to send anything around the policy.
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel']) delete globalThis[name];

// The colors that were chosen, before the first paint.
try {
  const theme = localStorage.getItem('careen.theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows the system's colors.
}

const { script, program } = document.querySelector('script[data-program]').dataset;
try {
  const { default: init } = await import(new URL(script, document.baseURI));
  await init({ module_or_path: new URL(program, document.baseURI) });
} catch (error) {
  const boot = document.getElementById('boot');
  boot.hidden = false;
  boot.textContent = `Careen could not start in this browser (${error}). A current Chrome, Edge, Firefox or Safari works. · 이 브라우저에서 Careen을 시작할 수 없습니다. 최신 Chrome, Edge, Firefox, Safari를 사용하십시오.`;
}
