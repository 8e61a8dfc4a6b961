/** Whether PostgreSQL can store the text: NUL fits in no text, half a surrogate pair in no JSON. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
