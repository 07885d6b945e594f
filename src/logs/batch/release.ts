/**
 * Gives the memory of a large buffer back at once, instead of when the collector comes by: the agent makes and drops hundreds of
 * megabytes of them a second, and finding them dead was a sixth of what it did. Nobody may use the buffer afterwards: it is empty.
 * Slices of the pool, which share their memory with others, are left alone.
 */
export function release(buffer: Buffer): void {
  const memory = buffer.buffer;
  if (memory instanceof ArrayBuffer && memory.byteLength > Buffer.poolSize) memory.transfer(0);
}
