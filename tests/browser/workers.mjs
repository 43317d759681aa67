// Code of a test inside the page's workers, before their own.

/** A script for the page that puts `code` before the script of every worker. */
export const inWorkers = (code) => `{
  const Real = Blob;
  window.Blob = class extends Real {
    constructor(parts, options) {
      super(options?.type === 'text/javascript' ? [${JSON.stringify(`{${code}}\n`)}, ...parts] : parts, options);
    }
  };
}`;
