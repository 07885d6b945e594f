import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from './commands/agent.ts';
import { agentFlags } from './commands/agent-flags.ts';
import { plainFlags } from './plain-flags.ts';

const lines: [string[], NodeJS.ProcessEnv?][] = [
  [[]],
  [['--once']],
  [['--log-root', '/logs', '--to=https://taffrail.logging:7100', '--metrics-port', '9000']],
  [['--data-dir', 'one', '--data-dir', 'two', '--node-name=']],
  [['--cluster', 'c'], { TAFFRAIL_CLUSTER: 'd', TAFFRAIL_ONCE: 'false', TAFFRAIL_METRICS_PORT: '1' }],
];

test('a command line that is in order is read as commander reads it', () => {
  for (const [argv, environment = {}] of lines) {
    const before = { ...process.env };
    Object.assign(process.env, environment);
    try {
      const agent = command()
        .exitOverride()
        .action(() => {});
      agent.parse(argv, { from: 'user' });
      assert.deepEqual(plainFlags(agentFlags, argv, process.env), agent.opts(), argv.join(' '));
    } finally {
      for (const name in environment) delete process.env[name];
      Object.assign(process.env, before);
    }
  }
});

test('anything else is left to commander', () => {
  const unusual = [
    ['--help'],
    ['-h'],
    ['--log-rot', 'x'],
    ['--log-root'],
    ['--once=yes'],
    ['--to', 'taffrail:7100'],
    ['--metrics-port', '70000'],
    ['--config', 'file.yaml'],
    ['extra'],
    ['--data-dir', '--once'],
  ];
  for (const argv of unusual) assert.equal(plainFlags(agentFlags, argv, {}), undefined, argv.join(' '));
  assert.equal(plainFlags(agentFlags, [], { TAFFRAIL_CONFIG: 'file.yaml' }), undefined);
  assert.equal(plainFlags(agentFlags, [], { TAFFRAIL_TO: 'nowhere' }), undefined);
});
