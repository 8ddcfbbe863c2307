/** What a verified certificate of a client says of its holder. */
export interface ClientCertificate {
  /** The parts of the subject, such as `CN=ci`. */
  readonly subject: readonly string[];
  /** The URIs among its alternative names. */
  readonly uris: readonly string[];
}

/** A key that a certificate stands for, by its whole subject or by one URI. */
export interface CertificateMapping {
  /** All parts of the subject, in any order, with commas between: `CN=ci,OU=team-a`. */
  readonly subject?: string;
  /** A URI among its alternative names, e.g. `spiffe://example.org/ci`. */
  readonly uri?: string;
  readonly accessKeyId: string;
}

/** Finds the key that a certificate stands for. Everything is compared whole: nothing matches a part of a name. */
export class CertificateKeys {
  readonly #bySubject: ReadonlyMap<string, string>;
  readonly #byUri: ReadonlyMap<string, string>;

  constructor(mappings: readonly CertificateMapping[]) {
    this.#bySubject = new Map(
      mappings.flatMap(({ subject, accessKeyId }) =>
        subject === undefined ? [] : [[wholeSubject(partsOf(subject)), accessKeyId] as const],
      ),
    );
    this.#byUri = new Map(
      mappings.flatMap(({ uri, accessKeyId }) =>
        uri === undefined ? [] : [[uri, accessKeyId] as const],
      ),
    );
  }

  /** Undefined: the certificate stands for no key, or for several, so that nobody knows for which. */
  keyFor({ subject, uris }: ClientCertificate): string | undefined {
    const found = new Set<string>();
    const bySubject = this.#bySubject.get(wholeSubject(subject));
    if (bySubject !== undefined) found.add(bySubject);
    for (const uri of uris) {
      const byUri = this.#byUri.get(uri);
      if (byUri !== undefined) found.add(byUri);
    }
    const [only, ...others] = found;
    return others.length === 0 ? only : undefined;
  }
}

/** Parts of a subject as the setting writes them; `\,` is a comma within a part. */
function partsOf(subject: string): readonly string[] {
  return subject.split(/(?<!\\),/).map((part) => part.trim().replaceAll("\\,", ","));
}

/** The parts as one text. A line break cannot be in a part: it is escaped in what the certificate says. */
function wholeSubject(parts: readonly string[]): string {
  return [...parts].sort().join("\n");
}
