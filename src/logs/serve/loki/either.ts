/** What comes from either of several sources, as it comes; the next of each is asked for when the one before it was taken. */
export async function* either<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const ask = (source: AsyncGenerator<T>) => source.next().then((result) => ({ source, result }));
  const asked = new Map(sources.map((source) => [source, ask(source)]));
  try {
    while (asked.size > 0) {
      const { source, result } = await Promise.race(asked.values());
      if (result.done) asked.delete(source);
      else {
        yield result.value;
        asked.set(source, ask(source));
      }
    }
  } finally {
    // One that waits for more ends when its signal aborts; what it says after that concerns nobody.
    for (const [source, next] of asked) {
      next.catch(() => {});
      source.return(undefined).catch(() => {});
    }
  }
}
