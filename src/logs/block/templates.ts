import { ByteReader, corrupt } from './bytes.ts';
import { limits } from './limits.ts';

/**
 * The templates of a text. Template `t` is the pieces `firstPiece[t]` to `firstPiece[t + 1]`; piece `p` is `text[pieceFrom[p], pieceFrom[p + 1])`,
 * followed by a value of column `columnOf[p]`, or by the end of the line where that is -1: so behind the last piece of each, and only there.
 */
export interface Templates {
  count: number;
  firstPiece: Uint32Array;
  pieceFrom: Uint32Array;
  columnOf: Int32Array;
  text: Buffer;
}

export function readTemplates(bytes: Buffer, columnCount: number): Templates {
  const reader = new ByteReader(bytes);
  const count = reader.count(limits.templatesMax + 1, 'templates');
  const holes = new Uint32Array(count);
  let pieces = count;
  for (let t = 0; t < count; t++) pieces += holes[t] = reader.count(limits.lineHolesMax, 'holes');
  const firstPiece = new Uint32Array(count + 1);
  const pieceFrom = new Uint32Array(pieces + 1);
  const columnOf = new Int32Array(pieces).fill(-1);
  for (let p = 0; p < pieces; p++) pieceFrom[p + 1] = pieceFrom[p]! + reader.count(limits.textBytesMax, 'piece');
  for (let t = 0, piece = 0; t < count; t++) {
    for (let left = holes[t]!; left > 0; left--) columnOf[piece++] = reader.count(columnCount - 1, 'column');
    firstPiece[t + 1] = ++piece;
  }
  const text = reader.rest();
  if (text.length !== pieceFrom[pieces]) throw corrupt('the templates have another size');
  return { count, firstPiece, pieceFrom, columnOf, text };
}
