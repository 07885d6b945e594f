import assert from 'node:assert/strict';
import test from 'node:test';
import type { Finding, Outcome } from './check.ts';
import { findingText, summary } from './print.ts';

const finding = (title: string, outcome: Outcome, more: Partial<Finding> = {}): Finding => ({
  check: title,
  title,
  outcome,
  says: 'so it is',
  details: [],
  fixes: [],
  ...more,
});

test('a finding is a line, with what else is known and what mends it below', () => {
  const found = finding('Service', 'broken', { details: ['long since'], fixes: ['kubectl apply -f x', 'pray'] });
  assert.equal(
    findingText(found, { signs: false, colour: false }),
    'FAIL Service              so it is\n       long since\n       mend it: kubectl apply -f x\n            or: pray\n',
  );
  assert.equal(findingText(finding('a', 'ok'), { signs: true, colour: true }).slice(0, 13), '\x1b[32m✓\x1b[0m a ');
});

test('what a server says does not move the cursor', () => {
  const text = findingText(finding('a', 'ok', { says: 'x\x1b[2Jy\nz' }), { signs: true, colour: false });
  assert.match(text, /x \[2Jy z\n$/);
});

test('the summary names the first that is broken, and does not praise what was not looked at', () => {
  assert.equal(summary([finding('a', 'ok')]), '\nnothing is broken\n');
  assert.equal(
    summary([finding('a', 'ok'), finding('b', 'not-checked')]),
    '\nnothing of what was checked is broken; 1 not checked\n',
  );
  assert.equal(
    summary([finding('a', 'warning'), finding('b', 'broken'), finding('c', 'broken')]),
    '\n2 broken, first of all: b; 1 to look at\n',
  );
});
