// Finding files by names that may hold more or less of their path.

/** Files by path, with '/' between parts. */
export class FileNames {
  readonly #byPath = new Map<string, number>();
  /** By every end of the path, whole parts only. */
  readonly #byEnd = new Map<string, number | 'several'>();

  constructor(paths: readonly string[]) {
    paths.forEach((path, index) => {
      const normal = normalized(path);
      this.#byPath.set(normal, index);
      for (const end of endsOf(normal)) this.#byEnd.set(end, this.#byEnd.has(end) ? 'several' : index);
    });
  }

  /** The place of the file that is named: by its path, by the end of it, or by more than its path. */
  find(name: string): number | 'several' | undefined {
    const normal = normalized(name);
    const found = this.#byPath.get(normal) ?? this.#byEnd.get(normal);
    if (found !== undefined) return found;
    for (const end of endsOf(normal)) {
      const place = this.#byPath.get(end);
      if (place !== undefined) return place;
    }
    return undefined;
  }
}

function normalized(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');
}

/** 'a/b/c' as itself, 'b/c' and 'c'. */
function endsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, from) => parts.slice(from).join('/'));
}
