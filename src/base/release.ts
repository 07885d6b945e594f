/**
 * Gives the memory of a large buffer back at once, instead of when the collector comes by: who makes and drops many of them a
 * second keeps it busy (finding them dead was a sixth of what the node agent did). Nobody may use the buffer afterwards: it is empty.
 * Slices of the pool, which share their memory with others, are left alone.
 */
export function release(buffer: ArrayBufferView): void {
  const memory = buffer.buffer;
  if (memory instanceof ArrayBuffer && memory.byteLength > Buffer.poolSize) memory.transfer(0);
}
