/** One line of a section: name and value. */
export type InfoField = readonly [name: string, value: string | number];

interface Section {
  /** As the text writes it: `Server`. */
  readonly title: string;
  /** Part of INFO without arguments. */
  readonly usual: boolean;
  readonly fields: (() => readonly InfoField[])[];
}

/**
 * What INFO prints. The parts of the server add their sections, and fields to the sections of others; the order of the first `add` of a section
 * is the order of the text.
 */
export class InfoSections {
  readonly #sections = new Map<string, Section>();

  /** `title` in its usual spelling; `usual` false: only with `all`, `everything` or by name. */
  add(title: string, fields: () => readonly InfoField[], usual = true): void {
    const key = title.toLowerCase();
    const section = this.#sections.get(key) ?? { title, usual, fields: [] };
    section.fields.push(fields);
    this.#sections.set(key, section);
  }

  /** `names` in any case; none: `default`. */
  print(names: readonly string[]): string {
    const wanted = new Set(names.length === 0 ? ["default"] : names.map((name) => name.toLowerCase()));
    const everything = wanted.has("all") || wanted.has("everything");
    const parts: string[] = [];
    for (const [key, section] of this.#sections) {
      if (!everything && !wanted.has(key) && !(wanted.has("default") && section.usual)) continue;
      const lines = section.fields.flatMap((fields) => fields());
      parts.push(`# ${section.title}\r\n${lines.map(([name, value]) => `${name}:${value}\r\n`).join("")}`);
    }
    return parts.join("\r\n");
  }
}
