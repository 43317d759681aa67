// Code of a test inside the page's workers, before their own.

/** A script for the page that puts `code` before the script of every worker, or of the first ones alone. */
export const inWorkers = (code, most = Infinity) => `{
  const Real = Blob;
  let begun = 0;
  window.Blob = class extends Real {
    constructor(parts, options) {
      const isMeant = options?.type === 'text/javascript' && begun++ < ${most};
      super(isMeant ? [${JSON.stringify(`{${code}}\n`)}, ...parts] : parts, options);
    }
  };
}`;
