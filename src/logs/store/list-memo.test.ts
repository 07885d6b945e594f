import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { keyOf, ListMemo } from './list-memo.ts';

test('a list is made once until the catalogue changes, and belongs to whoever asked for it', () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE things (name TEXT)');
  const memo = new ListMemo(database);
  let made = 0;
  const list = () =>
    memo.get('things', () => {
      made++;
      return database.prepare('SELECT name FROM things').all();
    });
  list().push({ name: 'of the caller' });
  assert.equal(list().length, 0);
  assert.equal(made, 1);
  database.exec("INSERT INTO things VALUES ('a')");
  assert.equal(list().length, 1);
  database.exec("UPDATE things SET name = 'b'");
  assert.equal(list()[0]!.name, 'b');
  assert.equal(made, 3);
  database.close();
});

test('other scopes and ranges are other questions', () => {
  const scopes = [
    { tenant: 'a', namespaces: '*' as const },
    { tenant: 'a', namespaces: ['*'] },
    { tenant: 'b', namespaces: '*' as const },
  ];
  const keys = scopes.flatMap((scope) => [keyOf('x', scope, { since: 1n }), keyOf('x', scope, { since: 2n })]);
  assert.equal(new Set(keys).size, keys.length);
});
