/** A URL as `fetch` takes it, which refuses names and passwords in URLs. */
export interface RequestTarget {
  url: URL;
  headers: Record<string, string>;
}

/**
 * Takes the name and the password of a URL into a header.
 * @param path appended to the path of the URL
 * @throws TypeError when it is no URL
 */
export function withoutCredentials(text: string, path = ''): RequestTarget {
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (path) url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  if (!username && !password) return { url, headers: {} };
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone `%`: it was not encoded at all.
    return part;
  }
}
