import ipaddr from 'ipaddr.js';

type Rule = [prefix: [network: string, bits: number], take: (bytes: number[]) => number[][]];

const last = (bytes: number[]): number[][] => [bytes.slice(12)];
/** In the order of RFC 4291 2.5.5.2 and 2.5.5.1, RFC 2765, 6052, 3056, 4380. */
const RULES: Rule[] = [
  [['::ffff:0:0', 96], last],
  [['::', 96], (bytes) => (bytes.slice(12, 15).every((byte) => byte === 0) ? [] : last(bytes))],
  [['::ffff:0:0:0', 96], last],
  [['64:ff9b::', 96], last],
  [['2002::', 16], (bytes) => [bytes.slice(2, 6)]],
  // Server, and client with its bits turned over.
  [['2001::', 32], (bytes) => [bytes.slice(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)]],
];
/** ISATAP, RFC 5214: under any prefix. */
const ISATAP = ['00005efe', '02005efe'];

/** The IPv4 addresses that an IPv6 address stands for. `::` and `::1` stand for themselves. */
export function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const carried = RULES.filter(([[network, bits]]) => address.match(ipaddr.IPv6.parse(network), bits)).flatMap(
    ([, take]) => take(bytes),
  );
  if (ISATAP.includes(Buffer.from(bytes.slice(8, 12)).toString('hex'))) carried.push(...last(bytes));
  return carried.map((octets) => new ipaddr.IPv4(octets));
}
