import ts from "typescript";

export interface Snippet {
  /** 1-based line of the opening fence. */
  readonly line: number;
  /** JavaScript, with the addresses of the text replaced. */
  readonly code: string;
  /** `cjs` for a block marked so. */
  readonly extension: "mjs" | "cjs";
  /** What the text says that it prints: the ```text block marked `output` right behind it. */
  readonly output: string | undefined;
}

/** Ports that the texts use, as docker-compose.yml publishes them, and what stands for them in a test. */
export type PortMap = ReadonlyMap<number, number>;

/** Files that a text asks its reader to have: a block whose fence says ```yaml file=name. */
export interface SnippetFile {
  readonly name: string;
  readonly text: string;
}

const FENCE = /^```([a-z]+)?([^\n]*)\n([\s\S]*?)^```$/gm;
const RUNNABLE = new Set(["ts", "js"]);

/** The blocks of a Markdown text whose fence says ```ts run, ```js run or ```js run cjs. */
export function runnableSnippets(markdown: string, ports: PortMap): Snippet[] {
  const blocks = [...markdown.matchAll(FENCE)].map((match) => ({
    language: match[1] ?? "",
    words: (match[2] ?? "").trim().split(/\s+/),
    body: match[3] ?? "",
    start: match.index,
    end: match.index + match[0].length,
  }));
  return blocks.flatMap((block, index) => {
    if (!RUNNABLE.has(block.language) || !block.words.includes("run")) return [];
    const extension = block.words.includes("cjs") ? "cjs" : "mjs";
    const toCode = block.language === "ts" ? stripTypes : (code: string): string => code;
    const next = blocks[index + 1];
    const follows = next?.language === "text" && next.words.includes("output");
    const adjacent = follows && markdown.slice(block.end, next.start).trim() === "";
    return {
      line: markdown.slice(0, block.start).split("\n").length,
      code: toCode(replacePorts(block.body, ports)),
      extension,
      output: adjacent ? next.body.trim() : undefined,
    };
  });
}

/** The files that the snippets of a text expect in their folder. */
export function snippetFiles(markdown: string, ports: PortMap): SnippetFile[] {
  return [...markdown.matchAll(FENCE)].flatMap(([, , words = "", body = ""]) => {
    const name = /(?:^|\s)file=([\w.-]+)/.exec(words)?.[1];
    return name === undefined ? [] : [{ name, text: replacePorts(body, ports) }];
  });
}

export function replacePorts(code: string, ports: PortMap): string {
  return code.replaceAll(/(127\.0\.0\.1|localhost):(\d+)/g, (address, _host, port) => {
    const actual = ports.get(Number(port));
    return actual === undefined ? address : `127.0.0.1:${actual}`;
  });
}

function stripTypes(code: string): string {
  const options = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}
