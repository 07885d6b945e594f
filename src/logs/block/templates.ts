import { ByteReader, corrupt } from './bytes.ts';
import { limits } from './limits.ts';
import { reading } from './text-reader.ts';

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

/** Of the number of a template's holes, of a piece's bytes, and of a column's number. */
const [HOLES_BYTES_MAX, PIECE_BYTES_MAX, COLUMN_BYTES_MAX] = [2, 4, 2];

/** The text is a view of `bytes`. Throws Fault `corrupt`. */
export function readTemplates(bytes: Buffer, columnCount: number): Templates {
  const head = new ByteReader(bytes);
  const count = head.count(limits.templatesMax + 1, 'templates');
  const stored = head.rest();
  return reading((reader) => {
    const { arena, module } = reader;
    const holes = stored.subarray(0, HOLES_BYTES_MAX * count);
    const holesAt = reader.put(holes);
    const firstPieceAt = arena.room(4 * (count + 1));
    reader.check(module.run.readHoles(holesAt, holesAt + holes.length, count, limits.lineHolesMax, firstPieceAt));
    const holesBytes = module.get('readEnd') - holesAt;
    const pieces = module.get('pieces');
    const rest = stored.subarray(
      holesBytes,
      holesBytes + PIECE_BYTES_MAX * pieces + COLUMN_BYTES_MAX * (pieces - count),
    );
    const restAt = reader.put(rest);
    const [fromAt, columnsAt] = [arena.room(4 * (pieces + 1)), arena.room(4 * pieces)];
    const restEnd = restAt + rest.length;
    const { readPieces } = module.run;
    reader.check(readPieces(restAt, restEnd, count, firstPieceAt, limits.textBytesMax, columnCount, fromAt, columnsAt));
    const text = stored.subarray(holesBytes + module.get('readEnd') - restAt);
    const pieceFrom = reader.u32(fromAt, pieces + 1);
    if (text.length !== pieceFrom[pieces]) throw corrupt('the templates have another size');
    return {
      count,
      firstPiece: reader.u32(firstPieceAt, count + 1),
      pieceFrom,
      columnOf: reader.i32(columnsAt, pieces),
      text,
    };
  });
}
