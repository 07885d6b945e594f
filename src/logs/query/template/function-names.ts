/** Functions that a template may call: Go's own, Loki's, and those of Sprig that Loki admits. */
export const functionNames: ReadonlySet<string> = new Set(
  `and or not eq ne lt le gt ge len index slice print printf println html js urlquery
  __line__ __timestamp__
  ToLower ToUpper Replace Trim TrimLeft TrimRight TrimPrefix TrimSuffix TrimSpace
  regexReplaceAll regexReplaceAllLiteral count urldecode urlencode bytes duration duration_seconds
  unixEpochMillis unixEpochNanos toDateInZone unixToTime alignLeft alignRight b64dec
  b64enc lower upper title trunc substr contains hasPrefix hasSuffix indent nindent replace repeat trim trimAll
  trimSuffix trimPrefix int float64 add sub mul div mod addf subf mulf divf max min maxf minf ceil floor round
  fromJson date toDate now unixEpoch default`.split(/\s+/),
);
