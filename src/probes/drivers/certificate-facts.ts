const DAY_MS = 86_400_000;

/** What is shown of a server's certificate. */
export interface CertificateFacts {
  cert_expires_at: string;
  /** Whole days that are left; negative once it has expired. */
  cert_expiry_days: number;
}

/**
 * @param validTo as Node.js gives it: `Nov 21 05:05:35 2027 GMT`
 * @returns null when there is none, or its date cannot be read
 */
export function certificateFacts(validTo: string | undefined, now: Date): CertificateFacts | null {
  const at = Date.parse(validTo ?? '');
  if (Number.isNaN(at)) return null;
  return {
    cert_expires_at: new Date(at).toISOString(),
    cert_expiry_days: Math.floor((at - now.getTime()) / DAY_MS),
  };
}
