/** Version of the running product, from package.json. */
export class ProductVersion {
  constructor(readonly text: string) {}
}
