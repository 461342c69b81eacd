/** What is read and what is shown of words that others wrote. */
import { describe, expect, test } from "vitest";
import { readEdited } from "./edited";
import { elapsed, initials, lasted, orList, spaced } from "./format";
import { blocksOf } from "./rich";
import { resultSize, tellingArgument } from "./tools";
import { editableJson, shown, straightened } from "./visible";

describe("hidden characters", () => {
  test("are marked, one by one, and the rest stays", () => {
    expect(shown("a\u202etxt.exe")).toEqual([
      { text: "a" },
      { text: "\u202e", mark: "U+202E", name: "right-to-left override" },
      { text: "txt.exe" },
    ]);
    expect(shown("x\u200by\u00a0z").filter(({ mark }) => mark)).toHaveLength(2);
    expect(shown("tag\u{e0041}").at(-1)?.mark).toBe("U+E0041");
  });

  test("newlines, tabs and letters of all scripts are not hidden", () => {
    const text = "日本語\tעברית\nłąd é";
    expect(shown(text)).toEqual([{ text }]);
  });

  test("running text marks only what turns the direction", () => {
    expect(straightened("family: \u{1f468}\u200d\u{1f469}")).toHaveLength(1);
    expect(straightened("a\u2066b").map(({ mark }) => mark)).toEqual([
      undefined,
      "U+2066",
      undefined,
    ]);
  });

  test("stand as escapes in what is edited, and come back the same", () => {
    const args = { path: "a\u202eb\u{e0041}", text: "two\nlines" };
    const text = editableJson(args);
    expect(text).toContain("\\u202e");
    expect(text).not.toContain("\u202e");
    expect(JSON.parse(text)).toEqual(args);
  });
});

describe("formatting", () => {
  test("knows paragraphs, lists and code, and nothing that could fetch", () => {
    const kinds = blocksOf(
      "# Plan\nfirst\nsecond\n\n- a\n- `b`\n\n```sh\nrm -r x\n```\n![i](http://x)",
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      "heading",
      "paragraph",
      "list",
      "code",
      "paragraph",
    ]);
    expect(kinds.at(-1)).toEqual({
      kind: "paragraph",
      lines: [[{ kind: "text", text: "![i](http://x)" }]],
    });
  });

  test("takes an open fence as code that is still being written", () => {
    expect(blocksOf("```\nab")).toEqual([{ kind: "code", text: "ab", language: "" }]);
  });
});

describe("a tool in one line", () => {
  test("tells the argument that matters", () => {
    expect(tellingArgument('{"recursive":true,"path":"logs"}')).toBe("path: logs");
    expect(tellingArgument('{"paths":["a","b","c"]}')).toBe("paths: a and 2 more");
    expect(tellingArgument('{"pa')).toBe('{"pa');
    expect(tellingArgument("{}")).toBe("");
  });

  test("tells the size of a result", () => {
    expect(resultSize('["a","b"]')).toBe("2 results");
    expect(resultSize('{"files":[1],"n":1}')).toBe("1 result");
    expect(resultSize("a\nb\nc")).toBe("3 lines");
    expect(resultSize("written")).toBe("written");
  });
});

describe("edited arguments", () => {
  const before = { paths: ["a", "b"], force: false };
  test("say what was changed", () => {
    expect(readEdited('{"paths":["a"],"force":false}', before)).toEqual({
      kind: "good",
      args: { paths: ["a"], force: false },
      changed: ["paths"],
    });
    expect(readEdited('{"force":false,"paths":["a","b"]}', before)).toEqual({ kind: "same" });
  });

  test("say in a sentence what is wrong", () => {
    expect(readEdited('{"a":', before)).toMatchObject({
      sentence: "This is not JSON yet: something is missing at the end.",
    });
    expect(readEdited("[1]", before)).toMatchObject({ kind: "wrong" });
    expect(readEdited('{\n"a": nope}', before)).toMatchObject({
      sentence: "This is not JSON yet: look at its quotes, commas and brackets.",
    });
  });
});

describe("words for people", () => {
  test("numbers, times and names", () => {
    expect(spaced(1204)).toBe("1\u00a0204");
    expect(elapsed(134_000)).toBe("02:14");
    expect(elapsed(3_734_000)).toBe("1:02:14");
    expect(lasted(40)).toBe("40 ms");
    expect(initials("Ada Lovelace")).toBe("AL");
    expect(initials("operator12")).toBe("O12");
    expect(orList(["a", "b", "c"])).toBe("a, b or c");
  });
});
