// Registers the service worker of the static site, which keeps the page's own files for use without a network.

export function keepOffline(): void {
  if (import.meta.env.DEV || import.meta.env.MODE === 'single' || !('serviceWorker' in navigator)) return;
  void navigator.serviceWorker.register(new URL('sw.js', document.baseURI)).catch(() => undefined);
}
