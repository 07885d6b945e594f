import { flushCompileCache } from 'node:module';

/** By then a long-running command has loaded what it needs. */
const loadedMs = 5000;

/** Aborts at the first SIGINT or SIGTERM; a second one ends the process at once, for whoever does not want to wait. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  // Otherwise the cache is written at the end, which a killed process never comes to; without it the next start takes 20 MB more.
  setTimeout(flushCompileCache, loadedMs).unref();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(name);
    });
  }
  return controller.signal;
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
