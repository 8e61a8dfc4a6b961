import ipaddr from 'ipaddr.js';
import { embeddedIpv4 } from './embedded-ipv4.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** Where notifications may go. */
export interface OutboundPolicy {
  /** Loopback and private addresses as well. */
  allowPrivate: boolean;
  /** Networks that are allowed whatever else holds. */
  allow: readonly Network[];
}

/** What tells machines of a cloud who they are, and often with which keys. Public or private by their numbers. */
const METADATA = [
  '169.254.169.254', // AWS, Google, Azure, DigitalOcean, OpenStack
  '100.100.100.200', // Alibaba
  '168.63.129.16', // Azure
  'fd00:ec2::254', // AWS
  'fd20:ce::254', // Google
  'fd00:42::42', // Scaleway
].map((text) => ipaddr.parse(text).toNormalizedString());

/** What stays within a host or an organisation, by the names of ipaddr.js. */
const PRIVATE: Readonly<Record<string, string>> = {
  loopback: 'a loopback address',
  private: 'a private address',
  carrierGradeNat: 'a private address of a provider (RFC 6598)',
  uniqueLocal: 'a private address',
  deprecatedSiteLocal: 'a private address',
};
const NEVER: Readonly<Record<string, string>> = {
  linkLocal: 'a link-local address',
  unspecified: 'no address of a host',
  multicast: 'a multicast address',
  broadcast: 'the broadcast address',
};
/** Besides plain unicast: anycast services that are part of the public Internet. */
const PUBLIC = ['unicast', 'as112', 'as112v6', 'amt'];
/** IPv6 that only carries an IPv4 address: that one is judged. */
const CARRIERS = ['ipv4Mapped', 'rfc6145', 'rfc6052', '6to4', 'teredo'];
/** RFC 8215: where the IPv4 address lies in it is a matter of each network. */
const LOCAL_NAT64: Network = [ipaddr.parse('64:ff9b:1::'), 48];

/** @param networks of SWARMWARD_OUTBOUND_ALLOW */
export function outboundPolicy(
  settings: { outboundPrivate?: boolean | undefined; outboundAllow?: readonly string[] | undefined },
  nodeEnv: string | undefined,
): OutboundPolicy {
  return {
    allowPrivate: settings.outboundPrivate ?? nodeEnv !== 'production',
    allow: (settings.outboundAllow ?? []).map((text) => ipaddr.parseCIDR(text)),
  };
}

/**
 * Judges one address of a receiver, as text without brackets.
 * @returns why it is refused and how to allow it; null when it may be reached
 */
export function refusalOf(text: string, policy: OutboundPolicy): string | null {
  if (!ipaddr.isValid(text)) return `${text} is no address.`;
  const address = ipaddr.parse(text);
  const carried = address instanceof ipaddr.IPv6 ? embeddedIpv4(address) : [];
  const forms = [address, ...carried];
  if (policy.allow.some((network) => forms.some((form) => within(form, network)))) return null;
  for (const form of forms) {
    const kind = kindOf(form, carried.length > 0, policy.allowPrivate);
    if (kind) return `${text} is ${kind}${form === address ? '' : ` (${form.toString()})`}. ${howToAllow(form, kind)}`;
  }
  return null;
}

function kindOf(address: Address, isCarrier: boolean, allowPrivate: boolean): string | null {
  if (METADATA.includes(address.toNormalizedString())) return 'the address of a metadata service';
  if (within(address, LOCAL_NAT64)) return 'a reserved address';
  const range = address.range();
  const closed = PRIVATE[range];
  if (closed) return allowPrivate ? null : closed;
  if (PUBLIC.includes(range) || (isCarrier && CARRIERS.includes(range))) return null;
  // `::127.0.0.1`, `::5efe:127.0.0.1`: only the numbers carried are of interest.
  return NEVER[range] ?? 'a reserved address';
}

function within(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

function howToAllow(address: Address, kind: string): string {
  const network = `SWARMWARD_OUTBOUND_ALLOW=${address.toString()}/${address.kind() === 'ipv4' ? 32 : 128}`;
  return Object.values(PRIVATE).includes(kind)
    ? `Allow such addresses with SWARMWARD_OUTBOUND_PRIVATE=true, or this one with ${network}.`
    : `Only ${network} allows it.`;
}
