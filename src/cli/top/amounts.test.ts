import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  amounts,
  cpuPercent,
  cpuText,
  memoryPercent,
  memoryText,
  nothingSet,
  partialAmounts,
  sum,
  sumIfAllSet,
  sumOfSet,
} from './amounts.ts';

test('cores are rounded up to a thousandth and bytes down to a mebibyte, as kubectl does', () => {
  assert.equal(cpuText(amounts({ cpu: '251234567n' }).cpuNanocores), '252m');
  assert.equal(cpuText(amounts({ cpu: '1500m' }).cpuNanocores), '1500m');
  assert.equal(cpuText(amounts({ cpu: '2' }).cpuNanocores), '2000m');
  assert.equal(cpuText(0n), '0m');
  assert.equal(memoryText(amounts({ memory: '209420Ki' }).memoryBytes), '204Mi');
  assert.equal(memoryText(amounts({ memory: '1048575' }).memoryBytes), '0Mi');
});

test('a share is of what is shown, rounded down, and there is none of nothing', () => {
  assert.equal(cpuPercent(1_500_000_000n, 4_000_000_000n), 37);
  assert.equal(memoryPercent(1024n, 8192n), 12);
  assert.equal(cpuPercent(1n, 0n), undefined);
  assert.equal(memoryPercent(1n, undefined), undefined);
});

test('what is not set, or is no quantity, is not zero', () => {
  assert.deepEqual(partialAmounts({ cpu: '100m', memory: 'much' }), {
    cpuNanocores: 100_000_000n,
    memoryBytes: undefined,
  });
  assert.deepEqual(partialAmounts(undefined), nothingSet);
});

test('requests add up as far as they are set; a limit only where everything has one', () => {
  const limited = partialAmounts({ cpu: '1', memory: '1Gi' });
  const half = partialAmounts({ cpu: '500m' });
  assert.deepEqual(sumOfSet([limited, half]), { cpuNanocores: 1_500_000_000n, memoryBytes: 2n ** 30n });
  assert.deepEqual(sumIfAllSet([limited, half]), { cpuNanocores: 1_500_000_000n, memoryBytes: undefined });
  assert.deepEqual(sumOfSet([]), nothingSet);
  assert.deepEqual(sumIfAllSet([]), nothingSet);
});

test('a sum is what its parts come to, in whatever order and units they are written', () => {
  const part = fc.record({ cpu: fc.bigInt(0n, 10n ** 12n), memory: fc.bigInt(0n, 2n ** 50n) });
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const written = parts.map(({ cpu, memory }) => amounts({ cpu: `${cpu}n`, memory: `${memory}` }));
      const whole = sum(written.reverse());
      assert.equal(
        whole.cpuNanocores,
        parts.reduce((total, { cpu }) => total + cpu, 0n),
      );
      assert.equal(
        whole.memoryBytes,
        parts.reduce((total, { memory }) => total + memory, 0n),
      );
    }),
  );
});
