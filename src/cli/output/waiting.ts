const shownAfterMs = 500;
const stepMs = 500;

/** Shows on a terminal that something is being waited for, once it takes a while; nothing of it stays. */
export async function waiting<T>(doing: string, wait: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  if (!stderr.isTTY) return wait();
  const startMs = performance.now();
  let timer = setTimeout(function show() {
    stderr.write(`\r${doing} (${Math.round((performance.now() - startMs) / 1000)}s)`);
    timer = setTimeout(show, stepMs);
  }, shownAfterMs);
  try {
    return await wait();
  } finally {
    clearTimeout(timer);
    if (performance.now() - startMs > shownAfterMs) stderr.write('\r\x1b[K');
  }
}
