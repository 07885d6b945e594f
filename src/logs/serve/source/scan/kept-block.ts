import { Fault } from '../../../../base/fault.ts';
import { release } from '../../../../base/release.ts';
import {
  type DecodedColumns,
  type DecodedPushedColumns,
  decodeColumns,
  decodePushedColumns,
} from '../../../batch/batch.ts';
import { type KeptText, openCompact } from '../../../block/block.ts';
import type { FiledBlock } from '../../../store/block-file.ts';

type CompactBlock = FiledBlock & { form: 'compact' };

/** Of a run's labels, as objects. */
const RUN_BYTES = 1024;

/** A compact block, open. Invariant: what was read of it is read once, until it is forgotten. Everything throws Fault `corrupt`. */
export class KeptBlock {
  readonly form = 'compact';
  readonly filed: CompactBlock;
  readonly text: KeptText;
  #columns: DecodedColumns | undefined;
  #pushedColumns: DecodedPushedColumns | undefined;
  #times: BigInt64Array | undefined;
  #columnBytes = 0;

  constructor(filed: CompactBlock) {
    const { header } = filed;
    this.filed = filed;
    this.text = openCompact(filed.text);
    if (this.text.lineCount !== header.lineCount || this.text.textBytes !== header.textBytes)
      throw new Fault('corrupt', 'the text of a block is not that of its header');
  }

  /** Of a batch. */
  columns(): DecodedColumns {
    if (this.#columns === undefined) {
      const { header, columns } = this.filed as CompactBlock & { kind: 'batch' };
      this.#columns = decodeColumns({ header, columns: columns() });
      this.#columnBytes += header.columnsBytes + header.lineCount;
    }
    return this.#columns;
  }

  /** Of what was pushed. */
  pushedColumns(): DecodedPushedColumns {
    if (this.#pushedColumns === undefined) {
      const { header, columns } = this.filed as CompactBlock & { kind: 'pushed' };
      const stored = columns();
      this.#pushedColumns = decodePushedColumns({ header, columns: stored });
      release(stored);
      this.#columnBytes += header.columnsBytes + 4 * header.lineCount + RUN_BYTES * header.runCount;
    }
    return this.#pushedColumns;
  }

  /** The block's own, as long as it has its values. */
  times(): BigInt64Array {
    if (this.#times === undefined) {
      this.#times = this.newTimes();
      this.#columnBytes += this.#times.byteLength;
    }
    return this.#times;
  }

  /** The caller's own. */
  newTimes(): BigInt64Array {
    return (this.filed.kind === 'batch' ? this.columns() : this.pushedColumns()).times();
  }

  get heldBytes(): KeptText['heldBytes'] {
    const { base, values } = this.text.heldBytes;
    return { base, values: values + this.#columnBytes };
  }

  forgetValues(): void {
    this.text.forgetValues();
    this.#pushedColumns?.release();
    if (this.#times !== undefined) release(this.#times);
    this.#times = undefined;
    this.#columns = this.#pushedColumns = undefined;
    this.#columnBytes = 0;
  }

  /** All of it. */
  forget(): void {
    this.forgetValues();
    this.text.forget();
  }
}
