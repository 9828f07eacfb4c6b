import { describe, expect, test } from "vitest";
import { OutageJournal } from "../../src/cache/outage-journal.ts";
import { WriteMarks } from "../../src/cache/write-marks.ts";

describe("WriteMarks", () => {
  test("tell of writes that began while a call was under way", () => {
    const marks = new WriteMarks();
    const before = marks.begin(["a"]);
    const call = marks.begin();
    const after = marks.begin(["b"]);
    expect(["a", "b", "c"].map((key) => marks.wroteSince(key, call))).toEqual([false, true, false]);
    for (const each of [before, after]) marks.end(each);
    expect(marks.wroteSince("b", call)).toBe(true);
    marks.end(call);
    expect(marks.size).toBe(0);
  });

  test("a clear is a write of every key", () => {
    const marks = new WriteMarks();
    const call = marks.begin();
    const clear = marks.beginClear();
    expect(marks.wroteSince("any", call)).toBe(true);
    expect(marks.wroteSince("any", clear)).toBe(false);
    expect(marks.store("any", call)).toBe(false);
  });

  test("of two writes the one that began later stays, whichever ends first", () => {
    const marks = new WriteMarks();
    const [first, second] = [marks.begin(["a"]), marks.begin(["a"])];
    expect(marks.store("a", first)).toBe(true);
    expect(marks.store("a", second)).toBe(true);
    expect(marks.store("a", first)).toBe(false);
  });

  test("remember nothing that no call under way needs", () => {
    const marks = new WriteMarks();
    const slow = marks.begin();
    const keys = Array.from({ length: 50_000 }, (_, i) => `key:${i}`);
    for (const key of keys) marks.end(marks.begin([key]));
    expect(keys.every((key) => marks.wroteSince(key, slow))).toBe(true);
    const late = marks.begin();
    marks.end(slow);
    expect(marks.size).toBeLessThan(10_000);
    marks.end(late);
    expect(marks.size).toBe(0);
  });
});

describe("OutageJournal", () => {
  test("a key that was written again after a batch was taken stays", () => {
    const journal = new OutageJournal(10);
    journal.note("a");
    journal.note("b");
    const taken = journal.next(10);
    journal.note("a");
    for (const entry of taken) journal.settled(entry);
    expect([journal.covers("a"), journal.covers("b"), journal.size]).toEqual([true, false, 1]);
  });

  test("has room for maxKeys, and counts what it had none for", () => {
    const journal = new OutageJournal(2);
    expect(["a", "b", "a", "c", "d"].map((key) => journal.note(key))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([journal.lost, journal.size, journal.covers("c")]).toEqual([2, 2, false]);
  });

  test("a clear covers every key until it is made up for, and only by its own version", () => {
    const journal = new OutageJournal(2);
    journal.note("a");
    journal.noteClear();
    const version = journal.clearVersion;
    expect([journal.size, journal.covers("any"), journal.isEmpty]).toEqual([0, true, false]);
    journal.noteClear();
    journal.cleared(version);
    expect(journal.covers("any")).toBe(true);
    journal.cleared(journal.clearVersion);
    expect([journal.covers("any"), journal.isEmpty]).toEqual([false, true]);
  });
});
