import { Fault } from '../../../base/fault.ts';
import { snappyDecode } from '../../../base/snappy.ts';
import { pushLimits } from './limits.ts';
import { PushScan, type ScannedPush } from './push-scan.ts';
import { metadataOfEntry, readLokiProtobuf } from './read-loki-protobuf.ts';
import type { ReceivedStream } from './received-stream.ts';

const scan = new PushScan();

/** Loki's push request in protocol buffers, with snappy around it. Throws Fault `bad-request`. */
export function readLokiPush(body: Buffer): ReceivedStream[] {
  const scanned = scan.scan(body);
  try {
    if (scanned) return streamsOf(scanned);
  } catch (error) {
    // Metadata that cannot be read.
    if (!(error instanceof Fault)) throw error;
  }
  // Something is wrong with it, and this says what and where.
  return readLokiProtobuf(snappyDecode(body, pushLimits.decodedBytesMax));
}

function streamsOf({ text, from, to, seconds, nanos, levels, entryOf, streams }: ScannedPush): ReceivedStream[] {
  return streams.map((stream): ReceivedStream => {
    const { labels, lineFrom, lineTo, longestLineBytes, secondsMin, secondsMax, isPacked } = stream;
    const scanned = { levels, longestLineBytes, secondsMin, secondsMax, isPacked };
    const received = { labels, bytes: text, from, to, seconds, nanos, lineFrom, lineTo, scanned };
    if (!stream.hasMetadata) return received;
    return { ...received, metadata: Array.from({ length: lineTo - lineFrom }, (_, i) => metadataAt(lineFrom + i)) };
  });

  function metadataAt(line: number) {
    const entry = entryOf(line);
    return entry && metadataOfEntry(entry);
  }
}
