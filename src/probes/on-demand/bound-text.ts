/**
 * What a device or a program said, so that it can be stored and shown: without NUL and other control characters but line ends and
 * tabs, and not longer than `maxBytes` as JSON.
 */
export function boundText(text: string, maxBytes: number): string {
  const clean = text
    .slice(0, maxBytes)
    .replace(/\r\n/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '?')
    .toWellFormed();
  let end = clean.length;
  while (Buffer.byteLength(JSON.stringify(clean.slice(0, end))) > maxBytes) end = Math.floor(end * 0.9);
  return clean.slice(0, end).toWellFormed();
}
