/** What ten times the data costs a query for a needle that stands in it ten times. */
import type { Cleanup } from '../../test/journeys/processes.ts';
import { corpusStart } from '../corpus/plan.ts';
import { ensureCorpus } from '../corpus.ts';
import { answerOf, ask } from './ask.ts';
import { median } from './ask-all.ts';
import { shipAll } from './load.ts';
import { Peer } from './peers.ts';
import { queries } from './queries.ts';

const runs = 7;
/** A day holds the larger corpus too. */
const times = { startSeconds: corpusStart / 1000, endSeconds: corpusStart / 1000 + 86_400 };
const rareNeedle = queries.find(({ name }) => name.startsWith('rare needle'))!;

/** By the size of the corpus: the median in ms. Lines come as an agent's batches. */
export async function tenfold(t: Cleanup, directory: string, sizes: readonly number[]): Promise<number[]> {
  const medians: number[] = [];
  for (const size of sizes) {
    const corpus = ensureCorpus(size);
    const peer = Peer.ours('Taffrail', `${directory}-${size}`);
    await peer.start();
    try {
      await shipAll(t, peer, corpus, `${directory}-${size}-agent`);
      const took: number[] = [];
      for (let run = 0; run < runs + 1; run++) {
        const begun = performance.now();
        const text = await ask(peer, rareNeedle, times);
        if (run > 0) took.push(performance.now() - begun);
        const found = answerOf(peer, rareNeedle, text).length;
        if (found !== corpus.needleCount) throw new Error(`${found} of ${corpus.needleCount} needles were found`);
      }
      medians.push(median(took));
    } finally {
      await peer.close();
    }
  }
  return medians;
}
