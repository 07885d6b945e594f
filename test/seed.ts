/**
 * Loaded before every test of `npm test`: properties are tried with the same random inputs in every run, so that a run says
 * something about the change and nothing about luck. `TAFFRAIL_TEST_SEED=random` tries new ones, a number those of another run.
 */
import fc from 'fast-check';

const wanted = process.env.TAFFRAIL_TEST_SEED ?? '1';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
