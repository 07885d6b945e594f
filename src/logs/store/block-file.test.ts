import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { BlockFiles } from './block-file.ts';
import { batch, everything, openTestStore, resolveOne, temporaryDirectory } from './store-fixture.ts';

async function storedBlock(t: { after(f: () => unknown): void }, { compact }: { compact: boolean }) {
  const directory = temporaryDirectory();
  t.after(() => directory.remove());
  const rules = { textBytesMin: 1, shareMax: 1000 };
  const store = await openTestStore(directory.path, compact ? { compact: rules } : {});
  t.after(() => store.close());
  const { id } = await resolveOne(store);
  const lines = Array.from({ length: 2000 }, (_, at) => `request ${at} took ${at % 7} ms`);
  await store.append('acme', [batch(id, { from: 0, lines })]);
  if (compact) await store.tidy();
  const [listed] = store.list(everything, id, {});
  return listed!.place;
}

for (const compact of [false, true]) {
  test(`a byte that has changed anywhere in a ${compact ? 'compact' : 'plain'} block is noticed where it is read`, async (t) => {
    const place = await storedBlock(t, { compact });
    const files = new BlockFiles();
    t.after(() => files.close());
    const form = files.read(place).form;
    assert.equal(form, compact ? 'compact' : 'plain');
    const sound = readFileSync(place.path);
    const step = Math.max(1, Math.floor(place.bytes / 40));
    for (let at = 32 + 'acme'.length; at < place.bytes; at += step) {
      const bytes = Buffer.from(sound);
      bytes[place.offset + at]! ^= 0x10;
      writeFileSync(place.path, bytes);
      const read = () => {
        const filed = files.read(place);
        if (filed.form === 'compact') filed.columns();
        return filed;
      };
      if (form === 'plain') assert.throws(read, { code: 'corrupt' }, `byte ${at}`);
      else {
        // What lies in the text is for the text's own checksums.
        try {
          const filed = read();
          assert.ok(filed.form === 'compact');
        } catch (error) {
          assert.match((error as { code: string }).code, /^(corrupt|newer-format)$/, `byte ${at}: ${error}`);
        }
      }
    }
    writeFileSync(place.path, sound);
    assert.equal(files.read(place).form, form);
  });
}

test('of a compact block little is read until more is asked for; a pack that is gone is what the file system says', async (t) => {
  const place = await storedBlock(t, { compact: true });
  const files = new BlockFiles();
  t.after(() => files.close());
  const filed = files.read(place);
  assert.ok(filed.form === 'compact');
  const first = files.bytesRead;
  assert.ok(first <= 4096);
  filed.text.read(0, 16);
  assert.equal(files.bytesRead, first + 16);
  assert.throws(() => files.read({ ...place, path: `${place.path}.gone` }), { code: 'ENOENT' });
  assert.throws(() => files.read({ ...place, offset: place.offset + 10_000_000 }), { code: 'corrupt' });
});
