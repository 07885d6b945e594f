import { createHash } from 'node:crypto';
import { closeSync, fstatSync } from 'node:fs';
import { type HeldRange, rangeHash, type SegmentName } from '../batch/batch.ts';
import { RangeSet } from './ranges.ts';
import { type FoundFile, gzipTrailerSize, inflate, nameOfHead, openFound, readAt, readHead } from './source.ts';

/** How much of a file's beginning is compared before it is read on, to notice that it was truncated and has grown again. */
const prefixBytes = 64;
const VERIFY_BYTES = 256 * 1024;

/**
 * One physical log file, through renames and compression.
 * Invariant: bytes below `position` were read (and wait to be acknowledged) or are in `held`.
 */
export class Segment {
  name: SegmentName | null = null;
  /** Null once no name in the directory leads to it. */
  file: FoundFile | null;
  /** The plain file, or the inflated copy of a compressed one; null while it need not be read. */
  fd: number | null = null;
  /** The gzip file, held as long as it may have to be inflated. */
  compressedFd: number | null = null;
  /** `device:inode` by which a scan knows it again. */
  id: string;
  /** Bytes that are known to be in it, uncompressed. */
  size = 0;
  position = 0;
  /** What the server has dealt with. */
  readonly held = new RangeSet();
  /** Since when (monotonic) nothing more is expected: a newer file is being written, or its name is gone. */
  finalSinceMs: number | null = null;
  /** Everything in it is acknowledged or told as a gap, and nothing more will come. */
  done = false;
  /** The size at which the end of the last record was looked for in vain. */
  triedSize = -1;
  /** The server has been asked about it. */
  resolved = false;
  /** The file was truncated: it has lost this content. */
  wasCut = false;
  /** It was made when that one's file was cut. */
  successorOf: Segment | null = null;
  /** Its file is gone and the spool had no room: only what was read is left of it. */
  isGivenUp = false;
  /** A copy in the spool holds the bytes from here on only. */
  availableFrom = 0;
  /** Of the copy in the spool, if this is one. */
  copyPath: string | null = null;
  /** What the server said it holds, until it can be compared with the file. */
  #offered: readonly HeldRange[] = [];
  /** Latin-1. A slice of a buffer would hold on to all of the pool that it was cut from. */
  #prefix = '';
  #sizeAsked = 0;

  constructor(file: FoundFile | null, id: string = file?.id ?? '') {
    this.file = file;
    this.id = id;
  }

  get isCompressed(): boolean {
    return this.fd === null && (this.compressedFd !== null || this.file?.gz === true);
  }

  /** Its file is gone and no descriptor was left on it. */
  get isLost(): boolean {
    return this.file === null && this.fd === null && this.compressedFd === null && !this.done;
  }

  /** Only an open descriptor stands between it and its loss. */
  get isUnkept(): boolean {
    return this.fd !== null && this.copyPath === null && this.name !== null;
  }

  get wasRead(): boolean {
    return this.position > 0;
  }

