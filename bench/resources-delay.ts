/**
 * Loaded before the program that is measured (`--import`): answers `delay` by measuring its event loop from now on, and `figures` with what it found.
 * Its timer of a millisecond costs CPU of its own, which is why it waits to be told.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface DelayFigures {
  p999Ms: number;
  maxMs: number;
  heapBytes: number;
}

const resolutionMs = 1;

if (process.send) {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  process.on('disconnect', () => process.exit());
  process.on('message', (question) => {
    if (question === 'delay') delay.enable();
    else
      process.send!({
        p999Ms: delay.percentile(99.9) / 1e6 - resolutionMs,
        maxMs: delay.max / 1e6 - resolutionMs,
        heapBytes: process.memoryUsage().heapTotal,
      } satisfies DelayFigures);
  });
  // What is measured ends when it is done, as it would without us.
  process.channel?.unref();
}
