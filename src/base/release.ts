/**
 * Gives the memory of a large buffer back at once, instead of when the collector comes by: who makes and drops many of them a
 * second keeps it busy (finding them dead was a sixth of what the node agent did). Nobody may use the buffer afterwards: it is empty.
 * Slices of the pool, which share their memory with others, are left alone.
 */
export function release(buffer: ArrayBufferView): void {
  if (buffer.buffer.byteLength > Buffer.poolSize) releaseOwn(buffer);
}

/**
 * The same, of a buffer that is known to have its memory for itself where that is not the pool: one of less than 64 KiB looks like
 * a slice of what was read from a socket.
 */
export function releaseOwn({ buffer: memory }: ArrayBufferView): void {
  if (memory instanceof ArrayBuffer && memory.byteLength !== Buffer.poolSize) memory.transfer(0);
}
