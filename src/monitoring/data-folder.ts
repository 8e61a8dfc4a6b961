/** The folder whose disk is watched: the embedded database's, or where the process runs. */
export class DataFolder {
  constructor(readonly path: string) {}
}
