import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, taffrail, temporaryDirectory } from './processes.ts';

const good = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fine\n---\n';
const pod = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: wrong\nspec:\n  containers:\n  - name: c\n    image: x\n';

/** What is wrong, and the place that is named. */
const cases: [string, RegExp][] = [
  [`${good}${pod}    comand: [sleep]\n`, /pods\.yaml:14: document 2: spec\.containers\[0\]\.comand: .*unknown field/],
  [
    `${good}${pod}    command: sleep 1\n`,
    /pods\.yaml:14: document 2: spec\.containers\[0\]\.command: .*must be a list/,
  ],
  [`${good}${pod.replace('wrong', 'Wrong_')}`, /pods\.yaml:9: document 2: metadata\.name: .*Invalid value/],
];

test('a wrong manifest is refused with its file, line, document and field, and nothing is left running', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory(t, 'bad-manifests');
  const file = join(directory, 'pods.yaml');
  for (const [text, place] of cases) {
    writeFileSync(file, text);
    const flags = ['--no-examples', '--port', '0', '--api-port', '0', '--data-dir', join(directory, 'data')];
    const { code, stderr } = await run(taffrail, ['up', '--manifest', file, ...flags]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, place);
  }
});
