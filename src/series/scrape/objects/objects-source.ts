import type { SharedWatches } from '../discovery/kubernetes/watches.ts';
import type { PageSource } from '../target/target-scraper.ts';
import { objectKinds } from './kinds.ts';
import { ObjectPage } from './object-page.ts';

/** The objects of the cluster as a page of metrics that is scraped like any other, so that staleness and limits are the same. */
export function objectsSource(watches: SharedWatches, signal: AbortSignal): PageSource {
  const page = new ObjectPage();
  const kinds = objectKinds.map((kind) => {
    const objects = watches.objects({ collection: kind.collection });
    const end = objects.subscribe((key, object) => page.set(`${kind.collection}/${key}`, object && kind.lines(object)));
    signal.addEventListener('abort', end, { once: true });
    return objects;
  });
  let synced = 0;
  for (const objects of kinds) void objects.synced.then(() => synced++);
  return {
    async page() {
      if (synced === 0) throw new Error('no kind of object has been listed yet');
      return { body: page.body(), format: 'text' };
    },
  };
}
