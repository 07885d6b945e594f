/** What one push may be. The figures are those that Loki has where nobody has set others, and so are the texts of the refusals. */
export const pushLimits = {
  /** One body, as it is sent and unpacked. */
  bodyBytesMax: 16 * 1024 * 1024,
  decodedBytesMax: 32 * 1024 * 1024,
  /** Bodies that are being taken in at a time. */
  bodiesInFlightBytesMax: 64 * 1024 * 1024,
  streamsMax: 50_000,
  linesMax: 500_000,
  lineBytesMax: 256 * 1024,
  /** Of a body of JSON, whatever it is meant to be. */
  jsonDepthMax: 128,
  jsonFieldsMax: 1024,
  /** The labels of a stream as one text. */
  labelsCharsMax: 256 * 1024,
  labelNamesMax: 15,
  labelNameBytesMax: 1024,
  labelValueBytesMax: 2048,
  /** How far ahead of the server's clock a line may be. Lines of the past are all taken. */
  futureMsMax: 10 * 60_000,
  metadataBytesMax: 64 * 1024,
  metadataEntriesMax: 128,
  /** A line with more than these makes its whole push unreadable. */
  metadataReadMax: 1024,
  /** Of all lines of one push, where attributes are sent once and belong to many lines. */
  metadataTotalBytesMax: 64 * 1024 * 1024,
} as const;