  get prefix(): Buffer {
    return Buffer.from(this.#prefix, 'latin1');
  }

  get lagBytes(): number {
    return this.done ? 0 : this.held.missingBelow(this.size);
  }

  /**
   * Of what was there when this was last asked, the bytes that are still not acknowledged. A container that writes all the
   * time always has some under way: only those that stay are a lag.
   */
  standingLagBytes(): number {
    const before = Math.min(this.#sizeAsked, this.size);
    this.#sizeAsked = this.size;
    return this.done ? 0 : this.held.missingBelow(before);
  }

  /** Finds out its name; stays null while the first record is not complete, unless `final`. Throws what opening throws. */
  identify(final: boolean): void {
    if (this.isCompressed) {
      this.compressedFd ??= openFound(this.file!.path, this.id);
      this.size = gzipTrailerSize(this.compressedFd);
      this.name = nameOfHead(readHead(this.compressedFd, true), true) ?? null;
      return;
    }
    const fd = this.open();
    const head = readHead(fd, false);
    this.name = nameOfHead(head, final) ?? null;
    if (this.name === null) return;
    this.#prefix = head.toString('latin1', 0, prefixBytes);
    this.size = fstatSync(fd).size;
  }

  /** Another file than the one that goes by this name, although it begins with the same record: it gets a name of its own. */
  takeAlternateName(): void {
    const hash = createHash('sha256').update(`${this.name} again`).digest('hex').slice(0, 16);
    this.name = `${this.name!.slice(0, 16)}-${hash}`;
    this.forget();
  }

  /** Throws FileMoved, or what opening throws. */
  open(): number {
    if (this.fd === null && this.file && !this.file.gz) this.fd = openFound(this.file.path, this.id);
    if (this.fd === null) throw new Error('the file is not open');
    return this.fd;
  }

  /** Makes a compressed file readable. Rejects where it is damaged. */
  async inflate(directory: string): Promise<void> {
    this.fd = await inflate(this.compressedFd!, directory);
    this.size = fstatSync(this.fd).size;
  }

  close(): void {
    for (const fd of [this.fd, this.compressedFd]) if (fd !== null) closeSync(fd);
    this.fd = this.compressedFd = null;
  }

  /** Nothing of it is read any more. */
  finish(): void {
    this.done = true;
    this.close();
  }

  /** After a truncation: a new segment takes over the file. Null where the file has no name in the directory. */
  split(): Segment | null {
    this.done = this.wasCut = true;
    this.finalSinceMs = Number.NEGATIVE_INFINITY;
    const { file, id, fd } = this;
    this.id = `${id} before it was truncated`;
    this.file = null;
    this.fd = null;
    if (file === null) {
      if (fd !== null) closeSync(fd);
      return null;
    }
    const next = new Segment(file);
    next.fd = fd;
    next.successorOf = this;
    return next;
  }

  /** This one's file was copied before it was cut: it goes on in the copy, once the server has been asked whether that is the same. */
  goOnIn(copy: Segment): void {
    const { file, id, fd, compressedFd, size } = copy;
    Object.assign(this, { file, id, fd, compressedFd, size });
    copy.fd = copy.compressedFd = null;
    this.wasCut = this.done = this.resolved = false;
  }

  /** Nothing is known any more of what the server has. */
  forget(): void {
    this.resolved = false;
    // As long as it is on disk, it can be offered again to a store that was put back from a backup.
    if (this.file !== null) this.done = false;
    this.#offered = [];
    this.held.clear();
    this.position = 0;
    this.triedSize = -1;
  }

  /** False where the file's beginning is not what it was. */
  prefixMatches(): boolean {
    if (this.fd === null || this.#prefix.length === 0) return true;
    const now = Buffer.allocUnsafe(this.#prefix.length);
    return readAt(this.fd, now, now.length, 0) === now.length && now.toString('latin1') === this.#prefix;
  }

  /**
   * Takes over what the server says it holds, as far as the file agrees. A compressed file is compared once it is inflated.
   * False where a range's tail is in the file with other content: then this is not the file that the server knows.
   */
  adopt(ranges: readonly HeldRange[]): boolean {
    this.resolved = true;
    this.#offered = ranges;
    if (!this.isCompressed) {
      this.open();
      return this.adoptOffered();
    }
    // Its trailer tells whether anything is missing; only then is it worth inflating.
    for (const range of ranges) this.held.add(range.from, range.to);
    return true;
  }

  adoptOffered(): boolean {
    this.held.clear();
    for (const range of this.#offered) {
      // A range that reaches beyond the file (it lost its end in a crash of the node), or that lies before what was copied
      // of it, has only its name to vouch for it.
      const comparable = range.to <= this.size && range.tailFrom >= this.availableFrom;
      if (comparable && !this.#tailMatches(range)) return false;
      this.held.add(range.from, range.to);
    }
    this.#offered = [];
    this.position = this.held.firstMissing(0);
    return true;
  }

  #tailMatches(range: HeldRange): boolean {
    const pieces: Buffer[] = [];
    for (let at = range.tailFrom; at < range.to; ) {
      const bytes = Math.min(VERIFY_BYTES, range.to - at);
      const piece = Buffer.allocUnsafe(bytes);
      if (readAt(this.fd!, piece, bytes, at) < bytes) return false;
      pieces.push(piece);
      at += bytes;
    }
    return rangeHash(...pieces) === range.tailHash;
  }
}
