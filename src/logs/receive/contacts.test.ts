import assert from 'node:assert/strict';
import test from 'node:test';
import { AgentContacts } from './contacts.ts';

test('an agent is silent when it has said nothing for longer than it may, and not before the server has run so long', () => {
  let nowMs = 1000;
  const contacts = new AgentContacts(() => nowMs);
  contacts.heard('a', { node: 'n1', version: '1' });
  nowMs += 45_000;
  assert.equal(contacts.silentMs('a', 'n1'), null);
  assert.equal(contacts.silentMs('a', 'unheard-of'), null);
  nowMs += 1;
  assert.equal(contacts.silentMs('a', 'n1'), 45_001);
  assert.equal(contacts.silentMs('a', 'unheard-of'), 45_001);
  contacts.heard('a', { node: 'n1', version: '2' });
  assert.equal(contacts.silentMs('a', 'n1'), null);
});

test('a tenant sees its own agents alone', () => {
  const contacts = new AgentContacts(() => 5);
  contacts.heard('a', { node: 'n2', version: '1' });
  contacts.heard('a', { node: 'n1', version: '1' });
  contacts.heard('b', { node: 'n3', version: '1' });
  assert.deepEqual(
    contacts.list('a').map(({ node }) => node),
    ['n1', 'n2'],
  );
});
