/** Neither many small buffers nor one of megabytes. */
export const pieceBytes = 128 * 1024;
/** More than a list has under way whose client keeps up (see `Outlet`). */
const idleMax = 16;
const idle: ArrayBuffer[] = [];

/** Of `bytes` at least. Its content is whatever was in it before. */
export function takePiece(bytes: number): Buffer<ArrayBuffer> {
  const memory = bytes <= pieceBytes ? idle.pop() : undefined;
  return memory ? Buffer.from(memory) : Buffer.allocUnsafeSlow(Math.max(pieceBytes, bytes));
}

/**
 * The memory of a piece, or of what was cut from it, is used again: a list has a hundred of them, and to map, fill and drop the pages of
 * all took longer than to write into them. Nobody may use the piece afterwards. Other buffers are left alone.
 */
export function givePiece({ buffer: memory }: Buffer): void {
  if (memory instanceof ArrayBuffer && memory.byteLength === pieceBytes && idle.length < idleMax) idle.push(memory);
}
