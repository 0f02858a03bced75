/// <reference types="vite/client" />

declare module 'virtual:embedded' {
  /** Files of the page in base64, by path; empty unless it is built as a single file. */
  export const embedded: Readonly<Record<string, string>>;
}

declare module 'octet-quant/worker?worker&inline' {
  const OctetWorker: new () => Worker;
  // biome-ignore lint/style/noDefaultExport: what Vite makes of a worker is its default export
  export default OctetWorker;
}
